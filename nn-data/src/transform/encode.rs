//! Columns of codes, such as 1, 2 and 5 for kinds of things, as one-hot vectors or as places in the order of the codes.

use std::collections::BTreeMap;

use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use super::Transform;
use super::rows::{map_rows, widened};
use super::step::{Fitted, Widths};
use super::stream::Stream;
use crate::dataset::Encoding;
use crate::error::{Error, Result};

/// Most different codes of a column.
const MAX_LEVELS: usize = 10_000;

/// Replaces columns of codes: by one column for each code of the training data (1 for the code that is there), or by the place
/// of the code in ascending order, from 0. The other columns stay between them as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    /// Values of a sample before.
    pub width: usize,
    /// What becomes of each code.
    pub encoding: Encoding,
    /// The encoded columns, ascending, each with its codes, ascending.
    pub columns: Vec<(usize, Vec<f64>)>,
}

impl Encoder {
    pub(super) fn fit(stream: &Stream<'_>, columns: &[usize], encoding: Encoding) -> Result<Self> {
        let width = stream.width();
        if let Some(column) = columns.iter().find(|&&column| column >= width) {
            let problem =
                format!("there is no column {column}, counted from 0; samples have {width} values");
            return Err(Error::argument("encode", problem));
        }
        // Keyed by bits that are ordered as the numbers are.
        let mut seen: BTreeMap<usize, BTreeMap<u64, f64>> = columns
            .iter()
            .map(|&column| (column, BTreeMap::new()))
            .collect();
        stream.each(|block, first| {
            stream.finite(block, first)?;
            let block = block.to_dtype(DType::F64)?;
            for row in block.as_slice::<f64>()?.chunks_exact(width) {
                for (&column, levels) in &mut seen {
                    levels.insert(order(row[column]), row[column] + 0.0);
                    if levels.len() > MAX_LEVELS {
                        let name = stream.column_name(column);
                        return Err(Error::data(
                            stream.name(),
                            format!("column {name} has more than {MAX_LEVELS} different codes"),
                            "leave it as a number",
                        ));
                    }
                }
            }
            Ok(())
        })?;
        let columns = seen
            .into_iter()
            .map(|(column, levels)| (column, levels.into_values().collect()));
        Ok(Encoder {
            width,
            encoding,
            columns: columns.collect(),
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        let ascending = self.columns.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let levels = |(column, levels): &(usize, Vec<f64>)| {
            *column < self.width
                && !levels.is_empty()
                && levels.windows(2).all(|pair| pair[0] < pair[1])
        };
        match ascending && self.columns.iter().all(levels) {
            true => Ok(()),
            false => Err(Error::argument(
                "encode",
                "its columns or codes are not in order",
            )),
        }
    }

    fn outputs(&self) -> usize {
        match self.encoding {
            Encoding::Ordinal => self.width,
            Encoding::OneHot => {
                self.width - self.columns.len()
                    + self
                        .columns
                        .iter()
                        .map(|(_, levels)| levels.len())
                        .sum::<usize>()
            }
        }
    }

    /// The values of a sample, encoded ones with their levels.
    fn plan(&self) -> impl Iterator<Item = (usize, Option<&[f64]>)> {
        let mut encoded = self.columns.iter().peekable();
        (0..self.width).map(move |column| {
            let levels = encoded.next_if(|(at, _)| *at == column);
            (column, levels.map(|(_, levels)| levels.as_slice()))
        })
    }
}

fn order(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

impl Transform for Encoder {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        super::check_width("encode", sample.iter().product(), self.width)?;
        Ok(vec![self.outputs()])
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.output_shape(batch.dims().get(1..).unwrap_or_default())?;
        *batch = widened("encode", batch, self.outputs(), |row, out| {
            for (column, levels) in self.plan() {
                let Some(levels) = levels else {
                    out.push(row[column]);
                    continue;
                };
                let Ok(place) =
                    levels.binary_search_by(|level| level.total_cmp(&(row[column] + 0.0)))
                else {
                    let problem = format!(
                        "column {column} holds {}, a code that the training data does not have",
                        row[column]
                    );
                    return Err(Error::argument("encode", problem));
                };
                match self.encoding {
                    Encoding::Ordinal => out.push(place as f64),
                    Encoding::OneHot => {
                        out.extend(
                            (0..levels.len()).map(|level| f64::from(u8::from(level == place))),
                        );
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        super::check_width(
            "encode",
            batch.dims().iter().skip(1).product(),
            self.outputs(),
        )?;
        *batch = widened("encode", batch, self.width, |row, out| {
            let mut rest = row;
            for (_, levels) in self.plan() {
                let (taken, place) = match (levels, self.encoding) {
                    (None, _) => (1, None),
                    (Some(levels), Encoding::Ordinal) => (
                        1,
                        Some(rest[0].round().clamp(0.0, (levels.len() - 1) as f64) as usize),
                    ),
                    // The likeliest.
                    (Some(levels), Encoding::OneHot) => {
                        let best =
                            (0..levels.len()).reduce(|a, b| if rest[b] > rest[a] { b } else { a });
                        (levels.len(), best)
                    }
                };
                out.push(match (levels, place) {
                    (Some(levels), Some(place)) => levels[place],
                    _ => rest[0],
                });
                rest = &rest[taken..];
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl Fitted for Encoder {
    fn widths(&self) -> Widths {
        Widths::Changes {
            from: self.width,
            to: self.outputs(),
        }
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        // Nothing follows from a small change of a code.
        map_rows("encode", input, gradient, self.width, |_, g, out| {
            let mut at = 0;
            for (column, levels) in self.plan() {
                match levels {
                    None => {
                        out[column] = g[at];
                        at += 1;
                    }
                    Some(levels) if self.encoding == Encoding::OneHot => at += levels.len(),
                    Some(_) => at += 1,
                }
            }
        })
    }
}
