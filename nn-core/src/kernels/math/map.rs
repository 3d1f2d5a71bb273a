//! Loops that compute each output element from the input elements at the same place.

use std::ops::Range;

use super::dispatch::{CHEAP, COSTLY, Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::float::Float;
use crate::kernels::threads;

/// Elements of the vectors that loops are cut into: the widest any `Lanes::WIDTH` names.
pub(crate) const WIDTH: usize = 16;

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
fn padded<T: Float>(x: &[T]) -> [T; WIDTH] {
    let mut buffer = [T::ZERO; WIDTH];
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
        for (y, &x) in y[..split].iter_mut().zip(&x[..split]) {
            *y = self.map.at::<FMA>(x);
        }
        if split == x.len() {
            return;
        }
        if let (Some(x), Some(y)) = (x.last_chunk::<WIDTH>(), y.last_chunk_mut::<WIDTH>()) {
            // The last whole vector overlaps what is done; its values are the same again.
            for (y, &x) in y.iter_mut().zip(x) {
                *y = self.map.at::<FMA>(x);
            }
        } else {
            let mut buffer = padded(x);
            for x in &mut buffer {
                *x = self.map.at::<FMA>(*x);
            }
            y.copy_from_slice(&buffer[..y.len()]);
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

/// x = f(x) by a function from one slice to another, by way of a small buffer: code for working in
/// place would double the size of every function.
pub(crate) fn in_blocks<T: Float>(x: &mut [T], f: &(dyn Fn(&[T], &mut [T]) + Sync)) {
    const BLOCK: usize = 1024;
    threads::for_each_chunk(x, 4 * COSTLY, |_, x| {
        let mut buffer = [T::ZERO; BLOCK];
        for x in x.chunks_mut(BLOCK) {
            let buffer = &mut buffer[..x.len()];
            buffer.copy_from_slice(x);
            f(buffer, x);
        }
    });
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
        let operands = a[..split].iter().zip(&b[..split]);
        for (out, (&a, &b)) in out[..split].iter_mut().zip(operands) {
            *out = self.map.at::<FMA>(a, b);
        }
        if split == a.len() {
            return;
        }
        let last = (a.last_chunk::<WIDTH>(), b.last_chunk::<WIDTH>());
        if let ((Some(a), Some(b)), Some(out)) = (last, out.last_chunk_mut::<WIDTH>()) {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = self.map.at::<FMA>(a, b);
            }
        } else {
            let mut buffer = padded(a);
            for (a, &b) in buffer.iter_mut().zip(&padded(b)) {
                *a = self.map.at::<FMA>(*a, b);
            }
            out.copy_from_slice(&buffer[..out.len()]);
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
