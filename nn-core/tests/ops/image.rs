//! Pooling, upsampling and padding in every memory layout; values by PyTorch are tested with the layers.

use nn_core::{DType, Interpolation, PadMode, Pooling, Resize, Tensor};

use crate::check::check;
use crate::naive::Array;

#[test]
fn pooling_agrees_with_the_formula() {
    let (shape, out) = ([2, 3, 5, 4], [2, 3, 2, 2]);
    let x = Array::spread(&shape, -1.0, 1.0, 4);
    let windows = |i: &[usize]| -> Vec<[usize; 4]> {
        let places = |o: usize| 2 * o..2 * o + 2;
        let pairs = places(i[2]).flat_map(|h| places(i[3]).map(move |w| (h, w)));
        pairs.map(|(h, w)| [i[0], i[1], h, w]).collect()
    };
    check(
        "max_pool",
        &[x.clone()],
        |t| t[0].max_pool(&Pooling::new(2)),
        |a| {
            Array::from_fn(&out, |i| {
                let values = windows(i).into_iter().map(|i| a[0].at(&i));
                values.fold(f64::NEG_INFINITY, f64::max)
            })
        },
    );
    check(
        "avg_pool",
        &[x],
        |t| t[0].avg_pool(&Pooling::new(2), true),
        |a| {
            Array::from_fn(&out, |i| {
                windows(i).iter().map(|i| a[0].at(i)).sum::<f64>() / 4.0
            })
        },
    );
}

#[test]
fn upsampling_and_padding_agree_with_the_formula() {
    let x = Array::spread(&[1, 2, 2, 3], -1.0, 1.0, 5);
    check(
        "upsample",
        &[x.clone()],
        |t| t[0].upsample(&Resize::By(2.0.into()), Interpolation::Nearest),
        |a| {
            Array::from_fn(&[1, 2, 4, 6], |i| {
                a[0].at(&[i[0], i[1], i[2] / 2, i[3] / 2])
            })
        },
    );
    check(
        "pad",
        &[x],
        |t| t[0].pad_spatial(&[(1, 0), (2, 1)], PadMode::Reflect),
        |a| {
            let (h, w) = ([1, 0, 1], [2, 1, 0, 1, 2, 1]);
            Array::from_fn(&[1, 2, 3, 6], |i| a[0].at(&[i[0], i[1], h[i[2]], w[i[3]]]))
        },
    );
}

#[test]
fn a_maximum_keeps_what_is_not_a_number() {
    let x = vec![
        f32::NEG_INFINITY,
        f32::NEG_INFINITY,
        1.0,
        f32::NAN,
        2.0,
        f32::INFINITY,
    ];
    let x = Tensor::from_vec(x, [1, 1, 6]).unwrap();
    let y = x
        .max_pool(&Pooling::new(2))
        .unwrap()
        .to_vec::<f32>()
        .unwrap();
    assert!(y[0] == f32::NEG_INFINITY && y[1].is_nan() && y[2] == f32::INFINITY);
    // Windows that reach over no place at all.
    let wide = Pooling {
        dilation: 5.into(),
        padding: 1.into(),
        stride: 1.into(),
        ..Pooling::new(2)
    };
    let x = Tensor::ones([1, 1, 4], DType::F32).unwrap();
    let y = x.max_pool(&wide).unwrap().to_vec::<f32>().unwrap();
    assert_eq!(y, [f32::NEG_INFINITY]);
}

#[test]
fn integers_have_no_pools() {
    let x = Tensor::zeros([1, 1, 4], DType::U8).unwrap();
    assert!(x.max_pool(&Pooling::new(2)).is_err());
    assert!(x.avg_pool(&Pooling::new(2), true).is_err());
    assert!(x.pad_spatial(&[(1, 1)], PadMode::Zeros).is_err());
}
