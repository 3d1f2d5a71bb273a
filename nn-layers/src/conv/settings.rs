//! What convolution layers share: padding, and what their settings are when they are not given.

use std::array;

use nn_core::{DType, EachAxis, Error, PadMode, Parameter, Result, Rng, Shape};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Init;
use crate::init::Fans;

/// Places added on both sides of each axis: a number for all axes or one for each, `"same"` or `"valid"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Padding {
    /// So many places on either side.
    Number(EachAxis<usize>),
    /// As many as keep the size; needs stride 1. An odd number puts the extra place at the end.
    #[serde(serialize_with = "as_same")]
    Same,
}

fn as_same<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("same")
}

impl Padding {
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Padding::Number(each) if is(each, 0))
    }

    /// Places before and after each of `D` axes.
    ///
    /// # Errors
    /// [`Error::Value`] if the size is to be kept in spite of a stride.
    pub(crate) fn sides<const D: usize>(
        &self,
        op: &'static str,
        kernel: &EachAxis<usize>,
        stride: &EachAxis<usize>,
        dilation: &EachAxis<usize>,
    ) -> Result<[(usize, usize); D]> {
        match self {
            Padding::Number(each) => Ok(array::from_fn(|axis| (each.at(axis), each.at(axis)))),
            Padding::Same if is(stride, 1) => Ok(array::from_fn(|axis| {
                let total = dilation
                    .at(axis)
                    .saturating_mul(kernel.at(axis).saturating_sub(1));
                (total / 2, total - total / 2)
            })),
            Padding::Same => Err(Error::value(
                op,
                format!(
                    "padding \"same\" keeps the size and needs stride 1, not {stride}; give the padding as a number"
                ),
            )),
        }
    }
}

impl Default for Padding {
    /// None.
    fn default() -> Self {
        Padding::from(0)
    }
}

impl<T: Into<EachAxis<usize>>> From<T> for Padding {
    fn from(each: T) -> Self {
        Padding::Number(each.into())
    }
}

impl<'de> Deserialize<'de> for Padding {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "padding must be \"same\", \"valid\", a whole number, or a list of one for each axis"
        )]
        enum Written {
            Number(EachAxis<usize>),
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

/// Whether a setting is `n` for all axes.
fn is(each: &EachAxis<usize>, n: usize) -> bool {
    (0..3).all(|axis| each.at(axis) == n)
}

pub(crate) fn one_each() -> EachAxis<usize> {
    EachAxis::from(1)
}

pub(crate) fn is_one_each(each: &EachAxis<usize>) -> bool {
    is(each, 1)
}

pub(crate) fn none_each() -> EachAxis<usize> {
    EachAxis::from(0)
}

pub(crate) fn is_none_each(each: &EachAxis<usize>) -> bool {
    is(each, 0)
}

/// `3×3`
pub(crate) fn by_axis<const D: usize>(each: &EachAxis<usize>) -> String {
    let all: [String; D] = array::from_fn(|axis| each.at(axis).to_string());
    all.join("×")
}

/// Refuses lists that are not one number for each of `D` axes.
///
/// # Errors
/// [`Error::Value`] with the name of the setting.
pub(crate) fn expect_axes<const D: usize>(
    op: &'static str,
    settings: &[(&str, &EachAxis<usize>)],
    padding: &Padding,
) -> Result<()> {
    for (what, each) in settings {
        each.expect(op, what, D)?;
    }
    match padding {
        Padding::Number(each) => each.expect(op, "padding", D),
        Padding::Same => Ok(()),
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
pub(crate) fn describe(
    words: &mut String,
    stride: &EachAxis<usize>,
    padding: &Padding,
    dilation: &EachAxis<usize>,
) {
    if !is(stride, 1) {
        *words += &format!(", stride {stride}");
    }
    match padding {
        Padding::Same => *words += ", same",
        padding if padding.is_none() => {}
        Padding::Number(each) => *words += &format!(", padding {each}"),
    }
    if !is(dilation, 1) {
        *words += &format!(", dilation {dilation}");
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
    if !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
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
