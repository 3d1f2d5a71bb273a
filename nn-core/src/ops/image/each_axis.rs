//! A setting for each axis of places, or one for all.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::Error as ValueError;
use serde::de::{self, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use crate::{Error, Result};

/// A setting such as a stride: one number for all axes of places, or one for each. In a recipe `2` or `[2, 1]`.
///
/// ```
/// use nn_core::EachAxis;
/// let (all, each): (EachAxis<usize>, EachAxis<usize>) = (2.into(), [2, 1].into());
/// assert_eq!((all.at(1), each.at(1)), (2, 1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EachAxis<T>(SmallVec<[T; 3]>);

impl<T: Copy> EachAxis<T> {
    /// The number for an axis. Asked beyond the last axis, the last number.
    pub fn at(&self, axis: usize) -> T {
        self.0[axis.min(self.0.len() - 1)]
    }

    /// Refuses a list whose length is not the number of axes; `what` is the setting's name, `op` who asks.
    ///
    /// # Errors
    /// [`Error::Value`] if it is a list of another length.
    pub fn expect(&self, op: &'static str, what: &str, axes: usize) -> Result<()> {
        if self.0.len() == 1 || self.0.len() == axes {
            return Ok(());
        }
        let problem = format!("{what} has {} numbers for {axes} axes", self.0.len());
        Err(Error::value(op, problem))
    }
}

impl<T> From<T> for EachAxis<T> {
    fn from(all: T) -> Self {
        EachAxis(SmallVec::from_iter([all]))
    }
}

impl<T> From<[T; 2]> for EachAxis<T> {
    fn from(each: [T; 2]) -> Self {
        EachAxis(SmallVec::from_iter(each))
    }
}

impl<T> From<[T; 3]> for EachAxis<T> {
    fn from(each: [T; 3]) -> Self {
        EachAxis(SmallVec::from_iter(each))
    }
}

/// `2`, or `2×1`.
impl<T: fmt::Display> fmt::Display for EachAxis<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, number) in self.0.iter().enumerate() {
            let between = if i > 0 { "×" } else { "" };
            write!(f, "{between}{number}")?;
        }
        Ok(())
    }
}

impl<T: Serialize> Serialize for EachAxis<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [all] => all.serialize(serializer),
            each => each.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for EachAxis<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrEach<T>(PhantomData<T>);

        fn one<'de, T: Deserialize<'de>, E: de::Error>(
            number: impl IntoDeserializer<'de, ValueError>,
        ) -> Result<EachAxis<T>, E> {
            let number = T::deserialize(number.into_deserializer()).map_err(E::custom)?;
            Ok(EachAxis::from(number))
        }

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrEach<T> {
            type Value = EachAxis<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a list of one to three numbers")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<EachAxis<T>, E> {
                one(number)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<EachAxis<T>, E> {
                one(number)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<EachAxis<T>, E> {
                one(number)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<EachAxis<T>, A::Error> {
                let mut each = SmallVec::new();
                while let Some(number) = list.next_element()? {
                    each.push(number);
                    if each.len() > 3 {
                        break;
                    }
                }
                match each.len() {
                    1..=3 => Ok(EachAxis(each)),
                    wrong => Err(de::Error::invalid_length(wrong, &self)),
                }
            }
        }

        deserializer.deserialize_any(OneOrEach(PhantomData))
    }
}
