//! Tensors under serde: type, shape and little-endian bytes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{self, SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

use super::elements;
use super::source::Source;
use crate::{DType, Shape, Tensor};

/// Bytes handed to a format as bytes, not as a sequence of numbers.
struct Bytes<'a>(Cow<'a, [u8]>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of a tensor")
            }

            fn visit_borrowed_bytes<E: de::Error>(
                self,
                bytes: &'de [u8],
            ) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Borrowed(bytes)))
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Owned(bytes.to_vec())))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Owned(bytes)))
            }

            // Text formats such as JSON have no bytes and give numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(Cow::Owned(bytes)))
            }
        }

        deserializer.deserialize_bytes(BytesVisitor)
    }
}

/// Type, shape and elements; the tape is not part of it. Views are stored as if they were contiguous.
impl Serialize for Tensor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tensor = self.compact().map_err(ser::Error::custom)?;
        let mut bytes = Vec::with_capacity(elements::byte_len(&tensor));
        elements::write(&tensor, &mut bytes).map_err(ser::Error::custom)?;
        let shape: Vec<u64> = tensor.dims().iter().map(|&d| d as u64).collect();
        let mut out = serializer.serialize_struct("Tensor", 3)?;
        out.serialize_field("dtype", &tensor.dtype())?;
        out.serialize_field("shape", &shape)?;
        out.serialize_field("data", &Bytes(Cow::Owned(bytes)))?;
        out.end()
    }
}

#[derive(Deserialize)]
#[serde(rename = "Tensor")]
struct Parts<'a> {
    dtype: DType,
    shape: Vec<u64>,
    #[serde(borrow)]
    data: Bytes<'a>,
}

impl<'de> Deserialize<'de> for Tensor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::deserialize(deserializer)?;
        if parts.shape.len() > elements::MAX_RANK {
            return Err(de::Error::custom(format!(
                "a tensor of {} axes; at most {} are possible",
                parts.shape.len(),
                elements::MAX_RANK
            )));
        }
        let shape: Shape = parts
            .shape
            .iter()
            .map(|&d| usize::try_from(d).map_err(de::Error::custom))
            .collect::<Result<_, _>>()?;
        let bytes = &parts.data.0;
        let needed = shape.numel() as u128 * parts.dtype.size() as u128;
        if needed != bytes.len() as u128 {
            return Err(de::Error::custom(format!(
                "a tensor of shape {shape} and type {} takes {needed} bytes, {} were stored",
                parts.dtype,
                bytes.len()
            )));
        }
        let mut source = Source::of_bytes(bytes);
        elements::read(
            &mut source,
            elements::stored(parts.dtype),
            shape,
            false,
            "a tensor",
        )
        .map_err(de::Error::custom)
    }
}
