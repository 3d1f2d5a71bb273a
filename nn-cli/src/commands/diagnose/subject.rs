//! What is diagnosed: a run that is there, or what a recipe leads to.

use std::path::Path;

use nn_data::Dataset;

use crate::args;
use crate::commands::train::fit::{Trained, fit};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::opened::Opened;
use crate::recipe::{self, Overrides, Recipe};
use crate::samples::{self, Parts};

/// Training goes on falling when the last fifth of the epochs lowered the loss by more than this share.
const FALLING: f64 = 0.05;
/// With fewer epochs nothing can be said.
const EPOCHS: usize = 5;

/// A trained network with the data it was made from.
pub struct Subject {
    /// What it is called.
    pub title: String,
    /// The recipe's file or name, and what the command line changed about it: to train again with other values.
    pub source: String,
    pub overrides: Overrides,
    pub recipe: Recipe,
    pub model: Model,
    pub parts: Parts,
    /// Training loss after each epoch.
    losses: Vec<f64>,
}

impl Subject {
    /// Opens a run, or trains what a recipe describes.
    ///
    /// # Errors
    /// If there is no such run or recipe, or training fails.
    pub fn open(args: &args::Diagnose) -> Result<Subject> {
        let path = Path::new(&args.subject);
        let model = path.extension().is_some_and(|end| end == "nn");
        if path.is_dir() || model {
            let given = [
                (args.overrides.is_empty(), "--set"),
                (args.data.is_none(), "--data"),
                (args.seed.is_none(), "--seed"),
            ];
            if let Some((_, option)) = given.iter().find(|(absent, _)| !absent) {
                return Err(Error::input(format!(
                    "{}: {option} changes a recipe, but this run is trained already; give the recipe instead",
                    args.subject
                )));
            }
            Subject::of_run(path)
        } else {
            Subject::of_recipe(args)
        }
    }

    fn of_run(path: &Path) -> Result<Subject> {
        let opened = Opened::open(path)?;
        Ok(Subject {
            title: format!("{} · {}", path.display(), opened.recipe.name),
            source: opened.run.recipe().to_string_lossy().into_owned(),
            overrides: Overrides::default(),
            losses: opened.run.losses(),
            recipe: opened.recipe,
            model: opened.model,
            parts: opened.parts,
        })
    }

    fn of_recipe(args: &args::Diagnose) -> Result<Subject> {
        let overrides = Overrides {
            set: args.overrides.clone(),
            data: args.data.clone(),
            seed: args.seed,
            threads: args.threads,
        };
        let recipe = recipe::load(Some(&args.subject), &overrides)?;
        if recipe.threads > 0 {
            nn_core::kernels::threads::set_threads(recipe.threads);
        }
        let source = samples::open(&recipe.data, recipe::is_regression(&recipe.loss))?;
        let parts = samples::divide(source, &recipe)?;
        if !args.quiet {
            eprintln!("training {} on {} samples", recipe.name, parts.train.len());
        }
        let Trained {
            model,
            history,
            parts,
        } = fit(recipe.clone(), parts)?;
        Ok(Subject {
            title: recipe.name.clone(),
            source: args.subject.clone(),
            overrides,
            losses: history.iter().map(|epoch| epoch.loss).collect(),
            recipe,
            model,
            parts,
        })
    }

    /// Whether the training loss was still falling when training ended.
    pub fn still_falling(&self) -> bool {
        let losses = &self.losses;
        let count = losses.len();
        if count < EPOCHS {
            return false;
        }
        let (before, last) = (losses[count - 1 - count / 5], losses[count - 1]);
        last < (1.0 - FALLING) * before
    }
}
