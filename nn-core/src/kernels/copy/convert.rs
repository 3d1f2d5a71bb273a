//! Conversion between element types.

use std::ops::Range;

use crate::kernels::math::dispatch::{CHEAP, Disjoint, Kernel, is_single, run_parallel};

/// A numeric conversion with the meaning of Rust's `as`: to the nearest representable value
/// between float types, towards zero and saturating from float to integer (NaN becomes 0),
/// and modulo 2ⁿ between integers.
pub trait Cast<To>: Copy {
    /// The converted value.
    fn cast(self) -> To;
}

macro_rules! casts {
    ($($from:ident => $($to:ident)+;)+) => {$($(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                self as $to
            }
        }
    )+)+};
}

casts! {
    f32 => f32 f64 u8 u32 i64;
    f64 => f32 f64 u8 u32 i64;
    u8 => f32 f64 u8 u32 i64;
    u32 => f32 f64 u8 u32 i64;
    i64 => f32 f64 u8 u32 i64;
}

struct Convert<'a, A, B> {
    from: &'a [A],
    to: Disjoint<'a, B>,
}

impl<A: Cast<B> + Sync, B: Send> Kernel for Convert<'_, A, B> {
    const PER_ISA: bool = size_of::<A>() == 1 && is_single::<B>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let to = unsafe { self.to.range(range.clone()) };
        for (to, &from) in to.iter_mut().zip(&self.from[range]) {
            *to = from.cast();
        }
    }
}

/// b = a, converted element by element with the meaning of Rust's `as`.
///
/// ```
/// let mut b = [0.0_f32; 3];
/// nn_core::kernels::copy::convert(&[0_u8, 7, 255], &mut b);
/// assert_eq!(b, [0.0, 7.0, 255.0]);
/// ```
///
/// # Panics
/// If the lengths differ; callers in this crate have checked them.
pub fn convert<A: Cast<B> + Sync, B: Send>(a: &[A], b: &mut [B]) {
    assert_eq!(a.len(), b.len());
    let kernel = Convert {
        from: a,
        to: Disjoint::new(b),
    };
    run_parallel(&kernel, a.len(), CHEAP);
}
