//! Softmax and cross-entropy in one pass, from logits.

use serde::{Deserialize, Serialize};

use super::binary::expect_same_type;
use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::cross_entropy::{self as kernel, CrossEntropyRows};
use crate::shape::count;
use crate::{DType, Element, Error, Result, Shape, Tensor};

/// How the losses of the samples of a batch become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Their mean (weighted, where there are weights). The default.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They stay apart.
    None,
}

/// Settings of [`Tensor::cross_entropy`].
#[derive(Debug, Clone, Default)]
pub struct CrossEntropy {
    /// Probability taken from the target and spread evenly over all classes; 0 to 1, default 0 (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// A weight for each class, shape `[C]`, of the logits' type; default all 1.
    pub class_weights: Option<Tensor>,
    /// Samples with this label do not count; default none.
    pub ignore_index: Option<i64>,
    /// Default mean.
    pub reduction: Reduction,
}

/// The label that kernels see for an ignored sample.
const IGNORED: u32 = u32::MAX;

/// Labels as the kernel wants them.
fn labels(targets: &Tensor, classes: usize, ignore: Option<i64>) -> Result<Tensor> {
    let outside = |row: usize, label: i64| {
        Error::value(
            "cross_entropy",
            format!(
                "label {label} of sample {row} is outside the classes, which are 0 to {}",
                classes.saturating_sub(1)
            ),
        )
    };
    let wide: Vec<i64> = match targets.dtype() {
        DType::U32 if ignore.is_none() => {
            let out = targets.compact()?;
            let bad = out
                .data::<u32>()
                .iter()
                .position(|&label| label as usize >= classes);
            return match bad {
                Some(row) => Err(outside(row, i64::from(out.data::<u32>()[row]))),
                None => Ok(out),
            };
        }
        DType::U32 => targets
            .to_vec::<u32>()?
            .into_iter()
            .map(i64::from)
            .collect(),
        DType::U8 => targets.to_vec::<u8>()?.into_iter().map(i64::from).collect(),
        DType::I64 => targets.to_vec::<i64>()?,
        other => {
            return Err(Error::dtype(
                "cross_entropy",
                "u32, i64 or u8 labels",
                other,
            ));
        }
    };
    let mut narrow = Vec::with_capacity(wide.len());
    for (row, &label) in wide.iter().enumerate() {
        narrow.push(match u32::try_from(label) {
            _ if Some(label) == ignore => IGNORED,
            Ok(class) if (class as usize) < classes => class,
            _ => return Err(outside(row, label)),
        });
    }
    Tensor::from_vec(narrow, targets.shape())
}

impl Tensor {
    /// Cross-entropy of the softmax of these logits against targets, `−Σ tᵢ·ln softmax(x)ᵢ` a sample, as
    /// `ln Σe^(xⱼ) − x_t`: it never overflows, however large the logits.
    ///
    /// Targets are labels (`u32`, `i64` or `u8`), one a sample, or probabilities in the logits' own shape and
    /// type. Weights, smoothing and ignored labels mean what they mean in PyTorch's `cross_entropy`; the
    /// classes are the last axis.
    ///
    /// # Shapes
    /// logits `[…, C]`, labels `[…]` or probabilities `[…, C]` → `[]`, or `[…]` if nothing is reduced
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::DType`] if the parts do not fit; [`Error::Value`] for a label that is no
    /// class, or smoothing outside 0 to 1.
    pub fn cross_entropy(&self, targets: &Tensor, settings: &CrossEntropy) -> Result<Tensor> {
        const NAME: &str = "cross_entropy";
        let Some((&classes, batch)) = self.dims().split_last() else {
            return Err(Error::shape(NAME, "a scalar has no axis of classes"));
        };
        if !(0.0..=1.0).contains(&settings.label_smoothing) {
            return Err(Error::value(
                NAME,
                format!(
                    "label smoothing must be between 0 and 1, not {}",
                    settings.label_smoothing
                ),
            ));
        }
        if let Some(weights) = &settings.class_weights {
            expect_same_type(NAME, self, weights)?;
            if weights.dims() != [classes] {
                return Err(Error::shape(
                    NAME,
                    format!(
                        "there are {classes} classes, the class weights have shape {}",
                        weights.shape()
                    ),
                ));
            }
        }
        let soft = targets.dtype().is_float();
        let fits = if soft {
            targets.dims() == self.dims()
        } else {
            targets.dims() == batch
        };
        if !fits {
            return Err(Error::shape(
                NAME,
                format!(
                    "logits {} need labels {:?} or probabilities {}, the targets are {} {}",
                    self.shape(),
                    batch,
                    self.shape(),
                    targets.dtype(),
                    targets.shape()
                ),
            ));
        }
        let rows = count(batch);
        let logits = self.compact()?;
        let targets = if soft {
            expect_same_type(NAME, self, targets)?;
            targets.compact()?
        } else {
            labels(targets, classes, settings.ignore_index)?
        };
        let weights = settings
            .class_weights
            .as_ref()
            .map(Tensor::compact)
            .transpose()?;
        let recorder = Recorder::of(&[self]);
        let mut slopes = match recorder.is_active() {
            true => Some(Tensor::zeros(self.shape(), self.dtype())?),
            false => None,
        };
        let mut row_weights = Tensor::zeros(rows, self.dtype())?;
        let losses = for_float!(NAME, self.dtype(), T => {
            let config = CrossEntropyRows {
                label_smoothing: T::from_f64(settings.label_smoothing),
                class_weights: weights.as_ref().map(|w| w.data::<T>()),
                ignore: settings.ignore_index.map(|_| i64::from(IGNORED)),
            };
            let slopes = slopes.as_mut().map(Tensor::make_mut::<T>).transpose()?;
            let counted = row_weights.make_mut::<T>()?;
            let mut checked = Ok(());
            let losses = Tensor::build::<T>(Shape::from(batch), |losses| {
                let x = logits.data::<T>();
                if soft {
                    let t = targets.data::<T>();
                    kernel::cross_entropy_soft_rows(x, rows, classes, t, &config, losses, counted, slopes);
                } else {
                    let t = targets.data::<u32>();
                    checked = kernel::cross_entropy_rows(x, rows, classes, t, &config, losses, counted, slopes);
                }
            })?;
            match checked {
                Ok(()) => Ok(losses),
                Err(row) => Err(Error::value(NAME, format!("the label of sample {row} is no class"))),
            }
        })?;
        let total_weight = match settings.reduction {
            Reduction::Mean => row_weights.sum(..)?.item()?,
            _ => 1.0,
        };
        let (reduction, result) = match settings.reduction {
            Reduction::None => (Reduction::None, losses),
            other => (other, losses.sum(..)?.mul_scalar(1.0 / total_weight)?),
        };
        let shape = Shape::from(batch);
        recorder.record(NAME, result, || {
            Box::new(move |grad, _| {
                let Some(mut slopes) = slopes else {
                    return Ok(grads![None]);
                };
                if reduction == Reduction::None {
                    let by_row = grad.reshape(shape)?.unsqueeze(-1)?;
                    return Ok(grads![slopes.mul(&by_row)?]);
                }
                let factor = grad.item()? / total_weight;
                for_float!(NAME, slopes.dtype(), T => {
                    crate::kernels::elementwise::scale(slopes.make_mut::<T>()?, T::from_f64(factor));
                    Ok(())
                })?;
                Ok(grads![slopes])
            })
        })
    }
}
