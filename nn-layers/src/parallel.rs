//! Branches side by side.

use nn_core::{
    Activation, Context, Error as CoreError, Parameter, Parameters, Path, Result, Shape, Tensor,
};
use serde::{Deserialize, Serialize};

use crate::layer::Finish;
use crate::spec::Site;
use crate::summary::Row;
use crate::{Error, Layer, LayerSpec, Sequential};

/// Several branches of one input, whose outputs are joined along an axis, added, or averaged.
///
/// The idea of the Inception module (Szegedy et al. 2015) and of ensembles inside a network. A branch without layers is the
/// identity.
///
/// Parameters are named by the branch's place: `0.1.weight` is that of layer 1 of branch 0.
///
/// # Shapes
/// Any. The outputs of the branches are equal, or, to be joined, equal but for the axis.
///
/// ```
/// use nn_core::{Context, DType, Rng, Tensor};
/// use nn_layers::parallel::{Combine, Parallel};
/// use nn_layers::{Layer, Linear, Sequential};
/// # fn main() -> nn_core::Result<()> {
/// let mut rng = Rng::new(1);
/// let wide = Sequential::new().with(Linear::new(8, 5, &mut rng)?);
/// let narrow = Sequential::new().with(Linear::new(8, 2, &mut rng)?);
/// let layer = Parallel::new(vec![wide, narrow], Combine::Concat { axis: 1 });
/// let x = Tensor::ones([4, 8], DType::F32)?;
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.dims(), [4, 7]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Parallel {
    branches: Vec<Sequential>,
    combine: Combine,
}

/// How the outputs of [`Parallel`] branches become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// One after the other along an axis; negative numbers count from the end.
    Concat {
        /// The axis.
        axis: isize,
    },
    /// Element by element, `Σᵢ yᵢ`.
    Sum,
    /// Element by element, `Σᵢ yᵢ / n`.
    Mean,
}

/// The description of a [`Parallel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParallelSpec {
    /// The layers of each branch.
    pub branches: Vec<Vec<LayerSpec>>,
    /// How their outputs become one. Default `concat`.
    #[serde(default)]
    pub combine: Way,
    /// The axis of `concat`; negative numbers count from the end. Default 1, the channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<isize>,
}

/// The word for a [`Combine`] in a recipe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Along an axis.
    #[default]
    Concat,
    /// The sum.
    Sum,
    /// The mean.
    Mean,
}

/// The channels.
const AXIS: isize = 1;

impl ParallelSpec {
    pub(crate) fn build(&self, input: &Shape, site: &Site) -> Result<Parallel, Error> {
        let combine = match (self.combine, self.axis) {
            (Way::Concat, axis) => Combine::Concat {
                axis: axis.unwrap_or(AXIS),
            },
            (Way::Sum, None) => Combine::Sum,
            (Way::Mean, None) => Combine::Mean,
            (_, Some(_)) => {
                let problem = "\"axis\" belongs to combine = \"concat\"";
                return Err(CoreError::value("parallel", problem).into());
            }
        };
        let build = |(i, layers): (usize, &Vec<LayerSpec>)| {
            let name = i.to_string();
            let branch = site.inside(&name).layers(layers, input);
            branch.map_err(|e| e.in_layer(&name, String::new()))
        };
        let branches = self.branches.iter().enumerate().map(build);
        Ok(Parallel::new(branches.collect::<Result<_, _>>()?, combine))
    }
}

impl Parallel {
    /// These branches, at least one.
    pub fn new(branches: Vec<Sequential>, combine: Combine) -> Parallel {
        Parallel { branches, combine }
    }

    /// The branches.
    pub fn branches(&self) -> &[Sequential] {
        &self.branches
    }

    /// How their outputs become one.
    pub fn combine(&self) -> Combine {
        self.combine
    }

    fn outputs(&self, input: &Shape) -> Result<Vec<Shape>> {
        let output = |(i, branch): (usize, &Sequential)| {
            let shape = branch.output_shape(input);
            shape.map_err(|e| e.in_layer(i, branch.describe()))
        };
        self.branches.iter().enumerate().map(output).collect()
    }

    fn joint(&self, outputs: &[Shape]) -> Result<Shape> {
        let Some((first, others)) = outputs.split_first() else {
            return Err(CoreError::value("parallel", "it has no branches"));
        };
        let axis = match self.combine {
            Combine::Concat { axis } => Some(first.axis("parallel", axis)?),
            Combine::Sum | Combine::Mean => None,
        };
        let mut joint = first.to_vec();
        for (i, other) in others.iter().enumerate() {
            let fits = other.rank() == first.rank()
                && (0..first.rank()).all(|at| Some(at) == axis || other[at] == first[at]);
            if !fits {
                let but = axis.map_or(String::new(), |axis| format!(" in all axes but {axis}"));
                let problem = format!(
                    "branch 0 gives {first}, branch {} gives {other}; they must be equal{but}",
                    i + 1
                );
                return Err(CoreError::shape("parallel", problem));
            }
            if let Some(axis) = axis {
                joint[axis] = joint[axis].saturating_add(other[axis]);
            }
        }
        Ok(Shape::from(joint))
    }

