//! The normal distribution without its tails.

use nn_core::{DType, Error, Result, Rng, Shape, Tensor};

pub(super) fn truncated_normal(
    shape: &Shape,
    mean: f64,
    std: f64,
    cut: f64,
    dtype: DType,
    rng: &mut Rng,
) -> Result<Tensor> {
    // Below a cut of 0.1 more than nine of ten draws would be in vain.
    if !(mean.is_finite() && std >= 0.0 && std.is_finite() && cut >= 0.1) {
        let problem = format!(
            "mean {mean}, std {std}, cut {cut}: the mean must be finite, std at least 0, cut at least 0.1"
        );
        return Err(Error::value("truncated_normal", problem));
    }
    let mut weights = Tensor::zeros(shape, DType::F64)?;
    weights.make_mut::<f64>()?.fill_with(|| {
        loop {
            let z = rng.normal();
            if z.abs() <= cut {
                return mean + std * z;
            }
        }
    });
    weights.to_dtype(dtype)
}
