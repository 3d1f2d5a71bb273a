//! A branch and a way around it.

use nn_core::{
    Activation, Context, Error as CoreError, Parameter, Parameters, Path, Result, Shape, Tensor,
};
use serde::{Deserialize, Serialize};

use crate::activation::ActivationSpec;
use crate::layer::Finish;
use crate::spec::Site;
use crate::summary::Row;
use crate::{ActivationLayer, Error, Layer, LayerSpec, Sequential};

/// `y = act(branch(x) + shortcut(x))`; the shortcut is `x` itself unless layers are given for it.
///
/// He et al. 2015, "Deep residual learning". With layers that are the identity at the start, gradients reach every depth
/// unchanged.
///
/// Parameters are named as in torchvision's ResNet: those of the branch stand directly in the block (`conv1.weight`),
/// those of the shortcut under `downsample` (`downsample.0.weight`).
///
/// The sum and the activation are handed to the last layer of the branch, which may compute them in the same pass
/// over memory ([`Layer::forward_finished`]).
///
/// # Shapes
/// Any; branch and shortcut must give the same shape, which is the output's.
///
/// ```
/// use nn_core::{Activation, Context, DType, Rng, Tensor};
/// use nn_layers::{ActivationLayer, Layer, Linear, Residual, Sequential};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut rng = Rng::new(1);
/// let branch = Sequential::new()
///     .with(Linear::new(8, 8, &mut rng)?)
///     .with(ActivationLayer::new(Activation::Relu))
///     .with(Linear::new(8, 8, &mut rng)?);
/// let block = Residual::new(branch)?.with_activation(Activation::Relu);
/// let x = Tensor::ones([2, 8], DType::F32)?;
/// assert_eq!(block.forward(&x, &mut Context::evaluate())?.dims(), [2, 8]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Residual {
    branch: Sequential,
    /// No layers: the identity.
    shortcut: Sequential,
    activation: Activation,
}

/// The name under which the shortcut's layers stand.
const SHORTCUT: &str = "downsample";

/// The description of a [`Residual`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualSpec {
    /// The layers of the branch.
    pub branch: Vec<LayerSpec>,
    /// The layers of the shortcut. Default: none, the identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortcut: Vec<LayerSpec>,
    /// A pointwise function of the sum, such as `"relu"`. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<ActivationSpec>,
}

impl ResidualSpec {
    pub(crate) fn build(&self, input: &Shape, site: &Site) -> Result<Residual, Error> {
        let branch = site.layers(&self.branch, input)?;
        let shortcut = site
            .inside(SHORTCUT)
            .layers(&self.shortcut, input)
            .map_err(|e| e.in_layer(SHORTCUT, String::new()))?;
        let activation = self.activation.map_or(Activation::Identity, |f| f.0);
        Ok(Residual::new(branch)?
            .with_shortcut(shortcut)
            .with_activation(activation))
    }
}

impl Residual {
    /// `branch(x) + x`.
    ///
    /// # Errors
    /// [`Error::Name`] if a layer of the branch is called `downsample`, which is the shortcut's name.
    pub fn new(branch: Sequential) -> Result<Residual, Error> {
        if branch.get(SHORTCUT).is_some() {
            return Err(Error::Name {
                name: SHORTCUT.into(),
                problem: "in a residual block it is the name of the shortcut",
            });
        }
        Ok(Residual {
            branch,
            shortcut: Sequential::new(),
            activation: Activation::Identity,
        })
    }

    /// With layers on the way around the branch.
    #[must_use]
    pub fn with_shortcut(self, shortcut: Sequential) -> Residual {
        Residual { shortcut, ..self }
    }

    /// With a function of the sum.
    #[must_use]
    pub fn with_activation(self, activation: Activation) -> Residual {
        Residual { activation, ..self }
    }

    /// The layers of the branch.
    pub fn branch(&self) -> &Sequential {
        &self.branch
    }

    /// The layers of the shortcut; none for the identity.
    pub fn shortcut(&self) -> &Sequential {
        &self.shortcut
    }

    /// The function of the sum; [`Activation::Identity`] if there is none.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    fn in_shortcut(&self, error: CoreError) -> CoreError {
        error.in_layer(SHORTCUT, self.shortcut.describe())
    }
}

impl Parameters for Residual {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        self.branch.visit(path, f);
        path.scoped(SHORTCUT, |path| self.shortcut.visit(path, f));
    }

    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        self.branch.visit_mut(path, f);
        path.scoped(SHORTCUT, |path| self.shortcut.visit_mut(path, f));
    }
}

