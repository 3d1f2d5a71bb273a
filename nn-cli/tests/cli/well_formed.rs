//! A strict reader of HTML and SVG, for what this program writes.

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
