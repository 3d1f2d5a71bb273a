//! Views: the right elements, the right gradient, and no copy where none is needed.

use nn_core::{DType, Tensor};

use crate::check::{check, values};
use crate::naive::{Array, indices};

fn x() -> Array {
    Array::spread(&[2, 3, 4], -1.0, 1.0, 1)
}

#[test]
fn reshape_and_flatten() {
    for shape in [&[24][..], &[4, 3, 2], &[1, 24, 1], &[6, 4]] {
        let same = |x: &[Array]| Array {
            shape: shape.to_vec(),
            data: x[0].data.clone(),
        };
        check("reshape", &[x()], |x| x[0].reshape(shape), same);
    }
    for (from, to, shape) in [
        (0, -1, &[24][..]),
        (1, 2, &[2, 12]),
        (0, 1, &[6, 4]),
        (-1, -1, &[2, 3, 4]),
    ] {
        let same = |x: &[Array]| Array {
            shape: shape.to_vec(),
            data: x[0].data.clone(),
        };
        check("flatten", &[x()], |x| x[0].flatten(from, to), same);
    }
    let empty = Array::spread(&[0, 3], 0.0, 1.0, 1);
    check(
        "reshape",
        &[empty],
        |x| x[0].reshape([5, 0]),
        |_| Array {
            shape: vec![5, 0],
            data: vec![],
        },
    );
}

#[test]
fn permute_and_transpose() {
    for axes in indices(&[3, 3, 3]) {
        if (0..3).any(|a| !axes.contains(&a)) {
            continue;
        }
        let shape: Vec<usize> = axes.iter().map(|&a| [2, 3, 4][a]).collect();
        check(
            &format!("permute {axes:?}"),
            &[x()],
            |x| x[0].permute(&axes),
            |x| {
                Array::from_fn(&shape, |i| {
                    let mut from = [0; 3];
                    for (place, &axis) in axes.iter().enumerate() {
                        from[axis] = i[place];
                    }
                    x[0].at(&from)
                })
            },
        );
    }
    check(
        "transpose",
        &[x()],
        |x| x[0].transpose(-1, 0),
        |x| Array::from_fn(&[4, 3, 2], |i| x[0].at(&[i[2], i[1], i[0]])),
    );
    check(
        "t",
        &[x()],
        |x| x[0].t(),
        |x| Array::from_fn(&[2, 4, 3], |i| x[0].at(&[i[0], i[2], i[1]])),
    );
    check(
        "t, made contiguous",
        &[x()],
        |x| x[0].t()?.contiguous(),
        |x| Array::from_fn(&[2, 4, 3], |i| x[0].at(&[i[0], i[2], i[1]])),
    );
}

#[test]
fn slices() {
    for (start, end, step) in [
        (0usize, 4usize, 1),
        (1, 3, 1),
        (0, 4, 2),
        (1, 4, 2),
        (0, 4, 3),
        (3, 4, 9),
        (2, 2, 1),
        (4, 4, 1),
    ] {
        let count = (end - start).div_ceil(step);
        check(
            &format!("slice {start}..{end} by {step}"),
            &[x()],
            |x| x[0].slice_step(-1, start..end, step),
            |x| {
                Array::from_fn(&[2, 3, count], |i| {
                    x[0].at(&[i[0], i[1], start + i[2] * step])
                })
            },
        );
    }
    check(
        "slice ..=",
        &[x()],
        |x| x[0].slice(1, ..=1),
        |x| Array::from_fn(&[2, 2, 4], |i| x[0].at(i)),
    );
    check(
        "narrow",
        &[x()],
        |x| x[0].narrow(0, 1, 1),
        |x| Array::from_fn(&[1, 3, 4], |i| x[0].at(&[1, i[1], i[2]])),
    );
    check(
        "slice of a slice",
        &[x()],
        |x| x[0].slice_step(2, 1.., 2)?.slice(2, 1..)?.slice(1, 1..),
        |x| Array::from_fn(&[2, 2, 1], |i| x[0].at(&[i[0], i[1] + 1, 3])),
    );
}

#[test]
fn squeeze_unsqueeze_and_broadcast() {
    for axis in -4isize..4 {
        let at = axis.rem_euclid(4) as usize;
        let mut shape = vec![2, 3, 4];
        shape.insert(at, 1);
        let same = |x: &[Array]| Array {
            shape: shape.clone(),
            data: x[0].data.clone(),
        };
        check("unsqueeze", &[x()], |x| x[0].unsqueeze(axis), same);
        check(
            "squeeze",
            &[x()],
            |x| x[0].unsqueeze(axis)?.squeeze(axis),
            |x| x[0].clone(),
        );
    }
    for (from, to) in [
        (&[][..], &[2, 3][..]),
        (&[1], &[5]),
        (&[3], &[2, 3]),
        (&[2, 1], &[2, 4]),
        (&[1, 3, 1], &[2, 3, 2]),
        (&[2, 3], &[2, 3]),
        (&[1], &[0]),
        (&[2, 1], &[3, 0, 2, 2]),
    ] {
        let x = Array::spread(from, -1.0, 1.0, 5);
        check(
            &format!("broadcast {from:?} to {to:?}"),
            &[x],
            |x| x[0].broadcast_to(to),
            |x| Array::from_fn(to, |i| x[0].at_broadcast(i)),
        );
    }
}

#[test]
fn views_share_memory_until_someone_writes() {
    let x = Tensor::arange(0.0, 24.0, 1.0, DType::F32)
        .unwrap()
        .reshape([2, 3, 4])
        .unwrap();
    let start = x.as_slice::<f32>().unwrap().as_ptr();
    let row = x.slice(0, 1..).unwrap().squeeze(0).unwrap();
    assert_eq!(
        row.as_slice::<f32>().unwrap().as_ptr(),
        start.wrapping_add(12)
    );
    let back = x.t().unwrap().t().unwrap();
    assert_eq!(back.as_slice::<f32>().unwrap().as_ptr(), start);
    assert!(x.t().unwrap().as_slice::<f32>().is_err());

    let mut copy = row.clone();
    copy.make_mut::<f32>().unwrap().fill(-1.0);
    assert_eq!(row.get(&[0, 0]).unwrap(), 12.0);
    assert_eq!(values(&copy), [-1.0; 12]);
    let mut wide = Tensor::scalar(2.0f32).unwrap().broadcast_to([3]).unwrap();
    wide.make_mut::<f32>().unwrap()[1] = 5.0;
    assert_eq!(values(&wide), [2.0, 5.0, 2.0]);
}
