//! Samples with something in common that go wrong more often than the rest.

use serde::Serialize;

use super::statistics::{adjusted, fisher_upper, welch_upper};
use crate::error::{Error, Result};

/// A column with at most so many values is taken for categories; others are cut at their quartiles.
const CATEGORIES: usize = 8;
/// A slice with fewer samples says nothing.
const LEAST: usize = 8;
/// The share of the slices shown that may be there by chance.
const LEVEL: f64 = 0.05;

/// Something known of every sample by which errors may differ: an input, a class, the brightness of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// A value for each sample.
    pub values: Vec<f64>,
    /// Where the values number categories: the names of these.
    pub categories: Option<Vec<String>>,
}

/// Samples that one column picks out, and that go wrong more often than the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// The column.
    pub column: String,
    /// Which of its values, in words.
    pub values: String,
    /// Number of samples.
    pub samples: usize,
    /// Their mean error.
    pub error: f64,
    /// The mean error of all others.
    pub rest: f64,
    /// The chance of such a difference between equals, adjusted for the number of slices that were compared.
    pub p_value: f64,
}

impl Column {
    /// The value of a sample in words.
    pub fn word(&self, sample: usize) -> String {
        let value = self.values.get(sample).copied().unwrap_or(f64::NAN);
        match &self.categories {
            Some(names) => names
                .get(value as usize)
                .cloned()
                .unwrap_or_else(|| value.to_string()),
            // Most values began as f32, and are shorter so.
            None if f64::from(value as f32) == value => (value as f32).to_string(),
            None => value.to_string(),
        }
    }
}

/// Looks for slices of the samples that go wrong more often than the rest.
///
/// A column of few values gives a slice for each of them, another one for each of its four quarters (by quantiles). `costs` are the
/// errors of the samples: where all are 0 or 1 slices are compared by Fisher's exact test, otherwise by Welch's statistic; one-sided,
/// adjusted by Benjamini and Hochberg (1995), so that of the slices given at most 5 % are expected to be chance. The surest come
/// first. Slices that hold the same samples as one before them are left out.
///
/// # Errors
/// If a column has another number of values than there are costs, or a cost is not finite.
pub fn slices(costs: &[f64], columns: &[Column]) -> Result<Vec<Slice>> {
    let samples = costs.len();
    if costs.iter().any(|cost| !cost.is_finite()) {
        return Err(Error::argument("slices", "an error is not finite"));
    }
    if let Some(column) = columns.iter().find(|column| column.values.len() != samples) {
        let problem = format!("{} values for {samples} samples", column.values.len());
        return Err(Error::data(
            format!("column \"{}\"", column.name),
            problem,
            "give one for each sample",
        ));
    }
    let rates = costs.iter().all(|&cost| cost == 0.0 || cost == 1.0);
    let total: f64 = costs.iter().sum();
    let mut found = Vec::new();
    let mut p_values = Vec::new();
    for column in columns {
        for (values, inside) in parts(column) {
            let count = inside.iter().filter(|&&inside| inside).count();
            if count < LEAST || samples - count < LEAST {
                continue;
            }
            let pick = |wanted: bool| -> Vec<f64> {
                let both = costs.iter().zip(&inside);
                both.filter(|(_, inside)| **inside == wanted)
                    .map(|(cost, _)| *cost)
                    .collect()
            };
            let here = pick(true);
            let sum: f64 = here.iter().sum();
            p_values.push(if rates {
                fisher_upper(sum as usize, count, total as usize, samples)
            } else {
                welch_upper(&here, &pick(false))
            });
            found.push((
                inside,
                Slice {
                    column: column.name.clone(),
                    values,
                    samples: count,
                    error: sum / count as f64,
                    rest: (total - sum) / (samples - count) as f64,
                    p_value: 1.0,
                },
            ));
        }
    }
    let adjusted = adjusted(&p_values);
    let mut kept: Vec<(Vec<bool>, Slice)> = found
        .into_iter()
        .zip(adjusted)
        .filter(|(_, p_value)| *p_value <= LEVEL)
        .map(|((inside, slice), p_value)| (inside, Slice { p_value, ..slice }))
        .collect();
    kept.sort_by(|(_, a), (_, b)| {
        a.p_value
            .total_cmp(&b.p_value)
            .then(b.error.total_cmp(&a.error))
    });
    let mut seen = std::collections::HashSet::new();
    kept.retain(|(inside, _)| seen.insert(inside.clone()));
    Ok(kept.into_iter().map(|(_, slice)| slice).collect())
}

