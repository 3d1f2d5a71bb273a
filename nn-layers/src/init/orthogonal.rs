//! Weights at right angles to each other.

use nn_core::{DType, Error, Result, Rng, Shape, Tensor};

/// Gram and Schmidt's method on normally distributed vectors, which gives every orthogonal matrix an equal
/// chance; each vector is cleared of the earlier ones twice, which keeps the angles right to the last bits.
pub(super) fn orthogonal(shape: &Shape, gain: f64, dtype: DType, rng: &mut Rng) -> Result<Tensor> {
    let &[rows, ref rest @ ..] = shape.dims() else {
        return Err(Error::shape(
            "orthogonal",
            "a scalar has no rows; it takes at least one axis",
        ));
    };
    if !gain.is_finite() {
        return Err(Error::value(
            "orthogonal",
            format!("gain {gain} must be finite"),
        ));
    }
    let columns = Shape::from(rest).numel();
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut weights = Tensor::zeros([count, length], DType::F64)?;
    let data = weights.make_mut::<f64>()?;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..count {
        let (done, open) = data.split_at_mut(i * length);
        let vector = &mut open[..length];
        // A draw that (with probability 0) lies in the span of the earlier ones is drawn again.
        loop {
            vector.fill_with(|| rng.normal());
            for earlier in done.chunks_exact(length).chain(done.chunks_exact(length)) {
                let along = dot(earlier, vector);
                vector
                    .iter_mut()
                    .zip(earlier)
                    .for_each(|(v, e)| *v -= along * e);
            }
            let norm = dot(vector, vector).sqrt();
            if norm > 1e-6 {
                vector.iter_mut().for_each(|v| *v /= norm);
                break;
            }
        }
    }
    let weights = if rows <= columns {
        weights
    } else {
        weights.t()?
    };
    weights
        .mul_scalar(gain)?
        .to_dtype(dtype)?
        .contiguous()?
        .reshape(shape)
}
