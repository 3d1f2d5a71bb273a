//! The matrix product and the fused linear map.

use nn_core::{Activation, DType, Tape, Tensor};

use crate::check::{check, check_value, values};
use crate::naive::{Array, broadcast, indices, matmul, zip};

/// The product of any ranks by its definition: batches broadcast, vectors are rows or columns.
fn naive(a: &Array, b: &Array) -> Array {
    let (mut left, mut right) = (a.clone(), b.clone());
    if a.shape.len() == 1 {
        left.shape.insert(0, 1);
    }
    if b.shape.len() == 1 {
        right.shape.push(1);
    }
    let (a_axes, b_axes) = (left.shape.len() - 2, right.shape.len() - 2);
    let batch = broadcast(&left.shape[..a_axes], &right.shape[..b_axes]).unwrap();
    let (m, k, n) = (
        left.shape[a_axes],
        left.shape[a_axes + 1],
        right.shape[b_axes + 1],
    );
    let full = |rows, columns| [batch.as_slice(), &[rows, columns]].concat();
    let mut data = Vec::new();
    for place in indices(&batch) {
        let pick = |x: &Array, rows, columns| {
            Array::from_fn(&[rows, columns], |i| {
                x.at_broadcast(&[place.as_slice(), i].concat())
            })
        };
        data.extend(matmul(&pick(&left, m, k), &pick(&right, k, n)).data);
    }
    let mut shape = full(m, n);
    if b.shape.len() == 1 {
        shape.pop();
    }
    if a.shape.len() == 1 {
        shape.remove(batch.len());
    }
    Array { shape, data }
}

