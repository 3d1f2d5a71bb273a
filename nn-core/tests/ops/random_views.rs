//! Random shapes, views and operations against the naive forms.

use nn_core::{DType, Tensor};
use proptest::prelude::*;

use crate::check::{LAYOUTS, Layout, assert_close, tensor, values};
use crate::naive::{Array, broadcast, reduce, zip};

fn layout() -> impl Strategy<Value = Layout> {
    prop::sample::select(&LAYOUTS[..])
}

fn shape(most: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0usize..4, 0..=most)
}

/// A view that the same step makes of a tensor and of an array.
fn step(x: &Tensor, a: &Array, kind: u8, p: usize, q: usize) -> (Tensor, Array) {
    let rank = a.shape.len();
    if rank == 0 {
        let shape = vec![1 + p % 3];
        let out = Array::from_fn(&shape, |_| a.data[0]);
        return (x.broadcast_to(shape).unwrap(), out);
    }
    let axis = p % rank;
    let size = a.shape[axis];
    match kind % 5 {
        0 => {
            let other = q % rank;
            let mut shape = a.shape.clone();
            shape.swap(axis, other);
            let out = Array::from_fn(&shape, |i| {
                let mut from = i.to_vec();
                from.swap(axis, other);
                a.at(&from)
            });
            (x.transpose(axis as isize, other as isize).unwrap(), out)
        }
        1 => {
            let (start, step) = (q % (size + 1), 1 + q % 3);
            let mut shape = a.shape.clone();
            shape[axis] = (size - start).div_ceil(step);
            let out = Array::from_fn(&shape, |i| {
                let mut from = i.to_vec();
                from[axis] = start + step * i[axis];
                a.at(&from)
            });
            (x.slice_step(axis as isize, start.., step).unwrap(), out)
        }
        2 => {
            let mut shape = a.shape.clone();
            shape.insert(axis, 1);
            (
                x.unsqueeze(axis as isize).unwrap(),
                Array {
                    shape,
                    data: a.data.clone(),
                },
            )
        }
        3 => {
            let mut shape: Vec<usize> = a
                .shape
                .iter()
                .map(|&s| if s == 1 { 1 + q % 3 } else { s })
                .collect();
            if rank < 5 {
                shape.insert(0, 1 + p % 2);
            }
            let out = Array::from_fn(&shape, |i| a.at_broadcast(i));
            (x.broadcast_to(shape).unwrap(), out)
        }
        _ => {
            let shape = vec![a.data.len()];
            (
                x.reshape(shape.clone()).unwrap(),
                Array {
                    shape,
                    data: a.data.clone(),
                },
            )
        }
    }
}

proptest! {
    #[test]
    fn chains_of_views(
        shape in shape(4),
        layout in layout(),
        steps in prop::collection::vec((any::<u8>(), 0usize..100, 0usize..100), 0..6),
    ) {
        let mut a = Array::spread(&shape, -9.0, 9.0, 1);
        let mut x = tensor(&a, DType::F64, layout);
        for (kind, p, q) in steps {
            if a.data.len() > 500 || a.shape.len() > 5 {
                break;
            }
            (x, a) = step(&x, &a, kind, p, q);
            assert_close("view", &x, &a, 0.0);
            prop_assert_eq!(x.len(), a.data.len());
        }
        // The same through the kernels that walk strides, and those that take slices.
        assert_close("contiguous", &x.contiguous().unwrap(), &a, 0.0);
        assert_close("neg", &x.neg().unwrap(), &a.map(|v| -v), 0.0);
        assert_close("add", &x.add(&x).unwrap(), &a.map(|v| v + v), 0.0);
        let all: Vec<usize> = (0..a.shape.len()).collect();
        assert_close("sum", &x.sum(..).unwrap(), &reduce(&a, &all, false, |v| v.iter().sum()), 1e-12);
        prop_assert!(!x.to_string().is_empty());
    }

    #[test]
    fn broadcasting(a in shape(3), b in shape(3), layouts in (layout(), layout())) {
        let (x, y) = (Array::spread(&a, 1.0, 2.0, 1), Array::spread(&b, 1.0, 2.0, 2));
        let (s, t) = (tensor(&x, DType::F64, layouts.0), tensor(&y, DType::F64, layouts.1));
        match broadcast(&a, &b) {
            Some(_) => {
                assert_close("mul", &s.mul(&t).unwrap(), &zip(&x, &y, |u, v| u * v), 0.0);
                assert_close("sub", &s.sub(&t).unwrap(), &zip(&x, &y, |u, v| u - v), 0.0);
                let less = zip(&x, &y, |u, v| f64::from(u8::from(u < v)));
                assert_close("lt", &s.lt(&t).unwrap(), &less, 0.0);
            }
            None => {
                prop_assert!(s.mul(&t).is_err());
                prop_assert!(s.lt(&t).is_err());
            }
        }
    }

    #[test]
    fn reductions(shape in prop::collection::vec(1usize..5, 1..=4), mask: u8, layout in layout(), keep: bool) {
        let a = Array::spread(&shape, -2.0, 2.0, 3);
        let x = tensor(&a, DType::F64, layout);
        let axes: Vec<usize> = (0..shape.len()).filter(|i| mask >> i & 1 == 1).collect();
        let signed: Vec<isize> = axes.iter().map(|&i| i as isize).collect();
        let s = signed.as_slice();
        let sum = if keep { x.sum_keepdim(s) } else { x.sum(s) };
        assert_close("sum", &sum.unwrap(), &reduce(&a, &axes, keep, |v| v.iter().sum()), 1e-12);
        let max = if keep { x.max_keepdim(s) } else { x.max(s) };
        let largest = |v: &[f64]| v.iter().copied().fold(f64::MIN, f64::max);
        assert_close("max", &max.unwrap(), &reduce(&a, &axes, keep, largest), 0.0);
        // Sizes and orders of axes do not matter to a sum over all of them.
        let total: f64 = values(&x).iter().sum();
        prop_assert!((x.sum(..).unwrap().item().unwrap() - total).abs() < 1e-10);
    }
}
