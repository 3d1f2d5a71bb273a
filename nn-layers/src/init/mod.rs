//! First values of weights.

mod orthogonal;
#[cfg(test)]
mod tests;
mod truncated_normal;

use nn_core::{DType, Error, Result, Rng, Shape, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::spec::read;
use orthogonal::orthogonal;
use truncated_normal::truncated_normal;

/// A distribution of first weights.
///
/// With `fan_in` inputs to and `fan_out` outputs from a unit, the scaled ones keep the size of signals (or of
/// gradients) about the same from layer to layer.
///
/// In a recipe it is its name, or a table where it has arguments:
/// `"he_normal"`, `{ type = "normal", std = 0.02 }`.
///
/// ```
/// use nn_core::{DType, Rng, Shape};
/// use nn_layers::Init;
/// # fn main() -> nn_core::Result<()> {
/// let init = Init::XavierUniform { gain: 1.0 };
/// let weight = init.draw(&Shape::from([30, 20]), DType::F32, &mut Rng::new(1))?;
/// let bound = (6.0f32 / 50.0).sqrt();
/// assert!(weight.to_vec::<f32>()?.iter().all(|w| w.abs() <= bound));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    remote = "Self",
    tag = "type",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum Init {
    /// 0.
    Zeros {},
    /// 1.
    Ones {},
    /// One number everywhere.
    Constant {
        /// The number.
        value: f64,
    },
    /// Uniform on `[low, high)`.
    Uniform {
        /// The lower bound. Default −0.05.
        #[serde(default = "minus_a_twentieth")]
        low: f64,
        /// The upper bound. Default 0.05.
        #[serde(default = "a_twentieth")]
        high: f64,
    },
    /// Normal.
    Normal {
        /// The mean. Default 0.
        #[serde(default)]
        mean: f64,
        /// The standard deviation. Default 0.05.
        #[serde(default = "a_twentieth")]
        std: f64,
    },
    /// Normal, drawn again where it lies more than `cut` standard deviations from the mean.
    TruncatedNormal {
        /// The mean. Default 0.
        #[serde(default)]
        mean: f64,
        /// The standard deviation before cutting. Default 0.05.
        #[serde(default = "a_twentieth")]
        std: f64,
        /// Where to cut, in standard deviations; at least 0.1. Default 2.
        #[serde(default = "two")]
        cut: f64,
    },
    /// Uniform on `±1/√fan_in`: PyTorch's default for linear and convolution layers.
    FanInUniform {},
    /// Uniform on `±gain·√(6/(fan_in + fan_out))`. Glorot and Bengio 2010.
    #[serde(alias = "glorot_uniform")]
    XavierUniform {
        /// A factor for the following activation, see [`Nonlinearity::gain`]. Default 1.
        #[serde(default = "one")]
        gain: f64,
    },
    /// Normal with `std = gain·√(2/(fan_in + fan_out))`. Glorot and Bengio 2010.
    #[serde(alias = "glorot_normal")]
    XavierNormal {
        /// A factor for the following activation, see [`Nonlinearity::gain`]. Default 1.
        #[serde(default = "one")]
        gain: f64,
    },
    /// Uniform on `±gain·√(3/fan)`. He et al. 2015.
    #[serde(alias = "kaiming_uniform")]
    HeUniform {
        /// Which fan. Default `in`.
        #[serde(default)]
        fan: Fan,
        /// The following activation, which sets the gain. Default ReLU.
        #[serde(default)]
        nonlinearity: Nonlinearity,
    },
    /// Normal with `std = gain/√fan`. He et al. 2015.
    #[serde(alias = "kaiming_normal")]
    HeNormal {
        /// Which fan. Default `in`.
        #[serde(default)]
        fan: Fan,
        /// The following activation, which sets the gain. Default ReLU.
        #[serde(default)]
        nonlinearity: Nonlinearity,
    },
    /// Uniform on `±√(3/fan_in)`. LeCun et al. 1998.
    LecunUniform {},
    /// Normal with `std = 1/√fan_in`. LeCun et al. 1998.
    LecunNormal {},
    /// Rows (or columns, whichever are fewer) of length `gain`, at right angles to each other, each such matrix
    /// equally likely; axes after the first count as one. Saxe et al. 2014.
    Orthogonal {
        /// The length. Default 1.
        #[serde(default = "one")]
        gain: f64,
    },
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn a_twentieth() -> f64 {
    0.05
}

fn minus_a_twentieth() -> f64 {
    -0.05
}

impl Serialize for Init {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Init::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Init {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::tagged("initialiser", deserializer, Init::deserialize)
    }
}

/// Which number of connections a variance is scaled by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fan {
    /// Inputs of a unit: keeps the size of signals on the way forward.
    #[default]
    In,
    /// Outputs of a unit: keeps the size of gradients on the way back.
    Out,
}

/// The activation that follows, as far as it changes the size of signals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    /// None: gain 1.
    Linear,
    /// Gain 1.
    Sigmoid,
    /// Gain 5/3.
    Tanh,
    /// Gain √2.
    #[default]
    Relu,
    /// Gain √(2/(1 + slope²)).
    LeakyRelu(f64),
    /// Gain 3/4.
    Selu,
}

