//! Layers that each see everything before them.

use nn_core::{
    Context, Error as CoreError, FeatureStack, Parameter, Parameters, Path, Result, Shape, Tensor,
};
use serde::{Deserialize, Serialize};

use crate::spec::Site;
use crate::summary::Row;
use crate::{BatchNorm, Error, Layer, LayerSpec, Sequential};

/// `y₀ = x`, `yₗ₊₁ = [yₗ, layerₗ(yₗ)]`, joined along the channels (axis 1): each layer sees the input and the outputs of all
/// layers before it.
///
/// Huang et al. 2017, "Densely connected convolutional networks". If each layer puts out `k` channels, the growth rate, `L`
/// layers make `C` channels `C + L·k`.
///
/// Parameters are named as in [`Sequential`]: by the layer's place or name.
///
/// # Shapes
/// input `[N, C, …]`, output `[N, C + Σ kₗ, …]`; all layers keep the axes other than 1.
///
/// ```
/// use nn_core::{Context, DType, Rng, Tensor};
/// use nn_layers::{DenseBlock, Layer, Linear, Sequential};
/// # fn main() -> nn_core::Result<()> {
/// let mut rng = Rng::new(1);
/// let layers = Sequential::new()
///     .with(Linear::new(8, 3, &mut rng)?)
///     .with(Linear::new(8 + 3, 3, &mut rng)?);
/// let x = Tensor::ones([2, 8], DType::F32)?;
/// let y = DenseBlock::new(layers).forward(&x, &mut Context::evaluate())?;
/// assert_eq!(y.dims(), [2, 14]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DenseBlock {
    layers: Sequential,
    /// What it was built from, if from a description: repetitions cannot be told from the layers.
    spec: Option<DenseBlockSpec>,
}

/// The description of a [`DenseBlock`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseBlockSpec {
    /// The layers; one of several steps is a `sequential`.
    pub layers: Vec<LayerSpec>,
    /// How often the list is repeated; a name then gets the number of the repetition, from 1: `denselayer1`. Default 1.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub repeat: usize,
}

fn once() -> usize {
    1
}

fn is_once(repeat: &usize) -> bool {
    *repeat == 1
}

/// More repetitions than any network has: a slip of the pen should not eat the memory.
const MOST_REPETITIONS: usize = 1000;

impl DenseBlockSpec {
    pub(crate) fn build(&self, input: &Shape, site: &Site) -> Result<DenseBlock, Error> {
        if !(1..=MOST_REPETITIONS).contains(&self.repeat) {
            let problem = format!(
                "repeat = {} must be at least 1 and at most {MOST_REPETITIONS}",
                self.repeat
            );
            return Err(CoreError::value("dense block", problem).into());
        }
        let mut layers = Sequential::new();
        let mut shape = input.clone();
        for round in 1..=self.repeat {
            for spec in &self.layers {
                let name = spec.name.as_ref().map(|name| match self.repeat {
                    1 => name.clone(),
                    _ => format!("{name}{round}"),
                });
                let kind = spec.kind.clone();
                site.push(&mut layers, &LayerSpec { name, kind }, &shape)?;
                if let Some((name, layer)) = layers.iter().last() {
                    shape = joined(name, layer, &shape)?;
                }
            }
        }
        Ok(DenseBlock {
            layers,
            spec: Some(self.clone()),
        })
    }
}

/// The shape of `[input, layer(input)]`.
fn joined(name: &str, layer: &dyn Layer, input: &Shape) -> Result<Shape> {
    let join = |new: Shape| {
        let fits = input.rank() >= 2
            && new.rank() == input.rank()
            && (0..new.rank()).all(|axis| axis == 1 || new[axis] == input[axis]);
        if !fits {
            let problem = format!(
                "the layer makes {new} of {input}; to join them, only axis 1, the channels, may differ"
            );
            return Err(CoreError::shape("dense block", problem));
        }
        let size = |axis| match axis {
            1 => input[1].saturating_add(new[1]),
            _ => input[axis],
        };
        Ok((0..new.rank()).map(size).collect())
    };
    layer
        .output_shape(input)
        .and_then(join)
        .map_err(|e| e.in_layer(name, layer.describe()))
}

impl DenseBlock {
    /// A block of these layers.
    pub fn new(layers: Sequential) -> DenseBlock {
        DenseBlock { layers, spec: None }
    }

