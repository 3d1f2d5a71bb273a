//! How well a network does, for people and for programs.

use nn_data::metrics::RegressionScores;
use serde_json::{Value, json};

use super::baseline;
use super::confusion::confusion;
use super::digit::{Picture, gallery};
use super::number::{grouped, percent, short};
use super::style::{Style, fit};
use super::table::{Align, Table};
use crate::evaluate::{ClassScores, Evaluation, Scores, ValueScores};
use crate::model::Plan;

/// More classes than this and the table of classes is left out.
const TABLE_TO: usize = 40;

/// The report as text; `of` says what was judged on ("test", "flowers.csv").
pub fn report(plan: &Plan, evaluation: &Evaluation, of: &str, style: Style) -> String {
    let samples = grouped(evaluation.samples as u64);
    match &evaluation.scores {
        Scores::Classes(scores) => {
            let wrong = ((1.0 - scores.report.accuracy) * evaluation.samples as f64).round() as u64;
            let accuracy = style.bold(&percent(scores.report.accuracy));
            let top = scores.top.map_or(String::new(), |(k, share)| {
                format!(" · among the first {k}: {}", percent(share))
            });
            let names = plan.classes().unwrap_or_default();
            let mut text = format!(
                "{of} accuracy {accuracy} · {} wrong of {samples}{top} · loss {}\n{}\n",
                grouped(wrong),
                short(evaluation.loss),
                baseline::classes(scores, names)
            );
            if let Some(warning) = baseline::misleading(scores, names) {
                text.push_str(&format!("{}\n\n", style.bold(&warning)));
            }
            if let Some(binary) = &scores.binary {
                text.push_str(&baseline::binary(binary, names, style));
                text.push('\n');
            }
            text.push_str(&classes(scores));
            text.push('\n');
            text.push_str(&confusion(&scores.confusion, names, style));
            if !scores.worst.is_empty() {
                let title = match scores.worst.len() {
                    1 => "the only mistake".to_string(),
                    count => format!("the {count} worst mistakes"),
                };
                text.push_str(&format!("\n{}\n", style.bold(&title)));
                text.push_str(&mistakes(plan, scores, style));
            }
            text
        }
        Scores::Values(ValueScores { scores, baseline }) => {
            let mut table = Table::new([
                ("measure", Align::Left),
                ("value", Align::Right),
                ("always the mean", Align::Right),
                ("", Align::Left),
            ]);
            let explained = format!("R² {}", short(scores.r2));
            for (name, of, what) in [
                (
                    "R²",
                    (|s| s.r2) as fn(&RegressionScores) -> f64,
                    "share of the variance explained; 1 is perfect, 0 as good as the mean",
                ),
                ("MAE", |s| s.mae, "mean absolute error"),
                ("RMSE", |s| s.rmse, "root of the mean squared error"),
                ("MSE", |s| s.mse, "mean squared error"),
            ] {
                let (value, nothing) = (short(of(scores)), short(of(baseline)));
                table.row([name.into(), value, nothing, what.into()]);
            }
            format!(
                "{of} {} · {samples} samples · loss {}\n\n{}",
                style.bold(&explained),
                short(evaluation.loss),
                table.render()
            )
        }
    }
}

fn classes(scores: &ClassScores) -> String {
    let mut table = Table::new([
        ("class", Align::Left),
        ("precision", Align::Right),
        ("recall", Align::Right),
        ("F1", Align::Right),
        ("samples", Align::Right),
    ]);
    let number = |value: f64| format!("{value:.4}");
    if scores.report.classes.len() <= TABLE_TO {
        for class in &scores.report.classes {
            let unless = |undefined: bool, value: f64| {
                if undefined {
                    "–".into()
                } else {
                    number(value)
                }
            };
            table.row([
                fit(&class.name, 30),
                unless(class.precision_undefined, class.precision),
                unless(class.recall_undefined, class.recall),
                unless(!class.occurs(), class.f1),
                grouped(class.support),
            ]);
        }
    }
    for (name, mean) in [
        ("macro mean", &scores.report.macro_mean),
        ("weighted mean", &scores.report.weighted),
    ] {
        table.foot([
            name.into(),
            number(mean.precision),
            number(mean.recall),
            number(mean.f1),
            grouped(scores.report.samples),
        ]);
    }
    table.render()
}

fn mistakes(plan: &Plan, scores: &ClassScores, style: Style) -> String {
    let names = plan.classes().unwrap_or_default();
    let name = |class: usize| names.get(class).map_or("?", String::as_str);
    let sure = |confidence: f64| {
        if plan.has_probabilities() {
            format!(" ({:.0} %)", 100.0 * confidence)
        } else {
            String::new()
        }
    };
    if let Some((height, width)) = plan.picture() {
        let pictures: Vec<Picture> = scores
            .worst
            .iter()
            .map(|mistake| Picture {
                pixels: mistake.values.clone(),
                height,
                width,
                caption: vec![format!(
                    "true {} · said {}{}",
                    name(mistake.truth),
                    name(mistake.said),
                    sure(mistake.confidence)
                )],
            })
            .collect();
        return gallery(&pictures, style);
    }
    let mut table = Table::new([
        ("sample", Align::Right),
        ("true", Align::Left),
        ("said", Align::Left),
    ]);
    for mistake in &scores.worst {
        table.row([
            mistake.sample.to_string(),
            format!("{}{}", name(mistake.truth), sure(mistake.chance)),
            format!("{}{}", name(mistake.said), sure(mistake.confidence)),
        ]);
    }
    table.render()
}

/// The report as JSON.
pub fn as_json(plan: &Plan, evaluation: &Evaluation) -> Value {
    match &evaluation.scores {
        Scores::Classes(scores) => {
            let worst: Vec<Value> = scores
                .worst
                .iter()
                .map(|m| json!({ "sample": m.sample, "true": m.truth, "said": m.said, "probability": m.confidence }))
                .collect();
            json!({
                "samples": evaluation.samples,
                "loss": evaluation.loss,
                "accuracy": scores.report.accuracy,
                "accuracy_interval": scores.accuracy_interval,
                "balanced_accuracy": scores.balanced_accuracy,
                "cohen_kappa": scores.cohen_kappa,
                "mcc": scores.mcc,
                "log_loss": scores.log_loss,
                "macro_f1_interval": scores.macro_f1_interval,
                "baseline": scores.baseline,
                "binary": scores.binary,
                "misleading": baseline::misleading(scores, plan.classes().unwrap_or_default()),
                "top_k": scores.top.map(|(k, share)| json!({ "k": k, "accuracy": share })),
                "classes": scores.report.classes,
                "micro": scores.report.micro,
                "macro": scores.report.macro_mean,
                "weighted": scores.report.weighted,
                "confusion": scores.confusion,
                "class_names": plan.classes(),
                "worst": worst,
            })
        }
        Scores::Values(ValueScores { scores, baseline }) => json!({
            "samples": evaluation.samples,
            "loss": evaluation.loss,
            "mse": scores.mse,
            "rmse": scores.rmse,
            "mae": scores.mae,
            "r2": scores.r2,
            "baseline": baseline,
        }),
    }
}