    fn words(&self) -> &'static str {
        match self.combine {
            Combine::Concat { .. } => "Concat",
            Combine::Sum => "Sum",
            Combine::Mean => "Mean",
        }
    }
}

impl Parameters for Parallel {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        for (i, branch) in self.branches.iter().enumerate() {
            path.scoped(i, |path| branch.visit(path, f));
        }
    }

    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        for (i, branch) in self.branches.iter_mut().enumerate() {
            path.scoped(i, |path| branch.visit_mut(path, f));
        }
    }
}

impl Layer for Parallel {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.forward_activated(x, Activation::Identity, cx)
    }

    /// What is joined may as well be activated before; a sum is activated with its last addition.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        let located = |i: usize, e: CoreError| e.in_layer(i, self.branches[i].describe());
        if let Combine::Concat { axis } = self.combine {
            let run = |(i, branch): (usize, &Sequential)| {
                let output = branch.forward_activated(x, activation, cx);
                output.map_err(|e| located(i, e))
            };
            let outputs = self.branches.iter().enumerate().map(run);
            let outputs: Vec<Tensor> = outputs.collect::<Result<_>>()?;
            let shapes: Vec<Shape> = outputs.iter().map(|y| y.shape().clone()).collect();
            self.joint(&shapes)?;
            return Tensor::concat(&outputs.iter().collect::<Vec<_>>(), axis);
        }
        let Some((first, others)) = self.branches.split_first() else {
            return Err(CoreError::value("parallel", "it has no branches"));
        };
        let last = others.len();
        // The mean is activated after the division.
        let at_end = match self.combine {
            Combine::Mean => Activation::Identity,
            _ => activation,
        };
        let mut total = match last {
            0 => first.forward_activated(x, at_end, cx),
            _ => first.forward(x, cx),
        }
        .map_err(|e| located(0, e))?;
        for (i, branch) in (1..).zip(others) {
            let finish = Finish {
                addend: Some(&total),
                activation: match i == last {
                    true => at_end,
                    false => Activation::Identity,
                },
                ..Finish::default()
            };
            total = branch
                .forward_finished(x, finish, cx)
                .map_err(|e| located(i, e))?;
        }
        match self.combine {
            Combine::Mean => total
                .div_scalar(self.branches.len() as f64)?
                .activate(activation),
            _ => Ok(total),
        }
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.joint(&self.outputs(input)?)
    }

    fn describe(&self) -> String {
        let way = self.words().to_lowercase();
        format!("Parallel, {way} of {}", self.branches.len())
    }

    fn spec(&self) -> Option<LayerSpec> {
        let branches = self
            .branches
            .iter()
            .map(|branch| branch.network_spec().ok().map(|spec| spec.layers));
        let (combine, axis) = match self.combine {
            Combine::Concat { axis } => (Way::Concat, (axis != AXIS).then_some(axis)),
            Combine::Sum => (Way::Sum, None),
            Combine::Mean => (Way::Mean, None),
        };
        let spec = ParallelSpec {
            branches: branches.collect::<Option<_>>()?,
            combine,
            axis,
        };
        Some(spec.into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let work = self.branches.iter().map(|b| b.multiply_adds(input));
        work.fold(0, u64::saturating_add)
    }

    /// The branches, and where they meet.
    fn summarize(&self, path: &mut Path, input: &Shape, rows: &mut Vec<Row>) -> Result<()> {
        let output = self.output_shape(input)?;
        for (i, branch) in self.branches.iter().enumerate() {
            path.scoped(i, |path| branch.summarize(path, input, rows))
                .map_err(|e| e.in_layer(i, branch.describe()))?;
        }
        rows.push(Row::joint(path, self.words().into(), output));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::{DType, Rng};

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

    fn branches(widths: &[usize]) -> Vec<Sequential> {
        let branch = |&width: &usize| match width {
            4 => Sequential::new(),
            width => Sequential::new()
                .with(linear(4, width + 1))
                .with(ActivationLayer::new(Activation::Tanh))
                .with(linear(width + 1, width)),
        };
        widths.iter().map(branch).collect()
    }

    fn all() -> Vec<Parallel> {
        let mut made = vec![
            Parallel::new(branches(&[2, 3, 4, 1]), Combine::Concat { axis: -1 }),
            Parallel::new(branches(&[4, 4]), Combine::Concat { axis: 0 }),
        ];
        for combine in [Combine::Sum, Combine::Mean] {
            made.push(Parallel::new(branches(&[3, 3, 3]), combine));
            made.push(Parallel::new(branches(&[3]), combine));
        }
        made
    }

    #[test]
    fn outputs_are_joined_added_or_averaged() {
        let x = grid([5, 4]);
        let relu = Activation::Relu;
        for layer in all() {
            let cx = &mut Context::evaluate();
            let outputs: Vec<_> = layer
                .branches()
                .iter()
                .map(|b| b.forward(&x, cx).unwrap())
                .collect();
            let total = |n: f64| {
                let sum = outputs[1..]
                    .iter()
                    .fold(outputs[0].clone(), |sum, y| sum.add(y).unwrap());
                sum.div_scalar(n).unwrap()
            };
            let expected = match layer.combine() {
                Combine::Concat { axis } => {
                    Tensor::concat(&outputs.iter().collect::<Vec<_>>(), axis).unwrap()
                }
                Combine::Sum => total(1.0),
                Combine::Mean => total(outputs.len() as f64),
            };
            let plain = layer.forward(&x, cx).unwrap();
            assert_eq!(
                plain.to_vec::<f64>().unwrap(),
                expected.to_vec::<f64>().unwrap()
            );
            let activated = layer.forward_activated(&x, relu, cx).unwrap();
            let expected = expected.activate(relu).unwrap();
            assert_eq!(
                activated.to_vec::<f64>().unwrap(),
                expected.to_vec::<f64>().unwrap()
            );
        }
    }

    #[test]
    fn shapes_and_gradients() {
        for layer in all() {
            let joins_batches = layer.combine() == Combine::Concat { axis: 0 };
            let mut network = Sequential::new()
                .with(layer)
                .with(ActivationLayer::new(Activation::Gelu));
            check_layer(&mut network, &Shape::from([5, 4]));
            let work = network.multiply_adds(&Shape::from([5, 4]));
            assert_eq!(work == 0, joins_batches);
        }
    }

    #[test]
    fn a_recipe_builds_it_and_it_writes_the_recipe() {
        let text = r#"
            [[layers]]
            type = "parallel"
            branches = [[{ type = "linear", units = 3 }, "relu"], [], [{ type = "linear", units = 1, name = "gate" }]]
            combine = "concat"
            [[layers]]
            type = "parallel"
            branches = [[{ type = "linear", units = 2 }], [{ type = "linear", units = 2 }]]
            combine = "mean"
        "#;
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        let network = spec.build(&Shape::from([4]), 1, DType::F32).unwrap();
        assert_eq!(network.network_spec().unwrap(), spec);
        assert_eq!(
            network.summary(&Shape::from([4])).unwrap().to_string(),
            "\
layer                 output  parameters  multiply-adds
────────────────────  ──────  ──────────  ─────────────
          input       [N, 4]
0.0.0     Linear 4→3  [N, 3]          15             12
0.0.1     ReLU        [N, 3]           0              0
0.2.gate  Linear 4→1  [N, 1]           5              4
0         Concat      [N, 8]           0              0
1.0.0     Linear 8→2  [N, 2]          18             16
1.1.0     Linear 8→2  [N, 2]          18             16
1         Mean        [N, 2]           0              0
────────────────────  ──────  ──────────  ─────────────
          total                       56             48
"
        );
    }

    #[test]
    fn errors_say_where_and_what() {
        let built = |keys: &str| {
            let text = format!("layers = [{{type = 'parallel', {keys}}}]");
            let spec: NetworkSpec = toml::from_str(&text).unwrap();
            spec.build(&Shape::from([4]), 0, DType::F32)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            built("branches = [[], [{type = 'linear', units = 3}]], combine = 'sum'"),
            "0 (Parallel, sum of 2): parallel: branch 0 gives [1, 4], branch 1 gives [1, 3]; they must be equal"
        );
        assert_eq!(
            built("branches = [[], [{type = 'linear', units = 3}]], axis = 0"),
            "0 (Parallel, concat of 2): parallel: branch 0 gives [1, 4], branch 1 gives [1, 3]; they must be equal in all axes but 0"
        );
        assert_eq!(
            built("branches = []"),
            "0 (Parallel, concat of 0): parallel: it has no branches"
        );
        assert_eq!(
            built("branches = [[]], combine = 'sum', axis = 1"),
            "0: parallel: \"axis\" belongs to combine = \"concat\""
        );
        assert_eq!(
            built("branches = [[], [{type = 'linear', units = 0}]]"),
            "0.1.0 (Linear →0): linear: 4 inputs and 0 units were asked for; both must be at least 1"
        );
        let read = |keys: &str| {
            let text = format!("layers = [{{type = 'parallel', branches = [], {keys}}}]");
            let error = toml::from_str::<NetworkSpec>(&text).unwrap_err();
            error.message().to_string()
        };
        assert_eq!(
            read("combine = 'summ'"),
            r#"layer "parallel": unknown name "summ": did you mean "sum"?"#
        );

        let layer = Parallel::new(branches(&[3, 2]), Combine::Sum);
        let x = grid([2, 4]);
        let message = |layer: &Parallel| {
            let error = layer.forward(&x, &mut Context::evaluate());
            error.unwrap_err().to_string()
        };
        assert_eq!(
            message(&layer),
            "1.2 (Linear 3→2): sum: [2, 2] and [2, 3] are to be added; a sum needs equal shapes"
        );
        for combine in [Combine::Concat { axis: 1 }, Combine::Sum] {
            assert_eq!(
                message(&Parallel::new(Vec::new(), combine)),
                "parallel: it has no branches"
            );
        }
    }
}
