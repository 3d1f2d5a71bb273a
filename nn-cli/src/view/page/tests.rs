use super::*;
use crate::view::figure::{Plot, Row, Rows, Tone};
use crate::view::table::Align;

#[path = "../../../tests/cli/well_formed.rs"]
mod reader;
pub use reader::well_formed;

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
