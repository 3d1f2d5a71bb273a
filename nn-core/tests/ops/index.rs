//! Picking, joining and cutting.

use nn_core::{DType, Tensor};

use crate::check::{check, values};
use crate::naive::Array;

fn list(indices: &[i64], dtype: DType) -> Tensor {
    Tensor::from_slice(indices, [indices.len()])
        .unwrap()
        .to_dtype(dtype)
        .unwrap()
}

#[test]
fn index_select() {
    let cases: [(&[usize], isize, &[i64]); 8] = [
        (&[4], 0, &[3, 0, 0, 2]),
        (&[3, 2], 0, &[2, 2, 1]),
        (&[3, 2], 1, &[1]),
        (&[2, 3, 2], -2, &[0, 2, 1, 0]),
        (&[2, 3, 2], 2, &[1, 0, 1]),
        (&[2, 3], 1, &[]),
        (&[0, 3], 1, &[2, 0]),
        (&[2, 3, 0], 1, &[2, 0]),
    ];
    for (shape, axis, indices) in cases {
        let x = Array::spread(shape, -1.0, 1.0, 3);
        let at = axis.rem_euclid(shape.len() as isize) as usize;
        for dtype in [DType::U32, DType::I64, DType::U8] {
            let picked = list(indices, dtype);
            let name = format!("index_select {shape:?} {axis} {indices:?}");
            check(
                &name,
                &[x.clone()],
                |x| x[0].index_select(axis, &picked),
                |x| {
                    let mut out = shape.to_vec();
                    out[at] = indices.len();
                    Array::from_fn(&out, |i| {
                        let mut from = i.to_vec();
                        from[at] = indices[i[at]] as usize;
                        x[0].at(&from)
                    })
                },
            );
        }
    }
}

#[test]
fn gather() {
    let cases: [(&[usize], isize, usize); 6] = [
        (&[4], 0, 3),
        (&[3, 4], 1, 1),
        (&[3, 4], 0, 5),
        (&[2, 3, 2], 1, 2),
        (&[2, 3, 2], -1, 4),
        (&[3, 4], 1, 0),
    ];
    for (shape, axis, count) in cases {
        let at = axis.rem_euclid(shape.len() as isize) as usize;
        let mut out = shape.to_vec();
        out[at] = count;
        let chosen = Array::spread(&out, 0.0, shape[at] as f64, 8).map(f64::floor);
        let indices = Tensor::from_vec(chosen.data.clone(), out.as_slice())
            .unwrap()
            .to_dtype(DType::I64)
            .unwrap();
        let x = Array::spread(shape, -1.0, 1.0, 4);
        let name = format!("gather {shape:?} {axis} {count}");
        check(
            &name,
            &[x],
            |x| x[0].gather(axis, &indices),
            |x| {
                Array::from_fn(&out, |i| {
                    let mut from = i.to_vec();
                    from[at] = chosen.at(i) as usize;
                    x[0].at(&from)
                })
            },
        );
    }
}

#[test]
fn concat_and_stack() {
    let cases: [(&[&[usize]], isize); 6] = [
        (&[&[2], &[3]], 0),
        (&[&[2, 3]], 1),
        (&[&[2, 3], &[2, 1], &[2, 0], &[2, 2]], -1),
        (&[&[1, 3], &[4, 3]], 0),
        (&[&[2, 1, 3], &[2, 2, 3]], 1),
        (&[&[0, 3], &[0, 3]], 0),
    ];
    for (shapes, axis) in cases {
        let at = axis.rem_euclid(shapes[0].len() as isize) as usize;
        let parts: Vec<Array> = shapes
            .iter()
            .enumerate()
            .map(|(i, s)| Array::spread(s, -1.0, 1.0, i as u64))
            .collect();
        check(
            "concat",
            &parts,
            |x| Tensor::concat(&x.iter().collect::<Vec<_>>(), axis),
            |x| {
                let mut out = x[0].shape.clone();
                out[at] = x.iter().map(|a| a.shape[at]).sum();
                Array::from_fn(&out, |i| {
                    let (mut from, mut part) = (i.to_vec(), 0);
                    while from[at] >= x[part].shape[at] {
                        from[at] -= x[part].shape[at];
                        part += 1;
                    }
                    x[part].at(&from)
                })
            },
        );
    }
    for axis in -3isize..3 {
        let at = axis.rem_euclid(3) as usize;
        let parts: Vec<Array> = (0..3)
            .map(|i| Array::spread(&[2, 4], -1.0, 1.0, i))
            .collect();
        check(
            "stack",
            &parts,
            |x| Tensor::stack(&x.iter().collect::<Vec<_>>(), axis),
            |x| {
                let mut out = vec![2, 4];
                out.insert(at, 3);
                Array::from_fn(&out, |i| {
                    let mut from = i.to_vec();
                    let part = from.remove(at);
                    x[part].at(&from)
                })
            },
        );
    }
    let x = Array::spread(&[2, 3], -1.0, 1.0, 1);
    check(
        "x beside itself",
        &[x],
        |x| Tensor::concat(&[&x[0], &x[0]], 1),
        |x| Array::from_fn(&[2, 6], |i| x[0].at(&[i[0], i[1] % 3])),
    );
}

#[test]
fn split() {
    let x = Array::spread(&[2, 7], -1.0, 1.0, 1);
    for size in [1, 3, 7, 100] {
        let pieces = 7usize.div_ceil(size);
        for piece in 0..pieces {
            let width = size.min(7 - piece * size);
            check(
                "split",
                &[x.clone()],
                |x| Ok(x[0].split(1, size)?.swap_remove(piece)),
                |x| Array::from_fn(&[2, width], |i| x[0].at(&[i[0], piece * size + i[1]])),
            );
        }
        let t = Tensor::from_slice(&x.data, [2, 7]).unwrap();
        let pieces = t.split(1, size).unwrap();
        let joined = Tensor::concat(&pieces.iter().collect::<Vec<_>>(), 1).unwrap();
        assert_eq!(values(&joined), x.data);
    }
}