/// The parts of a column: in words, and which samples are in.
fn parts(column: &Column) -> Vec<(String, Vec<bool>)> {
    let mut sorted: Vec<f64> = column
        .values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let inside = |test: &dyn Fn(f64) -> bool| column.values.iter().map(|&v| test(v)).collect();
    if column.categories.is_some() || distinct.len() <= CATEGORIES {
        return distinct
            .iter()
            .map(|&value| {
                let word = match &column.categories {
                    Some(names) => names.get(value as usize).cloned(),
                    None => None,
                };
                let word = word.unwrap_or_else(|| number(value));
                (word, inside(&|v| v == value))
            })
            .collect();
    }
    let at = |quarter: usize| sorted[(quarter * sorted.len() / 4).min(sorted.len() - 1)];
    let mut edges: Vec<f64> = (1..4).map(at).collect();
    edges.dedup();
    let mut parts = Vec::new();
    for bin in 0..=edges.len() {
        let low = bin.checked_sub(1).map(|bin| edges[bin]);
        let high = edges.get(bin).copied();
        let test = |v: f64| low.is_none_or(|low| v >= low) && high.is_none_or(|high| v < high);
        let words = match (low, high) {
            (None, Some(high)) => format!("below {}", number(high)),
            (Some(low), None) => format!("{} and above", number(low)),
            (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
            (None, None) => continue,
        };
        parts.push((words, inside(&|v: f64| v.is_finite() && test(v))));
    }
    parts
}

/// About four digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e6 {
        return format!("{value:.0}");
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    let places = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_core::{Purpose, Rng};

    fn column(name: &str, values: Vec<f64>) -> Column {
        Column {
            name: name.into(),
            values,
            categories: None,
        }
    }

    #[test]
    fn a_slice_that_goes_wrong_is_found_and_noise_is_not() {
        let mut rng = Rng::addressed(3, Purpose::Other(2), 0, 0);
        let columns: Vec<Column> = (0..20)
            .map(|at| column(&format!("c{at}"), (0..2000).map(|_| rng.normal()).collect()))
            .collect();
        let noise: Vec<f64> = (0..2000)
            .map(|_| f64::from(u8::from(rng.bernoulli(0.1))))
            .collect();
        assert_eq!(slices(&noise, &columns).unwrap(), []);
        let costs: Vec<f64> = (0..2000)
            .map(|at| {
                let p = if columns[7].values[at] > 0.8 {
                    0.4
                } else {
                    0.05
                };
                f64::from(u8::from(rng.bernoulli(p)))
            })
            .collect();
        let found = slices(&costs, &columns).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].column == "c7" && found[0].values.ends_with("and above"),
            "{found:?}"
        );
        assert!(found[0].error > 5.0 * found[0].rest && found[0].p_value < 1e-10);
        // Squared errors, not rates: Welch's statistic.
        let squares: Vec<f64> = costs.iter().map(|c| c * 2.0 + rng.uniform()).collect();
        assert_eq!(slices(&squares, &columns).unwrap()[0].column, "c7");
    }

    #[test]
    fn categories_and_odd_columns() {
        let costs: Vec<f64> = (0..40).map(|at| f64::from(u8::from(at % 4 == 0))).collect();
        let kind = Column {
            categories: Some(vec!["odd".into(), "every fourth".into()]),
            ..column(
                "kind",
                (0..40).map(|at| f64::from(u8::from(at % 4 == 0))).collect(),
            )
        };
        let same = column(
            "same",
            (0..40)
                .map(|at| if at % 4 == 0 { 3.0 } else { 7.0 })
                .collect(),
        );
        let odd = column(
            "odd",
            (0..40)
                .map(|at| if at < 39 { f64::NAN } else { 1.0 })
                .collect(),
        );
        let found = slices(&costs, &[kind, same, odd]).unwrap();
        assert_eq!(found.len(), 1, "the same samples are named once: {found:?}");
        assert_eq!(
            (found[0].values.as_str(), found[0].error, found[0].rest),
            ("every fourth", 1.0, 0.0)
        );
        assert!(slices(&[1.0], &[column("short", vec![])]).is_err());
        assert_eq!(slices(&[], &[]).unwrap(), []);
    }
}
