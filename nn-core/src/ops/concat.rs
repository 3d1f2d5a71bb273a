//! Joining tensors and taking them apart.

use crate::autograd::{Grads, Recorder};
use crate::dtype::for_any;
use crate::kernels::threads::for_each_chunk;
use crate::shape::count;
use crate::{Error, Result, Shape, Tensor};

/// Elements that one task copies, about.
const TASK: usize = 1 << 14;

/// Fills rows of `row` elements of `out`, each with the next `n` elements of each part `(elements, n)`.
fn interleave<T: Copy + Send + Sync>(parts: &[(&[T], usize)], row: usize, out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    let rows = (TASK / row).max(1);
    for_each_chunk(out, rows.saturating_mul(row), |task, out| {
        let mut start = 0;
        for &(from, n) in parts.iter().filter(|(_, n)| *n > 0) {
            let from = from[task * rows * n..].chunks_exact(n);
            for (to, from) in out.chunks_exact_mut(row).zip(from) {
                let to = &mut to[start..start + n];
                if n < 32 {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                } else {
                    to.copy_from_slice(from);
                }
            }
            start += n;
        }
    });
}

/// Elements from one index of an axis to the next, where `[N, C, places…]` lies as `[N, places…, C]`.
fn inner_channels_last(shape: &Shape, axis: usize) -> usize {
    match axis {
        0 => count(&shape[1..]),
        1 => 1,
        _ => count(&shape[axis + 1..]).saturating_mul(shape[1]),
    }
}

impl Tensor {
    /// Whether this is a picture or a part of one (`[N, C, places…]`) with the channels of a place side by side.
    fn has_innermost_channels(&self) -> bool {
        let dims = self.dims();
        dims.len() > 2
            && dims[1] > 1
            && self.strides()[1] == 1
            && (2..dims.len()).all(|axis| dims[axis] == 1 || self.strides()[axis] >= dims[1])
    }

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
        // Images stay channels-last; for the channels themselves that means many short rows.
        let last = tensors.iter().any(|t| t.has_innermost_channels());
        let parts = tensors
            .iter()
            .map(|t| {
                if last {
                    t.to_channels_last()
                } else {
                    t.compact()
                }
            })
            .collect::<Result<Vec<_>>>()?;
        let out = for_any!(first.dtype(), T => {
            let inner = match last {
                true => inner_channels_last(&shape, axis),
                false => shape.around(axis).2,
            };
            let row = shape[axis].saturating_mul(inner);
            let fill = |out: &mut [T]| {
                let parts: Vec<(&[T], usize)> = parts
                    .iter()
                    .map(|part| (part.memory::<T>(), part.dims()[axis] * inner))
                    .collect();
                interleave(&parts, row, out);
            };
            match last {
                true => Tensor::build_channels_last::<T>(shape, fill),
                false => Tensor::build::<T>(shape, fill),
            }
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::autograd::{GradCheck, gradient_check};

    fn counting(shape: &[usize], from: f64) -> Tensor {
        let n = count(shape) as f64;
        let x = Tensor::arange(from, from + n, 1.0, DType::F64).unwrap();
        x.reshape(shape).unwrap()
    }

    #[test]
    fn pictures_stay_channels_last_along_every_axis() {
        for (axis, a, b) in [
            (0, [2, 3, 4, 5], [1, 3, 4, 5]),
            (1, [2, 3, 4, 5], [2, 40, 4, 5]),
            (1, [2, 1, 4, 5], [2, 2, 4, 5]),
            (2, [2, 3, 4, 5], [2, 3, 1, 5]),
            (3, [2, 3, 4, 5], [2, 3, 4, 2]),
            (1, [0, 3, 4, 5], [0, 2, 4, 5]),
        ] {
            let (a, b) = (counting(&a, 0.0), counting(&b, 1000.0));
            let plain = Tensor::concat(&[&a, &b, &a], axis);
            let (expected, other) = (a.to_channels_last().unwrap(), b.to_channels_last().unwrap());
            let y = Tensor::concat(&[&expected, &other, &a], axis);
            let Ok(plain) = plain else {
                panic!("axis {axis}")
            };
            let y = y.unwrap();
            assert!(y.is_channels_last(), "axis {axis}");
            assert_eq!(y.to_vec::<f64>().unwrap(), plain.to_vec::<f64>().unwrap());
        }
    }

    #[test]
    fn a_large_join_is_that_of_its_rows() {
        let (a, b) = (
            counting(&[3, 70, 20, 20], 0.0),
            counting(&[3, 12, 20, 20], 0.5),
        );
        let last = |x: &Tensor| x.to_channels_last().unwrap();
        let y = Tensor::concat(&[&last(&a), &last(&b)], 1).unwrap();
        let plain = Tensor::concat(&[&a, &b], 1).unwrap();
        assert_eq!(y.to_vec::<f64>().unwrap(), plain.to_vec::<f64>().unwrap());
    }

    #[test]
    fn gradients_of_a_channels_last_join() {
        let inputs = [counting(&[2, 3, 2, 2], 0.0), counting(&[2, 2, 2, 2], 0.3)];
        let inputs = inputs.map(|x| x.mul_scalar(0.05).unwrap().to_channels_last().unwrap());
        let join = |x: &[Tensor]| Tensor::concat(&[&x[0], &x[1], &x[0]], 1)?.square();
        gradient_check(join, &inputs, &GradCheck::default()).unwrap();
    }
}
