//! Reading tagged tables so that errors name the nearest right name.
//!
//! A description is first read as it stands, from whatever format it is written in, and then taken apart
//! with an error type of our own, which sees wrong names together with the right ones.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::nearest;

/// Reads a `what`, which is a table with the key `type`, or the type alone.
pub(crate) fn tagged<'de, D: Deserializer<'de>, T>(
    what: &str,
    deserializer: D,
    read: impl FnOnce(Value) -> Result<T, ReadError>,
) -> Result<T, D::Error> {
    let mut value = Value::deserialize(deserializer)?;
    if let Value::Text(name) = value {
        value = Value::Table(vec![("type".into(), Value::Text(name))]);
    }
    let tag = match &value {
        Value::Table(entries) => entries.iter().find(|(key, _)| key == "type"),
        _ => {
            return Err(de::Error::custom(format!(
                "a {what} is a name or a table with the key \"type\""
            )));
        }
    };
    let Some((_, tag)) = tag else {
        return Err(de::Error::custom(format!(
            "this {what} has no \"type\", which says what kind it is"
        )));
    };
    let Value::Text(tag) = tag.clone() else {
        return Err(de::Error::custom(format!(
            "the \"type\" of a {what} must be a string"
        )));
    };
    read(value).map_err(|error| {
        de::Error::custom(match error {
            ReadError::Name { wrong, expected } if wrong == tag => {
                format!("unknown {what} {}", suggest(&wrong, expected))
            }
            other => format!("{what} \"{tag}\": {other}"),
        })
    })
}

/// `"linaer": did you mean "linear"?`
fn suggest(wrong: &str, expected: &[&str]) -> String {
    match nearest(wrong, expected.iter().copied()) {
        Some(right) => format!("\"{wrong}\": did you mean \"{right}\"?"),
        None if expected.is_empty() => format!("\"{wrong}\": there are none here"),
        None => format!("\"{wrong}\": expected one of {}", expected.join(", ")),
    }
}

/// What was wrong with a table.
#[derive(Debug)]
pub(crate) enum ReadError {
    Name {
        wrong: String,
        expected: &'static [&'static str],
    },
    Key {
        wrong: String,
        expected: &'static [&'static str],
    },
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Name { wrong, expected } => {
                write!(f, "unknown name {}", suggest(wrong, expected))
            }
            ReadError::Key { wrong, expected } => {
                write!(f, "unknown key {}", suggest(wrong, expected))
            }
            ReadError::Other(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        ReadError::Other(problem.to_string())
    }
    fn unknown_variant(wrong: &str, expected: &'static [&'static str]) -> Self {
        ReadError::Name {
            wrong: wrong.into(),
            expected,
        }
    }
    fn unknown_field(wrong: &str, expected: &'static [&'static str]) -> Self {
        ReadError::Key {
            wrong: wrong.into(),
            expected,
        }
    }
    fn missing_field(field: &'static str) -> Self {
        ReadError::Other(format!("the key \"{field}\" is missing"))
    }
}

/// Anything a description can hold.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Nothing,
    Truth(bool),
    Integer(i64),
    Natural(u64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

impl Value {
    /// Takes a key out of a table.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        let Value::Table(entries) = self else {
            return None;
        };
        let at = entries.iter().position(|(k, _)| k == key)?;
        Some(entries.remove(at).1)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a table")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Nothing)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Truth(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Integer(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Natural(value))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Value::Table(entries))
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Value::Nothing => visitor.visit_unit(),
            Value::Truth(value) => visitor.visit_bool(value),
            Value::Integer(value) => visitor.visit_i64(value),
            Value::Natural(value) => visitor.visit_u64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(value) => visitor.visit_string(value),
            Value::List(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter())),
            Value::Table(entries) => visitor.visit_map(MapDeserializer::new(entries.into_iter())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, ReadError> for Value {
    type Deserializer = Value;
    fn into_deserializer(self) -> Value {
        self
    }
}
