//! Layers in a row.

use nn_core::{Activation, Context, Parameter, Parameters, Path, Projected, Result, Shape, Tensor};

use crate::layer::Finish;
use crate::summary::Row;
use crate::{BatchNorm, Error, Layer, LayerSpec, NetworkSpec, Summary};

/// Layers, each of which takes the output of the one before.
///
/// Layers are named by their place, `0`, `1`, …, or as they were given; parameters are `0.weight`, `2.bias`,
/// … as in PyTorch's `nn.Sequential`, so that saved weights move both ways.
///
/// A layer followed by a pointwise activation is run together with it ([`Layer::forward_finished`]): one pass
/// over memory and one node of the tape instead of two, with the same result. In use, a convolution also takes over the
/// batch normalisation that follows it.
///
/// ```
/// use nn_core::{Activation, Context, DType, Parameters, Rng, Shape, Tensor};
/// use nn_layers::{ActivationLayer, Flatten, Layer, Linear, Sequential};
/// # fn main() -> nn_core::Result<()> {
/// let mut rng = Rng::new(1);
/// let network = Sequential::new()
///     .with(Flatten::default())
///     .with(Linear::new(64, 32, &mut rng)?)
///     .with(ActivationLayer::new(Activation::Relu))
///     .with(Linear::new(32, 10, &mut rng)?);
///
/// let digits = Tensor::zeros([5, 8, 8], DType::F32)?;
/// let logits = network.forward(&digits, &mut Context::evaluate())?;
/// assert_eq!(logits.dims(), [5, 10]);
///
/// let names: Vec<_> = network.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["1.weight", "1.bias", "3.weight", "3.bias"]);
///
/// let error = network.output_shape(&Shape::from([5, 28, 28])).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "1 (Linear 64→32): linear: input is [5, 784], its last dimension must be 64"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Sequential {
    /// Unique names: a layer without a given name is called by its place, and given names are not numbers.
    layers: Vec<(String, Box<dyn Layer>)>,
}

impl Sequential {
    /// No layers yet: the identity.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// With one more layer at the end.
    #[must_use]
    pub fn with(mut self, layer: impl Into<Box<dyn Layer>>) -> Sequential {
        self.push(layer);
        self
    }

    /// Adds a layer at the end, named by its place.
    pub fn push(&mut self, layer: impl Into<Box<dyn Layer>>) {
        self.layers
            .push((self.layers.len().to_string(), layer.into()));
    }

    /// Adds a layer at the end under a name of its own.
    ///
    /// # Errors
    /// [`Error::Name`] if the name is empty, a number, taken, or holds a dot.
    pub fn push_named(
        &mut self,
        name: impl Into<String>,
        layer: impl Into<Box<dyn Layer>>,
    ) -> Result<(), Error> {
        let name = name.into();
        let problem = if name.is_empty() {
            Some("it is empty")
        } else if name.bytes().all(|b| b.is_ascii_digit()) {
            Some("numbers are the names of layers without one")
        } else if name.contains('.') {
            Some("dots separate the names of nested layers")
        } else if self.get(&name).is_some() {
            Some("another layer has this name")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Error::Name { name, problem });
        }
        self.layers.push((name, layer.into()));
        Ok(())
    }

    /// Removes the last layer, to put another in its place.
    pub fn pop(&mut self) -> Option<Box<dyn Layer>> {
        self.layers.pop().map(|(_, layer)| layer)
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no layer.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The layers with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &dyn Layer)> {
        self.layers
            .iter()
            .map(|(name, layer)| (name.as_str(), layer.as_ref()))
    }

    /// The layer of this name.
    pub fn get(&self, name: &str) -> Option<&dyn Layer> {
        self.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, layer)| layer)
    }

    /// As [`Sequential::get`], for changing it, such as freezing its parameters.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut dyn Layer> {
        let found = self.layers.iter_mut().find(|(n, _)| n == name);
        found.map(|(_, layer)| layer.as_mut() as &mut dyn Layer)
    }

    /// The description from which [`NetworkSpec::build`] makes this network again, without its weights.
    ///
    /// # Errors
    /// [`Error::Undescribed`] if a layer's type is not one of this crate's.
    pub fn network_spec(&self) -> Result<NetworkSpec, Error> {
        let describe = |(i, (name, layer)): (usize, &(String, Box<dyn Layer>))| {
            let spec = layer.spec().ok_or_else(|| Error::Undescribed {
                path: name.clone(),
                layer: layer.describe(),
            })?;
            let given = (*name != i.to_string()).then(|| name.clone());
            Ok(LayerSpec {
                name: given,
                ..spec
            })
        };
        let layers = self
            .layers
            .iter()
            .enumerate()
            .map(describe)
            .collect::<Result<_, Error>>()?;
        Ok(NetworkSpec { layers })
    }

    /// The table of the network for samples of shape `sample`, which has no batch axis.
    ///
    /// # Errors
    /// [`nn_core::Error::Layer`] names the first layer that such samples do not fit.
    pub fn summary(&self, sample: &Shape) -> Result<Summary> {
        Summary::of(self, sample)
    }
}

/// Layers that [`Sequential::head`] takes.
const HEAD: usize = 3;

