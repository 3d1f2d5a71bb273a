//! From rows to a description.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::columns::{ColumnDescription, ColumnType, NumberDescription, Suspicion};
use super::duplicates::Finder;
use super::first::{Column, First};
use super::relations::{Link, Relations};
use super::second::{Second, Spread};
use super::table::{Cell, Rows};
use super::tally::{Key, hash};
use super::{Description, Range, TargetDescription};
use crate::dataset::TargetKind;
use crate::error::Result;

/// Frequent values that are named.
const FREQUENT: usize = 8;
/// Different whole numbers up to which a target counts as classes where nothing says what it is.
const MAX_AUTO_CLASSES: u64 = 20;
/// A column that is this much of one value is nearly constant.
const NEARLY: f64 = 0.99;
/// Rows from which on it means something that no value comes twice.
const ROWS_TO_JUDGE: u64 = 20;
/// Correlations that are named.
const LINKS: usize = 12;
/// A column that is correlated with another like this is the same but for a factor.
const SAME: f64 = 0.999_999;

pub fn describe(rows: &dyn Rows) -> Result<Description> {
    let names = rows.columns();
    let targets = rows.targets();
    let inputs = names.len() - targets;
    let mut first = First::new(names.len());
    let mut finder = Finder::default();
    rows.each(&mut |row| {
        first.row(row);
        finder.add(hash_of(&row[..inputs]), hash_of(&row[inputs..]));
        Ok(())
    })?;
    let classes = classes(rows, &first, inputs);
    let class_names: Option<Vec<String>> = classes
        .as_ref()
        .map(|classes| classes.iter().map(|(name, _)| name.clone()).collect());
    let mut second = Second::new(&first, targets, class_names.as_deref());
    rows.each(&mut |row| {
        second.row(row);
        Ok(())
    })?;
    let separated = second
        .classes
        .as_ref()
        .map(|classes| classes.separated())
        .unwrap_or_default();
    let described = |at: usize| {
        let (column, spread) = (&first.columns[at], &second.spreads[at]);
        let mut described = column_description(&names[at], column, spread, first.rows);
        let (distinct, _) = column.tally.distinct();
        let decides = class_names.is_some()
            && at < inputs
            && (spread.decides(distinct, first.rows)
                || (separated.contains(&at) && column.missing == 0));
        if decides && first.rows >= ROWS_TO_JUDGE {
            described.suspicions.push(Suspicion::DecidesTarget);
        }
        described
    };
    let mut columns: Vec<ColumnDescription> = (0..inputs).map(described).collect();
    let relations = relations(&names, inputs, targets, &second, &mut columns);
    let total = |of: fn(&Column) -> u64| first.columns[..inputs].iter().map(of).sum::<u64>();
    let constant = columns.iter().enumerate();
    let constant = constant
        .filter(|(_, c)| c.suspicions.contains(&Suspicion::Constant))
        .map(|(at, _)| at)
        .collect();
    let target = match (classes, targets) {
        (Some(classes), _) => TargetDescription::Classes(classes),
        (None, 0) => TargetDescription::None,
        (None, _) => TargetDescription::Regression((inputs..names.len()).map(described).collect()),
    };
    Ok(Description {
        samples: first.rows as usize,
        inputs: range(&first.columns[..inputs]),
        missing: total(|column| column.missing),
        not_finite: total(|column| column.infinite)
            + if rows.gaps_are_nan() {
                total(|column| column.missing)
            } else {
                0
            },
        constant,
        columns,
        target,
        relations,
        duplicates: finder.found(),
        ..Description::empty(&rows.name(), &[inputs])
    })
}

/// The classes of the target and how many samples each has, if it is one of classes.
fn classes(rows: &dyn Rows, first: &First, inputs: usize) -> Option<Vec<(String, usize)>> {
    let column = first.columns.get(inputs)?;
    let counts = |names: &[String]| -> Vec<(String, usize)> {
        let frequent = column.tally.frequent(usize::MAX);
        let count = |name: &String| {
            frequent
                .iter()
                .find(|(text, _)| text == name)
                .map_or(0, |(_, count)| *count as usize)
        };
        names
            .iter()
            .map(|name| (name.clone(), count(name)))
            .collect()
    };
    match rows.kind() {
        Some(TargetKind::Classes { names }) => Some(counts(&names)),
        Some(_) => None,
        None => {
            let (distinct, _) = column.tally.distinct();
            let few_whole = column.is_numeric()
                && column.texts == 0
                && column.whole
                && column.infinite == 0
                && distinct <= MAX_AUTO_CLASSES;
            let classes = few_whole || !column.is_numeric();
            if !classes || !column.tally.is_complete() {
                return None;
            }
            let mut found = column.tally.frequent(usize::MAX);
            // Numbers in their order, words in theirs.
            found.sort_by(|a, b| match (a.0.parse::<f64>(), b.0.parse::<f64>()) {
                (Ok(x), Ok(y)) => x.total_cmp(&y),
                _ => a.0.cmp(&b.0),
            });
            Some(
                found
                    .into_iter()
                    .map(|(name, count)| (name, count as usize))
                    .collect(),
            )
        }
    }
}

