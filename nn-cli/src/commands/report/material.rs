//! Everything that a report is made from, as far as it is there.

use std::path::PathBuf;
use std::sync::Arc;

use nn_data::Dataset;

use super::judged::Judged;
use crate::args;
use crate::curve::History;
use crate::error::Result;
use crate::logged::Logged;
use crate::model::Model;
use crate::opened::{Opened, Predictions};
use crate::recipe::{self, Recipe};
use crate::run::Run;
use crate::samples::{self, Parts};

/// What a run left behind, and how well its network does.
pub struct Material {
    /// The run as it was named.
    pub named: PathBuf,
    /// Its folder.
    pub run: Run,
    /// As resolved in training.
    pub recipe: Option<Recipe>,
    /// The trained network.
    pub model: Model,
    /// The parts of its data.
    pub parts: Option<Parts>,
    /// What it wrote down.
    pub log: Logged,
    /// Its learning curves.
    pub history: History,
    /// What is known of samples that are in two parts, each a sentence.
    pub leaks: Vec<String>,
    /// How well it does.
    pub judged: Option<Judged>,
    /// What is missing, each a sentence.
    pub problems: Vec<String>,
}

impl Material {
    /// Collects what is there; only a model must be.
    ///
    /// # Errors
    /// If there is no model, or `--data` cannot be used.
    pub fn gather(args: &args::Report) -> Result<Material> {
        let mut problems = Vec::new();
        let (run, recipe, model, parts) = match Opened::open(&args.run) {
            Ok(opened) => (
                opened.run,
                Some(opened.recipe),
                opened.model,
                Some(opened.parts),
            ),
            Err(error) => {
                let run = Run::open(&args.run)?;
                let model = Model::load(&run.model_of(&args.run))?;
                problems.push(format!(
                    "The data of the run cannot be read: {}.",
                    error.line()
                ));
                let recipe = recipe::resolved(&run.recipe()).ok();
                (run, recipe, model, None)
            }
        };
        let log = Logged::read(&run.metrics());
        problems.extend(log.problems.iter().cloned());
        let judged_on: Option<(String, Arc<dyn Dataset>)> = match &args.data {
            Some(path) => {
                let data = samples::for_model(&model.plan.header, path, args.labels.as_deref())?;
                Some((path.clone(), data))
            }
            None => parts.as_ref().and_then(|parts| match (&parts.test, &parts.validation) {
                (Some(test), _) => Some(("the test part".into(), Arc::new(test.clone()) as Arc<dyn Dataset>)),
                (None, Some(validation)) => {
                    problems.push("The run kept no test part; it is judged on the validation part, which training has watched, so that the scores may be a little too good.".into());
                    Some(("the validation part".into(), Arc::new(validation.clone()) as Arc<dyn Dataset>))
                }
                (None, None) => {
                    problems.push("The run kept neither a test nor a validation part; name other data with --data to see scores.".into());
                    None
                }
            }),
        };
        let judged = match judged_on {
            Some((of, data)) => {
                let predictions = Predictions::of(&model, &data)?;
                Some(Judged::new(of, data, predictions, &model.plan)?)
            }
            None => None,
        };
        let leaks = match &parts {
            None => vec!["not known, as the data cannot be read".into()],
            Some(parts) => match samples::leakage(parts)? {
                none if none.is_empty() => vec!["no sample".into()],
                leaks => leaks,
            },
        };
        let history = History {
            epochs: log.epochs.clone(),
            steps: log.steps.clone(),
            best: log.best_epoch(),
        };
        Ok(Material {
            named: args.run.clone(),
            run,
            recipe,
            model,
            parts,
            log,
            history,
            leaks,
            judged,
            problems,
        })
    }
}
