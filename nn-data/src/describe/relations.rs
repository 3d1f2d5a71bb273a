//! How columns go together.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::first::First;
use super::table::Cell;
use super::tally::Key;

/// Columns of numbers that are correlated with each other; their pairs grow with the square.
const CORRELATED: usize = 64;
/// Classes up to which columns are compared with them.
const CLASSES: usize = 1000;

/// How columns go together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Relations {
    /// Columns of numbers, the first 64, targets last.
    pub names: Vec<String>,
    /// Pearson's r of each with each, row-major; NaN is 0, where one does not vary.
    pub correlations: Vec<f64>,
    /// Pairs of inputs, the strongest first.
    pub strongest: Vec<Link>,
    /// Inputs and the target, the strongest first. For a target of numbers Pearson's r; for classes the correlation ratio η, from 0 to
    /// 1: η² is the share of the column's variance that lies between the classes.
    pub with_target: Vec<Link>,
}

/// A relation of two columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// One column.
    pub a: String,
    /// The other; the target's name in relations with it.
    pub b: String,
    /// How strong it is.
    pub strength: f64,
}

/// Sums over pairs of columns, over the rows in which both are there; values are taken less the column's mean, so that nothing is lost.
#[derive(Debug)]
pub struct Pairs {
    /// The columns of numbers.
    pub places: Vec<usize>,
    means: Vec<f64>,
    /// n, Σx, Σy, Σx², Σy², Σxy of each pair, the first column before the second.
    sums: Vec<[f64; 6]>,
    values: Vec<f64>,
}

impl Pairs {
    /// Of the first `shown` columns.
    pub fn new(first: &First, shown: usize) -> Self {
        let columns = first.columns.iter().enumerate().take(shown);
        let mut places: Vec<usize> = columns
            .filter(|(_, column)| column.is_numeric())
            .map(|(at, _)| at)
            .collect();
        if places.len() > CORRELATED {
            // Targets stand at the end and are worth more than any input.
            let last = places.split_off(places.len() - 1);
            places.truncate(CORRELATED - 1);
            places.extend(last);
        }
        let count = places.len();
        Pairs {
            means: places.iter().map(|&at| first.columns[at].mean).collect(),
            sums: vec![[0.0; 6]; count * count.saturating_sub(1) / 2],
            values: vec![0.0; count],
            places,
        }
    }

    pub fn row(&mut self, row: &[Cell<'_>]) {
        for ((value, &at), mean) in self.values.iter_mut().zip(&self.places).zip(&self.means) {
            *value = match row[at] {
                Cell::Number(number) if number.is_finite() => number - mean,
                _ => f64::NAN,
            };
        }
        let mut sums = self.sums.iter_mut();
        for (at, &x) in self.values.iter().enumerate() {
            for (&y, sum) in self.values[at + 1..].iter().zip(&mut sums) {
                if x.is_nan() || y.is_nan() {
                    continue;
                }
                for (sum, part) in sum.iter_mut().zip([1.0, x, y, x * x, y * y, x * y]) {
                    *sum += part;
                }
            }
        }
    }

    /// Pearson's r of each with each, row-major; 0 where one does not vary.
    pub fn matrix(&self) -> Vec<f64> {
        let count = self.places.len();
        let mut matrix = vec![0.0; count * count];
        let mut sums = self.sums.iter();
        for a in 0..count {
            matrix[a * count + a] = 1.0;
            for (b, &[n, x, y, xx, yy, xy]) in (a + 1..count).zip(&mut sums) {
                let (vx, vy) = (n * xx - x * x, n * yy - y * y);
                // What is left of rounding where a column does not vary is not variance.
                let varies = |v: f64, squares: f64| v > 1e-12 * n * squares && v > 0.0;
                if varies(vx, xx) && varies(vy, yy) {
                    let r = ((n * xy - x * y) / (vx.sqrt() * vy.sqrt())).clamp(-1.0, 1.0);
                    matrix[a * count + b] = r;
                    matrix[b * count + a] = r;
                }
            }
        }
        matrix
    }
}

/// Sums of each column within each class.
#[derive(Debug)]
pub struct Classes {
    numbers: HashMap<Key, usize>,
    places: Vec<usize>,
    means: Vec<f64>,
    /// `[column][class]`: n, Σ(x − mean), least, greatest.
    cells: Vec<[f64; 4]>,
    classes: usize,
    /// Σ(x − mean)² of each column over the rows that have a class.
    squares: Vec<f64>,
}

impl Classes {
    /// Of the first `inputs` columns and classes of these names.
    pub fn new(first: &First, inputs: usize, names: &[String]) -> Self {
        let columns = first.columns.iter().enumerate().take(inputs);
        let usable = names.len() <= CLASSES;
        let places: Vec<usize> = columns
            .filter(|(_, column)| usable && column.is_numeric())
            .map(|(at, _)| at)
            .collect();
        let key = |name: &String| match name.parse::<f64>() {
            Ok(number) => Key::Number((number + 0.0).to_bits()),
            Err(_) => Key::Text(name.clone()),
        };
        let mut numbers: HashMap<Key, usize> = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            numbers.insert(Key::Text(name.clone()), at);
            numbers.insert(key(name), at);
        }
        Classes {
            means: places.iter().map(|&at| first.columns[at].mean).collect(),
            cells: vec![[0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY]; places.len() * names.len()],
            squares: vec![0.0; places.len()],
            classes: names.len(),
            numbers,
            places,
        }
    }