fn hash_of(cells: &[Cell<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in cells {
        match Key::of(cell) {
            Some(key) => hash(&key).hash(&mut hasher),
            None => 0_u8.hash(&mut hasher),
        }
    }
    hasher.finish()
}

fn range(columns: &[Column]) -> Option<Range> {
    let used: Vec<&Column> = columns
        .iter()
        .filter(|c| c.numbers > 0 && c.is_numeric())
        .collect();
    let count: f64 = used.iter().map(|c| c.numbers as f64).sum();
    (count > 0.0).then(|| Range {
        min: used.iter().map(|c| c.min).fold(f64::INFINITY, f64::min),
        mean: used
            .iter()
            .map(|c| c.mean * (c.numbers as f64 / count))
            .sum(),
        max: used.iter().map(|c| c.max).fold(f64::NEG_INFINITY, f64::max),
    })
}

fn column_description(
    name: &str,
    column: &Column,
    spread: &Spread,
    rows: u64,
) -> ColumnDescription {
    let (distinct, distinct_is_exact) = column.tally.distinct();
    let numeric = column.is_numeric();
    let kind = match (numeric, column.texts) {
        (true, _) if column.whole && column.infinite == 0 => ColumnType::Whole,
        (true, _) => ColumnType::Number,
        (false, 0) => ColumnType::Empty,
        (false, _) => ColumnType::Text,
    };
    let present = column.numbers + column.infinite + column.texts;
    let frequent = column.tally.frequent(FREQUENT);
    let mut suspicions = Vec::new();
    let most = frequent.first().map_or(0, |(_, count)| *count);
    match (present, distinct) {
        (0, _) => suspicions.push(Suspicion::Empty),
        (_, 1) if rows > 1 && column.missing == 0 => suspicions.push(Suspicion::Constant),
        _ if rows >= ROWS_TO_JUDGE && most as f64 >= NEARLY * rows as f64 => {
            suspicions.push(Suspicion::NearlyConstant(most as f64 / rows as f64));
        }
        _ => {}
    }
    let every = distinct as f64
        >= if distinct_is_exact {
            present as f64
        } else {
            0.97 * present as f64
        };
    if every
        && present >= ROWS_TO_JUDGE
        && column.infinite == 0
        && matches!(kind, ColumnType::Whole | ColumnType::Text)
    {
        suspicions.push(Suspicion::Identifier);
    }
    let numbers = (numeric && column.numbers > 0).then(|| NumberDescription {
        min: column.min,
        mean: column.mean,
        deviation: column.deviation(),
        max: column.max,
        quartiles: column.quartiles(),
        outliers: spread.outliers,
        fences: spread.fences,
        histogram: spread.histogram.clone(),
    });
    ColumnDescription {
        name: name.to_string(),
        kind,
        present,
        missing: column.missing,
        infinite: column.infinite,
        stray: if numeric { column.texts } else { 0 },
        distinct,
        distinct_is_exact,
        numbers,
        frequent: if most > 1 { frequent } else { Vec::new() },
        suspicions,
    }
}

fn relations(
    names: &[String],
    inputs: usize,
    targets: usize,
    second: &Second,
    columns: &mut [ColumnDescription],
) -> Relations {
    let places = &second.pairs.places;
    let correlations = second.pairs.matrix();
    let count = places.len();
    let (mut strongest, mut with_target) = (Vec::new(), Vec::new());
    let link = |a: usize, b: usize, strength: f64| Link {
        a: names[a].clone(),
        b: names[b].clone(),
        strength,
    };
    for (i, &a) in places.iter().enumerate() {
        for (j, &b) in places.iter().enumerate().skip(i + 1) {
            let r = correlations[i * count + j];
            if a < inputs && b < inputs {
                strongest.push(link(a, b, r));
                if r.abs() >= SAME {
                    columns[b]
                        .suspicions
                        .push(Suspicion::Repeats(names[a].clone()));
                }
            } else if a < inputs && b == inputs {
                with_target.push(link(a, b, r));
                if r.abs() >= SAME {
                    columns[a].suspicions.push(Suspicion::DecidesTarget);
                }
            }
        }
    }
    if let (Some(classes), 1) = (&second.classes, targets) {
        with_target.extend(
            classes
                .ratios()
                .into_iter()
                .map(|(at, ratio)| link(at, inputs, ratio)),
        );
    }
    let sort = |links: &mut Vec<Link>| {
        links.sort_by(|a, b| {
            b.strength
                .abs()
                .total_cmp(&a.strength.abs())
                .then_with(|| (&a.a, &a.b).cmp(&(&b.a, &b.b)))
        });
    };
    sort(&mut strongest);
    sort(&mut with_target);
    strongest.truncate(LINKS);
    Relations {
        names: places.iter().map(|&at| names[at].clone()).collect(),
        correlations,
        strongest,
        with_target,
    }
}
