//! What layers that slide a window share: a number for each axis, and padding.

use std::fmt;

use nn_core::{DType, Error, PadMode, Parameter, Result, Rng, Shape};
use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Init;
use crate::init::Fans;

/// A number for each of `D` axes; written as one number where all are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerAxis<const D: usize>(pub [usize; D]);

impl<const D: usize> PerAxis<D> {
    pub(crate) fn is_one(&self) -> bool {
        self.0 == [1; D]
    }
}

impl<const D: usize> Default for PerAxis<D> {
    /// 1 for each axis.
    fn default() -> Self {
        PerAxis([1; D])
    }
}

impl<const D: usize> From<usize> for PerAxis<D> {
    fn from(all: usize) -> Self {
        PerAxis([all; D])
    }
}

impl<const D: usize> From<[usize; D]> for PerAxis<D> {
    fn from(each: [usize; D]) -> Self {
        PerAxis(each)
    }
}

/// `3×3`
impl<const D: usize> fmt::Display for PerAxis<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, n) in self.0.iter().enumerate() {
            write!(f, "{}{n}", if i > 0 { "×" } else { "" })?;
        }
        Ok(())
    }
}

impl<const D: usize> Serialize for PerAxis<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.iter().all(|n| *n == self.0[0]) {
            return serializer.serialize_u64(self.0[0] as u64);
        }
        let mut list = serializer.serialize_seq(Some(D))?;
        for n in self.0 {
            list.serialize_element(&n)?;
        }
        list.end()
    }
}

impl<'de, const D: usize> Deserialize<'de> for PerAxis<D> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        struct Numbers<const D: usize>;

        impl<'de, const D: usize> Visitor<'de> for Numbers<D> {
            type Value = PerAxis<D>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match D {
                    1 => f.write_str("a whole number"),
                    _ => write!(f, "a whole number, or a list of {D}"),
                }
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Self::Value, E> {
                usize::try_from(n).map(PerAxis::from).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Self::Value, E> {
                usize::try_from(n)
                    .map(PerAxis::from)
                    .map_err(|_| E::custom(format!("{n} is negative")))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut each = [0; D];
                for (i, n) in each.iter_mut().enumerate() {
                    *n = list
                        .next_element()?
                        .ok_or_else(|| de::Error::invalid_length(i, &self))?;
                }
                match list.next_element::<usize>()? {
                    None => Ok(PerAxis(each)),
                    Some(_) => Err(de::Error::invalid_length(D + 1, &self)),
                }
            }
        }

        deserializer.deserialize_any(Numbers::<D>)
    }
}

/// Places added on both sides of each axis: a number for all axes or one for each, `"same"` or `"valid"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const D: usize> {
    /// So many places on either side.
    Number(PerAxis<D>),
    /// As many as keep the size; needs stride 1. An odd number puts the extra place at the end.
    Same,
}

impl<const D: usize> Padding<D> {
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Padding::Number(PerAxis(all)) if *all == [0; D])
    }

    /// Places before and after each axis.
    ///
    /// # Errors
    /// [`Error::Value`] if the size is to be kept in spite of a stride.
    pub(crate) fn sides(
        &self,
        op: &'static str,
        kernel: &PerAxis<D>,
        stride: &PerAxis<D>,
        dilation: &PerAxis<D>,
    ) -> Result<[(usize, usize); D]> {
        match self {
            Padding::Number(each) => Ok(each.0.map(|n| (n, n))),
            Padding::Same if stride.is_one() => {
                let mut sides = [(0, 0); D];
                for (axis, sides) in sides.iter_mut().enumerate() {
                    let total = dilation.0[axis].saturating_mul(kernel.0[axis].saturating_sub(1));
                    *sides = (total / 2, total - total / 2);
                }
                Ok(sides)
            }
            Padding::Same => Err(Error::value(
                op,
                format!(
                    "padding \"same\" keeps the size and needs stride 1, not {stride}; give the padding as a number"
                ),
            )),
        }
    }
}

impl<const D: usize> Default for Padding<D> {
    /// None.
    fn default() -> Self {
        Padding::from(0)
    }
}

impl<const D: usize> From<usize> for Padding<D> {
    fn from(all: usize) -> Self {
        Padding::Number(all.into())
    }
}

impl<const D: usize> From<[usize; D]> for Padding<D> {
    fn from(each: [usize; D]) -> Self {
        Padding::Number(each.into())
    }
}

impl<const D: usize> Serialize for Padding<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Padding::Number(each) => each.serialize(serializer),
            Padding::Same => serializer.serialize_str("same"),
        }
    }
}

impl<'de, const D: usize> Deserialize<'de> for Padding<D> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "padding must be \"same\", \"valid\", a whole number, or a list of one for each axis"
        )]
        enum Written<const D: usize> {
            Number(PerAxis<D>),
            Word(Word),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            Same,
            Valid,
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Number(each) => Padding::Number(each),
            Written::Word(Word::Same) => Padding::Same,
            Written::Word(Word::Valid) => Padding::default(),
        })
    }
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn is_true(value: &bool) -> bool {
    *value
}

pub(crate) fn is_zeros(mode: &PadMode) -> bool {
    *mode == PadMode::Zeros
}

pub(crate) fn one() -> usize {
    1
}

pub(crate) fn is_one(value: &usize) -> bool {
    *value == 1
}

/// Adds what is not at its default to a layer's description.
pub(crate) fn describe<const D: usize>(
    words: &mut String,
    stride: &PerAxis<D>,
    padding: &Padding<D>,
    dilation: &PerAxis<D>,
) {
    let short = |each: &PerAxis<D>| match each.0.iter().all(|n| *n == each.0[0]) {
        true => each.0[0].to_string(),
        false => each.to_string(),
    };
    if !stride.is_one() {
        *words += &format!(", stride {}", short(stride));
    }
    match padding {
        Padding::Same => *words += ", same",
        padding if padding.is_none() => {}
        Padding::Number(each) => *words += &format!(", padding {}", short(each)),
    }
    if !dilation.is_one() {
        *words += &format!(", dilation {}", short(dilation));
    }
}

/// Channels and filters of a convolution, before its weights are made.
pub(crate) fn check_channels(
    op: &'static str,
    channels: usize,
    filters: usize,
    groups: usize,
) -> Result<()> {
    if channels == 0 || filters == 0 || groups == 0 {
        return Err(Error::value(
            op,
            format!(
                "{channels} channels, {filters} filters and {groups} groups were asked for; each must be at least 1"
            ),
        ));
    }
    if channels % groups != 0 || filters % groups != 0 {
        return Err(Error::value(
            op,
            format!(
                "{groups} groups must divide both the {channels} channels and the {filters} filters"
            ),
        ));
    }
    Ok(())
}

/// How first values are drawn.
pub(crate) struct Draws {
    pub fans: Fans,
    pub dtype: DType,
}

impl Draws {
    pub fn draw(&self, init: &Option<Init>, shape: &Shape, rng: &mut Rng) -> Result<Parameter> {
        let init = init.as_ref().unwrap_or(&Init::FanInUniform {});
        init.draw_with_fans(shape, self.fans, self.dtype, rng)
            .map(Parameter::new)
    }
}
