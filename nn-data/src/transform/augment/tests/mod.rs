mod batches;
mod mixing;
mod places;
mod settings;
mod values;

use nn_core::{Rng, Tensor};

use super::*;
use crate::batch::Batch;
use crate::dataset::TargetKind;

/// Pictures of arbitrary floats from 0 to 255.
pub(super) fn pictures(count: usize, shape: [usize; 3], seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let values = count * shape.iter().product::<usize>();
    (0..values).map(|_| rng.below(256) as f32).collect()
}

pub(super) fn batch_of(pixels: Vec<f32>, shape: [usize; 3], indices: Vec<usize>) -> Batch {
    let [c, h, w] = shape;
    let labels: Vec<u32> = indices.iter().map(|&index| index as u32 % 4).collect();
    Batch {
        inputs: Tensor::from_vec(pixels, [indices.len(), c, h, w]).unwrap(),
        targets: Tensor::from_vec(labels, [indices.len()]).unwrap(),
        indices,
    }
}

pub(super) fn classes() -> TargetKind {
    TargetKind::Classes {
        names: (0..4).map(|class| class.to_string()).collect(),
    }
}

/// A step from the words of a recipe's table.
pub(super) fn step(json: &str) -> Augment {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"))
}

pub(super) fn steps(json: &[&str]) -> Vec<Augment> {
    json.iter().map(|json| step(json)).collect()
}

/// The pictures, numbered from 0, changed by the steps.
pub(super) fn changed(steps: Vec<Augment>, pixels: Vec<f32>, shape: [usize; 3]) -> Vec<f32> {
    let count = pixels.len() / shape.iter().product::<usize>();
    let augmenter = Augmenter::new(steps, &shape, 9).unwrap();
    let mut batch = batch_of(pixels, shape, (0..count).collect());
    augmenter.apply(1, &mut batch, &classes()).unwrap();
    batch.inputs.to_vec().unwrap()
}

/// One of each kind, all of which change any picture but a constant one.
pub(super) fn one_of_each() -> Vec<Augment> {
    steps(&[
        r#"{"type": "flip", "p": 1}"#,
        r#"{"type": "vertical_flip", "p": 1}"#,
        r#"{"type": "crop", "padding": 3, "fill": "reflect"}"#,
        r#"{"type": "translate", "fraction": [0.2, 0.1], "fill": "edge"}"#,
        r#"{"type": "rotate", "degrees": 20}"#,
        r#"{"type": "zoom", "scale": 0.3, "interpolation": "nearest"}"#,
        r#"{"type": "shear", "degrees": 10, "vertical": 5}"#,
        r#"{"type": "resized_crop", "scale": 0.4}"#,
        r#"{"type": "elastic", "alpha": 20, "sigma": 3}"#,
        r#"{"type": "brightness", "factor": 0.3}"#,
        r#"{"type": "contrast", "factor": 0.3}"#,
        r#"{"type": "saturation", "factor": 0.3}"#,
        r#"{"type": "hue", "shift": 0.2}"#,
        r#"{"type": "gaussian_noise", "std": 0.1}"#,
        r#"{"type": "salt_and_pepper", "amount": 0.1}"#,
        r#"{"type": "blur", "sigma": [0.5, 1.5]}"#,
        r#"{"type": "cutout", "size": 4, "fill": "noise"}"#,
        r#"{"type": "erase", "p": 1, "fill": "mean"}"#,
    ])
}
