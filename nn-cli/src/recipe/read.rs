//! From the tree of values to the recipe's types: a serde deserializer that keeps track of keys and lines.

use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::node::{Entry, Node, Origin, Value};
use super::problem::{Problem, What};

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Problem::new(What::Other(message.to_string()))
    }

    fn invalid_type(got: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        wrong_value(got, expected)
    }

    fn invalid_value(got: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        wrong_value(got, expected)
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Problem::new(What::UnknownChoice {
            word: word.to_string(),
            known,
        })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Problem::new(What::UnknownKey {
            key: key.to_string(),
            known,
        })
    }

    fn missing_field(key: &'static str) -> Self {
        Problem::new(What::MissingKey(key))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Problem::new(What::Other(format!("\"{key}\" is given twice")))
    }
}

/// Must say the same as `problem::describe`, by which the place of a wrong value is found again.
fn wrong_value(got: Unexpected<'_>, expected: &dyn de::Expected) -> Problem {
    let got = match got {
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Signed(number) => format!("the whole number {number}"),
        Unexpected::Unsigned(number) => format!("the whole number {number}"),
        Unexpected::Float(number) => format!("the number {number:?}"),
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    };
    let expected = match expected.to_string().as_str() {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number from 0".into(),
        "i64" | "i32" => "a whole number".into(),
        "f64" | "f32" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "a text in quotes".into(),
        "a sequence" => "a list".into(),
        text if text.starts_with("struct ")
            || text.starts_with("internally tagged enum ")
            || text == "a map" =>
        {
            "a table".into()
        }
        text if text.starts_with("enum ") || text.starts_with("variant ") => {
            "a text in quotes".into()
        }
        text => text.to_string(),
    };
    Problem::new(What::WrongValue { got, expected })
}

/// Reads a `T` from the tree.
pub fn read<T: serde::de::DeserializeOwned>(node: &Node) -> Result<T, Problem> {
    T::deserialize(node)
}

impl<'de> de::Deserializer<'de> for &'de Node {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let result = match &self.value {
            Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::Array(items) => visitor.visit_seq(List {
                items: items.iter().enumerate(),
            }),
            Value::Table(entries) => visitor.visit_map(Table {
                entries: entries.iter(),
                current: None,
            }),
        };
        result.map_err(|problem| problem.within(self).at(Some(self.origin.clone())))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let result = match &self.value {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Table(entries) if entries.len() == 1 => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(Table {
                    entries: entries.iter(),
                    current: None,
                }))
            }
            _ => {
                let _ = (name, variants);
                self.deserialize_any(visitor)
            }
        };
        result.map_err(|problem| problem.at(Some(self.origin.clone())))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Table<'de> {
    entries: std::slice::Iter<'de, Entry>,
    current: Option<&'de Entry>,
}

impl<'de> de::MapAccess<'de> for Table<'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        self.current = self.entries.next();
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let key: de::value::StrDeserializer<'_, Problem> = entry.key.as_str().into_deserializer();
        seed.deserialize(key)
            .map(Some)
            .map_err(|problem| problem.at(Some(entry.origin.clone())))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let Some(entry) = self.current else {
            return Err(de::Error::custom("a value without a key"));
        };
        seed.deserialize(&entry.node).map_err(|problem| {
            // serde reads a table with a `type` in two passes, the second of which knows no places: look for them here. A missing
            // key has no line of its own: the table's header is the place to look at.
            problem
                .within(&entry.node)
                .at(Some(entry.origin.clone()))
                .under(entry.key.clone())
        })
    }
}

struct List<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> de::SeqAccess<'de> for List<'de> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((at, item)) = self.items.next() else {
            return Ok(None);
        };
        let origin: Origin = item.origin.clone();
        seed.deserialize(item)
            .map(Some)
            .map_err(|problem| problem.within(item).at(Some(origin)).under(at.to_string()))
    }
}
