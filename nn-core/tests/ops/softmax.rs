//! Softmax, its logarithm, and dropout.

use nn_core::{DType, Purpose, Rng, Tape, Tensor};

use crate::check::{LAYOUTS, check, tensor, values};
use crate::naive::Array;

const CASES: [(&[usize], isize); 11] = [
    (&[1], 0),
    (&[7], 0),
    (&[33], -1),
    (&[3, 5], -1),
    (&[3, 5], 0),
    (&[2, 3, 4], 1),
    (&[2, 3, 4], 0),
    (&[2, 3, 4], -1),
    (&[5, 1], 1),
    (&[0, 4], 1),
    (&[2, 3, 2, 2], -3),
];

fn naive(x: &Array, axis: isize, logarithm: bool) -> Array {
    let axis = axis.rem_euclid(x.shape.len() as isize) as usize;
    Array::from_fn(&x.shape, |index| {
        let sum: f64 = (0..x.shape[axis])
            .map(|i| {
                let mut other = index.to_vec();
                other[axis] = i;
                x.at(&other).exp()
            })
            .sum();
        if logarithm {
            x.at(index) - sum.ln()
        } else {
            x.at(index).exp() / sum
        }
    })
}

#[test]
fn softmax_and_its_logarithm() {
    for (seed, (shape, axis)) in CASES.iter().enumerate() {
        let x = Array::spread(shape, -3.0, 3.0, seed as u64);
        let name = format!("{shape:?} along {axis}");
        check(
            &format!("softmax {name}"),
            &[x.clone()],
            |x| x[0].softmax(*axis),
            |x| naive(&x[0], *axis, false),
        );
        check(
            &format!("log_softmax {name}"),
            &[x],
            |x| x[0].log_softmax(*axis),
            |x| naive(&x[0], *axis, true),
        );
    }
}

#[test]
fn softmax_of_huge_logits() {
    for dtype in [DType::F32, DType::F64] {
        let x = Tensor::from_vec(vec![1e4, -1e4, 1e4, 0.0], [4])
            .unwrap()
            .to_dtype(dtype)
            .unwrap();
        assert_eq!(values(&x.softmax(0).unwrap()), [0.5, 0.0, 0.5, 0.0]);
        let log = values(&x.log_softmax(0).unwrap());
        assert!(
            (log[0] + 2f64.ln()).abs() < 1e-3 && (log[1] + 20_000.0).abs() < 1.0,
            "{log:?}"
        );
    }
}

#[test]
fn softmax_along_an_empty_axis_is_empty() {
    let x = Tensor::zeros([3, 0], DType::F32).unwrap();
    assert_eq!(x.softmax(-1).unwrap().dims(), [3, 0]);
    assert_eq!(x.log_softmax(1).unwrap().dims(), [3, 0]);
    assert_eq!(x.softmax(0).unwrap().dims(), [3, 0]);
}

#[test]
fn dropout_keeps_scales_and_goes_back_the_same_way() {
    let n = 20_000;
    for (p, layout) in [
        (0.0, LAYOUTS[0]),
        (0.1, LAYOUTS[1]),
        (0.5, LAYOUTS[2]),
        (0.9, LAYOUTS[3]),
    ] {
        let x = Array::spread(&[n / 4, 4], 1.0, 2.0, 1);
        let tape = Tape::new();
        let leaf = tape.watch(&tensor(&x, DType::F64, layout));
        let mut rng = Rng::addressed(1, Purpose::Dropout, 2, 3);
        let y = leaf.dropout(p, &mut rng).unwrap();
        let gradients = tape.backward(&y.sum(..).unwrap()).unwrap();
        let slopes = values(gradients.get(&leaf).unwrap());
        let (mut dropped, scale) = (0.0, 1.0 / (1.0 - p));
        for ((x, y), slope) in x.data.iter().zip(values(&y)).zip(slopes) {
            if y == 0.0 {
                assert_eq!(slope, 0.0);
                dropped += 1.0;
            } else {
                assert!((y - x * scale).abs() < 1e-12 && (slope - scale).abs() < 1e-12);
            }
        }
        // Five standard deviations of the binomial distribution.
        let spread = 5.0 * (p * (1.0 - p) * n as f64).sqrt();
        assert!((dropped - p * n as f64).abs() <= spread, "{p}: {dropped}");

        let plain = tensor(&x, DType::F32, LAYOUTS[0]);
        let again = |step| {
            plain
                .dropout(p, &mut Rng::addressed(1, Purpose::Dropout, step, 3))
                .unwrap()
        };
        assert_eq!(values(&again(2)), values(&again(2)));
        assert!(p == 0.0 || values(&again(2)) != values(&again(3)));
    }
}