impl Nonlinearity {
    /// The factor that undoes the activation's shrinking of signals; PyTorch's values.
    pub fn gain(self) -> f64 {
        match self {
            Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
            Nonlinearity::Tanh => 5.0 / 3.0,
            Nonlinearity::Relu => 2f64.sqrt(),
            Nonlinearity::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Nonlinearity::Selu => 0.75,
        }
    }
}

/// The numbers of connections of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fans {
    /// Inputs of a unit.
    pub input: usize,
    /// Units that a unit's input feeds.
    pub output: usize,
}

impl Fans {
    /// Those of a weight of shape `[out, in, …]`; further axes, such as a kernel's, multiply both. A vector
    /// counts as `[1, in]`.
    pub fn of(weight: &Shape) -> Fans {
        match weight.dims() {
            [] => Fans {
                input: 1,
                output: 1,
            },
            &[n] => Fans {
                input: n,
                output: 1,
            },
            [output, input, kernel @ ..] => {
                let field: usize = kernel.iter().product();
                Fans {
                    input: input * field,
                    output: output * field,
                }
            }
        }
    }
}

impl Init {
    /// Weights of shape `[out, in, …]`.
    ///
    /// # Errors
    /// [`Error::Value`] if an argument is outside its domain; [`Error::DType`] unless `dtype` is a float type;
    /// [`Error::TooLarge`] if the weights do not fit into memory.
    pub fn draw(&self, shape: &Shape, dtype: DType, rng: &mut Rng) -> Result<Tensor> {
        self.draw_with_fans(shape, Fans::of(shape), dtype, rng)
    }

    /// As [`Init::draw`], for tensors whose shape does not tell the fans, such as biases.
    ///
    /// # Errors
    /// As [`Init::draw`].
    pub fn draw_with_fans(
        &self,
        shape: &Shape,
        fans: Fans,
        dtype: DType,
        rng: &mut Rng,
    ) -> Result<Tensor> {
        if !dtype.is_float() {
            return Err(Error::dtype("init", "f32 or f64", dtype));
        }
        let fan_in = fans.input.max(1) as f64;
        let fan_out = fans.output.max(1) as f64;
        let fan_of = |fan| if fan == Fan::In { fan_in } else { fan_out };
        let mut uniform =
            |bound: f64| Tensor::rand_uniform(shape, -bound.abs(), bound.abs(), dtype, rng);
        match *self {
            Init::Zeros {} => Tensor::zeros(shape, dtype),
            Init::Ones {} => Tensor::ones(shape, dtype),
            Init::Constant { value } => Tensor::full(shape, value, dtype),
            Init::FanInUniform {} => uniform(1.0 / fan_in.sqrt()),
            Init::XavierUniform { gain } => uniform(gain * (6.0 / (fan_in + fan_out)).sqrt()),
            Init::HeUniform { fan, nonlinearity } => {
                uniform(nonlinearity.gain() * (3.0 / fan_of(fan)).sqrt())
            }
            Init::LecunUniform {} => uniform((3.0 / fan_in).sqrt()),
            Init::Uniform { low, high } => Tensor::rand_uniform(shape, low, high, dtype, rng),
            Init::Normal { mean, std } => Tensor::rand_normal(shape, mean, std, dtype, rng),
            Init::XavierNormal { gain } => {
                let std = gain.abs() * (2.0 / (fan_in + fan_out)).sqrt();
                Tensor::rand_normal(shape, 0.0, std, dtype, rng)
            }
            Init::HeNormal { fan, nonlinearity } => {
                let std = nonlinearity.gain() / fan_of(fan).sqrt();
                Tensor::rand_normal(shape, 0.0, std, dtype, rng)
            }
            Init::LecunNormal {} => {
                Tensor::rand_normal(shape, 0.0, 1.0 / fan_in.sqrt(), dtype, rng)
            }
            Init::TruncatedNormal { mean, std, cut } => {
                truncated_normal(shape, mean, std, cut, dtype, rng)
            }
            Init::Orthogonal { gain } => orthogonal(shape, gain, dtype, rng),
        }
    }
}
