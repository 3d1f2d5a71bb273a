//! What keeps samples together or in order when they are divided: columns of a table that are no inputs.

use std::collections::HashMap;

use nn_data::dataset::CsvOptions;

use super::column;
use crate::error::{Error, Result};
use crate::recipe;

/// What samples are divided along, other than chance.
pub enum Along {
    /// Nothing.
    Chance,
    /// The group of each sample.
    Groups(Vec<u32>),
    /// The time of each sample.
    Time(Vec<f64>),
}

/// The groups or times of the samples of a table, as the recipe names their columns.
///
/// # Errors
/// If the source is no table, there is no such column, or a cell of it is empty.
pub(super) fn of(data: &recipe::Data, samples: usize, is_table: bool) -> Result<Along> {
    let (key, name) = match (&data.group, &data.order) {
        (Some(name), _) => ("group", name),
        (_, Some(name)) => ("order", name),
        _ => return Ok(Along::Chance),
    };
    let wrong = |problem: String| {
        Err(Error::input(format!(
            "{}: [data] {key} {problem}",
            data.source
        )))
    };
    if !is_table {
        return wrong("names a column of a .csv file, which this is not; take it out".into());
    }
    let options = CsvOptions {
        header: data.header,
        delimiter: data.delimiter,
        memory: data.memory_mib.map(|mib| mib.saturating_mul(1 << 20)),
        ..CsvOptions::new()
    };
    let texts = options.read_column(&data.source, &column(name))?;
    if texts.len() != samples {
        return wrong(format!(
            "has {} rows of which {samples} are used; fill in the missing values, since rows that are left out lose their {key}",
            texts.len()
        ));
    }
    if key == "group" {
        let mut numbers = HashMap::new();
        let number = |text| {
            let next = numbers.len() as u32;
            *numbers.entry(text).or_insert(next)
        };
        return Ok(Along::Groups(texts.into_iter().map(number).collect()));
    }
    let times: Option<Vec<f64>> = (texts.iter())
        .map(|text| text.parse().ok().filter(|time: &f64| time.is_finite()))
        .collect();
    Ok(Along::Time(match times {
        Some(times) => times,
        // Dates as 2024-01-31 are in order as texts are.
        None => {
            let mut sorted: Vec<&String> = texts.iter().collect();
            sorted.sort_unstable();
            sorted.dedup();
            let place = |text: &String| sorted.partition_point(|other| *other < text) as f64;
            texts.iter().map(place).collect()
        }
    }))
}
