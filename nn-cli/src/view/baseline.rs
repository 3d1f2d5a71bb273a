//! Scores beside those of doing nothing, and why the accuracy may mislead.

use nn_data::metrics::{Baseline, Interval};

use super::number::{grouped, percent, short};
use super::style::{Style, fit};
use super::table::{Align, Table};
use crate::evaluate::{BinaryScores, ClassScores, Scored};

/// From this share of the most frequent class on, the accuracy of a classifier hides what it does about the others.
pub const SKEWED: f64 = 0.9;

/// A terminal with so many columns has room for what each measure means.
const EXPLAINED_FROM: usize = 115;

/// A share without the percent sign.
fn hundredths(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

fn range(interval: &Interval, show: fn(f64) -> String) -> String {
    format!("{} to {}", show(interval.low), show(interval.high))
}

/// The lines below the headline: intervals, and what doing nothing would reach.
pub fn classes(scores: &ClassScores, names: &[String]) -> String {
    let mut text = String::new();
    if let Some(interval) = &scores.accuracy_interval {
        text.push_str(&format!(
            "95 % interval of the accuracy {} %",
            range(interval, hundredths)
        ));
    }
    if let Some(interval) = &scores.macro_f1_interval {
        let macro_f1 = format!("{:.4}", scores.report.macro_mean.f1);
        let ends = range(interval, |v| format!("{v:.4}"));
        text.push_str(&format!(" · macro F1 {macro_f1} ({ends})"));
    }
    text.push_str(&format!(
        "\nbalanced accuracy {} · Cohen's κ {:.4} · MCC {:.4}",
        percent(scores.balanced_accuracy),
        scores.cohen_kappa,
        scores.mcc
    ));
    if let Some(loss) = scores.log_loss {
        text.push_str(&format!(" · log loss {}", short(loss)));
    }
    if let Baseline::Majority {
        class,
        accuracy,
        macro_f1,
        log_loss,
        ..
    } = scores.baseline
    {
        let name = names.get(class).map_or("?", String::as_str);
        text.push_str(&format!(
            "\nbaseline: always saying \"{}\" has accuracy {}, macro F1 {macro_f1:.4}; by shares log loss {}\n",
            fit(name, 30),
            percent(accuracy),
            short(log_loss)
        ));
    }
    text
}

/// Why the accuracy says little, where it does.
pub fn misleading(scores: &ClassScores, names: &[String]) -> Option<String> {
    let Baseline::Majority {
        class, accuracy, ..
    } = scores.baseline
    else {
        return None;
    };
    if accuracy < SKEWED || names.len() < 2 {
        return None;
    }
    let name = names.get(class).map_or("?", String::as_str);
    let others = scores.report.samples
        - scores
            .report
            .classes
            .get(class)
            .map_or(0, |class| class.support);
    let (found, by) = match &scores.binary {
        Some(binary) if binary.positive != class => (
            format!(
                "every \"{}\"",
                names.get(binary.positive).map_or("?", String::as_str)
            ),
            "F1, MCC and average precision",
        ),
        _ => ("all of the others".to_string(), "macro F1"),
    };
    Some(format!(
        "The accuracy misleads here: {} of the samples are \"{name}\", so that always saying \"{name}\" is right in {} and misses {found} ({}). Judge by {by}.",
        percent(accuracy),
        percent(accuracy),
        grouped(others)
    ))
}

/// The scores of the positive class as a table.
pub fn binary(scores: &BinaryScores, names: &[String], style: Style) -> String {
    let name = names.get(scores.positive).map_or("?", String::as_str);
    let counts = &scores.counts;
    let share = counts.positives() as f64 / counts.total().max(1) as f64;
    // Always the more frequent class.
    let always = 2 * counts.positives() > counts.total();
    let nothing = |if_always: f64, if_never: f64| {
        let value = if always { if_always } else { if_never };
        format!("{value:.4}")
    };
    let explained = style.width() >= EXPLAINED_FROM;
    let mut columns = vec![
        ("measure".to_string(), Align::Left),
        ("value".into(), Align::Right),
        ("95 % interval".into(), Align::Right),
        ("doing nothing".into(), Align::Right),
    ];
    if explained {
        columns.push((String::new(), Align::Left));
    }
    let mut table = Table::with_columns(columns);
    let what = |what: &str| explained.then(|| what.to_string());
    let mut row = |name: &str, scored: &Scored, nothing: String, meaning: &str| {
        let ends = scored.interval.as_ref();
        let ends = ends.map_or_else(String::new, |ends| range(ends, |v| format!("{v:.4}")));
        let value = format!("{:.4}", scored.value);
        let cells = [name.to_string(), value, ends, nothing];
        table.row(cells.into_iter().chain(what(meaning)));
    };
    let never = if always {
        format!("{share:.4}")
    } else {
        "–".into()
    };
    row(
        "precision",
        &scores.precision,
        never,
        "how many of those said to be are",
    );
    row(
        "recall",
        &scores.recall,
        nothing(1.0, 0.0),
        "how many of those that are were found",
    );
    let f1 = nothing(2.0 * share / (1.0 + share), 0.0);
    row("F1", &scores.f1, f1, "both in one");
    row(
        "specificity",
        &scores.specificity,
        nothing(0.0, 1.0),
        "how many of the others were left alone",
    );
    row(
        "MCC",
        &scores.mcc,
        nothing(0.0, 0.0),
        "correlation with the truth, −1 to 1",
    );
    if let Some(ranking) = &scores.ranking {
        let mut row =
            |name: &str, value: f64, interval: Option<Interval>, nothing: f64, meaning: &str| {
                row(
                    name,
                    &Scored { value, interval },
                    format!("{nothing:.4}"),
                    meaning,
                );
            };
        let intervals = ranking.intervals;
        if let Some(auc) = ranking.roc_auc {
            row(
                "ROC AUC",
                auc,
                intervals.map(|all| all.roc_auc),
                0.5,
                "chance that a positive ranks above a negative",
            );
        }
        row(
            "average precision",
            ranking.average_precision,
            intervals.map(|all| all.average_precision),
            share,
            "area below precision against recall",
        );
        row(
            "calibration error",
            ranking.calibration_error,
            None,
            0.0,
            "how far probabilities are from shares, ECE",
        );
        row(
            "Brier score",
            ranking.brier,
            intervals.map(|all| all.brier),
            share * (1.0 - share),
            "squared error of the probabilities",
        );
    }
    let title = format!(
        "\"{}\", {} of {}",
        fit(name, 30),
        grouped(counts.positives()),
        grouped(counts.total())
    );
    let decided = match &scores.threshold {
        Some(decision) => format!(
            ", said from probability {} on: chosen on the validation part for {}",
            short(decision.chosen.value),
            decision.rule
        ),
        None => String::new(),
    };
    format!("{}{decided}\n{}", style.bold(&title), table.render())
}