    /// The layers.
    pub fn layers(&self) -> &Sequential {
        &self.layers
    }

    /// The beginnings of all layers, if all begin alike.
    fn heads(&self) -> Option<Vec<Head<'_>>> {
        let mut heads = Vec::new();
        for (_, layer) in self.layers.iter() {
            heads.push(layer.as_sequential()?.head()?);
        }
        (!heads.is_empty()).then_some(heads)
    }

    fn forward_stacked(&self, heads: &[Head<'_>], x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        let channels = self.output_shape(x.shape())?[1];
        let mut stack = FeatureStack::new(x, channels)?;
        for ((name, layer), (norm, projection)) in self.layers.iter().zip(heads) {
            norm.project_stack(&stack, projection, cx)
                .and_then(|h| match layer.as_sequential() {
                    Some(layers) => layers.forward_behind_head(&h, cx),
                    None => Ok(h.h),
                })
                .and_then(|new| cx.checked(new))
                .and_then(|new| stack.push(&new))
                .map_err(|e| e.in_layer(name, layer.describe()))?;
        }
        stack.finish()
    }
}

/// What a layer begins with: batch normalisation and, after a ReLU, a projection.
type Head<'a> = (&'a BatchNorm, &'a Parameter);

impl Parameters for DenseBlock {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        self.layers.visit(path, f);
    }

    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        self.layers.visit_mut(path, f);
    }
}

