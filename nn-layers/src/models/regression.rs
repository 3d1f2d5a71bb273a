//! Regressions: one linear layer each; what they are is decided by the loss.
//!
//! Their losses are convex, so it does not matter where training starts: all weights are 0.

use nn_core::{DType, Result, Rng};

use crate::linear::LinearSpec;
use crate::{Init, Sequential};

fn one_layer(inputs: usize, outputs: usize) -> Result<Sequential> {
    let zeros = Some(Init::Zeros {});
    let spec = LinearSpec {
        weight_init: zeros.clone(),
        bias_init: zeros,
        ..LinearSpec::new(outputs)
    };
    // Zeros are drawn from no stream.
    Ok(Sequential::new().with(spec.build(inputs, DType::F32, &mut Rng::new(0))?))
}

/// `y = W·x + b`, to be trained with [`Mse`](crate::loss::Mse): least squares (Legendre 1805, Gauss 1809).
///
/// # Shapes
/// input `[N, inputs]`, output `[N, outputs]`
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, models::linear_regression};
/// # fn main() -> nn_core::Result<()> {
/// let model = linear_regression(10, 1)?;
/// let x = Tensor::ones([4, 10], DType::F32)?;
/// assert_eq!(model.forward(&x, &mut Context::evaluate())?.dims(), [4, 1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Value`] if a size is 0.
pub fn linear_regression(inputs: usize, outputs: usize) -> Result<Sequential> {
    one_layer(inputs, outputs)
}

/// The logit `w·x + b` of a yes, to be trained with [`BinaryCrossEntropy`](crate::loss::BinaryCrossEntropy)
/// (Cox 1958). Its sigmoid is the probability.
///
/// # Shapes
/// input `[N, inputs]`, output `[N, 1]`
///
/// ```
/// use nn_core::{Context, Tensor};
/// use nn_layers::{Layer, loss::BinaryCrossEntropy, models::logistic_regression};
/// # fn main() -> nn_core::Result<()> {
/// let model = logistic_regression(1)?;
/// let x = Tensor::from_vec(vec![-1.0f32, 2.0], [2, 1])?;
/// let labels = Tensor::from_vec(vec![0u32, 1], [2])?;
/// let logits = model.forward(&x, &mut Context::evaluate())?;
/// // Nothing learned yet: every answer has probability ½.
/// let loss = BinaryCrossEntropy::default().forward(&logits, &labels)?.item()?;
/// assert!((loss - 2f64.ln()).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Value`] if `inputs` is 0.
pub fn logistic_regression(inputs: usize) -> Result<Sequential> {
    one_layer(inputs, 1)
}

/// The logits `W·x + b` of several classes, to be trained with [`CrossEntropy`](crate::loss::CrossEntropy); their
/// softmax is the probabilities. Also called multinomial logistic regression.
///
/// # Shapes
/// input `[N, inputs]`, output `[N, classes]`
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, loss::CrossEntropy, models::softmax_regression};
/// # fn main() -> nn_core::Result<()> {
/// let model = softmax_regression(64, 10)?;
/// let x = Tensor::ones([2, 64], DType::F32)?;
/// let labels = Tensor::from_vec(vec![3u32, 9], [2])?;
/// let loss = CrossEntropy::default().forward(&model.forward(&x, &mut Context::evaluate())?, &labels)?;
/// assert!((loss.item()? - 10f64.ln()).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Value`] if a size is 0.
pub fn softmax_regression(inputs: usize, classes: usize) -> Result<Sequential> {
    one_layer(inputs, classes)
}
