//! A trained network with all that prediction needs: preprocessing, the meaning of its outputs, and the weights.

use std::path::Path;

use nn_core::store::checkpoint;
use nn_core::{Context, DType, Parameters, Shape, Tensor};
use nn_data::dataset::{CsvSchema, TargetKind};
use nn_data::picture::Fit;
use nn_data::transform::{Pipeline, Step, Transform};
use nn_layers::{Layer, Loss, NetworkSpec, Sequential};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::evaluate::largest;
use crate::run::saving;
use crate::threshold::Decision;

/// Marks the checkpoint as one of this sort.
const KIND: &str = "model";
/// Version of the header.
pub const FORMAT: u32 = 1;
/// Samples that go through the network at once in prediction.
pub const CHUNK: usize = 256;

/// Everything about a model but its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of this header.
    pub format: u32,
    /// Name of the recipe.
    pub name: String,
    /// The layers.
    pub network: NetworkSpec,
    /// Shape of one sample.
    pub sample: Vec<usize>,
    /// What is predicted, with the names of classes or values.
    pub target: TargetKind,
    /// What was minimised; it also says what the last layer's numbers mean.
    pub loss: Loss,
    /// Names of the input columns, where there are such.
    pub features: Vec<String>,
    /// How a CSV file becomes samples, when it was trained on one.
    pub csv: Option<CsvSchema>,
    /// For pictures of bytes: how bright their border is, from 0 to 1; for grey ones it says what background the network knows.
    pub border: Option<f64>,
    /// For pictures in colour: how those of other proportions are brought to its size.
    #[serde(default)]
    pub fit: Fit,
    /// Of two classes: the one that is looked for.
    #[serde(default)]
    pub positive: Option<usize>,
    /// From which probability on a sample counts as positive; without it the likelier class is said.
    #[serde(default)]
    pub threshold: Option<Decision>,
    /// Epochs trained.
    pub epochs: f64,
    /// Steps trained.
    pub steps: u64,
    /// Seed of the run.
    pub seed: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// JSON, since a description may grow keys; the numbers below are exact to the bit.
    header: String,
    inputs: Pipeline,
    targets: Pipeline,
    tensors: Vec<(String, Tensor)>,
}

/// All of a model but its weights.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All but the numbers.
    pub header: Header,
    /// Preparation of the inputs.
    pub inputs: Pipeline,
    /// Scaling of the targets, to be undone on predictions.
    pub targets: Pipeline,
}

/// A network ready to predict.
#[derive(Debug)]
pub struct Model {
    /// All but the weights.
    pub plan: Plan,
    /// The layers with their weights.
    pub network: Sequential,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// If it is missing, damaged, or of a newer version.
    pub fn load(path: &Path) -> Result<Model> {
        let damaged = |problem: String| {
            Error::input(format!("{}: {problem}; train it again", path.display()))
        };
        let stored: Stored =
            checkpoint::load(path, KIND).map_err(|e| Error::input(read_sentence(path, &e)))?;
        let version: Version =
            serde_json::from_str(&stored.header).map_err(|e| damaged(unreadable(&e)))?;
        if version.format > FORMAT {
            let version = version.format;
            return Err(Error::input(format!(
                "{}: the model has format {version}, this program knows up to {FORMAT}; use a newer nn",
                path.display()
            )));
        }
        let header: Header =
            serde_json::from_str(&stored.header).map_err(|e| damaged(unreadable(&e)))?;
        let plan = Plan {
            header,
            inputs: stored.inputs,
            targets: stored.targets,
        };
        let input = plan.network_input().map_err(|e| damaged(e.to_string()))?;
        let mut network = plan
            .header
            .network
            .build(&input, plan.header.seed, DType::F32)
            .map_err(|e| damaged(e.to_string()))?;
        network
            .load_state(&stored.tensors)
            .map_err(|e| damaged(e.to_string()))?;
        Ok(Model { plan, network })
    }

