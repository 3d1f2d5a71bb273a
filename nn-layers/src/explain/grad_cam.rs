//! Grad-CAM: where in a picture is that which speaks for a class.

use nn_core::{Context, Result, Tensor};

use super::{Score, gradient, run, scoring};
use crate::{Layer, Sequential};

/// The map of [`grad_cam`].
#[derive(Debug, Clone)]
pub struct GradCam {
    /// Name of the layer whose feature maps it is made of.
    pub name: String,
    /// That layer in words.
    pub layer: String,
    /// `[h, w]`, in the size of the feature maps; 0 where nothing speaks for the class.
    pub map: Tensor,
}

/// Gradient-weighted class activation map (Selvaraju et al. 2017) of the last convolution:
/// `L = max(0, Σₖ αₖ·Aᵏ)` with `αₖ = mean over i, j of ∂S/∂Aᵏᵢⱼ`.
///
/// `A` are the feature maps `[1, K, h, w]` after the last layer that holds a convolution (a weight of four axes) and still gives
/// maps of more than one pixel, and after the layers that follow it without changing their shape, such as a normalisation and
/// an activation: the paper takes the maps after the ReLU. `S` is the score.
///
/// Gives `None` for a network without such a layer.
///
/// # Shapes
/// `x` is one sample, `[1, …sample]`; the map is `[h, w]`, to be enlarged to the size of the picture.
///
/// # Errors
/// If the input does not fit the network, or the network has no such output.
pub fn grad_cam(network: &Sequential, x: &Tensor, score: Score) -> Result<Option<GradCam>> {
    let layers = scoring(network);
    let mut found: Option<(usize, Tensor)> = None;
    let mut before = x.clone();
    for (at, layer) in layers.iter().enumerate() {
        let output = run(
            std::slice::from_ref(layer),
            &before,
            &mut Context::evaluate(),
        )?;
        let unchanged = found
            .as_ref()
            .is_some_and(|(last, maps)| last + 1 == at && maps.dims() == output.dims());
        if unchanged || (convolves(layer.1) && has_maps(&output)) {
            found = Some((at, output.clone()));
        }
        before = output;
    }
    let Some((at, maps)) = found else {
        return Ok(None);
    };
    let gradient = gradient(&layers[at + 1..], &maps, score)?;
    let importance = gradient.mean_keepdim([2, 3])?;
    let map = maps.mul(&importance)?.sum(1)?.relu()?.squeeze(0)?;
    let (name, layer) = &layers[at];
    Ok(Some(GradCam {
        name: name.clone(),
        layer: layer.describe(),
        map,
    }))
}

/// Whether a layer is or holds a two-dimensional convolution.
fn convolves(layer: &dyn Layer) -> bool {
    layer
        .parameters()
        .iter()
        .any(|parameter| parameter.value().rank() == 4)
}

fn has_maps(output: &Tensor) -> bool {
    matches!(*output.dims(), [1, _, height, width] if height * width > 1)
}
