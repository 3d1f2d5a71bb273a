//! What every layer can do.

use std::fmt;
use std::sync::Arc;

use nn_core::{Activation, Context, Error, Parameter, Parameters, Path, Result, Shape, Tensor};

use crate::summary::Row;
use crate::{BatchNorm, LayerSpec, Sequential};

/// A function of a tensor, with parameters that can be learned.
///
/// `forward` takes `&self`, so several threads can use one layer; everything that changes during a pass is in
/// the [`Context`]. Parameters are listed by [`parameters!`](crate::parameters), under the names PyTorch uses.
///
/// A whole layer:
///
/// ```
/// use nn_core::{Context, DType, Parameter, Parameters, Result, Shape, Tensor};
/// use nn_layers::{Layer, LayerSpec};
///
/// /// `y = x · factor`, feature by feature.
/// #[derive(Debug)]
/// struct Scale { factor: Parameter }
///
/// nn_layers::parameters!(Scale { factor });
///
/// impl Layer for Scale {
///     fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
///         x.mul(&cx.param(&self.factor))
///     }
///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
///         Shape::broadcast("scale", input, self.factor.value().shape())
///     }
///     fn describe(&self) -> String {
///         format!("Scale {}", self.factor.value().len())
///     }
///     fn spec(&self) -> Option<LayerSpec> {
///         None // not one of the layers a recipe can name
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let layer = Scale { factor: Parameter::new(Tensor::full([3], 2.0, DType::F32)?) };
/// let y = layer.forward(&Tensor::ones([1, 3], DType::F32)?, &mut Context::evaluate())?;
/// assert_eq!(y.to_vec::<f32>()?, [2.0, 2.0, 2.0]);
/// assert_eq!(layer.named_parameters()[0].0, "factor");
/// # Ok(())
/// # }
/// ```
pub trait Layer: Parameters + fmt::Debug + Send + Sync {
    /// The layer's output. The first axis of `x` is that of the batch.
    ///
    /// # Errors
    /// Those of [`Layer::output_shape`]; [`nn_core::Error::DType`] if `x` and the parameters differ in type.
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor>;

    /// The shape `forward` gives for an input of shape `input` (with the batch axis), by the same check, before
    /// there is any data.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] or [`nn_core::Error::Index`] if the layer cannot take such an input.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// The layer in a few words, with its sizes: `Linear 784→128`.
    fn describe(&self) -> String;

    /// The description from which the layer can be built again (without its weights); `None` for a layer that
    /// is not one of this crate's.
    fn spec(&self) -> Option<LayerSpec>;

    /// Multiplications of the products and convolutions in one forward pass: the usual measure of its work.
    fn multiply_adds(&self, input: &Shape) -> u64 {
        let _ = input;
        0
    }

    /// The pointwise function this layer is, if it is nothing else. A container then hands it to the layer
    /// before, which may compute it in the same pass over memory.
    fn as_activation(&self) -> Option<Activation> {
        None
    }

    /// The row of layers this layer is, if it is nothing else. Whoever looks at layers one by one goes on inside it.
    fn as_sequential(&self) -> Option<&Sequential> {
        None
    }

    /// The batch normalisation this layer is, if it is nothing else.
    fn as_batch_norm(&self) -> Option<&BatchNorm> {
        None
    }

    /// The weight `[filters, C, 1…]`, if this layer is a 1×1 convolution of every place and adds no bias.
    fn as_projection(&self) -> Option<&Parameter> {
        None
    }

    /// `activation(forward(x))`. Layers that can do both at once do it here.
    ///
    /// # Errors
    /// Those of [`Layer::forward`].
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        self.forward(x, cx)?.activate(activation)
    }

    /// `activation(forward(x)·scale + shift + addend)`, each part only if the `finish` has it. Layers that can do it in
    /// one pass over memory do it here.
    ///
    /// # Errors
    /// Those of [`Layer::forward`]; [`nn_core::Error::Shape`] unless the parts fit the output.
    fn forward_finished(&self, x: &Tensor, finish: Finish<'_>, cx: &mut Context) -> Result<Tensor> {
        by_parts(self, x, finish, cx)
    }

    /// The affine map by channel that this layer is in such a pass, if it is nothing else, as batch normalisation is in
    /// use. A container then hands it to the layer before, if that [folds](Layer::folds_affine) it.
    ///
    /// # Errors
    /// [`nn_core::Error::TooLarge`] if memory is exhausted.
    fn as_affine(&self, cx: &Context) -> Result<Option<Arc<Affine>>> {
        let _ = cx;
        Ok(None)
    }

    /// Whether [`Layer::forward_finished`] applies an affine map without a pass of its own in such a pass.
    fn folds_affine(&self, cx: &Context) -> bool {
        let _ = cx;
        false
    }

    /// Adds the layer's lines to a [`Summary`](crate::Summary); containers add those of their layers.
    ///
    /// # Errors
    /// Those of [`Layer::output_shape`].
    fn summarize(&self, path: &mut Path, input: &Shape, rows: &mut Vec<Row>) -> Result<()> {
        let trained = self.parameters().into_iter().filter(|p| p.requires_grad());
        rows.push(Row {
            name: path.to_string(),
            layer: self.describe(),
            output: self.output_shape(input)?,
            parameters: self.parameter_count(),
            trainable: trained.map(|p| p.value().len()).sum(),
            multiply_adds: self.multiply_adds(input),
        });
        Ok(())
    }
}

