//! One training run, from the first step to the report.

use std::rc::Rc;
use std::time::Instant;

use nn_core::Parameters;
use nn_core::kernels::threads::threads;
use nn_data::{Dataset, Subset};
use nn_layers::Sequential;
use nn_optim::StopReason;
use serde_json::{Value, json};

use super::fit::Job;
use super::watch::Norms;
use crate::augment::words;
use crate::commands::eval::WORST;
use crate::curve::History;
use crate::environment;
use crate::error::{Error, Result};
use crate::evaluate::{Evaluation, Scores, evaluate};
use crate::interrupt::Interrupt;
use crate::logged::Epoch;
use crate::model::{Model, Plan, picture_shape};
use crate::output::{print, print_json};
use crate::recipe::Recipe;
use crate::run::{Log, Run};
use crate::threshold;
use crate::view::network::network_table;
use crate::view::number::{duration, grouped, percent, plain, short};
use crate::view::progress::Progress;
use crate::view::report::{as_json, report};
use crate::view::style::Style;

/// One training run.
pub struct Session {
    pub(super) job: Rc<Job>,
    pub(super) plan: Plan,
    pub(super) run: Run,
    pub(super) log: Log,
    pub(super) progress: Progress,
    pub(super) history: History,
    /// Of the epoch that is going on.
    pub(super) gradient: Norms,
    /// Batches of an epoch.
    pub(super) batches: usize,
    /// Samples of an epoch.
    pub(super) samples: u64,
    pub(super) started: Instant,
    /// When the model was saved last.
    pub(super) saved: Option<Instant>,
    /// The least validation loss so far.
    pub(super) best: Option<f64>,
}

impl Session {
    pub fn new(quiet: bool, job: Job, plan: Plan, run: Run) -> Result<Session> {
        let total_epochs = job.length.epochs();
        let samples = (total_epochs * job.parts.train.len() as f64) as u64;
        let progress = Progress::new(quiet, Some(total_epochs.ceil() as usize), Some(samples));
        let mut log = run.log()?;
        log.line(&environment::start())?;
        Ok(Session {
            batches: job.length.batches,
            samples: job.learnt.len() as u64,
            started: Instant::now(),
            saved: None,
            best: None,
            history: History::default(),
            job: Rc::new(job),
            gradient: Norms::default(),
            plan,
            run,
            log,
            progress,
        })
    }

    /// What is going to happen, and what is worth knowing about the data.
    pub fn introduce(&self, network: &Sequential, notes: &[(&str, String)]) -> Result<()> {
        if self.progress.is_silent() {
            return Ok(());
        }
        let style = self.progress.style();
        let recipe = &self.job.recipe;
        let part = |part: &Option<Subset>| part.as_ref().map_or(0, |part| part.len()) as u64;
        let mut text = style.bold(&recipe.name);
        if !recipe.description.is_empty() {
            text.push_str(&format!(" · {}", recipe.description));
        }
        let line = |key: &str, value: String| format!("  {key:<10} {value}\n");
        text.push_str("\n\n");
        text.push_str(&line(
            "data",
            format!(
                "{}: {} to learn from, {} for validation, {} for the test",
                recipe.data.source,
                grouped(self.job.learnt.len() as u64),
                grouped(part(&self.job.parts.validation)),
                grouped(part(&self.job.parts.test)),
            ),
        ));
        for (key, note) in notes {
            text.push_str(&line(key, note.clone()));
        }
        text.push_str(&line("predicts", self.plan.predicts()));
        let preprocessing = self.plan.preprocessing();
        text.push_str(&line(
            "inputs",
            if preprocessing.is_empty() {
                "as they are".into()
            } else {
                preprocessing.join(", ")
            },
        ));
        if let Some(augmenter) = &self.job.augmenter {
            let steps: Vec<String> = augmenter.steps().iter().map(words).collect();
            text.push_str(&line("augmented", steps.join(", ")));
        }
        let size = recipe.train.batch_size.of(self.job.learnt.len());
        text.push_str(&line(
            "training",
            format!(
                "{}, {} at rate {}, batches of {}, up to {} epochs, {} threads, seed {}",
                recipe.loss.name(),
                optimizer_name(recipe)?,
                plain(recipe.optimizer.learning_rate()),
                grouped(size as u64),
                plain(self.job.length.epochs()),
                threads(),
                recipe.seed,
            ),
        ));
        text.push_str(&line("run", self.run.folder().display().to_string()));
        text.push('\n');
        text.push_str(&network_table(network, &self.plan.network_input()?)?);
        text.push('\n');
        self.progress.print(&text);
        Ok(())
    }

