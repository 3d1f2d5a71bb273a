//! `nn report`: a page about a run.

mod judged;
mod material;
mod sections;

use std::fs;
use std::path::Path;

use nn_core::store::atomic_write;

use crate::args;
use crate::error::{Error, Result, write_sentence};
use crate::output::{check_out, print};
use crate::picture;
use crate::run::{Run, saving};
use crate::view::number::bytes;
use crate::view::page::Page;
use crate::view::style::Style;

use material::Material;

/// Writes the page, and the figures one by one where that is wanted.
///
/// # Errors
/// If there is no model, `--data` cannot be used, or a file cannot be written. What else is missing from the run is said in the page.
pub fn report(args: &args::Report) -> Result<()> {
    if let Some(threads) = args.threads {
        nn_core::kernels::threads::set_threads(threads.into());
    }
    let out = match &args.out {
        Some(out) => out.clone(),
        None => Run::open(&args.run)?.folder().join("report.html"),
    };
    check_out(&out)?;
    if let Some(folder) = &args.figures {
        fs::create_dir_all(folder).map_err(|e| Error::input(write_sentence(folder, &e)))?;
    }
    let material = Material::gather(args)?;
    let page = sections::page(&material)?;
    for problem in &material.problems {
        eprintln!("note: {problem}");
    }
    write(&page, &out, args.figures.as_deref(), false)
}

/// Writes a page to `out` and its figures into `figures`, and says so unless it is to be `quiet`.
///
/// # Errors
/// If one cannot be written.
pub fn write(page: &Page, out: &Path, figures: Option<&Path>, quiet: bool) -> Result<()> {
    let html = page.html();
    atomic_write(out, |file| file.write_all(html.as_bytes())).map_err(saving)?;
    let style = Style::stdout();
    let drawn = page.figures();
    let mut text = format!(
        "wrote {}: {}, {} figures; open it in a browser\n",
        style.bold(&out.display().to_string()),
        bytes(html.len() as u64),
        drawn.len(),
    );
    if let Some(folder) = figures {
        for figure in &drawn {
            let file = |end: &str| folder.join(format!("{}.{end}", figure.name));
            let svg = figure.svg();
            atomic_write(file("svg"), |file| file.write_all(svg.as_bytes())).map_err(saving)?;
            picture::save(&file("png"), &figure.image().into())?;
        }
        let folder = style.bold(&folder.display().to_string());
        text.push_str(&format!(
            "wrote the figures into {folder}, each as .svg and .png\n"
        ));
    }
    if quiet {
        return Ok(());
    }
    print(&text)
}
