//! Normalisation by channel.

use nn_core::kernels::threads::{set_threads, threads};
use nn_core::{Activation, DType, Rng, Tape, Tensor};

use crate::check::check;
use crate::naive::{Array, indices};

const EPS: f64 = 1e-3;

/// act(w·(x − mean)/√(variance + eps) + b), with statistics over the elements that `key` gives the same number.
fn naive(inputs: &[Array], relu: bool, key: &dyn Fn(&[usize]) -> usize) -> Array {
    let (x, w, b) = (&inputs[0], &inputs[1], &inputs[2]);
    let all = indices(&x.shape);
    let moments = |k: usize| {
        let members: Vec<f64> = all
            .iter()
            .filter(|i| key(i) == k)
            .map(|i| x.at(i))
            .collect();
        let n = members.len() as f64;
        let mean = members.iter().sum::<f64>() / n;
        (
            mean,
            members.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n,
        )
    };
    Array::from_fn(&x.shape, |i| {
        let (mean, variance) = moments(key(i));
        let c = i[1];
        let y = w.data[c] * (x.at(i) - mean) / (variance + EPS).sqrt() + b.data[c];
        if relu { y.max(0.0) } else { y }
    })
}

fn inputs(shape: &[usize], seed: u64) -> [Array; 3] {
    let c = shape[1];
    [
        Array::spread(shape, -2.0, 3.0, seed),
        Array::spread(&[c], 0.5, 1.5, seed + 1),
        Array::spread(&[c], -0.5, 0.5, seed + 2),
    ]
}

fn activation(relu: bool) -> Activation {
    if relu {
        Activation::Relu
    } else {
        Activation::Identity
    }
}

#[test]
fn batch_norm_agrees_with_the_formula() {
    let shapes: [&[usize]; 5] = [
        &[5, 3],
        &[4, 1, 3],
        &[2, 4, 3, 2],
        &[3, 17, 2, 1],
        &[1, 2, 2, 2, 3],
    ];
    for (seed, shape) in shapes.into_iter().enumerate() {
        for relu in [false, true] {
            check(
                &format!("batch_norm {shape:?}"),
                &inputs(shape, seed as u64),
                |t| {
                    let (w, b) = (Some(&t[1]), Some(&t[2]));
                    Ok(t[0].batch_norm(w, b, EPS, None, activation(relu))?.0)
                },
                |a| naive(a, relu, &|i| i[1]),
            );
        }
    }
}

#[test]
fn what_is_added_comes_before_the_activation() {
    let shape = [2, 4, 3, 2];
    let mut arrays = inputs(&shape, 20).to_vec();
    arrays.push(Array::spread(&shape, -1.5, 1.5, 30));
    let mean = Tensor::from_vec(vec![0.3, -0.2, 1.0, 0.0], [4]).unwrap();
    for act in [Activation::Identity, Activation::Relu, Activation::Tanh] {
        let value = |z: f64| match act {
            Activation::Identity => z,
            Activation::Relu => z.max(0.0),
            _ => z.tanh(),
        };
        check(
            "batch_norm and sum",
            &arrays,
            |t| {
                let (w, b) = (Some(&t[1]), Some(&t[2]));
                Ok(t[0].batch_norm(w, b, EPS, Some(&t[3]), act)?.0)
            },
            |a| {
                let normal = naive(a, false, &|i| i[1]);
                Array::from_fn(&shape, |i| value(normal.at(i) + a[3].at(i)))
            },
        );
        check(
            "batch_norm_with and sum",
            &arrays,
            |t| {
                let mean = mean.to_dtype(t[0].dtype())?;
                let by = (&mean, &mean.exp()?);
                t[0].batch_norm_with(by, Some(&t[1]), Some(&t[2]), EPS, Some(&t[3]), act)
            },
            |a| {
                let m = mean.to_vec::<f64>().unwrap();
                Array::from_fn(&shape, |i| {
                    let c = i[1];
                    let normal = (a[0].at(i) - m[c]) / (m[c].exp() + EPS).sqrt();
                    value(a[1].data[c] * normal + a[2].data[c] + a[3].at(i))
                })
            },
        );
    }
}

#[test]
fn group_and_instance_norm_agree_with_the_formula() {
    for (seed, shape) in [&[2, 6, 5][..], &[3, 6, 2, 2], &[1, 6, 3, 2, 2]]
        .into_iter()
        .enumerate()
    {
        let arrays = inputs(shape, seed as u64);
        for groups in [1, 2, 3, 6] {
            check(
                &format!("group_norm {shape:?} in {groups}"),
                &arrays,
                |t| t[0].group_norm(groups, Some(&t[1]), Some(&t[2]), EPS, Activation::Identity),
                |a| naive(a, false, &|i| i[0] * groups + i[1] * groups / 6),
            );
        }
        check(
            &format!("instance_norm {shape:?}"),
            &arrays,
            |t| {
                let (w, b) = (Some(&t[1]), Some(&t[2]));
                Ok(t[0].instance_norm(w, b, EPS, Activation::Relu)?.0)
            },
            |a| naive(a, true, &|i| i[0] * 6 + i[1]),
        );
    }
}

