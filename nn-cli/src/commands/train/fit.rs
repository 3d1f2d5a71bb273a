//! Training itself, one way for all: for `nn train`, which watches and saves, and for whoever only needs the trained network.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nn_core::Context;
use nn_core::kernels::threads::{cores, threads};
use nn_data::transform::augment::Augmenter;
use nn_data::{Batch, Dataset, Loader, Subset};
use nn_layers::Sequential;
use nn_optim::train::{EpochRecord, TrainingReport};
use nn_optim::{Callback, Clip, Penalty, Trainer};

use super::check::{Length, build, check_schedule, check_target, stop};
use super::step::{step, validate};
use super::watch::unwrapped;
use crate::balance;
use crate::error::Result;
use crate::model::{Model, Plan};
use crate::recipe::Recipe;
use crate::samples::Parts;

/// All that training reads and never changes.
pub struct Job {
    /// With the loss as it is weighted.
    pub recipe: Recipe,
    /// As they were divided: scaling and judging go by them.
    pub parts: Parts,
    /// The samples to learn from: the training part, or what balancing makes of it.
    pub learnt: Subset,
    pub augmenter: Option<Augmenter>,
    /// How long it lasts at the most.
    pub length: Length,
}

/// A network that has been trained.
pub struct Trained {
    /// Ready to predict.
    pub model: Model,
    /// Every epoch.
    pub history: Vec<EpochRecord>,
    /// What it was trained and judged on.
    pub parts: Parts,
}

/// Trains as the recipe says, without a word and without a file.
///
/// # Errors
/// If something in the recipe does not fit the data, or training diverges.
pub fn fit(recipe: Recipe, parts: Parts) -> Result<Trained> {
    let (job, mut plan, mut network) = Job::new(recipe, parts)?;
    let report = job.run(&plan, &mut network, Silent, Arc::default())?;
    plan.header.steps = report.steps;
    plan.header.epochs = report.steps as f64 / job.length.batches as f64;
    Ok(Trained {
        model: Model { plan, network },
        history: report.history,
        parts: job.parts,
    })
}

/// Looks on and does nothing.
struct Silent;

impl Callback for Silent {}

impl Job {
    /// Checks everything that can be checked before training, and builds the network.
    ///
    /// # Errors
    /// If something in the recipe does not fit the data.
    pub fn new(mut recipe: Recipe, parts: Parts) -> Result<(Job, Plan, Sequential)> {
        check_target(&recipe, parts.train.target_kind())?;
        let learnt = balance::learnt_from(&recipe, &parts)?;
        let length = Length::of(&recipe, learnt.len());
        check_schedule(&recipe, &length)?;
        recipe.loss = balance::weighted_loss(&recipe, &parts.train)?;
        let (plan, network, augmenter) = build(&recipe, &parts)?;
        let job = Job {
            recipe,
            parts,
            learnt,
            augmenter,
            length,
        };
        Ok((job, plan, network))
    }

    /// Trains `network`, with `watch` looking on, until the recipe says so or `interrupt` is set.
    ///
    /// # Errors
    /// If training diverges, a sample cannot be read, or the one that looks on fails.
    pub fn run(
        &self,
        plan: &Plan,
        network: &mut Sequential,
        watch: impl Callback,
        interrupt: Arc<AtomicBool>,
    ) -> Result<TrainingReport> {
        let recipe = &self.recipe;
        let loader = self.loader(plan)?;
        let mut trainer = self.trainer(recipe)?.interrupt(interrupt).callback(watch);
        let step = |network: &Sequential, batch: &Batch, cx: &mut Context| {
            step(network, batch, cx, &recipe.loss, &plan.targets)
        };
        let batches = |epoch: u64| loader.epoch(epoch);
        match &self.parts.validation {
            Some(data) => trainer.fit_with_validation(network, batches, step, |network| {
                Ok(validate(plan, network, data)?)
            }),
            None => trainer.fit(network, batches, step),
        }
        .map_err(unwrapped)
    }

    fn trainer<'a>(&self, recipe: &Recipe) -> Result<Trainer<'a>> {
        let mut trainer = Trainer::new(recipe.optimizer.build()?)
            .schedule(recipe.schedule.resolve(self.length.time()).build()?)
            .stop(stop(recipe, self.parts.validation.is_some())?)
            .seed(recipe.seed);
        trainer = match (recipe.train.clip_norm, recipe.train.clip_value) {
            (Some(max_norm), _) => trainer.clip(Clip::Norm { max_norm }),
            (None, Some(limit)) => trainer.clip(Clip::Value { limit }),
            (None, None) => trainer,
        };
        if recipe.train.l1 > 0.0 || recipe.train.l2 > 0.0 {
            // Penalties are meant for weights: biases do not make a function wilder.
            trainer = trainer.penalty(Penalty {
                l1: recipe.train.l1,
                l2: recipe.train.l2,
                min_rank: 2,
                ..Penalty::default()
            });
        }
        Ok(trainer)
    }

    fn loader(&self, plan: &Plan) -> Result<Loader> {
        let size = self.recipe.train.batch_size.of(self.learnt.len());
        let mut loader = Loader::new(self.learnt.clone())
            .batch_size(size)?
            .transform(plan.inputs.clone());
        if let Some(augmenter) = &self.augmenter {
            loader = loader.augment(augmenter.clone());
            // A core that training leaves idle can prepare what comes next; where there is none, all threads do it in turn.
            if threads() < cores() {
                loader = loader.prefetch(2);
            }
        }
        if let Some(sampler) = balance::sampler(&self.recipe, &self.learnt)? {
            return Ok(loader.sampler(sampler, self.recipe.seed)?);
        }
        Ok(if self.recipe.train.shuffle {
            loader.shuffle(self.recipe.seed)
        } else {
            loader
        })
    }
}
