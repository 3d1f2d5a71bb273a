//! What looks wrong with a data set, in sentences.

use super::columns::{ColumnDescription, Suspicion};
use super::{Description, TargetDescription};

/// A smallest class with less than this share of the largest is worth a warning.
const IMBALANCE: f64 = 0.1;
/// Duplicates beyond this share are worth a warning.
const DUPLICATES: f64 = 0.01;
/// Names in a list.
const NAMED: usize = 5;

/// The description with its warnings and notes.
pub fn found(mut described: Description) -> Description {
    if described.samples == 0 {
        described.warnings = vec!["There are no samples.".into()];
        return described;
    }
    let mut warnings = Vec::new();
    let mut notes = Vec::new();
    gaps(&described, &mut warnings, &mut notes);
    target(&described, &mut warnings);
    columns(&described, &mut warnings, &mut notes);
    duplicates(&described, &mut warnings, &mut notes);
    described.warnings = warnings;
    described.notes = notes;
    described
}

fn gaps(described: &Description, warnings: &mut Vec<String>, notes: &mut Vec<String>) {
    if described.not_finite > 0 {
        warnings.push(format!(
            "{} inputs are NaN or infinite.",
            described.not_finite
        ));
    } else if described.missing > 0 {
        let all = described.samples as u64 * described.columns.len().max(1) as u64;
        let share = 100.0 * described.missing as f64 / all as f64;
        notes.push(format!(
            "{} of {all} cells are empty ({share:.1} %).",
            described.missing
        ));
    }
    let stray: Vec<&ColumnDescription> = described.columns.iter().filter(|c| c.stray > 0).collect();
    if !stray.is_empty() {
        let count: u64 = stray.iter().map(|column| column.stray).sum();
        warnings.push(format!(
            "{count} cells hold words in columns of numbers: {}.",
            listed(stray.iter().map(|c| &c.name))
        ));
    }
}

fn target(described: &Description, warnings: &mut Vec<String>) {
    match &described.target {
        TargetDescription::None => {}
        TargetDescription::Regression(outputs) => {
            let bad: u64 = outputs
                .iter()
                .map(|output| output.missing + output.infinite)
                .sum();
            if bad > 0 {
                warnings.push(format!("{bad} targets are NaN or infinite."));
            }
            for output in outputs
                .iter()
                .filter(|output| output.distinct == 1 && described.samples > 1)
            {
                warnings.push(format!(
                    "The target \"{}\" is the same in all samples.",
                    output.name
                ));
            }
        }
        TargetDescription::Classes(counts) => balance(counts, warnings),
    }
}

fn balance(counts: &[(String, usize)], warnings: &mut Vec<String>) {
    let present: Vec<&(String, usize)> = counts.iter().filter(|c| c.1 > 0).collect();
    let absent: Vec<&String> = counts.iter().filter(|c| c.1 == 0).map(|c| &c.0).collect();
    if let [(name, _)] = present[..] {
        warnings.push(format!("All samples are of one class, \"{name}\"."));
    } else if !absent.is_empty() {
        let are = if absent.len() == 1 {
            "class has"
        } else {
            "classes have"
        };
        warnings.push(format!(
            "{} {are} no sample: {}.",
            absent.len(),
            listed(absent.iter().copied())
        ));
    }
    let least = present.iter().min_by_key(|c| c.1);
    let most = present.iter().max_by_key(|c| c.1);
    if let (Some((least, few)), Some((most, many))) = (least, most)
        && (*few as f64) < IMBALANCE * *many as f64
    {
        warnings.push(format!(
            "The classes are uneven: \"{most}\" has {many} samples, \"{least}\" has {few}; accuracy alone would mislead."
        ));
    }
}

fn columns(described: &Description, warnings: &mut Vec<String>, notes: &mut Vec<String>) {
    let with = |wanted: fn(&Suspicion) -> bool| -> Vec<&String> {
        let columns = described.columns.iter();
        columns
            .filter(|column| column.suspicions.iter().any(wanted))
            .map(|column| &column.name)
            .collect()
    };
    let constant = with(|s| *s == Suspicion::Constant).len();
    // Empty margins are usual in pictures and nothing to warn of.
    let constant = if described.columns.is_empty() && described.input_shape.len() == 1 {
        described.constant.len()
    } else {
        constant
    };
    if constant > 0 {
        let what = if constant == 1 {
            "input is"
        } else {
            "inputs are"
        };
        warnings.push(format!("{constant} {what} the same in all samples."));
    }
    let mut say = |names: Vec<&String>, one: &str, many: &str, serious: bool| {
        if names.is_empty() {
            return;
        }
        let what = if names.len() == 1 { one } else { many };
        let sentence = format!("{} {what}", listed(names.into_iter()));
        if serious {
            warnings.push(sentence)
        } else {
            notes.push(sentence)
        }
    };
    say(
        with(|s| *s == Suspicion::Empty),
        "has no value at all.",
        "have no value at all.",
        true,
    );
    say(
        with(|s| *s == Suspicion::DecidesTarget),
        "tells the target by itself, without a mistake: if it is known only afterwards, leave it out (a leak).",
        "tell the target each by itself, without a mistake: what is known only afterwards must be left out (a leak).",
        true,
    );
    say(
        with(|s| *s == Suspicion::Identifier),
        "has no value twice: if it numbers or names the rows, leave it out.",
        "have no value twice: what numbers or names the rows should be left out.",
        true,
    );
    say(
        with(|s| matches!(s, Suspicion::NearlyConstant(_))),
        "is nearly always the same.",
        "are nearly always the same.",
        false,
    );
    say(
        with(|s| matches!(s, Suspicion::Repeats(_))),
        "is another column over again, but for a factor.",
        "are other columns over again, but for a factor.",
        false,
    );
    let far = |column: &&ColumnDescription| column.numbers.as_ref().is_some_and(|n| n.outliers > 0);
    let outliers: u64 = described
        .columns
        .iter()
        .filter_map(|c| c.numbers.as_ref())
        .map(|n| n.outliers)
        .sum();
    if outliers > 0 {
        let columns = described.columns.iter().filter(far).count();
        let where_ = if columns == 1 {
            "1 column".to_string()
        } else {
            format!("{columns} columns")
        };
        notes.push(format!("{outliers} values in {where_} lie far from the middle half of their column (outliers by the IQR rule)."));
    }
}

fn duplicates(described: &Description, warnings: &mut Vec<String>, notes: &mut Vec<String>) {
    let found = described.duplicates;
    if found.conflicting > 0 {
        let samples = if found.conflicting == 1 {
            "sample occurs"
        } else {
            "samples occur"
        };
        warnings.push(format!("{} {samples} more than once with different targets: at least one of each is wrong, or the inputs do not tell all.", found.conflicting));
    }
    if found.copies > 0 {
        let share = found.copies as f64 / found.compared.max(1) as f64;
        let samples = if found.copies == 1 {
            "sample repeats"
        } else {
            "samples repeat"
        };
        let sentence = format!(
            "{} {samples} an earlier one ({:.1} %); split so that copies do not end up on both sides.",
            found.copies,
            100.0 * share
        );
        if share > DUPLICATES {
            warnings.push(sentence)
        } else {
            notes.push(sentence)
        }
    }
}

/// The first names of a list, in quotes.
fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&String> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| (*name).clone())
        .collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