    /// Probabilities or values for raw inputs `[N, …sample]`.
    ///
    /// # Errors
    /// If they do not fit the network.
    pub fn predict(&self, inputs: &Tensor) -> Result<Tensor> {
        let count = inputs.dims().first().copied().unwrap_or(0);
        let mut parts = Vec::new();
        for start in (0..count).step_by(CHUNK) {
            let part = inputs.slice(0, start..count.min(start + CHUNK))?;
            let outputs = self
                .network
                .forward(&self.plan.scaled(&part)?, &mut Context::evaluate())?;
            parts.push(self.plan.interpret(&outputs)?);
        }
        match parts.as_slice() {
            [] => Ok(Tensor::zeros(
                [0, self.plan.header.target.outputs()],
                DType::F32,
            )?),
            parts => Ok(Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)?),
        }
    }
}

/// The part of the header that every version has.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

fn unreadable(error: &serde_json::Error) -> String {
    format!("the description in the model cannot be read ({error})")
}

impl Plan {
    /// Shape of a sample as the network takes it: after preparation.
    ///
    /// # Errors
    /// If the preparation is not for samples of the shape in the header.
    pub fn network_input(&self) -> Result<Shape> {
        Ok(Shape::from(self.inputs.output_shape(&self.header.sample)?))
    }

    /// Raw inputs `[N, …sample]` as the network takes them.
    ///
    /// # Errors
    /// If they have another shape.
    pub fn scaled(&self, inputs: &Tensor) -> Result<Tensor> {
        Ok(self.inputs.transform(inputs)?)
    }

    /// Writes the model with these weights, whole or not at all: what stood there before stays until the new one is complete.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path, weights: Vec<(String, Tensor)>) -> Result<()> {
        let header = serde_json::to_string(&self.header).map_err(|e| {
            Error::failed(format!(
                "the description of the model cannot be written: {e}"
            ))
        })?;
        let stored = Stored {
            header,
            inputs: self.inputs.clone(),
            targets: self.targets.clone(),
            tensors: weights,
        };
        checkpoint::save(path, KIND, &stored).map_err(saving)
    }

    /// Whether missing values (NaN) are filled in before anything else is done.
    pub fn fills_missing(&self) -> bool {
        matches!(self.inputs.steps().first(), Some(Step::Impute(_)))
    }

    /// Names of the classes, when it tells classes apart.
    pub fn classes(&self) -> Option<&[String]> {
        self.header.target.class_names()
    }

    /// Height and width, when samples are grey pictures.
    pub fn picture(&self) -> Option<(usize, usize)> {
        picture_size(&self.header.sample)
    }

    /// Whether the outputs are probabilities and not bare decisions.
    pub fn has_probabilities(&self) -> bool {
        !matches!(self.header.loss, Loss::Hinge(_) | Loss::MultiClassHinge(_))
    }

    /// What the last layer's numbers say: probabilities `[N, classes]`, or values `[N, outputs]` in their own unit. A loss with a
    /// margin gives no probabilities, only a decision: 1 for the class, 0 for the others.
    ///
    /// # Errors
    /// If they have another shape.
    pub fn interpret(&self, outputs: &Tensor) -> Result<Tensor> {
        let count = outputs.dims().first().copied().unwrap_or(0);
        let pair = |second: &Tensor| -> Result<Tensor> {
            let second = second.reshape([count, 1])?;
            let first = second.neg()?.add_scalar(1.0)?;
            Ok(Tensor::concat(&[&first, &second], 1)?)
        };
        match &self.header.loss {
            Loss::BinaryCrossEntropy(_) | Loss::BinaryFocal(_) => pair(&outputs.sigmoid()?),
            Loss::Hinge(_) => pair(&outputs.gt(&outputs.zeros_like()?)?.to_dtype(DType::F32)?),
            Loss::MultiClassHinge(_) => {
                let classes = outputs.dims().last().copied().unwrap_or(0);
                let mut decided = vec![0.0_f32; count * classes];
                for (row, said) in outputs.argmax(-1)?.to_vec::<u32>()?.into_iter().enumerate() {
                    decided[row * classes + said as usize] = 1.0;
                }
                Ok(Tensor::from_vec(decided, [count, classes])?)
            }
            Loss::Mse(_) | Loss::Mae(_) | Loss::Huber(_) => {
                let values = outputs.reshape([count, outputs.len() / count.max(1)])?;
                Ok(self.targets.inverse_transform(&values)?)
            }
            loss => Ok(loss.response(outputs)?),
        }
    }

    /// The class that probabilities say: the likeliest, or the positive one from its threshold on.
    pub fn decide(&self, probabilities: &[f32]) -> usize {
        match (self.threshold(), probabilities.len()) {
            (Some((positive, threshold)), 2) => match probabilities[positive] >= threshold {
                true => positive,
                false => 1 - positive,
            },
            _ => largest(probabilities),
        }
    }

    /// Of two classes the one that is looked for; the second in models of before this was stored.
    pub fn positive(&self) -> usize {
        self.header.positive.filter(|&class| class < 2).unwrap_or(1)
    }

    /// The positive class and the probability from which on it is said, where that was chosen.
    pub fn threshold(&self) -> Option<(usize, f32)> {
        // In single precision, as probabilities are, whatever the last bit of the written number.
        let threshold = self.header.threshold?.chosen.value as f32;
        Some((self.positive(), threshold))
    }

    /// What it predicts, in words.
    pub fn predicts(&self) -> String {
        match &self.header.target {
            TargetKind::Classes { names } => format!("{} classes: {}", names.len(), shorten(names)),
            TargetKind::Regression { names } => format!("the value of {}", shorten(names)),
            _ => "nothing".into(),
        }
    }

    /// The steps of preparation, in words.
    pub fn preprocessing(&self) -> Vec<String> {
        let targets = self.targets.steps().iter();
        let targets = targets.map(|step| format!("targets {step}"));
        let inputs = self.inputs.steps().iter().map(ToString::to_string);
        inputs.chain(targets).collect()
    }
}