impl Layer for Residual {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        let around = self
            .shortcut
            .forward(x, cx)
            .map_err(|e| self.in_shortcut(e))?;
        let finish = Finish {
            addend: Some(&around),
            activation: self.activation,
            ..Finish::default()
        };
        self.branch.forward_finished(x, finish, cx)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let through = self.branch.output_shape(input)?;
        let around = self
            .shortcut
            .output_shape(input)
            .map_err(|e| self.in_shortcut(e))?;
        if through != around {
            let problem = format!(
                "the branch gives {through}, the shortcut {around}; a sum needs equal shapes"
            );
            return Err(CoreError::shape("residual", problem));
        }
        Ok(through)
    }

    fn describe(&self) -> String {
        let layers = match self.branch.len() {
            1 => "1 layer".into(),
            n => format!("{n} layers"),
        };
        let activation = match self.activation {
            Activation::Identity => String::new(),
            function => format!(", {}", ActivationLayer::new(function).describe()),
        };
        format!("Residual of {layers}{activation}")
    }

    fn spec(&self) -> Option<LayerSpec> {
        let activation = match self.activation {
            Activation::Identity => None,
            function => Some(ActivationSpec(function)),
        };
        let spec = ResidualSpec {
            branch: self.branch.network_spec().ok()?.layers,
            shortcut: self.shortcut.network_spec().ok()?.layers,
            activation,
        };
        Some(spec.into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let through = self.branch.multiply_adds(input);
        through.saturating_add(self.shortcut.multiply_adds(input))
    }

    /// The layers of the branch, those of the shortcut, and the sum.
    fn summarize(&self, path: &mut Path, input: &Shape, rows: &mut Vec<Row>) -> Result<()> {
        let output = self.output_shape(input)?;
        self.branch.summarize(path, input, rows)?;
        path.scoped(SHORTCUT, |path| self.shortcut.summarize(path, input, rows))
            .map_err(|e| self.in_shortcut(e))?;
        let sum = match self.activation {
            Activation::Identity => "Sum".into(),
            function => format!("Sum, {}", ActivationLayer::new(function).describe()),
        };
        rows.push(Row::joint(path, sum, output));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::{DType, Rng};

    use super::*;
    use crate::linear::LinearSpec;
    use crate::testing::{check_layer, grid};
    use crate::{Dropout, Linear, NetworkSpec};

    fn linear(inputs: usize, outputs: usize) -> Linear {
        let mut rng = Rng::new((10 * inputs + outputs) as u64);
        LinearSpec::new(outputs)
            .build(inputs, DType::F64, &mut rng)
            .unwrap()
    }

    fn relu() -> ActivationLayer {
        ActivationLayer::new(Activation::Relu)
    }

    fn blocks() -> Vec<Residual> {
        let branch = |to| {
            Sequential::new()
                .with(linear(4, 6))
                .with(relu())
                .with(linear(6, to))
        };
        let ends_in_relu = Sequential::new().with(linear(4, 4)).with(relu());
        let plain = |branch| Residual::new(branch).unwrap();
        vec![
            plain(branch(4)),
            plain(branch(4)).with_activation(Activation::Relu),
            plain(branch(4)).with_activation(Activation::Gelu),
            plain(branch(3)).with_shortcut(Sequential::new().with(linear(4, 3))),
            plain(ends_in_relu).with_activation(Activation::Tanh),
            plain(Sequential::new()).with_shortcut(Sequential::new().with(linear(4, 4))),
            plain(Sequential::new().with(Dropout::new(0.4).unwrap())),
        ]
    }

    #[test]
    fn it_is_the_activated_sum_of_branch_and_shortcut() {
        let x = grid([5, 4]);
        for block in blocks() {
            let cx = &mut Context::evaluate();
            let through = block.branch().forward(&x, cx).unwrap();
            let around = block.shortcut().forward(&x, cx).unwrap();
            let sum = through.add(&around).unwrap();
            let expected = sum.activate(block.activation()).unwrap();
            let y = block.forward(&x, cx).unwrap();
            assert_eq!(
                y.to_vec::<f64>().unwrap(),
                expected.to_vec::<f64>().unwrap()
            );
        }
    }

    #[test]
    fn shapes_and_gradients() {
        for mut block in blocks() {
            check_layer(&mut block, &Shape::from([5, 4]));
        }
        let outer = Residual::new(Sequential::new().with(blocks().remove(1))).unwrap();
        let mut network = Sequential::new().with(outer).with(relu());
        check_layer(&mut network, &Shape::from([3, 4]));
    }

    #[test]
    fn parameters_are_named_as_in_torchvision() {
        let mut branch = Sequential::new();
        branch.push_named("fc1", linear(4, 3)).unwrap();
        let block = Residual::new(branch)
            .unwrap()
            .with_shortcut(Sequential::new().with(linear(4, 3)));
        let names: Vec<_> = block
            .named_parameters()
            .into_iter()
            .map(|(n, _)| n)
            .collect();
        assert_eq!(
            names,
            [
                "fc1.weight",
                "fc1.bias",
                "downsample.0.weight",
                "downsample.0.bias"
            ]
        );
        assert_eq!(block.multiply_adds(&Shape::from([2, 4])), 2 * (12 + 12));

        let mut branch = Sequential::new();
        branch.push_named("downsample", relu()).unwrap();
        assert_eq!(
            Residual::new(branch).unwrap_err().to_string(),
            "\"downsample\" cannot name a layer: in a residual block it is the name of the shortcut"
        );
    }

    #[test]
    fn a_recipe_builds_it_and_it_writes_the_recipe() {
        let text = r#"
            [[layers]]
            type = "residual"
            branch = [{ type = "linear", units = 6, name = "fc1" }, "relu", { type = "linear", units = 3 }]
            shortcut = [{ type = "linear", units = 3, bias = false }]
            activation = { type = "leaky_relu", slope = 0.2 }
            [[layers]]
            type = "residual"
            name = "second"
            branch = [{ type = "linear", units = 3 }]
        "#;
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        let network = spec.build(&Shape::from([4]), 1, DType::F32).unwrap();
        assert_eq!(network.network_spec().unwrap(), spec);
        let again: NetworkSpec = toml::from_str(&toml::to_string(&spec).unwrap()).unwrap();
        assert_eq!(again, spec);
        let summary = network.summary(&Shape::from([4])).unwrap().to_string();
        assert_eq!(
            summary,
            "\
layer                                output  parameters  multiply-adds
───────────────────────────────────  ──────  ──────────  ─────────────
                input                [N, 4]
0.fc1           Linear 4→6           [N, 6]          30             24
0.1             ReLU                 [N, 6]           0              0
0.2             Linear 6→3           [N, 3]          21             18
0.downsample.0  Linear 4→3, no bias  [N, 3]          12             12
0               Sum, LeakyReLU 0.2   [N, 3]           0              0
second.0        Linear 3→3           [N, 3]          12              9
second          Sum                  [N, 3]           0              0
───────────────────────────────────  ──────  ──────────  ─────────────
                total                                75             63
"
        );
    }

    #[test]
    fn errors_say_where_and_what() {
        let built = |block: &str, sample: [usize; 1]| {
            let spec: NetworkSpec = toml::from_str(&format!("layers = [{block}]")).unwrap();
            spec.build(&Shape::from(sample), 0, DType::F32)
                .unwrap_err()
                .to_string()
        };
        let residual = |keys: &str| format!("{{type = 'residual', {keys}}}");
        assert_eq!(
            built(&residual("branch = [{type = 'linear', units = 3}]"), [4]),
            "0 (Residual of 1 layer): residual: the branch gives [1, 3], the shortcut [1, 4]; a sum needs equal shapes"
        );
        assert_eq!(
            built(&residual("branch = [{type = 'linear', units = 0}]"), [4]),
            "0.0 (Linear →0): linear: 4 inputs and 0 units were asked for; both must be at least 1"
        );
        assert_eq!(
            built(
                &residual("branch = [], shortcut = [{type = 'softmax', axis = 4}]"),
                [4]
            ),
            "0.downsample.0 (Softmax over axis 4): softmax: axis 4 does not exist in [1, 4], which has 2 axes"
        );
        assert_eq!(
            built(
                &residual("branch = [{type = 'relu', name = 'downsample'}]"),
                [4]
            ),
            "\"downsample\" cannot name a layer: in a residual block it is the name of the shortcut"
        );

        let read = |block: &str| {
            let error = toml::from_str::<NetworkSpec>(&format!("layers = [{block}]")).unwrap_err();
            error.message().to_string()
        };
        assert_eq!(
            read(&residual("branches = []")),
            r#"layer "residual": unknown key "branches": did you mean "branch"?"#
        );
        assert_eq!(
            read(&residual("branch = [], activation = 'rellu'")),
            r#"layer "residual": unknown layer "rellu": did you mean "relu"?"#
        );
        assert_eq!(
            read(&residual("branch = [], activation = 'flatten'")),
            r#"layer "residual": "activation" is a pointwise function, such as "relu" or "gelu""#
        );

        let block = Residual::new(Sequential::new().with(linear(4, 1))).unwrap();
        let x = grid([2, 4]);
        let error = block.forward(&x, &mut Context::evaluate()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "0 (Linear 4→1): sum: [2, 1] and [2, 4] are to be added; a sum needs equal shapes"
        );
        let shortcut = Sequential::new().with(linear(5, 4));
        let block = Residual::new(Sequential::new().with(linear(4, 4))).unwrap();
        let error = block
            .with_shortcut(shortcut)
            .forward(&x, &mut Context::evaluate())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "downsample.0 (Linear 5→4): linear: input is [2, 4], its last dimension must be 5"
        );
    }
}
