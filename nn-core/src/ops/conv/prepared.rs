//! Convolution for using a network: with the weight in working order, and with all that follows in the same pass.

use super::{Convolution, NAME, out_of_memory};
use crate::kernels::conv::{self, Finish};
use crate::ops::binary::expect_same_type;
use crate::{Activation, DType, Error, Result, Shape, Tensor};

/// A convolution whose weight is in working order already, for using a network: nothing is recorded.
#[derive(Debug)]
pub struct PreparedConvolution {
    /// Of one input, without its batch.
    input: Shape,
    output: Shape,
    weight: PreparedWeight,
}

#[derive(Debug)]
enum PreparedWeight {
    F32(conv::Prepared<f32>),
    F64(conv::Prepared<f64>),
}

/// What follows the sums of a [`PreparedConvolution`]: `activation(sum·scale + shift + addend)`.
#[derive(Debug, Clone, Copy)]
pub struct ConvFinish<'a> {
    /// A factor per filter, `[filters]`.
    pub scale: Option<&'a Tensor>,
    /// A summand per filter, `[filters]`.
    pub shift: Option<&'a Tensor>,
    /// A tensor of the output's shape.
    pub addend: Option<&'a Tensor>,
    /// Applied last.
    pub activation: Activation,
}

impl Convolution {
    /// Prepares a weight for inputs of the size of `input`, `[N, C, places…]`; N may differ.
    ///
    /// # Errors
    /// As [`Tensor::convolve`].
    pub fn prepare(&self, weight: &Tensor, input: &Shape) -> Result<PreparedConvolution> {
        let output = self.output_shape(NAME, input, weight.shape())?;
        let geometry = self.geometry(NAME, input, weight.shape())?;
        let weight = weight.compact()?;
        let failed = out_of_memory(NAME);
        let prepared = match weight.dtype() {
            DType::F32 => conv::prepare(&geometry, weight.data()).map(PreparedWeight::F32),
            DType::F64 => conv::prepare(&geometry, weight.data()).map(PreparedWeight::F64),
            other => return Err(Error::dtype(NAME, "f32 or f64", other)),
        };
        Ok(PreparedConvolution {
            input: input[1..].into(),
            output: output[1..].into(),
            weight: prepared.map_err(failed)?,
        })
    }
}

impl PreparedConvolution {
    /// Whether inputs of this shape have the size it was prepared for.
    pub fn suits(&self, input: &Shape) -> bool {
        input.rank() > 0 && input[1..] == self.input[..]
    }

    /// The convolution of `x`, and what follows.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is another; [`Error::DType`] if types differ.
    pub fn forward(&self, x: &Tensor, finish: &ConvFinish<'_>) -> Result<Tensor> {
        let filters = Shape::from(self.output[0]);
        let shape: Shape = x.dims()[..x.rank().min(1)]
            .iter()
            .chain(self.output.iter())
            .copied()
            .collect();
        let parts = [
            (finish.scale, &filters),
            (finish.shift, &filters),
            (finish.addend, &shape),
        ];
        let wrong = parts
            .iter()
            .find(|(part, shape)| part.is_some_and(|t| t.shape() != *shape));
        if !self.suits(x.shape()) || wrong.is_some() {
            return Err(Error::shape(
                NAME,
                format!(
                    "input {} or what follows does not fit one prepared for {}",
                    x.shape(),
                    self.input
                ),
            ));
        }
        for (part, _) in parts {
            part.map_or(Ok(()), |part| expect_same_type(NAME, x, part))?;
        }
        match &self.weight {
            PreparedWeight::F32(weight) => self.run(weight, x, finish, shape),
            PreparedWeight::F64(weight) => self.run(weight, x, finish, shape),
        }
    }

    fn run<T: conv::ConvElement + crate::Element>(
        &self,
        weight: &conv::Prepared<T>,
        x: &Tensor,
        finish: &ConvFinish<'_>,
        shape: Shape,
    ) -> Result<Tensor> {
        if x.dtype() != T::DTYPE {
            return Err(Error::dtype(NAME, T::DTYPE.to_string(), x.dtype()));
        }
        let x = x.to_channels_last()?;
        let compact = |t: Option<&Tensor>| t.map(Tensor::compact).transpose();
        let (scale, shift) = (compact(finish.scale)?, compact(finish.shift)?);
        let addend = finish.addend.map(Tensor::to_channels_last).transpose()?;
        let finish = Finish {
            scale: scale.as_ref().map(|t| t.data::<T>()),
            shift: shift.as_ref().map(|t| t.data::<T>()),
            residual: addend.as_ref().map(|t| t.memory::<T>()),
            activation: finish.activation,
        };
        let batch = x.dims()[0];
        Tensor::build_channels_last::<T>(shape, |y| weight.forward(batch, x.memory(), y, &finish))
    }
}