#[test]
fn given_statistics_are_constants() {
    let shape = [2, 3, 4];
    let mean = Tensor::from_vec(vec![0.3, -0.2, 1.0], [3]).unwrap();
    let variance = Tensor::from_vec(vec![0.5, 2.0, 1.0], [3]).unwrap();
    let (m, v) = (
        mean.to_vec::<f64>().unwrap(),
        variance.to_vec::<f64>().unwrap(),
    );
    for relu in [false, true] {
        check(
            "batch_norm_with",
            &inputs(&shape, 9),
            |t| {
                let dtype = t[0].dtype();
                let by = (&mean.to_dtype(dtype)?, &variance.to_dtype(dtype)?);
                t[0].batch_norm_with(by, Some(&t[1]), Some(&t[2]), EPS, None, activation(relu))
            },
            |a| {
                Array::from_fn(&shape, |i| {
                    let c = i[1];
                    let normal = (a[0].at(i) - m[c]) / (v[c] + EPS).sqrt();
                    let y = a[1].data[c] * normal + a[2].data[c];
                    if relu { y.max(0.0) } else { y }
                })
            },
        );
    }
}

#[test]
fn the_statistics_of_a_batch_come_with_it() {
    let x = Tensor::from_vec(vec![1.0f64, 10.0, 3.0, 10.0, 2.0, 16.0], [3, 2]).unwrap();
    let (_, batch) = x
        .batch_norm(None, None, EPS, None, Activation::Identity)
        .unwrap();
    assert_eq!(batch.mean.to_vec::<f64>().unwrap(), [2.0, 12.0]);
    assert_eq!(batch.variance.to_vec::<f64>().unwrap(), [1.0, 12.0]);
    let x = x.reshape([1, 2, 3]).unwrap();
    let (_, one) = x
        .instance_norm(None, None, EPS, Activation::Identity)
        .unwrap();
    let twice = x.broadcast_to([2, 2, 3]).unwrap();
    let (_, two) = twice
        .instance_norm(None, None, EPS, Activation::Identity)
        .unwrap();
    assert_eq!(
        one.mean.to_vec::<f64>().unwrap(),
        two.mean.to_vec::<f64>().unwrap()
    );
    assert_eq!(
        one.variance.to_vec::<f64>().unwrap(),
        two.variance.to_vec::<f64>().unwrap()
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let before = threads();
    let x = Tensor::rand_normal([8, 16, 33, 31], 1.0, 2.0, DType::F32, &mut Rng::new(1)).unwrap();
    let weight = Tensor::rand_normal([16], 1.0, 0.2, DType::F32, &mut Rng::new(2)).unwrap();
    let run = || {
        let tape = Tape::new();
        let (x, w) = (tape.watch(&x), tape.watch(&weight));
        let act = Activation::Relu;
        let (y, batch) = x.batch_norm(Some(&w), None, EPS, None, act).unwrap();
        let z = y.group_norm(4, Some(&w), None, EPS, act).unwrap();
        let gradients = tape
            .backward(&z.square().unwrap().sum(..).unwrap())
            .unwrap();
        [
            y,
            z,
            batch.variance,
            gradients.get(&x).unwrap().clone(),
            gradients.get(&w).unwrap().clone(),
        ]
        .map(|t| {
            t.to_vec::<f32>()
                .unwrap()
                .into_iter()
                .map(f32::to_bits)
                .collect::<Vec<_>>()
        })
    };
    set_threads(1);
    let one = run();
    for count in [2, 3] {
        set_threads(count);
        assert!(one == run(), "{count} threads");
    }
    set_threads(before);
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let x = Tensor::zeros([2, 6, 3], DType::F32).unwrap();
    let act = Activation::Identity;
    let error = x.group_norm(4, None, None, EPS, act).unwrap_err();
    assert_eq!(
        error.to_string(),
        "group_norm: 6 channels do not divide into 4 groups"
    );
    assert!(x.group_norm(0, None, None, EPS, act).is_err());
    let five = Tensor::zeros([5], DType::F32).unwrap();
    let error = x.batch_norm(Some(&five), None, EPS, None, act).unwrap_err();
    assert_eq!(
        error.to_string(),
        "batch_norm: weight and bias must have shape [6] for 6 channels, not [5]"
    );
    assert!(
        x.batch_norm_with((&five, &five), None, None, EPS, None, act)
            .is_err()
    );
    assert!(five.batch_norm(None, None, EPS, None, act).is_err());
    assert!(x.batch_norm(None, None, -1.0, None, act).is_err());
    assert!(x.batch_norm(None, None, EPS, Some(&five), act).is_err());
    let whole = Tensor::zeros([2, 6, 3], DType::I64).unwrap();
    assert!(whole.batch_norm(None, None, EPS, None, act).is_err());
    let points = Tensor::zeros([2, 6, 1], DType::F32).unwrap();
    assert!(points.instance_norm(None, None, EPS, act).is_err());
    let none = Tensor::zeros([0, 6, 3], DType::F32).unwrap();
    assert_eq!(
        none.group_norm(2, None, None, EPS, act).unwrap().dims(),
        [0, 6, 3]
    );
}
