//! `nn data fetch`: known data sets from the internet.

use nn_layers::spec::nearest;

use crate::args;
use crate::error::{Error, Result};
use crate::fetch::catalogue::{KNOWN, Known, find};
use crate::output::print;
use crate::view::number::bytes;
use crate::view::style::Style;
use crate::view::table::{Align, Table};

/// Says what can be fetched and where each data set is kept.
///
/// # Errors
/// If there is no data set of that name.
pub fn fetch(args: &args::Fetch) -> Result<()> {
    match &args.name {
        Some(name) => print(&addresses(known(name)?)),
        None => print(&list()),
    }
}

fn known(name: &str) -> Result<&'static Known> {
    find(name).ok_or_else(|| {
        let hint = match nearest(name, KNOWN.iter().map(|known| known.name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "`nn data fetch --list` shows what there is".to_string(),
        };
        Error::input(format!("there is no data set \"{name}\" to fetch; {hint}"))
    })
}

fn list() -> String {
    let mut table = Table::new([
        ("data set", Align::Left),
        ("size", Align::Right),
        ("what it is", Align::Left),
        ("licence", Align::Left),
    ]);
    for known in KNOWN {
        table.row([
            Style::stdout().bold(known.name),
            bytes(known.bytes()),
            known.about.to_string(),
            known.licence.to_string(),
        ]);
    }
    table.render()
}

fn addresses(known: &Known) -> String {
    let mut text = String::new();
    for file in known.files {
        text.push_str(&format!(
            "{}  {}  sha256 {}\n",
            file.name,
            bytes(file.bytes),
            file.sha256
        ));
        for mirror in known.mirrors {
            text.push_str(&format!("  {mirror}{}\n", file.name));
        }
    }
    text
}
