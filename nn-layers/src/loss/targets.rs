//! Targets as the losses want them.

use nn_core::{DType, Error, Result, Shape, Tensor};

/// The target in the prediction's type and shape. A target `[N]` fits a prediction `[N, 1]`; other differences
/// are errors, because broadcasting `[N, 1]` against `[N]` would compare every sample with every other.
pub(super) fn like_prediction(
    op: &'static str,
    prediction: &Tensor,
    target: &Tensor,
) -> Result<Tensor> {
    let column = prediction.dims().split_last() == Some((&1, target.dims()));
    if target.shape() != prediction.shape() && !column {
        return Err(Error::shape(
            op,
            format!(
                "prediction is {}, target is {}; they must have one shape",
                prediction.shape(),
                target.shape()
            ),
        ));
    }
    let target = match target.dtype() == prediction.dtype() {
        true => target.clone(),
        false => target.to_dtype(prediction.dtype())?,
    };
    if column {
        target.reshape(prediction.shape())
    } else {
        Ok(target)
    }
}

/// One label a sample: a class below `classes`, or `None` for the ignored one.
pub(super) fn classes(
    op: &'static str,
    prediction: &Tensor,
    target: &Tensor,
    ignore: Option<i64>,
) -> Result<Vec<Option<u32>>> {
    let Some((&classes, batch)) = prediction.dims().split_last() else {
        return Err(Error::shape(op, "a scalar has no axis of classes"));
    };
    if target.dims() != batch {
        let (prediction, batch) = (prediction.shape(), Shape::from(batch));
        return Err(Error::shape(
            op,
            format!(
                "predictions {prediction} need labels {batch}, the target is {}",
                target.shape()
            ),
        ));
    }
    if target.dtype().is_float() {
        return Err(Error::dtype(op, "u32, i64 or u8 labels", target.dtype()));
    }
    let class = |(sample, label): (usize, i64)| match u32::try_from(label) {
        _ if Some(label) == ignore => Ok(None),
        Ok(class) if (class as usize) < classes => Ok(Some(class)),
        _ => Err(Error::value(
            op,
            format!(
                "label {label} of sample {sample} is outside the classes, which are 0 to {}",
                classes.saturating_sub(1)
            ),
        )),
    };
    target
        .to_dtype(DType::I64)?
        .to_vec::<i64>()?
        .into_iter()
        .enumerate()
        .map(class)
        .collect()
}

/// Weights from a recipe as a tensor that the prediction's last axis is multiplied by.
pub(super) fn weights(
    op: &'static str,
    name: &str,
    weights: Option<&Vec<f64>>,
    prediction: &Tensor,
) -> Result<Option<Tensor>> {
    let Some(weights) = weights else {
        return Ok(None);
    };
    let size = prediction.dims().last().copied().unwrap_or(1);
    if weights.len() != size {
        return Err(Error::shape(
            op,
            format!(
                "there are {} {name}, the prediction's last axis has size {size}",
                weights.len()
            ),
        ));
    }
    if let Some(weight) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::value(
            op,
            format!("{name} must be finite and not negative, {weight} is not"),
        ));
    }
    Ok(Some(
        Tensor::from_slice(weights, [size])?.to_dtype(prediction.dtype())?,
    ))
}

/// # Errors
/// [`Error::Value`] for an element outside 0 to 1.
pub(super) fn expect_probabilities(op: &'static str, target: &Tensor) -> Result<()> {
    if target.is_empty() {
        return Ok(());
    }
    let target = target.detach();
    let (low, high) = (target.min(..)?.item()?, target.max(..)?.item()?);
    // Written so that NaN fails.
    if low >= 0.0 && high <= 1.0 {
        return Ok(());
    }
    let wrong = if low < 0.0 { low } else { high };
    Err(Error::value(
        op,
        format!("targets must be between 0 and 1, {wrong} is not"),
    ))
}