/// Height and width of samples `[1, h, w]` or `[h, w]`, if they are large enough to be pictures.
pub fn picture_size(sample: &[usize]) -> Option<(usize, usize)> {
    match *sample {
        [1, height, width] | [height, width] if height >= 4 && width >= 4 => Some((height, width)),
        _ => None,
    }
}

/// Channels, height and width of samples `[1, h, w]`, `[3, h, w]` or `[h, w]`, if they are large enough to be pictures.
pub fn picture_shape(sample: &[usize]) -> Option<(usize, usize, usize)> {
    match *sample {
        [3, height, width] if height >= 4 && width >= 4 => Some((3, height, width)),
        _ => picture_size(sample).map(|(height, width)| (1, height, width)),
    }
}

/// What to say of a file that could not be read.
pub fn read_sentence(path: &Path, error: &nn_core::Error) -> String {
    match error {
        nn_core::Error::Io { path, source } => {
            let remedy = match source.kind() {
                std::io::ErrorKind::NotFound => "there is no such file; check the path".to_string(),
                std::io::ErrorKind::PermissionDenied => {
                    "it may not be read; check its permissions".to_string()
                }
                std::io::ErrorKind::IsADirectory => {
                    "this is a folder, a file is needed".to_string()
                }
                _ => format!("it cannot be read: {source}"),
            };
            format!("{}: {remedy}", path.display())
        }
        nn_core::Error::Format { .. } => error.to_string(),
        other => format!("{}: {other}", path.display()),
    }
}

/// The names side by side; of many the first two and the last.
pub fn shorten(names: &[String]) -> String {
    match names {
        [first, second, .., last] if names.len() > 12 => format!("{first}, {second}, …, {last}"),
        _ => names.join(", "),
    }
}
