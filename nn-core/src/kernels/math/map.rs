//! Loops that compute each output element from the input elements at the same place.

use std::ops::Range;

use super::dispatch::{CHEAP, COSTLY, Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::float::Float;

/// Widest vector any `Lanes::WIDTH` names.
const MAX_WIDTH: usize = 16;

/// y = f(x).
pub(crate) trait Map1<T>: Copy + Sync {
    /// Whether one element costs tens of instructions: such loops go to threads earlier, and
    /// their last few elements are computed as one padded vector.
    const COSTLY: bool;
    fn at<const FMA: bool>(self, x: T) -> T;
}

/// z = f(x, y).
pub(crate) trait Map2<T>: Copy + Sync {
    const COSTLY: bool;
    fn at<const FMA: bool>(self, a: T, b: T) -> T;
}

const fn grain(costly: bool) -> usize {
    if costly { COSTLY } else { CHEAP }
}

/// Length of the part that whole vectors cover; the whole where padding does not pay.
#[inline(always)]
fn vector_part<T: Float>(len: usize, costly: bool) -> usize {
    if costly && T::WIDTH > 1 {
        len - len % T::WIDTH
    } else {
        len
    }
}

#[inline(always)]
fn padded<T: Float>(x: &[T]) -> [T; MAX_WIDTH] {
    let mut buffer = [T::ZERO; MAX_WIDTH];
    for (slot, &x) in buffer.iter_mut().zip(x) {
        *slot = x;
    }
    buffer
}

struct Apply<'a, T, M> {
    map: M,
    x: &'a [T],
    y: Disjoint<'a, T>,
}

impl<T: Float, M: Map1<T>> Kernel for Apply<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let y = unsafe { self.y.range(range.clone()) };
        let x = &self.x[range];
        let split = vector_part::<T>(x.len(), M::COSTLY);
        let (y, y_tail) = y.split_at_mut(split);
        let (x, x_tail) = x.split_at(split);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self.map.at::<FMA>(x);
        }
        if !x_tail.is_empty() {
            let mut buffer = padded(x_tail);
            for x in &mut buffer {
                *x = self.map.at::<FMA>(*x);
            }
            y_tail.copy_from_slice(&buffer[..y_tail.len()]);
        }
    }
}

/// y = f(x), element by element.
#[inline]
pub(crate) fn map<T: Float, M: Map1<T>>(map: M, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len());
    let kernel = Apply {
        map,
        x,
        y: Disjoint::new(y),
    };
    run_parallel(&kernel, x.len(), grain(M::COSTLY));
}

struct ApplyInPlace<'a, T, M> {
    map: M,
    x: Disjoint<'a, T>,
}

impl<T: Float, M: Map1<T>> Kernel for ApplyInPlace<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let x = unsafe { self.x.range(range) };
        let split = vector_part::<T>(x.len(), M::COSTLY);
        let (x, tail) = x.split_at_mut(split);
        for x in x {
            *x = self.map.at::<FMA>(*x);
        }
        if !tail.is_empty() {
            let mut buffer = padded(tail);
            for x in &mut buffer {
                *x = self.map.at::<FMA>(*x);
            }
            tail.copy_from_slice(&buffer[..tail.len()]);
        }
    }
}

/// x = f(x), element by element.
#[inline]
pub(crate) fn map_in_place<T: Float, M: Map1<T>>(map: M, x: &mut [T]) {
    let len = x.len();
    let kernel = ApplyInPlace {
        map,
        x: Disjoint::new(x),
    };
    run_parallel(&kernel, len, grain(M::COSTLY));
}

struct Apply2<'a, T, M> {
    map: M,
    a: &'a [T],
    b: &'a [T],
    out: Disjoint<'a, T>,
}

impl<T: Float, M: Map2<T>> Kernel for Apply2<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let out = unsafe { self.out.range(range.clone()) };
        let (a, b) = (&self.a[range.clone()], &self.b[range]);
        let split = vector_part::<T>(a.len(), M::COSTLY);
        let (out, out_tail) = out.split_at_mut(split);
        let ((a, a_tail), (b, b_tail)) = (a.split_at(split), b.split_at(split));
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = self.map.at::<FMA>(a, b);
        }
        if !a_tail.is_empty() {
            let mut buffer = padded(a_tail);
            for (a, &b) in buffer.iter_mut().zip(&padded(b_tail)) {
                *a = self.map.at::<FMA>(*a, b);
            }
            out_tail.copy_from_slice(&buffer[..out_tail.len()]);
        }
    }
}

/// out = f(a, b), element by element.
#[inline]
pub(crate) fn map2<T: Float, M: Map2<T>>(map: M, a: &[T], b: &[T], out: &mut [T]) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.len(), out.len());
    let kernel = Apply2 {
        map,
        a,
        b,
        out: Disjoint::new(out),
    };
    run_parallel(&kernel, a.len(), grain(M::COSTLY));
}

struct Update<'a, T, M> {
    map: M,
    acc: Disjoint<'a, T>,
    x: &'a [T],
}

impl<T: Float, M: Map2<T>> Kernel for Update<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let acc = unsafe { self.acc.range(range.clone()) };
        for (acc, &x) in acc.iter_mut().zip(&self.x[range]) {
            *acc = self.map.at::<FMA>(*acc, x);
        }
    }
}

/// acc = f(acc, x), element by element.
#[inline]
pub(crate) fn update<T: Float, M: Map2<T>>(map: M, acc: &mut [T], x: &[T]) {
    assert_eq!(acc.len(), x.len());
    let kernel = Update {
        map,
        acc: Disjoint::new(acc),
        x,
    };
    run_parallel(&kernel, x.len(), grain(M::COSTLY));
}

/// Defines element functions: name, optional parameters, arguments and body. In the body,
/// `T` is the element type and `FMA` the constant of [`Kernel::run`].
macro_rules! maps1 {
    ($($(#[$meta:meta])* $vis:vis $name:ident $({$($field:ident),+})? costly $costly:literal |$x:ident| $body:expr;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy)]
        $vis struct $name<T> { $($($field: T,)+)? _element: std::marker::PhantomData<T> }
        impl<T: Float> $name<T> {
            #[inline(always)]
            pub(crate) fn new($($($field: T),+)?) -> Self {
                Self { $($($field,)+)? _element: std::marker::PhantomData }
            }
        }
        impl<T: Float> $crate::kernels::math::map::Map1<T> for $name<T> {
            const COSTLY: bool = $costly;
            #[inline(always)]
            fn at<const FMA: bool>(self, $x: T) -> T {
                $($(let $field = self.$field;)+)?
                $body
            }
        }
    )+};
}
pub(crate) use maps1;

/// As `maps1!`, for functions of two arguments.
macro_rules! maps2 {
    ($($(#[$meta:meta])* $vis:vis $name:ident $({$($field:ident),+})? costly $costly:literal |$a:ident, $b:ident| $body:expr;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy)]
        $vis struct $name<T> { $($($field: T,)+)? _element: std::marker::PhantomData<T> }
        impl<T: Float> $name<T> {
            #[inline(always)]
            pub(crate) fn new($($($field: T),+)?) -> Self {
                Self { $($($field,)+)? _element: std::marker::PhantomData }
            }
        }
        impl<T: Float> $crate::kernels::math::map::Map2<T> for $name<T> {
            const COSTLY: bool = $costly;
            #[inline(always)]
            fn at<const FMA: bool>(self, $a: T, $b: T) -> T {
                $($(let $field = self.$field;)+)?
                $body
            }
        }
    )+};
}
pub(crate) use maps2;
