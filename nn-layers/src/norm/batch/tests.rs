use nn_core::{Mode, Parameters};

use super::*;
use crate::testing::{check_layer, grid};

fn build(spec: &BatchNormSpec, channels: usize) -> BatchNorm {
    spec.build(&Shape::from([1, channels]), DType::F64).unwrap()
}

/// With parameters and statistics that are not 0 and 1.
fn used(spec: &BatchNormSpec, channels: usize) -> BatchNorm {
    let mut layer = build(spec, channels);
    for (i, parameter) in layer.parameters_mut().into_iter().enumerate() {
        if parameter.value().dtype() == DType::F64 {
            let value = grid([channels]).add_scalar(4.0 + i as f64).unwrap();
            parameter.set_value(&value).unwrap();
        }
    }
    layer
}

#[test]
fn shapes_and_gradients() {
    let settings = [(true, true), (true, false), (false, true), (false, false)];
    for (affine, track_running_stats) in settings {
        let spec = BatchNormSpec {
            affine,
            track_running_stats,
            ..BatchNormSpec::default()
        };
        for shape in [
            Shape::from([7, 3]),
            Shape::from([2, 3, 5]),
            Shape::from([2, 3, 4, 3]),
        ] {
            check_layer(&mut used(&spec, 3), &shape);
        }
    }
}

#[test]
fn a_following_activation_changes_nothing_but_the_tape() {
    let layer = used(&BatchNormSpec::default(), 4);
    for (act, mode) in [Activation::Relu, Activation::Silu, Activation::Tanh]
        .into_iter()
        .flat_map(|act| [(act, Mode::Train), (act, Mode::Evaluate)])
    {
        let run = |together: bool| {
            let mut cx = Context::with_tape(mode, 0, 0);
            let x = cx.tape().unwrap().watch(&grid([3, 4, 2, 5]));
            let y = match together {
                true => layer.forward_activated(&x, act, &mut cx).unwrap(),
                false => layer.forward(&x, &mut cx).unwrap().activate(act).unwrap(),
            };
            let nodes = cx.tape().unwrap().len();
            let loss = y.mul(&grid([3, 4, 2, 5])).unwrap().sum(..).unwrap();
            let gradients = cx.backward(&loss).unwrap();
            let mut all = vec![y.detach(), gradients.get(&x).unwrap().clone()];
            for parameter in &layer.parameters()[..2] {
                all.push(gradients.param(parameter.id()).unwrap().clone());
            }
            let all: Vec<_> = all
                .iter()
                .flat_map(|t| t.to_vec::<f64>().unwrap())
                .collect();
            (all, nodes)
        };
        let (together, apart) = (run(true), run(false));
        assert_eq!(together.1 + 1, apart.1);
        for (a, b) in together.0.iter().zip(&apart.0) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{act:?}: {a}, {b}");
        }
    }
}

#[test]
fn running_statistics_follow_the_batches() {
    let momentum = BatchNormSpec::default();
    let cumulative = BatchNormSpec {
        cumulative: true,
        ..BatchNormSpec::default()
    };
    for (spec, shares) in [(momentum, [0.1, 0.1]), (cumulative, [1.0, 0.5])] {
        let mut layer = build(&spec, 2);
        let (mut mean, mut variance) = (0.0, 1.0);
        for (step, share) in shares.into_iter().enumerate() {
            let values = [1.0, 4.0, 7.0 + step as f64];
            let x = values.iter().flat_map(|&v| [v, -v]).collect::<Vec<f64>>();
            let mut cx = Context::train(0, 0);
            let x = Tensor::from_vec(x, [3, 2]).unwrap();
            layer.forward(&x, &mut cx).unwrap();
            cx.apply_buffer_updates(&mut layer).unwrap();
            let batch = values.iter().sum::<f64>() / 3.0;
            let squares: f64 = values.iter().map(|v| (v - batch).powi(2)).sum();
            mean += share * (batch - mean);
            variance += share * (squares / 2.0 - variance);
        }
        let value = |p: &Option<Parameter>| p.as_ref().unwrap().value().clone();
        let found = value(&layer.running_mean).to_vec::<f64>().unwrap();
        assert!((found[0] - mean).abs() < 1e-14 && (found[1] + mean).abs() < 1e-14);
        let found = value(&layer.running_var).to_vec::<f64>().unwrap();
        assert!((found[0] - variance).abs() < 1e-14);
        assert_eq!(
            value(&layer.num_batches_tracked).to_vec::<i64>().unwrap(),
            [2]
        );

        // In use nothing moves, and the layer is the affine map it says it is.
        let Affine { scale, shift } = layer.scale_and_shift().unwrap().unwrap();
        let mut cx = Context::evaluate();
        let x = grid([5, 2]);
        let y = layer.forward(&x, &mut cx).unwrap().to_vec::<f64>().unwrap();
        let expected = x.mul(&scale).unwrap().add(&shift).unwrap();
        for (y, e) in y.iter().zip(expected.to_vec::<f64>().unwrap()) {
            assert!((y - e).abs() < 1e-13);
        }
        cx.apply_buffer_updates(&mut layer).unwrap();
        assert_eq!(value(&layer.num_batches_tracked).item().unwrap(), 2.0);
    }
}

#[test]
fn parameters_have_pytorchs_names() {
    let names = |layer: &BatchNorm| -> Vec<String> {
        layer
            .named_parameters()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    let layer = BatchNorm::new(3).unwrap();
    let all = [
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ];
    assert_eq!(names(&layer), all);
    assert_eq!(layer.parameter_count(), 6);
    assert_eq!(layer.describe(), "BatchNorm 3");
    let bare = BatchNormSpec {
        affine: false,
        track_running_stats: false,
        ..BatchNormSpec::default()
    };
    let bare = build(&bare, 3);
    assert!(names(&bare).is_empty() && bare.scale_and_shift().unwrap().is_none());
}

#[test]
fn what_does_not_fit_is_refused() {
    let layer = build(&BatchNormSpec::default(), 3);
    let message = |x: Tensor| {
        layer
            .forward(&x, &mut Context::train(0, 0))
            .unwrap_err()
            .to_string()
    };
    let expected = "batch_norm: input is [2, 4, 5], its axis 1 must have 3 channels";
    assert_eq!(message(grid([2, 4, 5])), expected);
    assert_eq!(
        layer
            .output_shape(&Shape::from([2, 4, 5]))
            .unwrap_err()
            .to_string(),
        expected
    );
    assert_eq!(
        message(grid([1, 3])),
        "batch_norm: input is [1, 3]: each statistic would be of 1 value, it takes at least 2"
    );
    let none = Tensor::zeros([0, 3], DType::F64).unwrap();
    assert!(message(none.clone()).contains("0 value"));
    assert_eq!(
        layer
            .forward(&none, &mut Context::evaluate())
            .unwrap()
            .dims(),
        [0, 3]
    );
    let f32s = Tensor::zeros([2, 3], DType::F32).unwrap();
    assert!(matches!(
        layer.forward(&f32s, &mut Context::evaluate()).unwrap_err(),
        nn_core::Error::DType { .. }
    ));
    for (eps, momentum) in [(-1.0, 0.1), (f64::NAN, 0.1), (1e-5, 1.5), (1e-5, f64::NAN)] {
        let spec = BatchNormSpec {
            eps,
            momentum,
            ..BatchNormSpec::default()
        };
        assert!(spec.build(&Shape::from([1, 3]), DType::F32).is_err());
    }
    assert!(BatchNorm::new(0).is_err());
    assert!(
        BatchNormSpec::default()
            .build(&Shape::from([4]), DType::F32)
            .is_err()
    );
}