impl Sequential {
    /// The batch normalisation and the projection that it begins with, if those are its first layers, with a ReLU between
    /// them: together they need no pass over the normalised values.
    pub(crate) fn head(&self) -> Option<(&BatchNorm, &Parameter)> {
        let [(_, norm), (_, relu), (_, projection), ..] = &self.layers[..] else {
            return None;
        };
        let between = relu.as_activation() == Some(Activation::Relu);
        let head = (norm.as_batch_norm()?, projection.as_projection()?);
        between.then_some(head)
    }

    /// The layers after its [head](Sequential::head), from the head's output on; batch normalisation, if it comes first,
    /// goes by the moments that came with that.
    pub(crate) fn forward_behind_head(&self, x: &Projected, cx: &mut Context) -> Result<Tensor> {
        let rest = &self.layers[HEAD..];
        let norm = rest.first().and_then(|(_, layer)| layer.as_batch_norm());
        let Some(norm) = norm else {
            return self.run_from(HEAD, &x.h, Finish::default(), cx);
        };
        let activation = rest.get(1).and_then(|(_, layer)| layer.as_activation());
        let y = norm
            .normalise_projected(x, activation.unwrap_or(Activation::Identity), cx)
            .map_err(|e| e.in_layer(&rest[0].0, norm.describe()))?;
        let next = HEAD + 1 + usize::from(activation.is_some());
        self.run_from(next, &y, Finish::default(), cx)
    }

    fn run(&self, x: &Tensor, finish: Finish<'_>, cx: &mut Context) -> Result<Tensor> {
        self.run_from(0, x, finish, cx)
    }

    fn run_from(
        &self,
        mut at: usize,
        x: &Tensor,
        finish: Finish<'_>,
        cx: &mut Context,
    ) -> Result<Tensor> {
        let mut x = x.clone();
        // Taken by the last layer, unless that one has an activation of its own in between.
        let mut finish = Some(finish);
        while let Some((name, layer)) = self.layers.get(at) {
            at += 1;
            let following = |at: usize| self.layers.get(at).map(|(_, next)| next);
            let affine = match following(at) {
                Some(next) if layer.folds_affine(cx) => next.as_affine(cx)?,
                _ => None,
            };
            at += usize::from(affine.is_some());
            let mut own = match following(at).and_then(|next| next.as_activation()) {
                Some(activation) => {
                    at += 1;
                    Finish {
                        activation,
                        ..Finish::default()
                    }
                }
                // Two affine maps are not folded into one.
                None if at == self.layers.len()
                    && !(affine.is_some() && finish.is_some_and(|f| f.affine.is_some())) =>
                {
                    finish.take().unwrap_or_default()
                }
                None => Finish::default(),
            };
            own.affine = affine.as_deref().or(own.affine);
            x = layer
                .forward_finished(&x, own, cx)
                .and_then(|y| cx.checked(y))
                .map_err(|e| e.in_layer(name, layer.describe()))?;
        }
        match finish {
            Some(finish) => finish.after(x),
            None => Ok(x),
        }
    }
}

impl Parameters for Sequential {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        for (name, layer) in &self.layers {
            path.scoped(name, |path| layer.visit(path, f));
        }
    }

    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        for (name, layer) in &mut self.layers {
            path.scoped(name, |path| layer.visit_mut(path, f));
        }
    }
}

impl Layer for Sequential {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.run(x, Finish::default(), cx)
    }

    /// The last layer runs together with the activation.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        let finish = Finish {
            activation,
            ..Finish::default()
        };
        self.run(x, finish, cx)
    }

    /// The last layer runs together with what follows.
    fn forward_finished(&self, x: &Tensor, finish: Finish<'_>, cx: &mut Context) -> Result<Tensor> {
        self.run(x, finish, cx)
    }

    fn folds_affine(&self, cx: &Context) -> bool {
        let last = self.layers.last();
        last.is_some_and(|(_, layer)| layer.folds_affine(cx))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.layers
            .iter()
            .try_fold(input.clone(), |shape, (name, layer)| {
                layer
                    .output_shape(&shape)
                    .map_err(|e| e.in_layer(name, layer.describe()))
            })
    }

    fn describe(&self) -> String {
        match self.len() {
            1 => "Sequential of 1 layer".into(),
            n => format!("Sequential of {n} layers"),
        }
    }

    fn spec(&self) -> Option<LayerSpec> {
        self.network_spec().ok().map(LayerSpec::from)
    }

    fn as_sequential(&self) -> Option<&Sequential> {
        Some(self)
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let mut shape = input.clone();
        let mut total = 0u64;
        for (_, layer) in &self.layers {
            total = total.saturating_add(layer.multiply_adds(&shape));
            match layer.output_shape(&shape) {
                Ok(output) => shape = output,
                Err(_) => break,
            }
        }
        total
    }

    fn summarize(&self, path: &mut Path, input: &Shape, rows: &mut Vec<Row>) -> Result<()> {
        let mut shape = input.clone();
        for (name, layer) in &self.layers {
            let output = layer.output_shape(&shape).and_then(|output| {
                path.scoped(name, |path| layer.summarize(path, &shape, rows))?;
                Ok(output)
            });
            shape = output.map_err(|e| e.in_layer(name, layer.describe()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
