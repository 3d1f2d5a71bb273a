//! The second time through: what needs means and extremes.

use std::collections::HashMap;

use super::columns::Bin;
use super::first::First;
use super::relations::{Classes, Pairs};
use super::table::Cell;
use super::tally::{Key, hash};

/// Bars of a histogram.
const BINS: usize = 20;
/// Up to so many different whole numbers each has its bar.
const WHOLE_BINS: f64 = 20.0;
/// Different values up to which it is watched whether they decide the target.
const WATCHED: u64 = 1000;

/// What the second time brings for one column.
#[derive(Debug)]
pub struct Spread {
    pub fences: (f64, f64),
    pub outliers: u64,
    pub histogram: Vec<Bin>,
    /// The target by value, while each value has one only.
    decides: Option<HashMap<u64, u64>>,
}

impl Spread {
    fn new(first: &super::first::Column, watched: bool) -> Self {
        let [q1, _, q3] = first.quartiles();
        let reach = 1.5 * (q3 - q1);
        Spread {
            fences: (q1 - reach, q3 + reach),
            outliers: 0,
            histogram: bins(first),
            decides: (watched && first.tally.distinct().0 <= WATCHED).then(HashMap::new),
        }
    }

    fn add(&mut self, cell: &Cell<'_>, target: Option<u64>) {
        if let Cell::Number(value) = *cell
            && value.is_finite()
        {
            self.outliers += u64::from(value < self.fences.0 || value > self.fences.1);
            if let (Some(first), last) = (
                self.histogram.first(),
                self.histogram.len().saturating_sub(1),
            ) {
                let width = first.high - first.low;
                let at = if width > 0.0 {
                    ((value - first.low) / width) as usize
                } else {
                    0
                };
                self.histogram[at.min(last)].count += 1;
            }
        }
        let Some(decides) = &mut self.decides else {
            return;
        };
        // A value that is not there can tell as much as any other.
        let value = Key::of(cell).map_or(0, |key| hash(&key));
        let told = target.is_none_or(|target| *decides.entry(value).or_insert(target) == target);
        if !told {
            self.decides = None;
        }
    }

    /// Whether the target is the same wherever the value is, with `distinct` values among `rows` rows.
    pub fn decides(&self, distinct: u64, rows: u64) -> bool {
        // A value that comes only once decides by being there.
        self.decides.is_some() && distinct > 1 && distinct.saturating_mul(4) <= rows
    }
}

/// Equal bins from the least to the greatest value, still empty.
fn bins(first: &super::first::Column) -> Vec<Bin> {
    let (min, max) = (first.min, first.max);
    // Without a number the least is +∞ and the greatest −∞.
    if min > max || !(max - min).is_finite() {
        return Vec::new();
    }
    let (low, width, count) = match max - min {
        0.0 => (min - 0.5, 1.0, 1),
        range if first.whole && range < WHOLE_BINS => (min - 0.5, 1.0, range as usize + 1),
        range => (min, range / BINS as f64, BINS),
    };
    let bin = |at: usize| Bin {
        low: low + at as f64 * width,
        high: low + (at + 1) as f64 * width,
        count: 0,
    };
    (0..count).map(bin).collect()
}

/// All columns.
pub struct Second {
    pub spreads: Vec<Spread>,
    pub pairs: Pairs,
    pub classes: Option<Classes>,
    targets: usize,
    classify: bool,
}

impl Second {
    /// For rows whose last `targets` columns are targets; `classes` if these are classes, by name.
    pub fn new(first: &First, targets: usize, classes: Option<&[String]>) -> Self {
        let inputs = first.columns.len() - targets;
        let watched = targets == 1 && classes.is_some();
        let spreads = first.columns.iter().enumerate();
        let spreads = spreads
            .map(|(at, column)| Spread::new(column, watched && at < inputs))
            .collect();
        let shown = if classes.is_some() {
            inputs
        } else {
            first.columns.len()
        };
        Second {
            spreads,
            pairs: Pairs::new(first, shown),
            classes: classes.map(|names| Classes::new(first, inputs, names)),
            targets,
            classify: watched,
        }
    }

    pub fn row(&mut self, row: &[Cell<'_>]) {
        let inputs = row.len() - self.targets;
        let target = self.classify.then(|| &row[inputs]);
        let known = target.and_then(Key::of).map(|key| hash(&key));
        for (spread, cell) in self.spreads.iter_mut().zip(row) {
            spread.add(cell, known);
        }
        self.pairs.row(row);
        if let (Some(classes), Some(target)) = (&mut self.classes, target) {
            classes.row(&row[..inputs], target);
        }
    }
}
