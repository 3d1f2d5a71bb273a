//! Tensors and optimizer states in a form that can be written and read.

use std::collections::BTreeMap;

use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The elements of a tensor in row-major order, for writing with serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// 8-bit unsigned integers.
    U8(Vec<u8>),
    /// 32-bit unsigned integers.
    U32(Vec<u32>),
    /// 64-bit signed integers.
    I64(Vec<i64>),
}

/// A tensor with its name, for writing with serde. The bits survive in any format that keeps floats exactly, as
/// bincode does; `serde_json` needs its feature `float_roundtrip` for that.
///
/// ```
/// use nn_core::Tensor;
/// use nn_optim::NamedTensor;
/// let weight = Tensor::from_vec(vec![0.1f32, -2.5], [1, 2])?;
/// let saved = NamedTensor::new("0.weight", &weight)?;
/// assert_eq!(saved.to_tensor()?.to_vec::<f32>()?, [0.1, -2.5]);
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTensor {
    /// The name, such as `features.0.weight`.
    pub name: String,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// The elements in row-major order.
    pub data: Numbers,
}

impl NamedTensor {
    /// A copy of a tensor's elements.
    ///
    /// # Errors
    /// [`Error::Core`] if memory is exhausted.
    pub fn new(name: impl Into<String>, tensor: &Tensor) -> Result<NamedTensor> {
        let data = match tensor.dtype() {
            DType::F32 => Numbers::F32(tensor.to_vec()?),
            DType::F64 => Numbers::F64(tensor.to_vec()?),
            DType::U8 => Numbers::U8(tensor.to_vec()?),
            DType::U32 => Numbers::U32(tensor.to_vec()?),
            DType::I64 => Numbers::I64(tensor.to_vec()?),
        };
        Ok(NamedTensor {
            name: name.into(),
            shape: tensor.dims().to_vec(),
            data,
        })
    }

    /// The tensor.
    ///
    /// # Errors
    /// [`Error::Core`] if the number of elements is not that of the shape.
    pub fn to_tensor(&self) -> Result<Tensor> {
        let shape = self.shape.as_slice();
        Ok(match &self.data {
            Numbers::F32(data) => Tensor::from_slice(data, shape)?,
            Numbers::F64(data) => Tensor::from_slice(data, shape)?,
            Numbers::U8(data) => Tensor::from_slice(data, shape)?,
            Numbers::U32(data) => Tensor::from_slice(data, shape)?,
            Numbers::I64(data) => Tensor::from_slice(data, shape)?,
        })
    }
}

/// What an optimizer remembers about one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamState {
    /// The number of updates this parameter has had.
    pub steps: u64,
    /// The running averages under PyTorch's names, such as `exp_avg`.
    pub tensors: Vec<NamedTensor>,
}

/// All that an optimizer needs to go on as if it had not been interrupted; made by
/// [`Optimizer::state`](crate::Optimizer::state).
///
/// It is keyed by the parameters' names, so it fits the same network built again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerState {
    /// Which optimizer wrote it, such as `adam`.
    pub optimizer: String,
    /// The learning rate at that time.
    pub learning_rate: f64,
    /// The momentum at that time, if the optimizer has one: schedules may have moved it.
    pub momentum: Option<f64>,
    /// The number of steps done.
    pub steps: u64,
    /// What is remembered about each parameter.
    pub params: BTreeMap<String, ParamState>,
}

impl OptimizerState {
    /// Checks that the optimizer called `optimizer` has written this.
    pub(crate) fn expect(&self, optimizer: &str) -> Result<()> {
        if self.optimizer == optimizer {
            return Ok(());
        }
        Err(Error::state(format!(
            "the state was written by {}, the optimizer is now {optimizer}",
            self.optimizer
        )))
    }
}