    pub fn run(mut self, mut network: Sequential, as_json_line: bool) -> Result<()> {
        self.started = Instant::now();
        let interrupt = Interrupt::install()?;
        let (job, plan) = (Rc::clone(&self.job), self.plan.clone());
        self.progress.start();
        let outcome = job.run(&plan, &mut network, &mut self, interrupt.flag());
        interrupt.release();
        self.progress.finish();
        let report = outcome?;
        self.history.best = report
            .best
            .filter(|_| report.restored_best)
            .map(|best| best.epoch + 1);
        self.note_progress(report.steps);
        if report.reason != StopReason::Interrupted {
            network = self.choose_threshold(network)?;
        }
        self.plan.save(&self.run.model(), network.state())?;
        if report.reason == StopReason::Interrupted {
            if let Some(partial) = report.history.last().filter(|epoch| !epoch.complete) {
                let line = Epoch::new(partial, self.gradient.take(), false);
                self.log_epoch(&line)?;
                self.history.epochs.push(line);
            }
            self.history
                .draw(&self.run.curve(), &job.recipe.name, "stopped with Ctrl-C")?;
            return Err(Error::Interrupted {
                run: self.run.folder().to_path_buf(),
                epochs: self.plan.header.epochs,
            });
        }
        self.finish(network, &report.reason, as_json_line)
    }

    /// Chooses from which probability on a sample counts as positive, where the recipe asks for it. A threshold that cannot be had
    /// is no reason to lose what was learnt: then it is said, and the likelier class counts.
    fn choose_threshold(&mut self, network: Sequential) -> Result<Sequential> {
        let job = Rc::clone(&self.job);
        let (Some(rule), Some(validation)) = (job.recipe.threshold.rule(), &job.parts.validation)
        else {
            return Ok(network);
        };
        let plan = self.plan.clone();
        let model = Model { plan, network };
        match threshold::choose(&model, rule, validation) {
            Ok(decision) => self.plan.header.threshold = Some(decision),
            Err(e) => {
                let style = self.progress.style();
                let note = format!("no threshold is set, the likelier class counts: {e}\n");
                self.progress.print(&style.bold(&note));
            }
        }
        Ok(model.network)
    }

    pub(super) fn note_progress(&mut self, steps: u64) {
        self.plan.header.steps = steps;
        self.plan.header.epochs = steps as f64 / self.batches as f64;
    }

    /// The test, the curve and the report.
    fn finish(
        mut self,
        network: Sequential,
        reason: &StopReason,
        as_json_line: bool,
    ) -> Result<()> {
        let model = Model {
            plan: self.plan.clone(),
            network,
        };
        let test = match &self.job.parts.test {
            Some(test) => Some(evaluate(&model.plan, &model.network, test, WORST)?),
            None => None,
        };
        let folder = self.run.folder().display().to_string();
        let mut result = json!({
            "kind": "end",
            "run": folder,
            "reason": reason.to_string(),
            "epochs": model.plan.header.epochs,
            "steps": model.plan.header.steps,
            "seconds": self.started.elapsed().as_secs_f64(),
            "best_epoch": self.history.best,
            "parameters": model.network.parameter_count(),
            "test": test.as_ref().map(|test| as_json(&model.plan, test)),
        });
        self.log.line(&result)?;
        let subtitle = test.as_ref().map_or_else(String::new, headline);
        self.history
            .draw(&self.run.curve(), &self.job.recipe.name, &subtitle)?;
        if as_json_line {
            if let Value::Object(object) = &mut result {
                object.remove("kind");
            }
            return print_json(&result);
        }
        let took = duration(self.started.elapsed());
        let style = self.progress.style();
        let best = self.history.best.map_or(String::new(), |epoch| {
            format!("; weights of the best epoch, {epoch}, kept")
        });
        self.progress.print(&format!(
            "\n{reason} · {took}{best}\n{}",
            self.history.text(style)
        ));

        let style = Style::stdout();
        let mut text = String::from("\n");
        match &test {
            Some(test) => text.push_str(&report(&model.plan, test, "test", style)),
            None => text.push_str("no test part was kept ([data] test = 0)\n"),
        }
        text.push_str(&format!(
            "\nsaved in {}: recipe.toml, metrics.jsonl, model.nn, curve.png\n",
            style.bold(&folder)
        ));
        text.push_str(&format!(
            "next: {}\n",
            style.bold(&format!(
                "nn predict {folder} {}",
                example_file(&model.plan)
            ))
        ));
        text.push_str(&format!(
            "      {}\n",
            style.bold(&format!("nn report {folder}"))
        ));
        print(&text)
    }
}

fn example_file(plan: &Plan) -> &'static str {
    if picture_shape(&plan.header.sample).is_some() {
        "picture.png"
    } else {
        "rows.csv"
    }
}

fn headline(test: &Evaluation) -> String {
    match &test.scores {
        Scores::Classes(scores) => format!("test accuracy {}", percent(scores.report.accuracy)),
        Scores::Values(scores) => format!("test R² {}", short(scores.scores.r2)),
    }
}

fn optimizer_name(recipe: &Recipe) -> Result<&'static str> {
    Ok(recipe.optimizer.build()?.name())
}
