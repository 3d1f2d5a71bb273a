//! First values of weights.

use nn_core::{DType, Error, Result, Rng, Shape, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::spec::read;

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
        read::tagged("initialiser", deserializer, |value| {
            Init::deserialize(value)
        })
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

fn truncated_normal(
    shape: &Shape,
    mean: f64,
    std: f64,
    cut: f64,
    dtype: DType,
    rng: &mut Rng,
) -> Result<Tensor> {
    // Below a cut of 0.1 more than nine of ten draws would be in vain.
    if !(mean.is_finite() && std >= 0.0 && std.is_finite() && cut >= 0.1) {
        let problem = format!(
            "mean {mean}, std {std}, cut {cut}: the mean must be finite, std at least 0, cut at least 0.1"
        );
        return Err(Error::value("truncated_normal", problem));
    }
    let mut weights = Tensor::zeros(shape, DType::F64)?;
    weights.make_mut::<f64>()?.fill_with(|| {
        loop {
            let z = rng.normal();
            if z.abs() <= cut {
                return mean + std * z;
            }
        }
    });
    weights.to_dtype(dtype)
}

/// Gram and Schmidt's method on normally distributed vectors, which gives every orthogonal matrix an equal
/// chance; each vector is cleared of the earlier ones twice, which keeps the angles right to the last bits.
fn orthogonal(shape: &Shape, gain: f64, dtype: DType, rng: &mut Rng) -> Result<Tensor> {
    let &[rows, ref rest @ ..] = shape.dims() else {
        return Err(Error::shape(
            "orthogonal",
            "a scalar has no rows; it takes at least one axis",
        ));
    };
    if !gain.is_finite() {
        return Err(Error::value(
            "orthogonal",
            format!("gain {gain} must be finite"),
        ));
    }
    let columns = Shape::from(rest).numel();
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut weights = Tensor::zeros([count, length], DType::F64)?;
    let data = weights.make_mut::<f64>()?;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..count {
        let (done, open) = data.split_at_mut(i * length);
        let vector = &mut open[..length];
        // A draw that (with probability 0) lies in the span of the earlier ones is drawn again.
        loop {
            vector.fill_with(|| rng.normal());
            for earlier in done.chunks_exact(length).chain(done.chunks_exact(length)) {
                let along = dot(earlier, vector);
                vector
                    .iter_mut()
                    .zip(earlier)
                    .for_each(|(v, e)| *v -= along * e);
            }
            let norm = dot(vector, vector).sqrt();
            if norm > 1e-6 {
                vector.iter_mut().for_each(|v| *v /= norm);
                break;
            }
        }
    }
    let weights = if rows <= columns {
        weights
    } else {
        weights.t()?
    };
    weights
        .mul_scalar(gain)?
        .to_dtype(dtype)?
        .contiguous()?
        .reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(init: &Init, shape: [usize; 2]) -> (f64, f64, f64) {
        let x = init
            .draw(&Shape::from(shape), DType::F64, &mut Rng::new(5))
            .unwrap();
        let x = x.to_vec::<f64>().unwrap();
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        (
            mean,
            variance.sqrt(),
            x.iter().fold(0.0, |m, x| m.max(x.abs())),
        )
    }

    #[test]
    fn spreads_are_those_of_the_formulas() {
        // [out, in] = [200, 400]: 80 000 draws know a standard deviation to about 0.25 %.
        let relu = Nonlinearity::Relu;
        let leaky = Nonlinearity::LeakyRelu(0.5);
        let cases = [
            (Init::FanInUniform {}, Some(0.05), 0.05 / 3f64.sqrt()),
            (
                Init::XavierUniform { gain: 1.0 },
                Some(0.1),
                0.1 / 3f64.sqrt(),
            ),
            (
                Init::XavierNormal { gain: 2.0 },
                None,
                2.0 * (2.0f64 / 600.0).sqrt(),
            ),
            (
                Init::HeUniform {
                    fan: Fan::In,
                    nonlinearity: relu,
                },
                Some((6.0f64 / 400.0).sqrt()),
                (2.0f64 / 400.0).sqrt(),
            ),
            (
                Init::HeNormal {
                    fan: Fan::Out,
                    nonlinearity: relu,
                },
                None,
                0.1,
            ),
            (
                Init::HeNormal {
                    fan: Fan::In,
                    nonlinearity: leaky,
                },
                None,
                (2.0f64 / 1.25 / 400.0).sqrt(),
            ),
            (Init::LecunUniform {}, Some((3.0f64 / 400.0).sqrt()), 0.05),
            (Init::LecunNormal {}, None, 0.05),
            (
                Init::Uniform {
                    low: -0.2,
                    high: 0.2,
                },
                Some(0.2),
                0.2 / 3f64.sqrt(),
            ),
            (
                Init::Normal {
                    mean: 0.0,
                    std: 0.3,
                },
                None,
                0.3,
            ),
            // A standard normal cut at 2 has the standard deviation 0.87963.
            (
                Init::TruncatedNormal {
                    mean: 0.0,
                    std: 0.5,
                    cut: 2.0,
                },
                Some(1.0),
                0.5 * 0.879_626,
            ),
            (Init::Orthogonal { gain: 1.0 }, None, 0.05),
        ];
        for (init, bound, std) in cases {
            let (mean, spread, largest) = statistics(&init, [200, 400]);
            assert!(mean.abs() < 0.018 * std, "{init:?}: mean {mean}");
            assert!(
                (spread / std - 1.0).abs() < 0.012,
                "{init:?}: std {spread}, not {std}"
            );
            if let Some(bound) = bound {
                assert!(
                    largest <= bound && largest > 0.995 * bound,
                    "{init:?}: {largest}"
                );
            }
        }
        assert_eq!(
            statistics(&Init::Constant { value: -3.0 }, [2, 3]),
            (-3.0, 0.0, 3.0)
        );
        assert_eq!(statistics(&Init::Zeros {}, [2, 3]), (0.0, 0.0, 0.0));
        assert_eq!(statistics(&Init::Ones {}, [2, 3]), (1.0, 0.0, 1.0));
        let shifted = Init::TruncatedNormal {
            mean: 7.0,
            std: 0.1,
            cut: 1.0,
        };
        assert!((statistics(&shifted, [100, 100]).0 - 7.0).abs() < 0.01);
    }

    #[test]
    fn orthogonal_rows_or_columns_are_orthogonal() {
        for shape in [
            Shape::from([20, 20]),
            Shape::from([7, 30]),
            Shape::from([30, 7]),
            Shape::from([8, 3, 2, 2]),
        ] {
            let w = Init::Orthogonal { gain: 3.0 }
                .draw(&shape, DType::F64, &mut Rng::new(2))
                .unwrap();
            assert_eq!(w.shape(), &shape);
            let w = w.reshape([shape[0], shape.numel() / shape[0]]).unwrap();
            let w = if w.dims()[0] <= w.dims()[1] {
                w
            } else {
                w.t().unwrap()
            };
            let product = w.matmul(&w.t().unwrap()).unwrap();
            let n = product.dims()[0];
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let expected = if i == j { 9.0 } else { 0.0 };
                assert!((product.get(&[i, j]).unwrap() - expected).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn fans_count_the_kernel() {
        assert_eq!(
            Fans::of(&Shape::from([8, 3, 5, 5])),
            Fans {
                input: 75,
                output: 200
            }
        );
        assert_eq!(
            Fans::of(&Shape::from([8, 3])),
            Fans {
                input: 3,
                output: 8
            }
        );
        assert_eq!(
            Fans::of(&Shape::from([8])),
            Fans {
                input: 8,
                output: 1
            }
        );
    }

    #[test]
    fn a_name_is_enough_and_arguments_make_a_table() {
        #[derive(Deserialize)]
        struct Recipe {
            init: Init,
        }
        let read = |text: &str| toml::from_str::<Recipe>(text).map(|r| r.init);
        let he = Init::HeNormal {
            fan: Fan::In,
            nonlinearity: Nonlinearity::Relu,
        };
        assert_eq!(read("init = 'he_normal'").unwrap(), he);
        assert_eq!(read("init = 'kaiming_normal'").unwrap(), he);
        assert_eq!(
            read(
                "init = { type = 'he_uniform', fan = 'out', nonlinearity = { leaky_relu = 0.2 } }"
            )
            .unwrap(),
            Init::HeUniform {
                fan: Fan::Out,
                nonlinearity: Nonlinearity::LeakyRelu(0.2)
            }
        );
        assert_eq!(
            read("init = { type = 'constant', value = 1 }").unwrap(),
            Init::Constant { value: 1.0 }
        );
        let message = |text: &str| read(text).unwrap_err().message().to_string();
        assert_eq!(
            message("init = 'he_norm'"),
            "unknown initialiser \"he_norm\": did you mean \"he_normal\"?"
        );
        assert_eq!(
            message("init = { type = 'normal', sdt = 1 }"),
            "initialiser \"normal\": unknown key \"sdt\": did you mean \"std\"?"
        );
        assert_eq!(
            message("init = 'constant'"),
            "initialiser \"constant\": the key \"value\" is missing"
        );
    }

    #[test]
    fn every_initialiser_is_written_back_as_it_was() {
        for init in [
            Init::Zeros {},
            Init::Uniform {
                low: -1.0,
                high: 2.0,
            },
            Init::TruncatedNormal {
                mean: 0.5,
                std: 2.0,
                cut: 3.0,
            },
            Init::HeNormal {
                fan: Fan::Out,
                nonlinearity: Nonlinearity::LeakyRelu(0.1),
            },
            Init::Orthogonal { gain: 1.5 },
        ] {
            let json = serde_json::to_string(&init).unwrap();
            assert_eq!(serde_json::from_str::<Init>(&json).unwrap(), init, "{json}");
        }
    }

    #[test]
    fn senseless_arguments_are_refused() {
        let message = |init: Init| {
            init.draw(&Shape::from([2, 2]), DType::F32, &mut Rng::new(0))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(Init::TruncatedNormal {
                mean: 0.0,
                std: 1.0,
                cut: 0.0
            }),
            "truncated_normal: mean 0, std 1, cut 0: the mean must be finite, std at least 0, cut at least 0.1"
        );
        assert_eq!(
            message(Init::Normal {
                mean: 0.0,
                std: -1.0
            }),
            "rand_normal: there is no normal distribution with mean 0 and standard deviation -1"
        );
        assert_eq!(
            message(Init::Orthogonal { gain: f64::NAN }),
            "orthogonal: gain NaN must be finite"
        );
        let error = Init::Zeros {}
            .draw(&Shape::from([2]), DType::U8, &mut Rng::new(0))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "init: expected f32 or f64 elements, got u8"
        );
    }
}
