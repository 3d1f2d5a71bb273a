//! Filling in missing values. NaN is missing.

use std::collections::HashMap;

use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use super::Transform;
use super::quantiles::Quantiles;
use super::rows::{each_row, map_rows, widened};
use super::statistics::Over;
use super::step::{Fitted, Widths};
use super::stream::Stream;
use crate::error::{Error, Result};

/// Most different values of a column of which the most frequent is looked for.
const MAX_VALUES: usize = 1 << 16;

/// What a missing value is replaced by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "strategy must be \"mean\", \"median\", \"most_frequent\" or a number"
)]
pub enum Strategy {
    /// By something of its column.
    Of(Typical),
    /// By this number.
    Constant(f64),
}

/// Something typical of a column, of the values that are not missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Typical {
    /// The mean.
    Mean,
    /// The median, exact; the mean of the two in the middle where there are two.
    Median,
    /// The value that occurs most often; the smallest of them where there are several.
    MostFrequent,
}

/// y = x, or the fill of its column where x is NaN; and, if asked for, behind these a column for each that had missing values in
/// training: 1 where x is missing, else 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imputer {
    /// What stands in for a missing value, for each column.
    pub fill: Vec<f64>,
    /// The columns of which it is told where values were missing.
    pub indicators: Vec<usize>,
}

impl Imputer {
    pub(super) fn fit(stream: &Stream<'_>, strategy: Strategy, indicator: bool) -> Result<Self> {
        let (missing, means) = survey(stream)?;
        let all_missing = missing.iter().position(|&count| count == stream.len());
        if let (Some(column), Strategy::Of(_)) = (all_missing, strategy) {
            return Err(Error::data(
                stream.name(),
                format!(
                    "column {} has no value in the training data",
                    stream.column_name(column)
                ),
                "leave it out, or fill it with a number",
            ));
        }
        let fill = match strategy {
            Strategy::Constant(value) => vec![value; missing.len()],
            Strategy::Of(Typical::Mean) => finite(stream, means)?,
            Strategy::Of(Typical::Median) => {
                let found = Quantiles::of(stream, Over::Feature, &[0.5])?;
                let median = |found: Option<Vec<f64>>| found.and_then(|q| q.first().copied());
                found.values.into_iter().filter_map(median).collect()
            }
            Strategy::Of(Typical::MostFrequent) => most_frequent(stream)?,
        };
        let indicators = match indicator {
            true => (0..missing.len())
                .filter(|&column| missing[column] > 0)
                .collect(),
            false => Vec::new(),
        };
        Ok(Imputer { fill, indicators })
    }

    pub(super) fn check(&self) -> Result<()> {
        let sound = !self.fill.is_empty()
            && self.fill.iter().all(|v| v.is_finite())
            && self
                .indicators
                .iter()
                .all(|&column| column < self.fill.len());
        match sound {
            true => Ok(()),
            false => Err(Error::argument(
                "impute",
                "a parameter is not finite or names no column",
            )),
        }
    }

    fn outputs(&self) -> usize {
        self.fill.len() + self.indicators.len()
    }
}

/// Refuses a fill that is missing itself.
pub(super) fn check(strategy: Strategy) -> Result<()> {
    match strategy {
        Strategy::Constant(value) if !value.is_finite() => Err(Error::argument(
            "impute",
            format!("strategy must be finite, not {value}"),
        )),
        _ => Ok(()),
    }
}

/// Calls `f` with every value in f64, row by row.
fn each_value(stream: &Stream<'_>, mut f: impl FnMut(usize, f64) -> Result<()>) -> Result<()> {
    let width = stream.width();
    stream.each(|block, _| {
        let block = block.to_dtype(DType::F64)?;
        for row in block.as_slice::<f64>()?.chunks_exact(width) {
            for (column, &v) in row.iter().enumerate() {
                f(column, v)?;
            }
        }
        Ok(())
    })
}

