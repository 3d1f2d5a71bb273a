//! Parameters: the tensors a network learns.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Path;
use crate::{Error, Result, Tensor};

/// Identifies a parameter in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(u64);

impl ParamId {
    fn fresh() -> ParamId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ParamId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Trained,
    Frozen,
    Buffer,
}

/// A tensor that belongs to a layer and is saved with it: weights that are learned, or running statistics.
#[derive(Debug)]
pub struct Parameter {
    id: ParamId,
    value: Tensor,
    role: Role,
    /// Counts the occasions to change the value.
    changes: u64,
}

/// A copy is a parameter of its own, with an identity of its own.
impl Clone for Parameter {
    fn clone(&self) -> Self {
        Parameter {
            id: ParamId::fresh(),
            value: self.value.clone(),
            role: self.role,
            changes: 0,
        }
    }
}

impl Parameter {
    /// A parameter that is learned.
    pub fn new(value: Tensor) -> Parameter {
        Parameter {
            id: ParamId::fresh(),
            value: value.detach(),
            role: Role::Trained,
            changes: 0,
        }
    }

    /// A tensor that is saved with the network but never gets a gradient, such as running statistics.
    pub fn buffer(value: Tensor) -> Parameter {
        Parameter {
            role: Role::Buffer,
            ..Parameter::new(value)
        }
    }

    /// Its identity, the key in [`Gradients`](crate::Gradients).
    pub fn id(&self) -> ParamId {
        self.id
    }

    /// The current value.
    pub fn value(&self) -> &Tensor {
        &self.value
    }

    /// The current value, for an update in place.
    pub fn value_mut(&mut self) -> &mut Tensor {
        self.changes += 1;
        &mut self.value
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::DType`] if the new value has another shape or type.
    pub fn set_value(&mut self, value: &Tensor) -> Result<()> {
        if value.shape() != self.value.shape() {
            return Err(Error::shape(
                "set_value",
                format!(
                    "the parameter has shape {}, the new value {}",
                    self.value.shape(),
                    value.shape()
                ),
            ));
        }
        if value.dtype() != self.value.dtype() {
            return Err(Error::dtype(
                "set_value",
                self.value.dtype().to_string(),
                value.dtype(),
            ));
        }
        self.changes += 1;
        self.value = value.compact()?;
        Ok(())
    }

    /// A key for what is computed from the value: as long as it is the same, so is the value.
    pub fn version(&self) -> (ParamId, u64) {
        (self.id, self.changes)
    }

    /// Whether it gets gradients.
    pub fn requires_grad(&self) -> bool {
        self.role == Role::Trained
    }

    /// Freezes the parameter (`false`) or lets it learn again. A buffer stays a buffer.
    pub fn set_requires_grad(&mut self, on: bool) {
        self.role = match self.role {
            Role::Buffer => Role::Buffer,
            _ if on => Role::Trained,
            _ => Role::Frozen,
        };
    }

    /// Whether this is a buffer: saved, never trained.
    pub fn is_buffer(&self) -> bool {
        self.role == Role::Buffer
    }
}

/// Anything that owns parameters: a layer, a network, a plain list.
///
/// Implementors visit their parameters in a fixed order under fixed names; everything else follows.
///
/// ```
/// use nn_core::{DType, Parameter, Parameters, Path, Tensor};
///
/// struct Scale { factor: Parameter }
///
/// impl Parameters for Scale {
///     fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
///         path.scoped("factor", |path| f(path, &self.factor));
///     }
///     fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
///         path.scoped("factor", |path| f(path, &mut self.factor));
///     }
/// }
///
/// # fn main() -> nn_core::Result<()> {
/// let layer = Scale { factor: Parameter::new(Tensor::ones([3], DType::F32)?) };
/// assert_eq!(layer.named_parameters()[0].0, "factor");
/// assert_eq!(layer.parameter_count(), 3);
/// # Ok(())
/// # }
/// ```
pub trait Parameters {
    /// Calls `f` with the name and the value of every parameter, buffers included.
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter));

    /// As [`Parameters::visit`], in the same order, for changing them.
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter));

    /// All parameters, in visiting order.
    fn parameters(&self) -> Vec<&Parameter> {
        let mut all = Vec::new();
        self.visit(&mut Path::root(), &mut |_, p| all.push(p));
        all
    }

    /// All parameters, in visiting order, for changing them.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let mut all = Vec::new();
        self.visit_mut(&mut Path::root(), &mut |_, p| all.push(p));
        all
    }

    /// All parameters with their names.
    fn named_parameters(&self) -> Vec<(String, &Parameter)> {
        let mut all = Vec::new();
        self.visit(&mut Path::root(), &mut |path, p| {
            all.push((path.to_string(), p));
        });
        all
    }

    /// The number of trained numbers: elements of all parameters that are not buffers.
    fn parameter_count(&self) -> usize {
        let trained = self.parameters().into_iter().filter(|p| !p.is_buffer());
        trained.map(|p| p.value().len()).sum()
    }

    /// The values of all parameters and buffers by name: what a saved model holds.
    fn state(&self) -> Vec<(String, Tensor)> {
        let named = self.named_parameters().into_iter();
        named.map(|(name, p)| (name, p.value().clone())).collect()
    }

    /// Takes over values by name. Either all are taken or, on an error, none.
    ///
    /// # Errors
    /// [`Error::Missing`] if a parameter has no value or a value no parameter; [`Error::Shape`] or
    /// [`Error::DType`] if one does not fit. Each names the parameter.
    fn load_state(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        let mut given: BTreeMap<&str, &Tensor> =
            state.iter().map(|(name, t)| (name.as_str(), t)).collect();
        let mut values = Vec::new();
        for (name, param) in self.named_parameters() {
            let value = given.remove(name.as_str()).ok_or_else(|| {
                Error::missing(format!(
                    "the weights have no tensor named {name}, which the network needs in shape {}",
                    param.value().shape()
                ))
            })?;
            // A clone shares no identity: this only tries whether the value fits.
            let mut trial = param.clone();
            trial.set_value(value).map_err(|e| e.in_layer(&name, ""))?;
            values.push(trial.value);
        }
        if let Some((name, tensor)) = given.first_key_value() {
            return Err(Error::missing(format!(
                "the weights hold {name} {}, for which the network has no place",
                tensor.shape()
            )));
        }
        for (param, value) in self.parameters_mut().into_iter().zip(values) {
            param.value = value;
        }
        Ok(())
    }
}

impl Parameters for Parameter {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        f(path, self);
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        f(path, self);
    }
}

/// The parameters are named by their places: `0`, `1`, …
impl<P: Parameters> Parameters for Vec<P> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        for (i, part) in self.iter().enumerate() {
            path.scoped(i, |path| part.visit(path, f));
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        for (i, part) in self.iter_mut().enumerate() {
            path.scoped(i, |path| part.visit_mut(path, f));
        }
    }
}

impl<P: Parameters + ?Sized> Parameters for Box<P> {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        (**self).visit(path, f);
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        (**self).visit_mut(path, f);
    }
}
