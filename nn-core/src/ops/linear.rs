//! The fused affine map: product, bias and activation in one pass and one record.

use super::activation;
use super::binary::expect_same_type;
use super::matmul::matrix_product;
use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::gemm::Epilogue;
use crate::shape::count;
use crate::{Activation, Error, Result, Shape, Tensor};

impl Tensor {
    /// `y = act(x·Wᵀ + b)` on the last axis.
    ///
    /// # Shapes
    /// x `[…, in]`, weight `[out, in]`, bias `[out]` → `[…, out]`
    ///
    /// # Errors
    /// [`Error::Shape`] if the sizes do not fit; [`Error::DType`] unless all are floats of one type.
    pub fn linear(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        act: Activation,
    ) -> Result<Tensor> {
        const NAME: &str = "linear";
        expect_same_type(NAME, self, weight)?;
        let &[outputs, inputs] = weight.dims() else {
            return Err(Error::shape(
                NAME,
                format!(
                    "the weight must have shape [out, in], it has {}",
                    weight.shape()
                ),
            ));
        };
        if self.dims().last() != Some(&inputs) {
            return Err(Error::shape(
                NAME,
                format!(
                    "input is {}, its last dimension must be {inputs}",
                    self.shape()
                ),
            ));
        }
        if let Some(bias) = bias {
            expect_same_type(NAME, self, bias)?;
            if bias.dims() != [outputs] {
                return Err(Error::shape(
                    NAME,
                    format!(
                        "the bias must have shape [{outputs}], it has {}",
                        bias.shape()
                    ),
                ));
            }
        }
        let rows = count(&self.dims()[..self.rank() - 1]);
        // Any 2-D view is a matrix as it is.
        let x = match self.rank() {
            2 => self.detach(),
            _ => self.detach().reshape([rows, inputs])?,
        };
        let dims = &self.dims()[..self.rank() - 1];
        let shape: Shape = dims.iter().copied().chain([outputs]).collect();
        let recorder = match bias {
            Some(bias) => Recorder::of(&[self, weight, bias]),
            None => Recorder::of(&[self, weight]),
        };
        // An activation whose slope needs its input keeps that input, if there will be a way back.
        let apart = recorder.is_active() && act.needs_input();
        let epilogue_act = if apart { Activation::Identity } else { act };
        let dense_bias = bias.map(Tensor::compact).transpose()?;
        let z = for_float!(NAME, self.dtype(), T => {
            let transposed = weight.detach().t()?;
            let epilogue = Epilogue {
                bias: dense_bias.as_ref().map(|b| b.data::<T>()),
                activation: epilogue_act,
                ..Epilogue::default()
            };
            matrix_product::<T>(&x, &transposed, shape, &epilogue)
        })?;
        let y = if apart { z.activate(act)? } else { z.clone() };
        recorder.record(NAME, y.clone(), || {
            let weight = weight.detach();
            let saved = if apart { z } else { y };
            let saved_shape = Shape::from([rows, outputs]);
            let x_shape = self.shape().clone();
            Box::new(move |grad, needed| {
                let dz = activation::backward(act, &saved, &grad)?.reshape(saved_shape)?;
                let dx = || dz.matmul(&weight)?.reshape(x_shape);
                let dw = || dz.t()?.matmul(&x);
                let mut all = grads![
                    needed[0].then(dx).transpose()?,
                    needed[1].then(dw).transpose()?,
                ];
                if let Some(&needs_bias) = needed.get(2) {
                    all.push(needs_bias.then(|| dz.sum(0)).transpose()?);
                }
                Ok(all)
            })
        })
    }
}