#[test]
fn matrix_products_of_all_ranks() {
    let pairs: [(&[usize], &[usize]); 22] = [
        (&[1, 1], &[1, 1]),
        (&[3, 4], &[4, 5]),
        (&[7, 1], &[1, 6]),
        (&[1, 9], &[9, 1]),
        (&[5, 17], &[17, 3]),
        (&[4], &[4]),
        (&[4], &[4, 3]),
        (&[3, 4], &[4]),
        (&[2, 3, 4], &[4]),
        (&[4], &[2, 4, 3]),
        (&[2, 3, 4], &[4, 5]),
        (&[3, 4], &[2, 4, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[2, 3, 4], &[1, 4, 2]),
        (&[3, 1, 2, 4], &[2, 4, 2]),
        (&[2, 1, 2, 3], &[1, 2, 3, 2]),
        (&[0, 4], &[4, 3]),
        (&[3, 4], &[4, 0]),
        (&[3, 0], &[0, 2]),
        (&[2, 3, 0], &[0, 2]),
        (&[0, 3, 4], &[4, 2]),
        (&[2, 3, 0], &[2, 0, 2]),
    ];
    for (seed, (a, b)) in pairs.iter().enumerate() {
        let a = Array::spread(a, -1.0, 1.0, seed as u64);
        let b = Array::spread(b, -1.0, 1.0, 1000 + seed as u64);
        let name = format!("matmul {:?} {:?}", a.shape, b.shape);
        check(
            &name,
            &[a, b],
            |x| x[0].matmul(&x[1]),
            |x| naive(&x[0], &x[1]),
        );
    }
}

#[test]
fn transposed_operands_are_taken_as_they_are() {
    let a = Array::spread(&[4, 3], -1.0, 1.0, 1);
    let b = Array::spread(&[5, 4], -1.0, 1.0, 2);
    let transposed = |x: &Array| Array::from_fn(&[x.shape[1], x.shape[0]], |i| x.at(&[i[1], i[0]]));
    check(
        "aᵀ·bᵀ",
        &[a.clone(), b.clone()],
        |x| x[0].t()?.matmul(&x[1].t()?),
        |x| matmul(&transposed(&x[0]), &transposed(&x[1])),
    );
    check(
        "aᵀ·a",
        &[a],
        |x| x[0].t()?.matmul(&x[0]),
        |x| matmul(&transposed(&x[0]), &x[0]),
    );
    // A matrix whose rows are all the same memory.
    let row = Array::spread(&[4], -1.0, 1.0, 3);
    check(
        "repeated rows",
        &[row, b],
        |x| x[0].broadcast_to([6, 4])?.matmul(&x[1].t()?),
        |x| {
            let rows = Array::from_fn(&[6, 4], |i| x[0].at(&i[1..]));
            matmul(&rows, &transposed(&x[1]))
        },
    );
}

#[test]
fn products_larger_than_the_blocks() {
    for (m, k, n) in [(65, 300, 33), (130, 7, 200), (1, 513, 257), (97, 129, 1)] {
        let a = Array::spread(&[m, k], -1.0, 1.0, 1);
        let b = Array::spread(&[k, n], -1.0, 1.0, 2);
        check_value(
            "matmul",
            &[a, b],
            |x| x[0].matmul(&x[1]),
            |x| matmul(&x[0], &x[1]),
        );
    }
}

#[test]
fn linear_is_product_bias_and_activation() {
    let acts = [
        Activation::Identity,
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Silu,
        Activation::HardSwish,
        Activation::LeakyRelu(-0.1),
        Activation::Selu,
        Activation::Softplus,
    ];
    let shapes: [(&[usize], usize); 8] = [
        (&[5], 3),
        (&[1, 1], 1),
        (&[4, 5], 3),
        (&[2, 3, 4], 5),
        (&[2, 1, 2, 3], 2),
        (&[7, 17], 9),
        (&[0, 3], 2),
        (&[3, 0], 2),
    ];
    for (seed, &(shape, outputs)) in shapes.iter().enumerate() {
        let inputs = shape[shape.len() - 1];
        let x = Array::spread(shape, -1.0, 1.0, seed as u64);
        let w = Array::spread(&[outputs, inputs], -1.0, 1.0, 20 + seed as u64);
        let b = Array::spread(&[outputs], -1.0, 1.0, 40 + seed as u64);
        let product = |x: &Array, w: &Array| {
            naive(
                x,
                &Array::from_fn(&[inputs, outputs], |i| w.at(&[i[1], i[0]])),
            )
        };
        for act in acts {
            let activated = |z: Array| {
                let t = Tensor::from_vec(z.data, z.shape.as_slice()).unwrap();
                Array {
                    shape: z.shape,
                    data: values(&t.activate(act).unwrap()),
                }
            };
            let name = format!("linear {shape:?} {outputs} {act:?}");
            let all = [x.clone(), w.clone(), b.clone()];
            check(
                &name,
                &all,
                |t| t[0].linear(&t[1], Some(&t[2]), act),
                |a| activated(zip(&product(&a[0], &a[1]), &a[2], |z, b| z + b)),
            );
            check(
                &name,
                &all[..2],
                |t| t[0].linear(&t[1], None, act),
                |a| activated(product(&a[0], &a[1])),
            );
        }
    }
}

#[test]
fn only_what_is_watched_gets_a_gradient() {
    let make = |shape: &[usize], seed| {
        let a = Array::spread(shape, -1.0, 1.0, seed);
        Tensor::from_vec(a.data, shape).unwrap()
    };
    let (x, w, b) = (make(&[2, 3], 1), make(&[4, 3], 2), make(&[4], 3));
    let loss = |x: &Tensor, w: &Tensor, b: &Tensor| {
        x.linear(w, Some(b), Activation::Tanh)
            .unwrap()
            .square()
            .unwrap()
            .sum(..)
            .unwrap()
    };
    let tape = Tape::new();
    let all = [&x, &w, &b].map(|t| tape.watch(t));
    let full = tape.backward(&loss(&all[0], &all[1], &all[2])).unwrap();
    for which in 0..3 {
        let tape = Tape::new();
        let mut parts = [x.clone(), w.clone(), b.clone()];
        parts[which] = tape.watch(&parts[which]);
        let part = tape
            .backward(&loss(&parts[0], &parts[1], &parts[2]))
            .unwrap();
        let found = part.get(&parts[which]).unwrap();
        assert_eq!(
            found.to_vec::<f64>().unwrap(),
            full.get(&all[which]).unwrap().to_vec::<f64>().unwrap()
        );
    }
    assert_eq!(x.dtype(), DType::F64);
}
