//! `nn data describe`: what is in a data set, before anything is trained on it.

mod columns;
mod page;
mod pictures;
mod relations;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nn_data::Dataset;
use nn_data::dataset::Column;
use nn_data::describe::Description;

use crate::args;
use crate::commands::report::write;
use crate::error::{Error, Result, write_sentence};
use crate::output::{check_out, print, print_json};
use crate::recipe::{self, Overrides};
use crate::samples;

/// Describes a source in the terminal, and on a page where that is wanted.
///
/// # Errors
/// If the source cannot be read or a file cannot be written.
pub fn describe(args: &args::Describe) -> Result<()> {
    if let Some(out) = &args.out {
        check_out(out)?;
    }
    if let Some(folder) = &args.figures {
        fs::create_dir_all(folder).map_err(|e| Error::input(write_sentence(folder, &e)))?;
    }
    let (description, data) = open(args)?;
    if args.json {
        print_json(&description)?;
    } else {
        print(&description.to_string())?;
    }
    if let Some(out) = &args.out {
        let page = page::page(&description, data.as_deref())?;
        write(&page, out, args.figures.as_deref(), args.json)?;
    }
    Ok(())
}

/// The description, and the samples where they are more than rows of a table.
fn open(args: &args::Describe) -> Result<(Description, Option<Arc<dyn Dataset>>)> {
    let path = Path::new(&args.source);
    if path.is_file() && samples::is_table(path) {
        let target = target(args, path)?;
        return Ok((Description::of_csv(path, target.as_ref())?, None));
    }
    if args.target.is_some() || args.no_target {
        return Err(Error::input(format!(
            "{}: --target and --no-target are for tables (.csv, .tsv), which this is not",
            args.source
        )));
    }
    let overrides = Overrides {
        set: args.overrides.clone(),
        ..Overrides::default()
    };
    let mut data = recipe::for_data(&args.source, &overrides)?.data;
    data.labels = args.labels.clone().or(data.labels);
    let source = samples::open_watched(&data, false, args.json)?;
    if !source.left_out.is_empty() {
        eprintln!("{}", source.left_out);
    }
    let parts = [("validation", &source.validation), ("test", &source.test)];
    for (part, set) in parts {
        if let Some(set) = set {
            eprintln!(
                "note: described is the training part; the {part} part has {} samples",
                set.len()
            );
        }
    }
    let description = Description::of(source.samples.as_ref())?;
    Ok((description, Some(source.samples)))
}

/// The target's column: the one named, or else the last.
fn target(args: &args::Describe, path: &Path) -> Result<Option<Column>> {
    if args.no_target {
        return Ok(None);
    }
    Ok(Some(match &args.target {
        None => Column::Index(nn_data::describe::columns_of(path)?.len().saturating_sub(1)),
        Some(name) => match name.parse::<usize>() {
            // A header may be a number.
            Ok(index) if !nn_data::describe::columns_of(path)?.contains(name) => {
                Column::Index(index)
            }
            _ => Column::Name(name.clone()),
        },
    }))
}
