//! The one check that every operation goes through.

use nn_core::autograd::{GradCheck, gradient_check};
use nn_core::{DType, Result, Tensor};

use crate::naive::Array;

/// How the same array may lie in memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Layout {
    /// Row-major without gaps.
    Plain,
    /// Axes in reverse order: column-major.
    Reversed,
    /// Every second element along the last axis of something larger.
    Stepped,
    /// A part along the first axis of something larger.
    Part,
}

pub const LAYOUTS: [Layout; 4] = [
    Layout::Plain,
    Layout::Reversed,
    Layout::Stepped,
    Layout::Part,
];

/// The array as a tensor in this layout. What lies in the gaps is NaN, so that reading it shows.
pub fn tensor(array: &Array, dtype: DType, layout: Layout) -> Tensor {
    let (shape, rank) = (&array.shape, array.shape.len());
    let stored = |shape: &[usize], f: &dyn Fn(&[usize]) -> f64| {
        let array = Array::from_fn(shape, f);
        Tensor::from_vec(array.data, shape)
            .unwrap()
            .to_dtype(dtype)
            .unwrap()
    };
    match layout {
        _ if rank == 0 => stored(&[], &|_| array.data[0]),
        Layout::Plain => stored(shape, &|i| array.at(i)),
        Layout::Reversed => {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            let base = stored(&reversed, &|i| {
                array.at(&i.iter().rev().copied().collect::<Vec<_>>())
            });
            base.permute(&(0..rank).rev().collect::<Vec<_>>()).unwrap()
        }
        Layout::Stepped => {
            let mut wide = shape.clone();
            wide[rank - 1] = 2 * shape[rank - 1] + 1;
            let base = stored(&wide, &|i| {
                let (last, front) = i.split_last().unwrap();
                match last % 2 {
                    1 => array.at(&[front, &[last / 2]].concat()),
                    _ => f64::NAN,
                }
            });
            base.slice_step(-1, 1..2 * shape[rank - 1] + 1, 2).unwrap()
        }
        Layout::Part => {
            let mut long = shape.clone();
            long[0] += 2;
            let base = stored(&long, &|i| match i[0] {
                0 => f64::NAN,
                first if first > shape[0] => f64::NAN,
                first => array.at(&[&[first - 1], &i[1..]].concat()),
            });
            base.narrow(0, 1, shape[0]).unwrap()
        }
    }
}

/// The elements of any tensor as `f64`.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    tensor
        .to_dtype(DType::F64)
        .unwrap()
        .to_vec::<f64>()
        .unwrap()
}

/// Asserts shape and values; `tolerance` is relative above 1 and absolute below.
#[track_caller]
pub fn assert_close(name: &str, found: &Tensor, expected: &Array, tolerance: f64) {
    assert_eq!(found.dims(), expected.shape, "{name}: shape");
    let found = values(found);
    assert_eq!(found.len(), expected.data.len());
    for (at, (&x, &y)) in found.iter().zip(&expected.data).enumerate() {
        let same = x == y || (x.is_nan() && y.is_nan());
        let close = (x - y).abs() <= tolerance * y.abs().max(1.0);
        assert!(same || close, "{name}: element {at} is {x}, expected {y}");
    }
}

/// Checks an operation on these inputs, in every layout: its value in `f64` and `f32` against the naive form,
/// and its gradient against differences.
#[track_caller]
pub fn check(
    name: &str,
    inputs: &[Array],
    op: impl Fn(&[Tensor]) -> Result<Tensor>,
    naive: impl Fn(&[Array]) -> Array,
) {
    check_value(name, inputs, &op, naive);
    for layout in LAYOUTS {
        let laid: Vec<Tensor> = inputs
            .iter()
            .map(|a| tensor(a, DType::F64, layout))
            .collect();
        let report = gradient_check(&op, &laid, &GradCheck::default());
        let report = report.unwrap_or_else(|e| panic!("{name}, {layout:?}: {e}"));
        assert_eq!(
            report.compared,
            inputs.iter().map(|a| a.data.len()).sum::<usize>()
        );
    }
}

/// As [`check`], for operations without a gradient.
#[track_caller]
pub fn check_value(
    name: &str,
    inputs: &[Array],
    op: impl Fn(&[Tensor]) -> Result<Tensor>,
    naive: impl Fn(&[Array]) -> Array,
) {
    let rounded: Vec<Array> = inputs.iter().map(Array::rounded).collect();
    for (dtype, inputs, tolerance) in [(DType::F64, inputs, 1e-11), (DType::F32, &rounded, 1e-5)] {
        let expected = naive(inputs);
        for layout in LAYOUTS {
            let name = format!("{name}, {dtype}, {layout:?}");
            let laid: Vec<Tensor> = inputs.iter().map(|a| tensor(a, dtype, layout)).collect();
            let found = op(&laid).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_close(&name, &found, &expected, tolerance);
            assert!(!found.is_recorded(), "{name}: recorded without a tape");
            // Inputs are values: no operation may change them.
            for (tensor, array) in laid.iter().zip(inputs) {
                assert_close(&name, tensor, array, 0.0);
            }
        }
    }
}
