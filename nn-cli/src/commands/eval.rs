//! `nn eval`: how well a trained network does.

use nn_data::Dataset;
use serde_json::json;

use crate::args;
use crate::error::{Error, Result};
use crate::evaluate::{Evaluation, evaluate};
use crate::model::Model;
use crate::output::{print, print_json};
use crate::run::Run;
use crate::view::report::{as_json, report};
use crate::view::style::Style;
use crate::{recipe, samples};

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
    let run = Run::open(&args.run)?;
    let model = Model::load(&run.model_of(&args.run))?;
    let (evaluation, of) = match &args.data {
        Some(path) => {
            let data = samples::for_model(&model.plan.header, path, args.labels.as_deref())?;
            (
                evaluate(&model.plan, &model.network, &data, WORST)?,
                path.clone(),
            )
        }
        None => (own_test(&run, &model)?, "test".to_string()),
    };
    if args.json {
        let mut value = as_json(&model.plan, &evaluation);
        value["data"] = json!(of);
        return print_json(&value);
    }
    print(&report(&model.plan, &evaluation, &of, Style::stdout()))
}

/// The same test part as in training: a function of the recipe in the run folder.
fn own_test(run: &Run, model: &Model) -> Result<Evaluation> {
    let path = run.recipe();
    let recipe = recipe::resolved(&path)?;
    let source = samples::open(&recipe.data, recipe::is_regression(&recipe.loss))?;
    let parts = samples::divide(source, &recipe)?;
    let Some(test) = parts.test else {
        let name = path.display();
        return Err(Error::input(format!(
            "{name}: the run kept no test part ([data] test = 0); name other data with --data"
        )));
    };
    if test.input_shape() != model.plan.header.sample {
        let name = path.display();
        return Err(Error::input(format!(
            "{name}: the data has changed since training: its samples have another shape; name the data with --data"
        )));
    }
    evaluate(&model.plan, &model.network, &test, WORST)
}