/// [`Layer::forward_finished`] of a layer that does no more than an activation in its own pass.
pub(crate) fn by_parts<L: Layer + ?Sized>(
    layer: &L,
    x: &Tensor,
    finish: Finish<'_>,
    cx: &mut Context,
) -> Result<Tensor> {
    match (finish.affine, finish.addend, finish.activation) {
        (None, None, Activation::Identity) => layer.forward(x, cx),
        (None, None, activation) => layer.forward_activated(x, activation, cx),
        _ => finish.after(layer.forward(x, cx)?),
    }
}

/// `y = scale·x + shift` with a number of each for every channel, both `[C]`.
#[derive(Debug, Clone)]
pub struct Affine {
    /// Factors.
    pub scale: Tensor,
    /// Summands.
    pub shift: Tensor,
}

/// What follows a layer: `activation(y·scale + shift + addend)`. By default nothing.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Scale and shift by channel (axis 1).
    pub affine: Option<&'a Affine>,
    /// A tensor of the output's shape, as at the end of a residual branch.
    pub addend: Option<&'a Tensor>,
    /// Applied last.
    pub activation: Activation,
}

impl Default for Finish<'_> {
    fn default() -> Self {
        Finish {
            affine: None,
            addend: None,
            activation: Activation::Identity,
        }
    }
}

impl Finish<'_> {
    /// Does it to `y`, part by part.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] unless the parts fit `y`.
    pub fn after(self, mut y: Tensor) -> Result<Tensor> {
        if let Some(Affine { scale, shift }) = self.affine {
            // [C] → [C, 1, …], so that it is aligned with axis 1.
            let places = y.dims().iter().skip(2).map(|_| 1);
            let shape: Shape = scale.dims().iter().copied().chain(places).collect();
            y = y
                .mul(&scale.reshape(shape.clone())?)?
                .add(&shift.reshape(shape)?)?;
        }
        match (self.addend, self.activation) {
            (Some(addend), activation) => sum(&y, addend, activation),
            (None, Activation::Identity) => Ok(y),
            (None, activation) => y.activate(activation),
        }
    }
}

/// `activation(x + y)` of equal shapes; broadcasting would hide a branch of the wrong size.
pub(crate) fn sum(x: &Tensor, y: &Tensor, activation: Activation) -> Result<Tensor> {
    if x.shape() != y.shape() {
        let problem = format!(
            "{} and {} are to be added; a sum needs equal shapes",
            x.shape(),
            y.shape()
        );
        return Err(Error::shape("sum", problem));
    }
    let sum = x.add(y)?;
    match activation {
        Activation::Identity => Ok(sum),
        function => sum.activate(function),
    }
}

impl<L: Layer + 'static> From<L> for Box<dyn Layer> {
    fn from(layer: L) -> Self {
        Box::new(layer)
    }
}

/// Implements [`Parameters`] for a layer: lists the fields that are parameters, or hold some, in the order in
/// which they are visited. A field that may be absent (an `Option`) is marked with `?`.
///
/// ```
/// use nn_core::{DType, Parameter, Parameters, Tensor};
/// struct Affine { scale: Parameter, shift: Option<Parameter>, rate: f64 }
/// nn_layers::parameters!(Affine { scale, shift? });
///
/// # fn main() -> nn_core::Result<()> {
/// let scale = Parameter::new(Tensor::ones([2], DType::F32)?);
/// let affine = Affine { scale, shift: None, rate: 0.5 };
/// let names: Vec<_> = affine.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["scale"]);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! parameters {
    ($layer:ty { $($fields:tt)* }) => {
        impl $crate::nn_core::Parameters for $layer {
            fn visit<'a>(
                &'a self,
                path: &mut $crate::nn_core::Path,
                f: &mut dyn FnMut(&$crate::nn_core::Path, &'a $crate::nn_core::Parameter),
            ) {
                let _ = (&path, &f);
                $crate::parameters!(@each visit as_ref self path f $($fields)*);
            }
            fn visit_mut<'a>(
                &'a mut self,
                path: &mut $crate::nn_core::Path,
                f: &mut dyn FnMut(&$crate::nn_core::Path, &'a mut $crate::nn_core::Parameter),
            ) {
                let _ = (&path, &f);
                $crate::parameters!(@each visit_mut as_mut self path f $($fields)*);
            }
        }
    };
    (@each $visit:ident $as:ident $this:ident $path:ident $f:ident) => {};
    (@each $visit:ident $as:ident $this:ident $path:ident $f:ident $field:ident ? $(, $($rest:tt)*)?) => {
        if let Some(part) = $this.$field.$as() {
            $path.scoped(stringify!($field), |path| part.$visit(path, $f));
        }
        $crate::parameters!(@each $visit $as $this $path $f $($($rest)*)?);
    };
    (@each $visit:ident $as:ident $this:ident $path:ident $f:ident $field:ident $(, $($rest:tt)*)?) => {
        $path.scoped(stringify!($field), |path| $this.$field.$visit(path, $f));
        $crate::parameters!(@each $visit $as $this $path $f $($($rest)*)?);
    };
}
