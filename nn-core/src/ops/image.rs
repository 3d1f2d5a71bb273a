//! What operations on the places of images share: `[N, C, places…]` with one to three axes of places.

mod each_axis;

pub use each_axis::EachAxis;

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::spatial::resample::resample as resample_kernel;
use crate::kernels::spatial::{Axis, Map};
use crate::{Error, Result, Shape, Tensor};

/// The places of an input, one to three axes.
pub(super) fn places<'a>(name: &'static str, input: &'a Shape) -> Result<&'a [usize]> {
    match input.dims() {
        [_, _, places @ ..] if (1..=3).contains(&places.len()) => Ok(places),
        _ => Err(Error::shape(
            name,
            format!("input is {input}, it must be [N, C, L], [N, C, H, W] or [N, C, D, H, W]"),
        )),
    }
}

/// The same samples and channels with other places.
pub(super) fn with_places(input: &Shape, places: impl IntoIterator<Item = usize>) -> Shape {
    input.dims()[..2].iter().copied().chain(places).collect()
}

/// The axes of depth, height and width, from those there are.
pub(super) fn three(axes: impl IntoIterator<Item = Axis>) -> [Axis; 3] {
    let mut three = [Axis::single(), Axis::single(), Axis::single()];
    for axis in axes {
        three.rotate_left(1);
        three[2] = axis;
    }
    three
}

pub(super) fn map<'a>(input: &Shape, axes: &'a [Axis; 3]) -> Map<'a> {
    Map {
        samples: input[0],
        channels: input[1],
        axes,
    }
}

/// Sums of places with weights, by the axes that `axes` gives. It is called once there is memory for the output, whose
/// size may be anyone's wish, and again on the way back.
pub(super) fn resample(
    name: &'static str,
    x: &Tensor,
    shape: Shape,
    axes: impl Fn() -> [Axis; 3] + Send + 'static,
) -> Result<Tensor> {
    let dense = x.to_channels_last()?;
    let y = for_float!(name, x.dtype(), T => {
        let mut y = Tensor::build_channels_last::<T>(shape, |_| ())?;
        resample_kernel(dense.memory::<T>(), map(x.shape(), &axes()), y.memory_mut::<T>()?);
        Ok(y)
    })?;
    let shape = x.shape().clone();
    Recorder::of(&[x]).record(name, y, move || {
        Box::new(move |grad, _| {
            let grad = grad.to_channels_last()?;
            let back = axes().each_ref().map(Axis::transposed);
            let map = map(&shape, &back);
            let dx = for_float!(name, grad.dtype(), T => {
                Tensor::build_channels_last::<T>(shape.clone(), |dx| {
                    resample_kernel(grad.memory::<T>(), map, dx);
                })
            })?;
            Ok(grads![dx])
        })
    })
}
