//! The first time through: counts, means, extremes, different values, and a sample of the rows.

use nn_core::{Purpose, Rng};

use super::table::Cell;
use super::tally::Tally;

/// Numbers that are kept to take quartiles from, over all columns.
const KEPT: usize = 8 << 20;
/// Hashes that are kept to count different values, over all columns.
const HASHES: usize = 4 << 20;
/// Index space of the draws, within `Purpose::Other`.
const DRAWS: u64 = 0x6465_7363;

/// What one column comes to.
#[derive(Debug)]
pub struct Column {
    pub missing: u64,
    pub infinite: u64,
    pub numbers: u64,
    pub texts: u64,
    pub mean: f64,
    /// Σ(x − mean)²
    pub squares: f64,
    pub min: f64,
    pub max: f64,
    pub whole: bool,
    pub tally: Tally,
    /// NaN where the row has no number.
    pub sample: Vec<f64>,
}

/// All columns, and how many rows there are.
#[derive(Debug)]
pub struct First {
    pub rows: u64,
    pub columns: Vec<Column>,
    capacity: usize,
}

impl First {
    pub fn new(width: usize) -> Self {
        let share = |all: usize| (all / width.max(1)).clamp(1024, 65_536);
        let column = || Column {
            missing: 0,
            infinite: 0,
            numbers: 0,
            texts: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            whole: true,
            tally: Tally::new(share(HASHES)),
            sample: Vec::new(),
        };
        First {
            rows: 0,
            columns: (0..width).map(|_| column()).collect(),
            capacity: share(KEPT),
        }
    }

    pub fn row(&mut self, row: &[Cell<'_>]) {
        // Where this row stands in the sample: each row is in it with the same probability (Vitter 1985, algorithm R).
        let slot = match self.rows {
            at if (at as usize) < self.capacity => Some(at as usize),
            at => {
                let bound = usize::try_from(at).unwrap_or(usize::MAX - 1) + 1;
                let slot = Rng::addressed(0, Purpose::Other(DRAWS), 0, at).below(bound);
                (slot < self.capacity).then_some(slot)
            }
        };
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.add(cell);
            let value = match cell {
                Cell::Number(value) if value.is_finite() => *value,
                _ => f64::NAN,
            };
            match slot {
                Some(slot) if slot < column.sample.len() => column.sample[slot] = value,
                Some(_) => column.sample.push(value),
                None => {}
            }
        }
        self.rows += 1;
    }
}

impl Column {
    fn add(&mut self, cell: &Cell<'_>) {
        match *cell {
            Cell::Missing => return self.missing += 1,
            Cell::Number(value) if value.is_nan() => return self.missing += 1,
            Cell::Number(value) if value.is_infinite() => self.infinite += 1,
            Cell::Number(value) => {
                self.numbers += 1;
                // Welford 1962: no difference of large sums.
                let off = value - self.mean;
                self.mean += off / self.numbers as f64;
                self.squares += off * (value - self.mean);
                self.min = self.min.min(value);
                self.max = self.max.max(value);
                self.whole &= value.fract() == 0.0;
            }
            Cell::Text(_) => self.texts += 1,
        }
        self.tally.add(cell);
    }

    /// Whether it is a column of numbers.
    pub fn is_numeric(&self) -> bool {
        self.numbers + self.infinite > 0 && self.numbers + self.infinite >= self.texts
    }

    /// The deviation with n − 1.
    pub fn deviation(&self) -> f64 {
        match self.numbers {
            0 | 1 => 0.0,
            n => (self.squares / (n - 1) as f64).sqrt(),
        }
    }

    /// Quartiles, linearly between two values.
    pub fn quartiles(&self) -> [f64; 3] {
        let mut sorted: Vec<f64> = self
            .sample
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .collect();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return [f64::NAN; 3];
        };
        [0.25, 0.5, 0.75].map(|share| {
            let place = share * last as f64;
            let (low, part) = (place.floor() as usize, place.fract());
            let high = sorted[(low + 1).min(last)];
            sorted[low] + (high - sorted[low]) * part
        })
    }
}
