//! Everything that can be checked before training: the loss against the targets, every layer against the real samples.

use std::path::Path;

use nn_core::store::safetensors;
use nn_core::{Context, DType, Parameters, Shape};
use nn_data::dataset::TargetKind;
use nn_data::transform::Transform;
use nn_data::transform::augment::Augmenter;
use nn_data::{Dataset, Subset};
use nn_layers::spec::LayerKind;
use nn_layers::{Layer, Loss, NetworkSpec, Sequential};
use nn_optim::schedule::Time;
use nn_optim::{EarlyStopping, Stop};

use crate::augment::augmenter;
use crate::error::{Error, Result};
use crate::model::{FORMAT, Header, Plan, read_sentence, shorten};
use crate::recipe::{self, Recipe};
use crate::samples::{self, Parts};
use crate::threshold;

/// How long training lasts at the most.
pub struct Length {
    /// Batches of an epoch.
    pub batches: usize,
    /// Steps in all.
    pub steps: u64,
}

impl Length {
    /// As the recipe says, for so many training samples.
    pub fn of(recipe: &Recipe, samples: usize) -> Length {
        let batches = samples.div_ceil(recipe.train.batch_size.of(samples));
        let steps = recipe.train.epochs.saturating_mul(batches as u64);
        Length {
            batches,
            steps: steps.min(recipe.stop.steps.unwrap_or(u64::MAX)),
        }
    }

    /// Epochs in all; not whole when a number of steps ends it.
    pub fn epochs(&self) -> f64 {
        self.steps as f64 / self.batches as f64
    }

    /// The length that a schedule without one gets.
    pub fn time(&self) -> Time {
        Time {
            epoch: self.epochs().ceil() as u64,
            step: self.steps,
        }
    }
}

/// Whether the schedule fits into the length of training.
///
/// # Errors
/// If it does not: a warm-up that leaves no step for what follows it.
pub fn check_schedule(recipe: &Recipe, length: &Length) -> Result<()> {
    match recipe.schedule.resolve(length.time()).build() {
        Ok(_) => Ok(()),
        Err(e) => Err(Error::input(format!(
            "{}: [schedule] {e}; training lasts {} steps, which the warm-up leaves nothing of",
            recipe.file.display(),
            length.steps
        ))),
    }
}

