//! `nn train`: from a recipe to a run folder.

mod check;
mod session;
mod step;
mod watch;

use nn_data::{Dataset, Subset};

use crate::args;
use crate::balance;
use crate::error::Result;
use crate::recipe::{self, Overrides, Recipe};
use crate::run::Run;
use crate::samples::{self, Parts};

use check::{Length, build, check_schedule, check_target};
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
    let mut recipe = recipe::load(args.recipe.as_deref(), &overrides)?;
    if recipe.threads > 0 {
        nn_core::kernels::threads::set_threads(recipe.threads);
    }
    let regression = recipe::is_regression(&recipe.loss);
    let source = samples::open_watched(&recipe.data, regression, args.quiet)?;
    if !args.quiet && !source.left_out.is_empty() {
        eprintln!("{}", source.left_out);
    }
    let mut parts = samples::divide(source, &recipe)?;
    check_target(&recipe, parts.train.target_kind())?;
    // What is learnt from may be drawn otherwise; scaling and judging go by the parts as they are.
    let learnt = balance::learnt_from(&recipe, &parts)?;
    check_schedule(&recipe, &Length::of(&recipe, learnt.len()))?;
    let written = recipe.clone();
    recipe.loss = balance::weighted_loss(&recipe, &parts.train)?;
    let (plan, network, augmenter) = build(&recipe, &parts)?;

    let run = Run::create(args.out.as_deref(), &recipe.name)?;
    write_recipe(&run, written)?;
    let notes = if args.quiet {
        Vec::new()
    } else {
        notes(&recipe, &parts, &learnt)?
    };
    parts.train = learnt;
    let session = Session::new(args.quiet, recipe, parts, augmenter, plan, run)?;
    session.introduce(&network, &notes)?;
    session.run(network, args.json)
}

/// What is worth knowing about the data before training.
fn notes(recipe: &Recipe, parts: &Parts, learnt: &Subset) -> Result<Vec<(&'static str, String)>> {
    let mut notes = Vec::new();
    if let Some(words) = balance::words(&recipe.balance, &recipe.loss, &parts.train, learnt)? {
        notes.push(("balanced", words));
    }
    for leak in samples::leakage(parts)? {
        notes.push(("leakage", leak));
    }
    Ok(notes)
}

/// With paths that lead to the data from anywhere.
fn write_recipe(run: &Run, mut recipe: Recipe) -> Result<()> {
    recipe.data.source = absolute(&recipe.data.source);
    recipe.data.labels = recipe.data.labels.as_deref().map(absolute);
    recipe.network.init = recipe.network.init.as_deref().map(absolute);
    run.write_recipe(&recipe)
}

/// So that the run's recipe can be used from anywhere.
fn absolute(path: &str) -> String {
    match std::fs::canonicalize(path) {
        Ok(whole) => whole.to_string_lossy().into_owned(),
        Err(_) => path.to_string(),
    }
}
