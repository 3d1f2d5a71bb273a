//! `nn diagnose`: what is wrong with a trained network, and what to try next.

mod judged;
mod subject;

use nn_data::Dataset;
use nn_data::diagnose::{Errors, Leak, Verdict, leaks, shared_samples};
use serde_json::json;

use crate::args;
use crate::error::{Error, Result};
use crate::output::{print, print_json};
use crate::view::diagnosis;
use crate::view::style::Style;

use judged::{Judged, Unit};
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
        baseline: args.baseline,
        target_gap: args.target_gap,
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

    let style = Style::stdout();
    let guess = unit.guess_words(subject.parts.train.target_kind());
    let text = diagnosis::verdict(
        &subject.title,
        unit.name(),
        &guess,
        &errors,
        &verdict,
        style,
    );
    let value = json!({
        "of": subject.title,
        "measure": unit.name(),
        "train": errors.train,
        "validation": errors.validation,
        "test": errors.test,
        "baseline": errors.baseline,
        "guess": errors.guess,
        "leaks": errors.leaks,
        "verdict": verdict,
    });
    if args.json {
        return print_json(&value);
    }
    print(&text)
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
