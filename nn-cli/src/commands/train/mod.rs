//! `nn train`: from a recipe to a run folder.

mod check;
pub mod fit;
mod session;
mod step;
mod watch;

use crate::args;
use crate::balance;
use crate::error::Result;
use crate::recipe::{self, Overrides, Recipe};
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
    // Before the run folder is made, which may be called as an embedded set is.
    let written = with_whole_paths(recipe.clone());
    let (job, plan, network) = Job::new(recipe, parts)?;

    let run = Run::create(args.out.as_deref(), &written.name)?;
    run.write_recipe(&written)?;
    let notes = if args.quiet { Vec::new() } else { notes(&job)? };
    let session = Session::new(args.quiet, job, plan, run)?;
    session.introduce(&network, &notes)?;
    session.run(network, args.json)
}

/// What is worth knowing about the data before training.
fn notes(job: &Job) -> Result<Vec<(&'static str, String)>> {
    let (recipe, parts) = (&job.recipe, &job.parts);
    let mut notes = Vec::new();
    if let Some(words) = balance::words(&recipe.balance, &recipe.loss, &parts.train, &job.learnt)? {
        notes.push(("balanced", words));
    }
    for absent in samples::absent_classes(parts)? {
        notes.push(("missing", absent));
    }
    for useless in samples::useless_columns(parts)? {
        notes.push(("columns", useless));
    }
    for leak in samples::leakage(parts)? {
        notes.push(("leakage", leak));
    }
    Ok(notes)
}

/// With paths that lead to the data from anywhere.
fn with_whole_paths(mut recipe: Recipe) -> Recipe {
    recipe.data.source = absolute(&recipe.data.source);
    recipe.data.labels = recipe.data.labels.as_deref().map(absolute);
    recipe.network.init = recipe.network.init.as_deref().map(absolute);
    recipe
}

/// So that the run's recipe can be used from anywhere.
fn absolute(path: &str) -> String {
    match std::fs::canonicalize(path) {
        Ok(whole) => whole.to_string_lossy().into_owned(),
        Err(_) => path.to_string(),
    }
}
