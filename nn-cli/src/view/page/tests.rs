use super::*;
use crate::view::figure::{Plot, Row, Rows, Tone};
use crate::view::table::Align;

const EMPTY: [&str; 4] = ["meta", "link", "br", "img"];

/// Checks that every element that is opened is closed, in order, and that no name is given twice.
pub fn well_formed(text: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest
            .find('>')
            .unwrap_or_else(|| panic!("a tag is not closed: {}", &rest[..rest.len().min(80)]));
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        let word = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default()
            .to_string();
        assert!(word.chars().all(|c| c.is_ascii_alphanumeric()), "<{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "</{tag}> closes another element");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        if let Some(id) = tag
            .split(" id=\"")
            .nth(1)
            .and_then(|part| part.split('"').next())
        {
            assert!(ids.insert(id.to_string()), "the id {id} is given twice");
        }
        if word == "style" {
            // Nothing in a style sheet is an element.
            let end = rest.find("</style>").expect("closed");
            rest = &rest[end + 8..];
        } else if !tag.ends_with('/') && !EMPTY.contains(&word.as_str()) {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

fn page(name: &str) -> Page {
    let figure = Figure {
        name: "classes".into(),
        title: name.into(),
        about: name.into(),
        plot: Plot::Rows(Rows {
            label: name.into(),
            rows: vec![Row {
                name: name.into(),
                parts: vec![(Tone::First, 1.0)],
                text: name.into(),
            }],
            legend: Vec::new(),
        }),
    };
    let mut table = Table::new(name, [(name, Align::Left), ("n", Align::Right)]);
    table.row([Cell::name(name), Cell::bar(name, f64::NAN)]);
    Page {
        title: name.into(),
        kicker: name.into(),
        headline: name.into(),
        lead: vec![escape(name)],
        tiles: vec![Tile {
            name: name.into(),
            value: name.into(),
            note: name.into(),
        }],
        notes: vec![escape(name)],
        sections: vec![Section {
            id: "first",
            title: name.into(),
            blocks: vec![
                Block::figure(figure, escape(name)),
                Block::Table(table),
                Block::Facts(vec![(name.into(), name.into())]),
                Block::Code(name.into()),
                Block::Fold(name.into(), vec![Block::Text(escape(name))]),
            ],
        }],
        footer: escape(name),
    }
}

#[test]
fn hostile_names_stay_text() {
    for name in [
        "</title><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onload='x",
        "a & b < c",
        "שלום \u{202e}evil",
        "🦊\u{0}\u{1b}[31m",
        "]]>--><!--",
    ] {
        let html = page(name).html();
        well_formed(&html);
        for wrong in ["<script", "<img", "onload='", "\u{0}", "\u{1b}", "<!--"] {
            assert!(!html.contains(wrong), "{name}: {wrong}");
        }
        assert!(
            !html
                .replace("http://www.w3.org/2000/svg", "")
                .contains("http://")
                && !html.contains("https://")
        );
    }
}

#[test]
fn a_page_has_its_landmarks() {
    let html = page("cats").html();
    for part in [
        "<!DOCTYPE html>",
        "lang=\"en\"",
        "<main id=\"main\">",
        "<nav ",
        "href=\"#main\"",
        "<h1>",
        "scope=\"col\"",
        "scope=\"row\"",
        "<caption>",
        "prefers-color-scheme:dark",
        "@media print",
        "default-src 'none'",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert_eq!(page("cats").figures().len(), 1);
}