/// Whether the loss is for such targets.
///
/// # Errors
/// If it is not.
pub fn check_target(recipe: &Recipe, target: &TargetKind) -> Result<()> {
    let name = recipe.loss.name();
    let wrong = |problem: String| {
        Err(Error::input(format!(
            "{}: [loss] {problem}",
            recipe.file.display()
        )))
    };
    match target {
        TargetKind::Regression { .. } if !recipe::is_regression(&recipe.loss) => wrong(format!(
            "{name} tells classes apart, but the targets of {} are numbers; use mse, mae or huber",
            recipe.data.source
        )),
        TargetKind::Classes { names } if recipe::is_regression(&recipe.loss) => wrong(format!(
            "{name} is for numbers, but the targets of {} are {} classes; use cross_entropy",
            recipe.data.source,
            names.len()
        )),
        TargetKind::Classes { names } if is_binary(&recipe.loss) && names.len() != 2 => {
            wrong(format!(
                "{name} tells two classes apart, the data has {}; use cross_entropy",
                names.len()
            ))
        }
        TargetKind::Classes { names } => {
            let weights = match &recipe.loss {
                Loss::CrossEntropy(loss) => &loss.class_weights,
                Loss::Focal(loss) => &loss.class_weights,
                _ => &None,
            };
            match weights {
                Some(weights) if weights.len() != names.len() => wrong(format!(
                    "class_weights must have one weight for each of the {} classes",
                    names.len()
                )),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

pub fn is_binary(loss: &Loss) -> bool {
    matches!(
        loss,
        Loss::BinaryCrossEntropy(_) | Loss::BinaryFocal(_) | Loss::Hinge(_)
    )
}

/// Builds the network for the real samples and checks everything that can be checked before training.
pub fn build(recipe: &Recipe, parts: &Parts) -> Result<(Plan, Sequential, Option<Augmenter>)> {
    let file = recipe.file.display();
    let wrong = |problem: String| Error::input(format!("{file}: [network] {problem}"));
    let train = &parts.train;
    let inputs = samples::fit_inputs(&recipe.preprocess, train)?;
    let sample = Shape::from(inputs.output_shape(train.input_shape())?);
    let spec = recipe
        .network
        .spec(&sample, wanted_outputs(recipe, train.target_kind()).0)
        .map_err(|e| wrong(e.to_string()))?;
    // A linear layer takes each row of a picture for a sample.
    let flat = sample.rank() > 1
        && matches!(
            spec.layers.first().map(|layer| &layer.kind),
            Some(LayerKind::Linear(_))
        );
    let hint = if flat {
        "; put \"flatten\" before the first layer"
    } else {
        ""
    };
    let mut network = spec
        .build(&sample, recipe.seed, DType::F32)
        .map_err(|e| wrong(format!("{e}{hint}")))?;
    let output = network
        .output_shape(&Shape::from([&[1], &sample[..]].concat()))
        .map_err(|e| wrong(format!("{e}{hint}")))?;
    check_output(recipe, &spec, train.target_kind(), &output)
        .map_err(|problem| wrong(format!("{problem}{hint}")))?;

    let augmenter = augmenter(recipe, train)?;
    if let Some(path) = &recipe.network.init {
        let path = Path::new(path);
        let (weights, _) =
            safetensors::load(path).map_err(|e| Error::input(read_sentence(path, &e)))?;
        network.load_state(&weights).map_err(|e| {
            Error::input(format!(
                "{}: its weights do not fit the network: {e}; `nn inspect` shows what it holds",
                path.display()
            ))
        })?;
    }
    let header = Header {
        format: FORMAT,
        name: recipe.name.clone(),
        network: spec,
        sample: train.input_shape().to_vec(),
        target: train.target_kind().clone(),
        loss: recipe.loss.clone(),
        features: train.feature_names().unwrap_or_default().to_vec(),
        csv: parts.schema.clone(),
        border: samples::border(train)?,
        fit: recipe.data.fit,
        positive: threshold::positive(recipe, train)?,
        threshold: None,
        epochs: 0.0,
        steps: 0,
        seed: recipe.seed,
    };
    let targets = samples::fit_targets(recipe.preprocess.scale_targets, train)?;
    let plan = Plan {
        header,
        inputs,
        targets,
    };
    threshold::check(recipe, parts.validation.is_some(), plan.has_probabilities())?;
    rehearse(recipe, &plan, &network, train, augmenter.as_ref())?;
    Ok((plan, network, augmenter))
}

/// Takes two real samples through network and loss: what only shows there shows before training.
fn rehearse(
    recipe: &Recipe,
    plan: &Plan,
    network: &Sequential,
    train: &Subset,
    augmenter: Option<&Augmenter>,
) -> Result<()> {
    let file = recipe.file.display();
    let mut batch = train.batch(&(0..train.len().min(2)).collect::<Vec<_>>())?;
    if let Some(augmenter) = augmenter {
        augmenter.apply(0, &mut batch, train.target_kind())?;
    }
    let inputs = plan.inputs.transform(&batch.inputs)?;
    let outputs = network
        .forward(&inputs, &mut Context::evaluate())
        .map_err(|e| Error::input(format!("{file}: [network] {e}")))?;
    let targets = plan.targets.transform(&batch.targets)?;
    let loss = recipe.loss.forward(&outputs, &targets);
    loss.map(drop)
        .map_err(|e| Error::input(format!("{file}: [loss] {e}")))
}

/// How many numbers the network must put out for a sample, and why.
fn wanted_outputs(recipe: &Recipe, target: &TargetKind) -> (usize, String) {
    match target {
        TargetKind::Classes { .. } if is_binary(&recipe.loss) => (
            1,
            format!("{} takes one number for two classes", recipe.loss.name()),
        ),
        TargetKind::Classes { names } => (
            names.len(),
            format!("the data has {} classes ({})", names.len(), shorten(names)),
        ),
        other => (
            other.outputs(),
            format!("the data has {} value(s) to predict", other.outputs()),
        ),
    }
}

/// Whether the network puts out what the targets need.
fn check_output(
    recipe: &Recipe,
    spec: &NetworkSpec,
    target: &TargetKind,
    output: &Shape,
) -> Result<(), String> {
    let (wanted, what) = wanted_outputs(recipe, target);
    if output.dims() != [1, wanted] {
        let shape: Vec<String> = output.dims().iter().skip(1).map(usize::to_string).collect();
        return Err(format!(
            "puts out [{}] for a sample, but {what}: the last layer with weights must have {wanted} unit(s)",
            shape.join(", ")
        ));
    }
    let last = spec.layers.last().map(|layer| &layer.kind);
    match (&recipe.loss, last) {
        (
            Loss::CrossEntropy(_) | Loss::Focal(_),
            Some(LayerKind::Softmax(_) | LayerKind::LogSoftmax(_)),
        ) => Err(format!(
            "ends in a softmax, which {} contains already: take the last layer out",
            recipe.loss.name()
        )),
        (Loss::BinaryCrossEntropy(_) | Loss::BinaryFocal(_), Some(LayerKind::Sigmoid {})) => {
            Err(format!(
                "ends in a sigmoid, which {} contains already: take the last layer out",
                recipe.loss.name()
            ))
        }
        (Loss::Nll(_), last) if !matches!(last, Some(LayerKind::LogSoftmax(_))) => Err(
            "must end in \"log_softmax\" for the loss nll; or use cross_entropy, which contains it"
                .into(),
        ),
        _ => Ok(()),
    }
}

/// The rules for stopping.
pub fn stop(recipe: &Recipe, has_validation: bool) -> Result<Stop> {
    let rules = &recipe.stop;
    let early = rules.patience.map(|patience| EarlyStopping {
        monitor: rules.monitor,
        patience,
        min_delta: rules.min_delta,
        restore_best: rules.restore_best,
    });
    if early.is_some() && !has_validation && rules.monitor.to_string().contains("validation") {
        let file = recipe.file.display();
        return Err(Error::input(format!(
            "{file}: [stop] patience watches the {}, but there is no validation part; set [data] validation = 0.1, or monitor = \"training_loss\"",
            rules.monitor
        )));
    }
    Ok(Stop {
        epochs: Some(recipe.train.epochs),
        steps: rules.steps,
        loss_below: rules.loss_below,
        gradient_norm_below: rules.gradient_below,
        early,
    })
}
