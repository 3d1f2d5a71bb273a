//! Element types.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernels::float::Float;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// 32-bit float: the default for training.
    F32,
    /// 64-bit float: for checking gradients and for exact statistics.
    F64,
    /// 8-bit unsigned integer: raw images, masks.
    U8,
    /// 32-bit unsigned integer: class labels, indices.
    U32,
    /// 64-bit signed integer: labels and tokens as other tools store them.
    I64,
}

impl DType {
    /// Size of one element in bytes.
    pub fn size(self) -> usize {
        match self {
            DType::U8 => 1,
            DType::F32 | DType::U32 => 4,
            DType::F64 | DType::I64 => 8,
        }
    }

    /// Whether elements are floating-point numbers, so that the tensor can carry a gradient.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::U8 => "u8",
            DType::U32 => "u32",
            DType::I64 => "i64",
        })
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that can be an element of a tensor: `f32`, `f64`, `u8`, `u32`, `i64`.
pub trait Element:
    sealed::Sealed + Copy + Default + PartialOrd + Send + Sync + fmt::Debug + 'static
{
    /// The matching [`DType`].
    const DTYPE: DType;

    /// Conversion as Rust's `as` does it: saturating for integers.
    fn from_f64(value: f64) -> Self;

    /// Conversion as Rust's `as` does it.
    fn to_f64(self) -> f64;
}

/// An [`Element`] that is a floating-point number: `f32`, `f64`.
pub trait FloatElement: Element + Float {}

macro_rules! element {
    ($($type:ty => $dtype:ident),*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

element!(f32 => F32, f64 => F64, u8 => U8, u32 => U32, i64 => I64);
impl FloatElement for f32 {}
impl FloatElement for f64 {}

/// Runs `$body` with `$T` bound to the Rust type of a float dtype; any other dtype is an error.
macro_rules! for_float {
    ($op:expr, $dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            other => Err($crate::Error::dtype($op, "f32 or f64", other)),
        }
    };
}

/// Runs `$body` with `$T` bound to the Rust type of any dtype.
macro_rules! for_any {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::U32 => {
                type $T = u32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
        }
    };
}

pub(crate) use {for_any, for_float};
