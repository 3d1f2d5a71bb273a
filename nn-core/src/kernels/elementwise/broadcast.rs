//! Functions of two operands with broadcasting: a stride of 0 repeats an operand along a dimension.

use std::ops::Range;

use super::binary::{Binary, maps};
use super::strided::{Layout, collapse};
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, COSTLY, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};
use crate::kernels::math::map::Map2;

/// An elementwise comparison; with NaN only `Ne` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// a = b.
    Eq,
    /// a ≠ b.
    Ne,
    /// a < b.
    Lt,
    /// a ≤ b.
    Le,
    /// a > b.
    Gt,
    /// a ≥ b.
    Ge,
}

/// out = f(a, b) for operands of any element types.
trait Zip<A, B, O>: Copy + Sync {
    const COSTLY: bool;
    /// See [`Kernel::PER_ISA`].
    const PER_ISA: bool;
    fn at<const FMA: bool>(self, a: A, b: B) -> O;
}

#[derive(Clone, Copy)]
struct Float2<M>(M);

impl<T: Float, M: Map2<T>> Zip<T, T, T> for Float2<M> {
    const COSTLY: bool = M::COSTLY;
    const PER_ISA: bool = is_single::<T>();
    #[inline(always)]
    fn at<const FMA: bool>(self, a: T, b: T) -> T {
        self.0.at::<FMA>(a, b)
    }
}

struct Rows<'a, A, B, O, M> {
    map: M,
    layout: &'a Layout<2>,
    a: &'a [A],
    b: &'a [B],
    out: Disjoint<'a, O>,
}

impl<A, B, O, M> Rows<'_, A, B, O, M>
where
    A: Copy + Sync,
    B: Copy + Sync,
    O: Copy + Send,
    M: Zip<A, B, O>,
{
    /// One innermost row whose operands start at `a` and `b`.
    #[inline(always)]
    fn row<const FMA: bool>(&self, a: usize, b: usize, out: &mut [O]) {
        let n = out.len();
        let map = self.map;
        match self.layout.inner.1 {
            [1, 1] => {
                for ((out, &a), &b) in out.iter_mut().zip(&self.a[a..a + n]).zip(&self.b[b..b + n])
                {
                    *out = map.at::<FMA>(a, b);
                }
            }
            [1, 0] => {
                let b = self.b[b];
                for (out, &a) in out.iter_mut().zip(&self.a[a..a + n]) {
                    *out = map.at::<FMA>(a, b);
                }
            }
            [0, 1] => {
                let a = self.a[a];
                for (out, &b) in out.iter_mut().zip(&self.b[b..b + n]) {
                    *out = map.at::<FMA>(a, b);
                }
            }
            [stride_a, stride_b] => {
                for (i, out) in out.iter_mut().enumerate() {
                    *out = map.at::<FMA>(self.a[a + i * stride_a], self.b[b + i * stride_b]);
                }
            }
        }
    }
}

impl<A, B, O, M> Kernel for Rows<'_, A, B, O, M>
where
    A: Copy + Sync,
    B: Copy + Sync,
    O: Copy + Send,
    M: Zip<A, B, O>,
{
    const PER_ISA: bool = M::PER_ISA;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let n = self.layout.inner.0;
        // SAFETY: item i is output row i.
        let out = unsafe { self.out.range(range.start * n..range.end * n) };
        let mut walk = self.layout.walk(range.start);
        for out in out.chunks_exact_mut(n) {
            let [a, b] = walk.offset;
            self.row::<FMA>(a, b, out);
            walk.advance();
        }
    }
}

/// The whole shape is one row: items are elements.
struct OneRow<'a, A, B, O, M>(Rows<'a, A, B, O, M>);

impl<A, B, O, M> Kernel for OneRow<'_, A, B, O, M>
where
    A: Copy + Sync,
    B: Copy + Sync,
    O: Copy + Send,
    M: Zip<A, B, O>,
{
    const PER_ISA: bool = M::PER_ISA;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let [stride_a, stride_b] = self.0.layout.inner.1;
        let (a, b) = (range.start * stride_a, range.start * stride_b);
        // SAFETY: item i is element i.
        let out = unsafe { self.0.out.range(range) };
        self.0.row::<FMA>(a, b, out);
    }
}

fn zip<A, B, O, M>(
    map: M,
    shape: &[usize],
    (a, a_strides): (&[A], &[usize]),
    (b, b_strides): (&[B], &[usize]),
    out: &mut [O],
) where
    A: Copy + Sync,
    B: Copy + Sync,
    O: Copy + Send,
    M: Zip<A, B, O>,
{
    let layout = &collapse(shape, [a_strides, b_strides]);
    assert_eq!(out.len(), layout.len);
    if layout.len == 0 {
        return;
    }
    assert!(layout.extent(0) <= a.len() && layout.extent(1) <= b.len());
    let grain = if M::COSTLY { COSTLY } else { CHEAP };
    let (rows, n) = (layout.rows(), layout.inner.0);
    let kernel = Rows {
        map,
        layout,
        a,
        b,
        out: Disjoint::new(out),
    };
    if rows == 1 {
        run_parallel(&OneRow(kernel), n, grain);
    } else {
        run_parallel(&kernel, rows, rows_per_task(n, grain));
    }
}

