//! Joining tensors and taking them apart.

use crate::autograd::{Grads, Recorder};
use crate::dtype::for_any;
use crate::{Error, Result, Shape, Tensor};

impl Tensor {
    /// Joins tensors along an existing axis; all other axes must agree.
    ///
    /// # Errors
    /// [`Error::Value`] if there is nothing to join; [`Error::Shape`] or [`Error::DType`] if they do not fit.
    pub fn concat(tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
        const NAME: &str = "concat";
        let Some(first) = tensors.first() else {
            return Err(Error::value(NAME, "there are no tensors to join"));
        };
        let axis = first.shape().axis(NAME, axis)?;
        let mut shape = first.shape().clone();
        shape.dims_mut()[axis] = 0;
        for tensor in tensors {
            super::binary::expect_same_type(NAME, first, tensor)?;
            let mut others = tensor.shape().clone();
            if others.rank() != shape.rank() {
                return Err(Error::shape(
                    NAME,
                    format!(
                        "{} and {others} have different numbers of axes",
                        first.shape()
                    ),
                ));
            }
            others.dims_mut()[axis] = shape[axis];
            if others != shape {
                return Err(Error::shape(
                    NAME,
                    format!(
                        "{} and {} differ in an axis other than axis {axis}, along which they are joined",
                        first.shape(),
                        tensor.shape()
                    ),
                ));
            }
            shape.dims_mut()[axis] = shape[axis].saturating_add(tensor.dims()[axis]);
        }
        let parts = tensors
            .iter()
            .map(|t| t.compact())
            .collect::<Result<Vec<_>>>()?;
        let (outer, _, inner) = shape.around(axis);
        let out = for_any!(first.dtype(), T => Tensor::build::<T>(shape, |out| {
            let mut rest = out;
            for o in 0..outer {
                for part in &parts {
                    let n = part.dims()[axis] * inner;
                    let (head, tail) = rest.split_at_mut(n);
                    head.copy_from_slice(&part.data::<T>()[o * n..][..n]);
                    rest = tail;
                }
            }
        }))?;
        Recorder::of(tensors).record(NAME, out, || {
            let sizes: Vec<usize> = parts.iter().map(|t| t.dims()[axis]).collect();
            Box::new(move |grad, needed| {
                let mut start = 0;
                let mut grads = Grads::new();
                for (&size, &needed) in sizes.iter().zip(needed) {
                    let part = needed.then(|| grad.narrow(axis as isize, start, size));
                    grads.push(part.transpose()?);
                    start += size;
                }
                Ok(grads)
            })
        })
    }

    /// Joins tensors of one shape along a new axis, which becomes axis `axis` of the result.
    ///
    /// # Errors
    /// [`Error::Value`] if there is nothing to join; [`Error::Shape`] or [`Error::DType`] if they do not fit.
    pub fn stack(tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
        let raised = tensors
            .iter()
            .map(|t| t.unsqueeze(axis))
            .collect::<Result<Vec<_>>>()?;
        let resolved = match raised.first() {
            Some(first) if axis < 0 => axis + first.rank() as isize,
            _ => axis,
        };
        Tensor::concat(&raised.iter().collect::<Vec<_>>(), resolved)
    }

    /// Cuts the tensor along an axis into pieces of `size`; the last may be smaller. Copies nothing.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist; [`Error::Value`] if `size` is 0.
    pub fn split(&self, axis: isize, size: usize) -> Result<Vec<Tensor>> {
        let axis = self.shape().axis("split", axis)?;
        if size == 0 {
            return Err(Error::value("split", "pieces of size 0 never end"));
        }
        let n = self.dims()[axis];
        (0..n)
            .step_by(size)
            .map(|start| self.slice(axis as isize, start..(start + size).min(n)))
            .collect()
    }

    /// A tensor of `shape`, zero but for this one's elements at `start, start + step, …` along `axis`:
    /// the backward of a slice.
    pub(crate) fn scatter_slice(
        &self,
        shape: Shape,
        axis: usize,
        start: usize,
        step: usize,
    ) -> Result<Tensor> {
        let part = self.compact()?;
        let (outer, n, inner) = shape.around(axis);
        let count = part.dims()[axis];
        let mut out = Tensor::zeros(shape, self.dtype())?;
        for_any!(self.dtype(), T => {
            let (from, to) = (part.data::<T>(), out.make_mut::<T>()?);
            for o in 0..outer {
                for i in 0..count {
                    let row = &from[(o * count + i) * inner..][..inner];
                    to[(o * n + start + i * step) * inner..][..inner].copy_from_slice(row);
                }
            }
        });
        Ok(out)
    }
}
