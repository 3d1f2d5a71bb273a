//! Picking elements by index.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_any;
use crate::{DType, Element, Error, Result, Shape, Tensor};

/// Indices as `usize`, each below `size`.
fn checked(name: &'static str, indices: &Tensor, size: usize) -> Result<Vec<usize>> {
    let outside = |place: usize, index: i64| {
        Error::index(
            name,
            format!("index {index} at place {place} is outside an axis of size {size}"),
        )
    };
    let wide: Vec<i64> = match indices.dtype() {
        DType::U32 => indices
            .to_vec::<u32>()?
            .into_iter()
            .map(i64::from)
            .collect(),
        DType::I64 => indices.to_vec::<i64>()?,
        DType::U8 => indices.to_vec::<u8>()?.into_iter().map(i64::from).collect(),
        other => return Err(Error::dtype(name, "u32, i64 or u8 indices", other)),
    };
    let narrow = |(place, index): (usize, i64)| match usize::try_from(index) {
        Ok(i) if i < size => Ok(i),
        _ => Err(outside(place, index)),
    };
    wide.into_iter().enumerate().map(narrow).collect()
}

/// Where each element of a gather comes from, in the source's memory: walks the indices in row-major order.
fn gather_places(shape: &Shape, axis: usize, indices: &[usize], count: usize) -> Vec<usize> {
    let (outer, n, inner) = shape.around(axis);
    let mut places = Vec::with_capacity(indices.len());
    for o in 0..outer {
        for i in 0..count {
            for j in 0..inner {
                let index = indices[(o * count + i) * inner + j];
                places.push((o * n + index) * inner + j);
            }
        }
    }
    places
}

fn add_at(shape: &Shape, places: &[usize], block: usize, grad: &Tensor) -> Result<Tensor> {
    let grad = grad.compact()?;
    let mut out = Tensor::zeros(shape, grad.dtype())?;
    for_any!(grad.dtype(), T => {
        let (from, to) = (grad.data::<T>(), out.make_mut::<T>()?);
        for (&place, values) in places.iter().zip(from.chunks_exact(block.max(1))) {
            for (sum, &value) in to[place * block..][..block].iter_mut().zip(values) {
                *sum = T::from_f64(sum.to_f64() + value.to_f64());
            }
        }
    });
    Ok(out)
}

impl Tensor {
    /// The slices at the given indices along an axis, in that order; an index may come several times.
    ///
    /// # Shapes
    /// `[…, n, …]`, indices `[k]` (`u32`, `i64` or `u8`) → `[…, k, …]`
    ///
    /// # Errors
    /// [`Error::Index`] if an index or the axis does not exist; [`Error::Shape`] unless the indices have one axis.
    pub fn index_select(&self, axis: isize, indices: &Tensor) -> Result<Tensor> {
        const NAME: &str = "index_select";
        let axis = self.shape().axis(NAME, axis)?;
        if indices.rank() != 1 {
            return Err(Error::shape(
                NAME,
                format!(
                    "the indices must have one axis, they have shape {}",
                    indices.shape()
                ),
            ));
        }
        let (outer, n, inner) = self.shape().around(axis);
        let indices = checked(NAME, indices, n)?;
        let blocks: Vec<usize> = (0..outer)
            .flat_map(|o| indices.iter().map(move |i| o * n + i))
            .collect();
        let mut shape = self.shape().clone();
        shape.dims_mut()[axis] = indices.len();
        let x = self.compact()?;
        let out = for_any!(self.dtype(), T => Tensor::build::<T>(shape, |out| {
            let from = x.data::<T>();
            for (&block, to) in blocks.iter().zip(out.chunks_exact_mut(inner.max(1))) {
                to.copy_from_slice(&from[block * inner..][..inner]);
            }
        }))?;
        let from = self.shape().clone();
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| Ok(grads![add_at(&from, &blocks, inner, &grad)?]))
        })
    }

    /// For each place of `indices`, the element of this tensor at that place but for `axis`, where the index
    /// says: `out[i][j] = x[i][index[i][j]]` for axis 1 of two.
    ///
    /// # Shapes
    /// `[…, n, …]`, indices of the same shape but for `axis` → the shape of the indices
    ///
    /// # Errors
    /// [`Error::Index`] if an index or the axis does not exist; [`Error::Shape`] if the shapes do not fit.
    pub fn gather(&self, axis: isize, indices: &Tensor) -> Result<Tensor> {
        const NAME: &str = "gather";
        let axis = self.shape().axis(NAME, axis)?;
        let mut expected = self.shape().clone();
        let count = indices.dims().get(axis).copied().unwrap_or(0);
        expected.dims_mut()[axis] = count;
        if *indices.shape() != expected {
            return Err(Error::shape(
                NAME,
                format!(
                    "the indices have shape {}, they must have that of the tensor, {}, in all axes but {axis}",
                    indices.shape(),
                    self.shape()
                ),
            ));
        }
        let indices = checked(NAME, indices, self.dims()[axis])?;
        let places = gather_places(self.shape(), axis, &indices, count);
        let x = self.compact()?;
        let out = for_any!(self.dtype(), T => Tensor::build::<T>(expected, |out| {
            let from = x.data::<T>();
            for (to, &place) in out.iter_mut().zip(&places) {
                *to = from[place];
            }
        }))?;
        let from = self.shape().clone();
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| Ok(grads![add_at(&from, &places, 1, &grad)?]))
        })
    }
}
