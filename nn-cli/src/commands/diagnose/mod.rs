//! `nn diagnose`: what is wrong with a trained network, and what to try next.

mod curves;
mod inputs;
mod judged;
mod mistakes;
mod subject;

use std::path::Path;

use nn_data::Dataset;
use nn_data::diagnose::{Errors, Leak, LearningCurve, ValidationCurve, Verdict, leaks};
use nn_data::split::shared_samples;
use serde_json::json;

use crate::args;
use crate::error::{Error, Result, write_sentence};
use crate::output::{print, print_json};
use crate::view::diagnosis;
use crate::view::number::grouped;
use crate::view::style::Style;

pub use curves::Varied;
use inputs::importance;
use judged::{Judged, Unit};
use mistakes::Analysis;
use subject::Subject;

/// Diagnoses a run, or what a recipe leads to.
///
/// # Errors
/// If run, recipe or data cannot be used, there is no validation part, or a file cannot be written.
pub fn diagnose(args: &args::Diagnose) -> Result<()> {
    if let Some(threads) = args.threads {
        nn_core::kernels::threads::set_threads(threads.into());
    }
    let subject = Subject::open(args)?;
    let model = &subject.model;
    let Some(validation) = &subject.parts.validation else {
        return Err(Error::input(format!(
            "{}: there is no validation part to compare training with; set [data] validation = 0.1 and train again",
            subject.recipe.file.display()
        )));
    };
    let unit = Unit::of(&subject.parts.train)?;
    let train = Judged::of_training(model, &subject.parts.train, &unit)?;
    let validation = Judged::of(model, validation, &unit)?;
    let test = match &subject.parts.test {
        Some(test) => Some(Judged::of(model, test, &unit)?),
        None => None,
    };
    let errors = Errors {
        test: test.as_ref().map(|test| test.error),
        baseline: args.baseline.or(subject.recipe.diagnose.baseline),
        target_gap: args.target_gap.or(subject.recipe.diagnose.target_gap),
        leaks: with_others(
            leaks(&subject.parts.train, &validation.part)?,
            &subject,
            &validation,
            &unit,
        )?,
        still_falling: subject.still_falling(),
        ..Errors::new(train.error, validation.error, unit.guess(&validation.part)?)
    };
    let verdict = Verdict::of(&errors)?;

    let analysis = Analysis::of(&model.plan, &validation)?;
    let inputs = importance(model, &validation, &unit, subject.recipe.seed)?;
    let say = |what: String| {
        if !args.quiet {
            eprintln!("{what}");
        }
    };
    let learning = match args.learning_curve {
        true => Some(curves::learning(&subject, &unit, |size| {
            say(format!("learning curve: {} samples", grouped(size as u64)));
        })?),
        false => None,
    };
    let varied = match &args.validation_curve {
        Some(varied) => Some(curves::validation(&subject, &unit, varied, |value| {
            say(format!("validation curve: {} = {value}", varied.key));
        })?),
        None => None,
    };

    let mut written = Vec::new();
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).map_err(|e| Error::input(write_sentence(folder, &e)))?;
        written = analysis.write(&model.plan, &validation, folder)?;
        written.extend(draw(
            folder,
            &subject.title,
            learning.as_ref(),
            varied.as_ref(),
        )?);
    }
    if args.json {
        return print_json(&json!({
            "of": subject.title,
            "measure": unit.name(),
            "measure_because": unit.reason(subject.parts.train.target_kind()),
            "train": errors.train,
            "validation": errors.validation,
            "test": errors.test,
            "baseline": errors.baseline,
            "guess": errors.guess,
            "leaks": errors.leaks,
            "verdict": verdict,
            "errors": analysis.errors,
            "slices": analysis.slices,
            "label_noise": analysis.noise,
            "importance": inputs,
            "learning_curve": learning,
            "learning_curve_says": learning.as_ref().map(|curve| curve.sentences(verdict.target_gap)),
            "validation_curve": varied,
            "validation_curve_says": varied.as_ref().map(ValidationCurve::sentences),
            "written": written,
        }));
    }
    let style = Style::stdout();
    let reason = unit.reason(subject.parts.train.target_kind());
    let guess = unit.guess_words(subject.parts.train.target_kind());
    let mut text = diagnosis::verdict(
        &subject.title,
        (unit.name(), reason.as_deref()),
        &guess,
        &errors,
        &verdict,
        style,
    );
    if let Some(curve) = &learning {
        text.push_str(&diagnosis::learning(curve, verdict.target_gap, style));
    }
    if let Some(curve) = &varied {
        text.push_str(&diagnosis::varied(curve, style));
    }
    let number = |sample: usize| validation.part.source_index(sample);
    let classes = model.plan.classes().unwrap_or_default();
    if let Some(errors) = &analysis.errors {
        text.push_str(&diagnosis::errors(errors, classes, style));
    }
    text.push_str(&diagnosis::slices(&analysis.slices, style));
    if let Some(noise) = &analysis.noise {
        text.push_str(&diagnosis::label_noise(noise, classes, number, style));
    }
    let inputs: Vec<_> = (inputs
        .iter()
        .map(|input| (input.name.as_str(), input.mean, input.deviation)))
    .collect();
    text.push_str(&diagnosis::importance(&inputs, style));
    if let Some(folder) = &args.out {
        let folder = style.bold(&folder.display().to_string());
        text.push_str(&format!("\nwrote {} in {folder}\n", written.join(", ")));
    }
    print(&text)
}

/// Draws the curves; gives the names of the pictures.
fn draw(
    folder: &Path,
    title: &str,
    learning: Option<&LearningCurve>,
    varied: Option<&ValidationCurve>,
) -> Result<Vec<String>> {
    let mut written = Vec::new();
    let mut picture = |name: &str, x_label: &str, points: Vec<_>| -> Result<()> {
        curves::draw_errors(&folder.join(name), title, x_label, &points)?;
        written.push(name.to_string());
        Ok(())
    };
    if let Some(curve) = learning {
        let points = curve.points.iter();
        let points = points
            .map(|p| (p.samples as f64, p.train, p.validation))
            .collect();
        picture("learning-curve.png", "training samples", points)?;
    }
    if let Some(curve) = varied {
        let values: Vec<&str> = curve.points.iter().map(|p| p.value.as_str()).collect();
        let label = format!("{}: {}", curve.setting, values.join(", "));
        let points = curve.points.iter().enumerate();
        let points = points
            .map(|(at, p)| (at as f64 + 1.0, p.train, p.validation))
            .collect();
        picture("validation-curve.png", &label, points)?;
    }
    Ok(written)
}

/// Measures the error on what is no copy, where there are copies.
fn with_others(
    mut found: Vec<Leak>,
    subject: &Subject,
    validation: &Judged,
    unit: &Unit,
) -> Result<Vec<Leak>> {
    for leak in &mut found {
        if let Leak::Copies { others, .. } = leak {
            let copies = shared_samples(&subject.parts.train, &validation.part)?;
            let rest = validation.costs.iter().enumerate();
            let costs: Vec<f64> = rest
                .filter(|(at, _)| copies.binary_search(at).is_err())
                .map(|(_, cost)| *cost)
                .collect();
            if !costs.is_empty() {
                *others = Some(unit.estimate(&costs)?);
            }
        }
    }
    Ok(found)
}