/// How many values each column lacks, and the mean of the others.
fn survey(stream: &Stream<'_>) -> Result<(Vec<usize>, Vec<f64>)> {
    let (mut missing, mut means) = (vec![0; stream.width()], vec![0.0; stream.width()]);
    let mut counts = vec![0.0f64; stream.width()];
    each_value(stream, |column, v| {
        if v.is_nan() {
            missing[column] += 1;
        } else {
            counts[column] += 1.0;
            means[column] += (v - means[column]) / counts[column];
        }
        Ok(())
    })?;
    Ok((missing, means))
}

fn finite(stream: &Stream<'_>, means: Vec<f64>) -> Result<Vec<f64>> {
    let Some(column) = means.iter().position(|mean| !mean.is_finite()) else {
        return Ok(means);
    };
    let problem = format!(
        "column {} has an infinite value",
        stream.column_name(column)
    );
    Err(Error::data(
        stream.name(),
        problem,
        "correct or remove the row",
    ))
}

fn most_frequent(stream: &Stream<'_>) -> Result<Vec<f64>> {
    let mut counts: Vec<HashMap<u64, u64>> = vec![HashMap::new(); stream.width()];
    each_value(stream, |column, v| {
        if v.is_nan() {
            return Ok(());
        }
        // The two zeros are one value.
        *counts[column].entry((v + 0.0).to_bits()).or_default() += 1;
        if counts[column].len() > MAX_VALUES {
            let problem = format!(
                "column {} has more than {MAX_VALUES} different values, of which none is typical by its frequency",
                stream.column_name(column)
            );
            return Err(Error::data(
                stream.name(),
                problem,
                "impute the mean or the median",
            ));
        }
        Ok(())
    })?;
    let best = |counts: HashMap<u64, u64>| {
        let pairs = counts
            .into_iter()
            .map(|(bits, count)| (count, f64::from_bits(bits)));
        let better = |a: (u64, f64), b: (u64, f64)| match a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)) {
            std::cmp::Ordering::Less => b,
            _ => a,
        };
        pairs.reduce(better).map_or(0.0, |(_, value)| value)
    };
    Ok(counts.into_iter().map(best).collect())
}

impl Transform for Imputer {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        super::check_width("impute", sample.iter().product(), self.fill.len())?;
        Ok(match self.indicators.is_empty() {
            true => sample.to_vec(),
            false => vec![self.outputs()],
        })
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.output_shape(batch.dims().get(1..).unwrap_or_default())?;
        if self.indicators.is_empty() {
            return each_row("impute", batch, |row| {
                for (v, fill) in row.iter_mut().zip(&self.fill) {
                    if v.is_nan() {
                        *v = *fill;
                    }
                }
            });
        }
        *batch = widened("impute", batch, self.outputs(), |row, out| {
            let filled = row.iter().zip(&self.fill);
            out.extend(filled.map(|(v, fill)| if v.is_nan() { *fill } else { *v }));
            out.extend(
                self.indicators
                    .iter()
                    .map(|&column| f64::from(u8::from(row[column].is_nan()))),
            );
            Ok(())
        })?;
        Ok(())
    }

    fn apply_inverse(&self, _: &mut Tensor) -> Result<()> {
        Err(Error::argument(
            "impute",
            "it cannot be undone: which values were missing is not kept",
        ))
    }
}

impl Fitted for Imputer {
    fn widths(&self) -> Widths {
        match self.indicators.is_empty() {
            true => Widths::Keeps(self.fill.len()),
            false => Widths::Changes {
                from: self.fill.len(),
                to: self.outputs(),
            },
        }
    }

    fn keeps_columns(&self) -> bool {
        true
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        map_rows("impute", input, gradient, self.fill.len(), |x, g, out| {
            for ((out, x), g) in out.iter_mut().zip(x).zip(g) {
                *out = if x.is_nan() { 0.0 } else { *g };
            }
        })
    }
}
