//! Finding out where a number that is not finite came from.

use std::error::Error as StdError;

use nn_core::{Context, Gradients, Parameters};

use super::StepOutput;
use crate::{BoxError, Error, Result};

/// When and under which settings the number appeared.
pub(super) struct Scene {
    pub epoch: u64,
    pub step: u64,
    pub seed: u64,
    pub learning_rate: f64,
    pub clipped: bool,
}

impl Scene {
    /// The error for a loss that is not finite. Runs the forward pass once more, with each layer checked.
    pub fn of_loss<M: Parameters, B>(
        &self,
        loss: f64,
        model: &M,
        batch: &B,
        step: &mut impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
    ) -> Result<Error> {
        let what = format!("the loss is {loss}");
        if let Some(name) = damaged_parameter(model)? {
            return Ok(self.damaged(what, &name));
        }
        let mut cx = Context::train(self.seed, self.step).checking_finite();
        let place = match step(model, batch, &mut cx) {
            Err(error) => match layer_in(&*error) {
                Some(layer) => {
                    format!("the first output that is not finite is that of layer {layer}")
                }
                None => format!("the forward pass says: {error}"),
            },
            Ok(_) => {
                "the outputs of all layers are finite, so it arises in the loss itself".to_owned()
            }
        };
        Ok(self.error(what, place, self.causes()))
    }

    /// The error for gradients that are not finite while the loss is.
    pub fn of_gradients(
        &self,
        norm: f64,
        model: &dyn Parameters,
        gradients: &Gradients,
    ) -> Result<Error> {
        let what = format!("the norm of the gradients is {norm}, though the loss is finite");
        if let Some(name) = damaged_parameter(model)? {
            return Ok(self.damaged(what, &name));
        }
        let mut names = Vec::new();
        for (name, param) in model.named_parameters() {
            if let Some(gradient) = gradients.param(param.id())
                && !gradient.is_all_finite()?
            {
                names.push(name);
            }
        }
        // Gradients are computed from the last layer back, so the last damaged one was damaged first.
        let place = match (names.len(), names.last()) {
            (_, None) => {
                "each gradient is finite, their squares add up beyond what a float holds".into()
            }
            (1, Some(name)) => format!("the gradient of parameter {name} is not finite"),
            (count, Some(name)) => format!(
                "the gradients of {count} parameters are not finite, of which {name} is nearest to the loss"
            ),
        };
        Ok(self.error(what, place, self.causes()))
    }

    fn damaged(&self, what: String, name: &str) -> Error {
        let place = format!("parameter {name} was not finite before the step");
        let advice = match self.step {
            0 => "The initial weights, or the file they came from, hold NaN or infinity".to_owned(),
            _ => format!(
                "An update has overflowed: the learning rate is far too high (it is {:e})",
                self.learning_rate
            ),
        };
        self.error(what, place, advice)
    }

    fn causes(&self) -> String {
        if self.step == 0 {
            return "As this is the first step, look first for NaN, infinity or unscaled numbers in the data, \
                    and then at the scale of the initial weights"
                .to_owned();
        }
        let clip = match self.clipped {
            true => "clip the gradients more tightly",
            false => "clip the gradients by norm",
        };
        format!(
            "Likely causes: the learning rate is too high (it is {:e}: try a tenth of it, or a warm-up); the \
             gradients explode ({clip}); this batch holds NaN or infinity (check the data). The weights are \
             those from before this step",
            self.learning_rate
        )
    }

    fn error(&self, what: String, place: String, advice: String) -> Error {
        Error::Diverged {
            epoch: self.epoch,
            step: self.step,
            what,
            place,
            advice,
        }
    }
}

/// The first parameter that holds NaN or infinity.
fn damaged_parameter(model: &dyn Parameters) -> Result<Option<String>> {
    for (name, param) in model.named_parameters() {
        if param.value().dtype().is_float() && !param.value().is_all_finite()? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The layer named by an error of a checking pass, however often it was wrapped.
fn layer_in<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e str> {
    let mut next = Some(error);
    while let Some(error) = next {
        match error.downcast_ref() {
            Some(nn_core::Error::Layer { path, source })
                if matches!(**source, nn_core::Error::NonFinite { .. }) =>
            {
                return Some(path);
            }
            _ => next = error.source(),
        }
    }
    None
}