/// out = f(a, b) over `shape`, row-major and contiguous. A stride of 0 repeats the operand along
/// that dimension; `a` and `b` start at their tensors' offsets.
///
/// # Panics
/// If a slice is too short for the shape and strides; callers in this crate have checked them.
pub fn binary_broadcast<T: Float>(
    op: Binary,
    shape: &[usize],
    a: &[T],
    a_strides: &[usize],
    b: &[T],
    b_strides: &[usize],
    out: &mut [T],
) {
    let (a, b) = ((a, a_strides), (b, b_strides));
    match op {
        Binary::Add => zip(Float2(maps::Add::new()), shape, a, b, out),
        Binary::Sub => zip(Float2(maps::Sub::new()), shape, a, b, out),
        Binary::Mul => zip(Float2(maps::Mul::new()), shape, a, b, out),
        Binary::Div => zip(Float2(maps::Div::new()), shape, a, b, out),
        Binary::Maximum => zip(Float2(maps::Maximum::new()), shape, a, b, out),
        Binary::Minimum => zip(Float2(maps::Minimum::new()), shape, a, b, out),
        Binary::Pow => zip(Float2(maps::Pow::new()), shape, a, b, out),
    }
}

macro_rules! comparison {
    ($($name:ident $op:tt;)+) => {$(
        #[derive(Clone, Copy)]
        struct $name;
        impl<T: Copy + PartialOrd> Zip<T, T, u8> for $name {
            const COSTLY: bool = false;
            const PER_ISA: bool = false;
            #[inline(always)]
            fn at<const FMA: bool>(self, a: T, b: T) -> u8 {
                u8::from(a $op b)
            }
        }
    )+};
}

comparison! { IsEq ==; IsNe !=; IsLt <; IsLe <=; IsGt >; IsGe >=; }

/// out = 1 where the comparison holds, else 0; layouts as in [`binary_broadcast`].
///
/// # Panics
/// If a slice is too short for the shape and strides.
pub fn compare_broadcast<T: Copy + PartialOrd + Sync>(
    op: Compare,
    shape: &[usize],
    a: &[T],
    a_strides: &[usize],
    b: &[T],
    b_strides: &[usize],
    out: &mut [u8],
) {
    let (a, b) = ((a, a_strides), (b, b_strides));
    match op {
        Compare::Eq => zip(IsEq, shape, a, b, out),
        Compare::Ne => zip(IsNe, shape, a, b, out),
        Compare::Lt => zip(IsLt, shape, a, b, out),
        Compare::Le => zip(IsLe, shape, a, b, out),
        Compare::Gt => zip(IsGt, shape, a, b, out),
        Compare::Ge => zip(IsGe, shape, a, b, out),
    }
}

struct Select<'a, T> {
    layout: &'a Layout<3>,
    mask: &'a [u8],
    a: &'a [T],
    b: &'a [T],
    out: Disjoint<'a, T>,
}

impl<T: Copy + Send + Sync> Kernel for Select<'_, T> {
    const PER_ISA: bool = false;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let (n, [stride_m, stride_a, stride_b]) = self.layout.inner;
        // SAFETY: item i is output row i.
        let out = unsafe { self.out.range(range.start * n..range.end * n) };
        let mut walk = self.layout.walk(range.start);
        for out in out.chunks_exact_mut(n) {
            let [m, a, b] = walk.offset;
            if [stride_m, stride_a, stride_b] == [1, 1, 1] {
                let operands = self.mask[m..m + n].iter().zip(&self.a[a..a + n]);
                for ((out, (&m, &a)), &b) in out.iter_mut().zip(operands).zip(&self.b[b..b + n]) {
                    *out = if m != 0 { a } else { b };
                }
            } else {
                for (i, out) in out.iter_mut().enumerate() {
                    let (a, b) = (self.a[a + i * stride_a], self.b[b + i * stride_b]);
                    *out = if self.mask[m + i * stride_m] != 0 {
                        a
                    } else {
                        b
                    };
                }
            }
            walk.advance();
        }
    }
}

/// out = a where the mask is not 0, else b; layouts as in [`binary_broadcast`].
///
/// # Panics
/// If a slice is too short for the shape and strides.
#[allow(clippy::too_many_arguments)]
pub fn select_broadcast<T: Copy + Send + Sync>(
    shape: &[usize],
    mask: &[u8],
    mask_strides: &[usize],
    a: &[T],
    a_strides: &[usize],
    b: &[T],
    b_strides: &[usize],
    out: &mut [T],
) {
    let layout = &collapse(shape, [mask_strides, a_strides, b_strides]);
    assert_eq!(out.len(), layout.len);
    if layout.len == 0 {
        return;
    }
    assert!(layout.extent(0) <= mask.len());
    assert!(layout.extent(1) <= a.len() && layout.extent(2) <= b.len());
    let kernel = Select {
        layout,
        mask,
        a,
        b,
        out: Disjoint::new(out),
    };
    run_parallel(&kernel, layout.rows(), rows_per_task(layout.inner.0, CHEAP));
}