impl Layer for DenseBlock {
    /// In training, layers that begin with batch normalisation, ReLU and a 1×1 convolution share a
    /// [`FeatureStack`], which neither joins nor stores what they normalise.
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        if cx.is_training()
            && let Some(heads) = self.heads()
        {
            return self.forward_stacked(&heads, x, cx);
        }
        let mut y = x.clone();
        for (name, layer) in self.layers.iter() {
            y = layer
                .forward(&y, cx)
                .and_then(|new| cx.checked(new))
                .and_then(|new| Tensor::concat(&[&y, &new], 1))
                .map_err(|e| e.in_layer(name, layer.describe()))?;
        }
        Ok(y)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut layers = self.layers.iter();
        layers.try_fold(input.clone(), |shape, (name, layer)| {
            joined(name, layer, &shape)
        })
    }

    fn describe(&self) -> String {
        match self.layers.len() {
            1 => "DenseBlock of 1 layer".into(),
            n => format!("DenseBlock of {n} layers"),
        }
    }

    fn spec(&self) -> Option<LayerSpec> {
        if let Some(spec) = &self.spec {
            return Some(spec.clone().into());
        }
        let layers = self.layers.network_spec().ok()?.layers;
        Some(DenseBlockSpec { layers, repeat: 1 }.into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let mut shape = input.clone();
        let mut total = 0u64;
        for (name, layer) in self.layers.iter() {
            total = total.saturating_add(layer.multiply_adds(&shape));
            match joined(name, layer, &shape) {
                Ok(wider) => shape = wider,
                Err(_) => break,
            }
        }
        total
    }

    /// The layers, and the channels of all of them together.
    fn summarize(&self, path: &mut Path, input: &Shape, rows: &mut Vec<Row>) -> Result<()> {
        let mut shape = input.clone();
        for (name, layer) in self.layers.iter() {
            let wider = joined(name, layer, &shape)?;
            path.scoped(name, |path| layer.summarize(path, &shape, rows))
                .map_err(|e| e.in_layer(name, layer.describe()))?;
            shape = wider;
        }
        rows.push(Row::joint(path, "Concat".into(), shape));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::{Activation, DType, Rng};

    use super::*;
    use crate::linear::LinearSpec;
    use crate::testing::{check_layer, grid};
    use crate::{ActivationLayer, Linear, NetworkSpec};

    fn linear(inputs: usize, outputs: usize) -> Linear {
        let mut rng = Rng::new((10 * inputs + outputs) as u64);
        LinearSpec::new(outputs)
            .build(inputs, DType::F64, &mut rng)
            .unwrap()
    }

    fn block() -> DenseBlock {
        let relu = ActivationLayer::new(Activation::Relu);
        let first = Sequential::new().with(linear(4, 5)).with(relu);
        DenseBlock::new(
            Sequential::new()
                .with(first)
                .with(linear(9, 2))
                .with(linear(11, 1)),
        )
    }

    #[test]
    fn each_layer_sees_all_before() {
        let (block, x) = (block(), grid([3, 4]));
        let cx = &mut Context::evaluate();
        let apply = |place: &str, x: &Tensor, cx: &mut Context| {
            block.layers().get(place).unwrap().forward(x, cx).unwrap()
        };
        let y1 = apply("0", &x, cx);
        let y2 = apply("1", &Tensor::concat(&[&x, &y1], 1).unwrap(), cx);
        let y3 = apply("2", &Tensor::concat(&[&x, &y1, &y2], 1).unwrap(), cx);
        let expected = Tensor::concat(&[&x, &y1, &y2, &y3], 1).unwrap();
        let y = block.forward(&x, cx).unwrap();
        assert_eq!(y.dims(), [3, 12]);
        assert_eq!(
            y.to_vec::<f64>().unwrap(),
            expected.to_vec::<f64>().unwrap()
        );
    }

    #[test]
    fn shapes_and_gradients() {
        check_layer(&mut block(), &Shape::from([3, 4]));
        check_layer(
            &mut DenseBlock::new(Sequential::new()),
            &Shape::from([3, 4]),
        );
        let names: Vec<_> = block()
            .named_parameters()
            .into_iter()
            .map(|(n, _)| n)
            .collect();
        assert_eq!(
            names,
            [
                "0.0.weight",
                "0.0.bias",
                "1.weight",
                "1.bias",
                "2.weight",
                "2.bias"
            ]
        );
        let work = 3 * (4 * 5 + 9 * 2 + 11);
        assert_eq!(block().multiply_adds(&Shape::from([3, 4])), work);
    }

    #[test]
    fn repetitions_are_built_and_written_back() {
        let text = r#"
            [[layers]]
            type = "dense_block"
            repeat = 3
            layers = [{ type = "sequential", name = "denselayer", layers = ["relu", { type = "linear", units = 2 }] }]
        "#;
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        let network = spec.build(&Shape::from([4]), 1, DType::F32).unwrap();
        assert_eq!(network.network_spec().unwrap(), spec);
        assert_eq!(
            network.summary(&Shape::from([4])).unwrap().to_string(),
            "\
layer                        output   parameters  multiply-adds
───────────────────────────  ───────  ──────────  ─────────────
                 input       [N, 4]
0.denselayer1.0  ReLU        [N, 4]            0              0
0.denselayer1.1  Linear 4→2  [N, 2]           10              8
0.denselayer2.0  ReLU        [N, 6]            0              0
0.denselayer2.1  Linear 6→2  [N, 2]           14             12
0.denselayer3.0  ReLU        [N, 8]            0              0
0.denselayer3.1  Linear 8→2  [N, 2]           18             16
0                Concat      [N, 10]           0              0
───────────────────────────  ───────  ──────────  ─────────────
                 total                        42             36
"
        );
        // Without repetition the layers speak for themselves.
        let spec = DenseBlock::new(Sequential::new().with(linear(4, 2))).spec();
        let spec = toml::to_string(&spec).unwrap();
        assert!(
            spec.contains("type = \"dense_block\"") && !spec.contains("repeat"),
            "{spec}"
        );
    }

    #[test]
    fn errors_say_where_and_what() {
        let built = |keys: &str, sample: &[usize]| {
            let text = format!("layers = [{{type = 'dense_block', {keys}}}]");
            let spec: NetworkSpec = toml::from_str(&text).unwrap();
            spec.build(&Shape::from(sample), 0, DType::F32)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            built("layers = ['flatten']", &[4, 3]),
            "0.0 (Flatten): dense block: the layer makes [1, 12] of [1, 4, 3]; to join them, only axis 1, the channels, may differ"
        );
        assert_eq!(
            built("layers = ['relu', {type = 'linear', units = 2}]", &[4, 3]),
            "0.1 (Linear 3→2): dense block: the layer makes [1, 8, 2] of [1, 8, 3]; to join them, only axis 1, the channels, may differ"
        );
        assert_eq!(
            built("layers = ['relu'], repeat = 0", &[4]),
            "0: dense block: repeat = 0 must be at least 1 and at most 1000"
        );
        let error = block().forward(&grid([2, 5]), &mut Context::evaluate());
        assert_eq!(
            error.unwrap_err().to_string(),
            "0.0 (Linear 4→5): linear: input is [2, 5], its last dimension must be 4"
        );
    }
}