    pub fn row(&mut self, row: &[Cell<'_>], target: &Cell<'_>) {
        let Some(&class) = Key::of(target).and_then(|key| self.numbers.get(&key)) else {
            return;
        };
        for (at, (&place, mean)) in self.places.iter().zip(&self.means).enumerate() {
            if let Cell::Number(value) = row[place]
                && value.is_finite()
            {
                let [n, sum, least, greatest] = &mut self.cells[at * self.classes + class];
                *n += 1.0;
                *sum += value - mean;
                *least = least.min(value);
                *greatest = greatest.max(value);
                self.squares[at] += (value - mean) * (value - mean);
            }
        }
    }

    /// The correlation ratio η of each column: (its place, η).
    pub fn ratios(&self) -> Vec<(usize, f64)> {
        let ratio = |at: usize| {
            let cells = &self.cells[at * self.classes..(at + 1) * self.classes];
            let (n, sum) = cells
                .iter()
                .fold((0.0, 0.0), |(n, sum), cell| (n + cell[0], sum + cell[1]));
            let middle = sum * sum / f64::max(n, 1.0);
            let between: f64 = cells
                .iter()
                .filter(|c| c[0] > 0.0)
                .map(|c| c[1] * c[1] / c[0])
                .sum();
            let whole = self.squares[at] - middle;
            if whole > 1e-12 * self.squares[at] && whole > 0.0 {
                ((between - middle) / whole).clamp(0.0, 1.0).sqrt()
            } else {
                0.0
            }
        };
        self.places
            .iter()
            .enumerate()
            .map(|(at, &place)| (place, ratio(at)))
            .collect()
    }

    /// Columns in which no value of one class lies among those of another: their places.
    pub fn separated(&self) -> Vec<usize> {
        let apart = |at: usize| {
            let cells = &self.cells[at * self.classes..(at + 1) * self.classes];
            let mut ranges: Vec<(f64, f64)> = cells
                .iter()
                .filter(|c| c[0] > 0.0)
                .map(|c| (c[2], c[3]))
                .collect();
            ranges.sort_by(|a, b| a.0.total_cmp(&b.0));
            ranges.len() > 1 && ranges.windows(2).all(|pair| pair[0].1 < pair[1].0)
        };
        (0..self.places.len())
            .filter(|&at| apart(at))
            .map(|at| self.places[at])
            .collect()
    }
}
