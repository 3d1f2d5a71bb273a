//! How many different values there are, and which are the most frequent.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::table::Cell;

/// Values that are counted one by one; those that come up later are only counted together.
const COUNTED: usize = 1000;

/// A value as the key of a count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The bits of a number.
    Number(u64),
    /// A text.
    Text(String),
}

impl Key {
    /// The key of a cell that is there.
    pub fn of(cell: &Cell<'_>) -> Option<Key> {
        match cell {
            // Both zeros are one value.
            Cell::Number(value) => Some(Key::Number((value + 0.0).to_bits())),
            Cell::Text(text) => Some(Key::Text((*text).to_string())),
            Cell::Missing => None,
        }
    }

    /// The value as text.
    pub fn text(&self) -> String {
        match self {
            Key::Number(bits) => f64::from_bits(*bits).to_string(),
            Key::Text(text) => text.clone(),
        }
    }
}

/// Counts the values of a column.
#[derive(Debug)]
pub struct Tally {
    counts: HashMap<Key, u64>,
    /// Values beyond the first [`COUNTED`] different ones.
    others: u64,
    seen: Distinct,
}

impl Tally {
    /// Remembers `capacity` hashes at the most.
    pub fn new(capacity: usize) -> Self {
        Tally {
            counts: HashMap::new(),
            others: 0,
            seen: Distinct::new(capacity),
        }
    }

    /// Counts a cell that is there.
    pub fn add(&mut self, cell: &Cell<'_>) {
        let Some(key) = Key::of(cell) else { return };
        self.seen.add(hash(&key));
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
        } else if self.counts.len() < COUNTED {
            self.counts.insert(key, 1);
        } else {
            self.others += 1;
        }
    }

    /// The number of different values, and whether it is exact.
    pub fn distinct(&self) -> (u64, bool) {
        match self.others {
            0 => (self.counts.len() as u64, true),
            _ => self.seen.count(),
        }
    }

    /// Whether every value was counted by itself.
    pub fn is_complete(&self) -> bool {
        self.others == 0
    }

    /// The most frequent values, the most frequent first. Exact for any that is among the first thousand different ones.
    pub fn frequent(&self, count: usize) -> Vec<(String, u64)> {
        let mut all: Vec<(&Key, u64)> = self
            .counts
            .iter()
            .map(|(key, &count)| (key, count))
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all.truncate(count);
        all.into_iter()
            .map(|(key, count)| (key.text(), count))
            .collect()
    }
}

/// A hash of a value.
pub fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Counts different hashes: exactly while they fit, and after that from those that end in so many zero bits (Wegman's adaptive
/// sampling; Flajolet 1990). The relative error is about 1.2 / √capacity.
#[derive(Debug)]
struct Distinct {
    kept: HashSet<u64>,
    capacity: usize,
    bits: u32,
}

impl Distinct {
    fn new(capacity: usize) -> Self {
        Distinct {
            kept: HashSet::new(),
            capacity: capacity.max(64),
            bits: 0,
        }
    }

    fn add(&mut self, hash: u64) {
        if hash.trailing_zeros() < self.bits {
            return;
        }
        self.kept.insert(hash);
        while self.kept.len() > self.capacity && self.bits < 63 {
            self.bits += 1;
            let bits = self.bits;
            self.kept.retain(|hash| hash.trailing_zeros() >= bits);
        }
    }

    fn count(&self) -> (u64, bool) {
        ((self.kept.len() as u64) << self.bits, self.bits == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_counted_and_many_estimated() {
        let mut tally = Tally::new(4096);
        for at in 0..3000_u32 {
            tally.add(&Cell::Number(f64::from(at % 1500)));
        }
        assert_eq!(tally.distinct(), (1500, true));
        let mut tally = Tally::new(4096);
        for at in 0..200_000_u32 {
            tally.add(&Cell::Number(f64::from(at)));
        }
        let (count, exact) = tally.distinct();
        assert!(
            !exact && (count as f64 / 200_000.0 - 1.0).abs() < 0.06,
            "{count}"
        );
        let mut tally = Tally::new(64);
        for text in ["b", "a", "b", "c"] {
            tally.add(&Cell::Text(text));
        }
        tally.add(&Cell::Missing);
        assert_eq!(
            tally.frequent(2),
            [("b".to_string(), 2), ("a".to_string(), 1)]
        );
        let mut tally = Tally::new(64);
        tally.add(&Cell::Number(0.0));
        tally.add(&Cell::Number(-0.0));
        assert_eq!(tally.distinct(), (1, true));
    }
}
