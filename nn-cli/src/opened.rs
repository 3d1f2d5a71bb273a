//! A run taken up again: its recipe, its model, and the very parts of the data it was trained with.

use std::path::Path;

use nn_core::Context;
use nn_data::dataset::TargetKind;
use nn_data::transform::Transform;
use nn_data::{Dataset, Loader};
use nn_layers::Layer;

use crate::error::{Error, Result};
use crate::model::{CHUNK, Model};
use crate::recipe::{self, Recipe};
use crate::run::Run;
use crate::samples::{self, Parts};

/// A run with everything that made it.
pub struct Opened {
    /// Its folder.
    pub run: Run,
    /// As resolved in training.
    pub recipe: Recipe,
    /// The trained network.
    pub model: Model,
    /// The parts, a function of the recipe and the data alone: the same as in training.
    pub parts: Parts,
}

impl Opened {
    /// Opens a run folder, or the model in it.
    ///
    /// # Errors
    /// If the run or its data cannot be read, or the data has changed its shape since.
    pub fn open(path: &Path) -> Result<Opened> {
        let run = Run::open(path)?;
        let model = Model::load(&run.model_of(path))?;
        let file = run.recipe();
        let recipe = recipe::resolved(&file)?;
        let source = samples::open(&recipe.data, recipe::is_regression(&recipe.loss))?;
        let parts = samples::divide(source, &recipe)?;
        if parts.train.input_shape() != model.plan.header.sample {
            return Err(Error::input(format!(
                "{}: the data has changed since training: its samples have another shape; name the data with --data",
                file.display()
            )));
        }
        Ok(Opened {
            run,
            recipe,
            model,
            parts,
        })
    }
}

/// What a network says of every sample of a data set, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// What it says: `[samples, width]`, probabilities of classes or values in their own unit.
    pub said: Vec<f32>,
    /// Numbers of a sample in `said`.
    pub width: usize,
    /// What is true.
    pub truth: Truth,
}

/// What is true of every sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// Its class.
    Classes(Vec<u32>),
    /// Its values, `[samples, width]`.
    Values(Vec<f32>),
}

impl Predictions {
    /// Runs `data` through a network.
    ///
    /// # Errors
    /// If the samples do not fit it.
    pub fn of(model: &Model, data: &(impl Dataset + Clone + 'static)) -> Result<Predictions> {
        let plan = &model.plan;
        let classes = matches!(plan.header.target, TargetKind::Classes { .. });
        let mut said = Vec::new();
        let (mut labels, mut values) = (Vec::new(), Vec::new());
        for batch in Loader::new(data.clone()).batch_size(CHUNK)?.epoch(0) {
            let batch = batch?;
            let inputs = plan.inputs.transform(&batch.inputs)?;
            let outputs = model.network.forward(&inputs, &mut Context::evaluate())?;
            said.extend(plan.interpret(&outputs)?.to_vec::<f32>()?);
            if classes {
                labels.extend(batch.targets.to_vec::<u32>()?);
            } else {
                values.extend(batch.targets.to_vec::<f32>()?);
            }
        }
        Ok(Predictions {
            said,
            width: plan.header.target.outputs(),
            truth: if classes {
                Truth::Classes(labels)
            } else {
                Truth::Values(values)
            },
        })
    }
}
