//! `nn data fetch`: known data sets from the internet.

use nn_layers::spec::nearest;

use crate::args;
use crate::error::{Error, Result};
use crate::fetch::catalogue::{KNOWN, Known, find};
use crate::output::print;
use crate::view::number::bytes;
use crate::view::style::Style;
use crate::view::table::{Align, Table};

/// Fetches a data set, or says what can be fetched.
///
/// # Errors
/// If there is no data set of that name, no mirror gives a file, or a file cannot be put in its place.
pub fn fetch(args: &args::Fetch) -> Result<()> {
    match &args.name {
        None => print(&list()),
        Some(name) if args.list => print(&addresses(known(name)?)),
        Some(name) => get(args, known(name)?),
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

#[cfg(not(feature = "fetch"))]
fn get(_: &args::Fetch, known: &Known) -> Result<()> {
    Err(Error::failed(format!(
        "this nn was built without HTTPS; build it with `--features fetch`, or fetch the files of {} with another \
         program: nn data fetch {} --list says from where",
        known.name, known.name
    )))
}

#[cfg(feature = "fetch")]
fn get(args: &args::Fetch, known: &Known) -> Result<()> {
    use std::path::Path;
    use std::time::Duration;

    use crate::fetch::{Client, Outcome, Transfer};

    let mirrors = mirrors(args, known)?;
    let folder = (args.to.clone()).unwrap_or_else(|| Path::new("data").join(known.name));
    let https_only = mirrors.iter().all(|mirror| mirror.starts_with("https://"));
    let client = Client::new(Duration::from_secs(args.timeout.into()), https_only)?;
    std::fs::create_dir_all(&folder).map_err(|e| Error::write(&folder, &e))?;
    let mut fetched = 0;
    for file in known.files {
        let bar = bar(args.quiet, file);
        let transfer = Transfer {
            file: *file,
            mirrors: &mirrors,
            folder: &folder,
            force: args.force,
            tries: args.tries,
            bar: &bar,
        };
        let outcome = transfer.run(&client);
        bar.finish_and_clear();
        if outcome? == Outcome::Fetched {
            fetched += 1;
            if !args.quiet {
                eprintln!("  {}  {}", file.name, bytes(file.bytes));
            }
        }
    }
    name_classes(&folder, known)?;
    let folder = folder.display().to_string();
    print(&format!(
        "{folder}: {} of {} files fetched, all as published ({})\nlicence: {}\nnext: {}\n",
        fetched,
        known.files.len(),
        bytes(known.bytes()),
        known.licence,
        Style::stdout().bold(&format!(
            "nn train {}",
            known.train.replace("FOLDER", &folder)
        ))
    ))
}

/// The addresses to try, each with a `/` at its end.
#[cfg(feature = "fetch")]
fn mirrors(args: &args::Fetch, known: &Known) -> Result<Vec<String>> {
    if args.mirror.is_empty() {
        return Ok(known
            .mirrors
            .iter()
            .map(|mirror| mirror.to_string())
            .collect());
    }
    let checked = args.mirror.iter().map(|mirror| {
        let host = mirror
            .strip_prefix("https://")
            .or(mirror.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.starts_with('/') => {
                Ok(format!("{}/", mirror.trim_end_matches('/')))
            }
            _ => Err(Error::input(format!(
                "--mirror {mirror}: an address begins with https:// or http:// and the name of the server"
            ))),
        }
    });
    checked.collect()
}

/// A bar for a file; hidden where stderr is no terminal.
#[cfg(feature = "fetch")]
fn bar(quiet: bool, file: &crate::fetch::catalogue::File) -> indicatif::ProgressBar {
    use indicatif::{ProgressBar, ProgressStyle};

    if quiet {
        return ProgressBar::hidden();
    }
    let template = "  {msg} {bar:24} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(file.bytes)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(file.name)
}

/// Writes the names of the classes beside the files of a set that does not say them, unless something stands there.
#[cfg(feature = "fetch")]
fn name_classes(folder: &std::path::Path, known: &Known) -> Result<()> {
    let path = folder.join("classes.txt");
    if known.classes.is_empty() || path.exists() {
        return Ok(());
    }
    let text = known.classes.join("\n") + "\n";
    nn_core::store::atomic_write(&path, |file| file.write_all(text.as_bytes()))
        .map_err(crate::run::saving)
}
