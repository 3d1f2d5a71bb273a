//! `nn train`: from a recipe to a run folder.

mod check;
pub mod fit;
mod session;
mod step;
mod watch;

use crate::args;
use crate::error::Result;
use crate::recipe::{self, Overrides};
use crate::run::Run;
use crate::samples;

use fit::Job;
use session::Session;

/// Trains as the recipe says.
///
/// # Errors
/// If something in the recipe or the data is wrong, all of which shows before training begins; if training diverges, or the run
/// cannot be saved.
pub fn train(args: &args::Train) -> Result<()> {
    let overrides = Overrides {
        set: args.overrides.clone(),
        data: args.data.clone(),
        seed: args.seed,
        threads: args.threads,
    };
    let recipe = recipe::load(args.recipe.as_deref(), &overrides)?;
    if recipe.threads > 0 {
        nn_core::kernels::threads::set_threads(recipe.threads);
    }
    let regression = recipe::is_regression(&recipe.loss);
    let source = samples::open_watched(&recipe.data, regression, args.quiet)?;
    if !args.quiet && !source.left_out.is_empty() {
        eprintln!("{}", source.left_out);
    }
    let parts = samples::divide(source, &recipe)?;
    let (mut job, plan, network) = Job::new(recipe, parts)?;

    let recipe = &mut job.recipe;
    let run = Run::create(args.out.as_deref(), &recipe.name)?;
    recipe.data.source = absolute(&recipe.data.source);
    recipe.data.labels = recipe.data.labels.as_deref().map(absolute);
    recipe.network.init = recipe.network.init.as_deref().map(absolute);
    run.write_recipe(recipe)?;
    let session = Session::new(args.quiet, job, plan, run)?;
    session.introduce(&network)?;
    session.run(network, args.json)
}

/// So that the run's recipe can be used from anywhere.
fn absolute(path: &str) -> String {
    match std::fs::canonicalize(path) {
        Ok(whole) => whole.to_string_lossy().into_owned(),
        Err(_) => path.to_string(),
    }
}
