//! `nn eval`: how well a trained network does.

use std::path::Path;

use serde_json::json;

use crate::args;
use crate::error::{Error, Result};
use crate::evaluate::{Evaluation, evaluate};
use crate::model::{Model, Plan};
use crate::opened::Opened;
use crate::output::{print, print_json};
use crate::run::Run;
use crate::samples;
use crate::view::report::{as_json, report};
use crate::view::style::Style;

/// How many of the worst mistakes are shown.
pub const WORST: usize = 10;

/// Judges a run on its own test part, or on other data.
///
/// # Errors
/// If the run or the data cannot be read, or do not fit each other.
pub fn eval(args: &args::Eval) -> Result<()> {
    if let Some(threads) = args.threads {
        nn_core::kernels::threads::set_threads(threads.into());
    }
    let (plan, evaluation, of) = match &args.data {
        Some(path) => {
            let model = Model::load(&Run::open(&args.run)?.model_of(&args.run))?;
            let data = samples::for_model(&model.plan.header, path, args.labels.as_deref())?;
            let evaluation = evaluate(&model.plan, &model.network, &data, WORST)?;
            (model.plan, evaluation, path.clone())
        }
        None => {
            let (plan, evaluation) = own_test(&args.run)?;
            (plan, evaluation, "test".to_string())
        }
    };
    if args.json {
        let mut value = as_json(&plan, &evaluation);
        value["data"] = json!(of);
        return print_json(&value);
    }
    print(&report(&plan, &evaluation, &of, Style::stdout()))
}

/// The same test part as in training.
fn own_test(path: &Path) -> Result<(Plan, Evaluation)> {
    let opened = Opened::open(path)?;
    let Some(test) = &opened.parts.test else {
        let name = opened.run.recipe();
        return Err(Error::input(format!(
            "{}: the run kept no test part ([data] test = 0); name other data with --data",
            name.display()
        )));
    };
    let model = opened.model;
    let evaluation = evaluate(&model.plan, &model.network, test, WORST)?;
    Ok((model.plan, evaluation))
}
