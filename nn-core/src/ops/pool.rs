//! Pooling: the largest element or the mean of windows.

mod window;

pub use window::Pooling;

use super::image::EachAxis;
use super::image::{map, places, resample, three, with_places};
use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::buffer::Plain;
use crate::kernels::spatial::Axis;
use crate::kernels::spatial::maximum::{Code, maximum, maximum_backward, window};
use crate::{Element, Error, FloatElement, Result, Shape, Tensor};

/// The largest elements of the windows that the axes tell.
fn largest(
    name: &'static str,
    x: &Tensor,
    shape: Shape,
    axes: impl Fn() -> [Axis; 3],
) -> Result<Tensor> {
    let dense = x.to_channels_last()?;
    let recorder = Recorder::of(&[x]);
    let len = shape.numel();
    for_float!(name, x.dtype(), T => {
        let mut y = Tensor::build_channels_last::<T>(shape, |_| ())?;
        // Only now, as the size of the output may be anyone's wish.
        let axes = axes();
        let map = map(x.shape(), &axes);
        let (from, to) = (dense.memory::<T>(), y.memory_mut::<T>()?);
        if !recorder.is_active() {
            maximum::<T, u8>(from, map, to, &mut []);
            return Ok(y);
        }
        if window(map) <= 256 {
            let codes = Tensor::build::<u8>(Shape::from(len), |codes| maximum(from, map, to, codes))?;
            record::<T, u8>(name, recorder, x, y, axes, codes)
        } else {
            let codes = Tensor::build::<u32>(Shape::from(len), |codes| maximum(from, map, to, codes))?;
            record::<T, u32>(name, recorder, x, y, axes, codes)
        }
    })
}

fn record<T: FloatElement + Plain, I: Element + Plain + Code>(
    name: &'static str,
    recorder: Recorder,
    x: &Tensor,
    y: Tensor,
    axes: [Axis; 3],
    codes: Tensor,
) -> Result<Tensor> {
    let shape = x.shape().clone();
    recorder.record(name, y, move || {
        Box::new(move |grad, _| {
            let grad = grad.to_channels_last()?;
            let back = axes.each_ref().map(Axis::transposed);
            let (map, back) = (map(&shape, &axes), map(&shape, &back));
            let dx = Tensor::build_channels_last::<T>(shape.clone(), |dx| {
                maximum_backward(grad.memory::<T>(), codes.data::<I>(), map, back, dx);
            })?;
            Ok(grads![dx])
        })
    })
}

/// The window of one output of adaptive pooling: from ⌊o·W/O⌋ to ⌈(o + 1)·W/O⌉.
fn adaptive_window(inputs: usize, outputs: usize, o: usize) -> std::ops::Range<usize> {
    let scaled = |o: usize| o as u128 * inputs as u128;
    let outputs = outputs as u128;
    (scaled(o) / outputs) as usize..scaled(o + 1).div_ceil(outputs) as usize
}

/// Checks an adaptive pooling, and gives the shape of its output.
fn adaptive_shape(name: &'static str, input: &Shape, size: &EachAxis<usize>) -> Result<Shape> {
    let places = places(name, input)?;
    size.expect(name, "output_size", places.len())?;
    if places.contains(&0) {
        return Err(Error::shape(
            name,
            format!("input is {input} and has no places"),
        ));
    }
    let sizes = (0..places.len()).map(|axis| size.at(axis));
    if sizes.clone().any(|size| size == 0) {
        let problem = format!("output_size = {size} must be at least 1");
        return Err(Error::value(name, problem));
    }
    Ok(with_places(input, sizes))
}

/// The axes of an adaptive pooling with equal weights in each window.
fn adaptive_axes(input: &Shape, output: &Shape) -> impl Fn() -> [Axis; 3] + Send + 'static {
    let sizes: Vec<_> = input[2..]
        .iter()
        .copied()
        .zip(output[2..].iter().copied())
        .collect();
    move || {
        three(sizes.iter().map(|&(inputs, outputs)| {
            Axis::new(inputs, outputs, |o| {
                let window = adaptive_window(inputs, outputs, o);
                let weight = 1.0 / window.len() as f64;
                window.map(move |place| (place, weight))
            })
        }))
    }
}

/// Pooling by windows that slide over the places, or that divide them.
///
/// # Shapes
/// x `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay. For windows of size K, stride S,
/// padding P: O = ⌊(W − K + 2P)/S⌋ + 1.
impl Tensor {
    /// The largest element of each window; NaN if one is. Padding never wins. The gradient goes to the first of
    /// equal elements.
    ///
    /// ```
    /// use nn_core::{Pooling, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0, 5.0, 3.0, 4.0], [1, 1, 5])?;
    /// assert_eq!(x.max_pool(&Pooling::new(2))?.to_vec::<f32>()?, [2.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if a window is larger than the padded input; [`Error::Value`] if a setting is outside its
    /// domain; [`Error::DType`] unless the elements are floats.
    pub fn max_pool(&self, pooling: &Pooling) -> Result<Tensor> {
        const NAME: &str = "max_pool";
        let shape = pooling.output_shape(NAME, self.shape())?;
        let axes = pooling.axes(self.shape(), &shape, false);
        largest(NAME, self, shape, axes)
    }

    /// The mean of each window. With `count_include_pad`, padding counts as zeros; otherwise it is left out. Places
    /// beyond the padding, which windows reach where sizes are rounded up, never count.
    ///
    /// # Errors
    /// As [`Tensor::max_pool`]; [`Error::Value`] also if the windows are dilated.
    pub fn avg_pool(&self, pooling: &Pooling, count_include_pad: bool) -> Result<Tensor> {
        const NAME: &str = "avg_pool";
        pooling.expect_undilated(NAME)?;
        let shape = pooling.output_shape(NAME, self.shape())?;
        let axes = pooling.axes(self.shape(), &shape, count_include_pad);
        resample(NAME, self, shape, axes)
    }

    /// The largest elements of windows that divide the places evenly into `size`: from ⌊o·W/O⌋ to ⌈(o + 1)·W/O⌉.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are no places; [`Error::Value`] if a size is 0; [`Error::DType`] unless the
    /// elements are floats.
    pub fn adaptive_max_pool(&self, size: &EachAxis<usize>) -> Result<Tensor> {
        const NAME: &str = "adaptive_max_pool";
        let shape = adaptive_shape(NAME, self.shape(), size)?;
        let axes = adaptive_axes(self.shape(), &shape);
        largest(NAME, self, shape, axes)
    }

    /// The means of windows that divide the places evenly into `size`, as [`Tensor::adaptive_max_pool`].
    ///
    /// # Errors
    /// As [`Tensor::adaptive_max_pool`].
    pub fn adaptive_avg_pool(&self, size: &EachAxis<usize>) -> Result<Tensor> {
        const NAME: &str = "adaptive_avg_pool";
        let shape = adaptive_shape(NAME, self.shape(), size)?;
        let axes = adaptive_axes(self.shape(), &shape);
        resample(NAME, self, shape, axes)
    }
}

impl Pooling {
    /// The shape of the output of an adaptive pooling.
    ///
    /// # Errors
    /// As [`Tensor::adaptive_max_pool`].
    pub fn adaptive_output_shape(
        op: &'static str,
        input: &Shape,
        size: &EachAxis<usize>,
    ) -> Result<Shape> {
        adaptive_shape(op, input, size)
    }
}
