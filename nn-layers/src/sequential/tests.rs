use nn_core::{DType, Error as CoreError, Mode, Rng};

use super::*;
use crate::conv::{ConvSpec, Padding};
use crate::linear::LinearSpec;
use crate::norm::BatchNormSpec;
use crate::testing::{check_layer, grid};
use crate::{ActivationLayer, Dropout, Linear, Residual};

fn linear(inputs: usize, outputs: usize) -> Linear {
    let seed = (inputs * 100 + outputs) as u64;
    LinearSpec::new(outputs)
        .build(inputs, DType::F64, &mut Rng::new(seed))
        .unwrap()
}

fn relu() -> ActivationLayer {
    ActivationLayer::new(Activation::Relu)
}

#[test]
fn a_following_activation_costs_no_node() {
    let (first, last) = (linear(4, 6), linear(6, 3));
    let x = grid([5, 4]);
    let mut cx = Context::train(0, 0);
    let apart = first.forward(&x, &mut cx).unwrap();
    let apart = apart.tanh().unwrap();
    let apart = last.forward(&apart, &mut cx).unwrap();
    let nodes = cx.tape().unwrap().len();

    let tanh = ActivationLayer::new(Activation::Tanh);
    let network = Sequential::new().with(first).with(tanh).with(last);
    let mut cx = Context::train(0, 0);
    let together = network.forward(&x, &mut cx).unwrap();
    assert_eq!(cx.tape().unwrap().len() + 1, nodes);
    assert_eq!(
        together.to_vec::<f64>().unwrap(),
        apart.to_vec::<f64>().unwrap()
    );
}

#[test]
fn in_use_a_convolution_takes_over_the_norm_that_follows() {
    for (bias, groups) in [(false, 1), (true, 1), (true, 2)] {
        let conv = |filters, kernel| ConvSpec::<2> {
            bias,
            groups,
            padding: Padding::Same,
            ..ConvSpec::new(filters, kernel)
        };
        let mut rng = Rng::new(3);
        let mut build =
            |spec: ConvSpec<2>, channels| spec.build(channels, DType::F64, &mut rng).unwrap();
        let norm = || {
            BatchNormSpec::default()
                .build(&Shape::from([1, 6]), DType::F64)
                .unwrap()
        };
        let branch = Sequential::new()
            .with(build(conv(6, 3), 4))
            .with(norm())
            .with(relu())
            .with(build(conv(6, 1), 6))
            .with(norm());
        let shortcut = Sequential::new().with(build(conv(6, 1), 4));
        let mut network = Sequential::new()
            .with(Residual::new(branch).unwrap().with_shortcut(shortcut))
            .with(relu());
        // Statistics and parameters that are not 0 and 1.
        for (i, parameter) in network.parameters_mut().into_iter().enumerate() {
            if parameter.value().rank() == 1 && parameter.value().dtype() == DType::F64 {
                let value = grid([6]).mul_scalar(0.1 + 0.005 * i as f64).unwrap();
                let value = value.add_scalar(1.0).unwrap();
                parameter.set_value(&value).unwrap();
            }
        }
        for batch in [2, 1] {
            let x = grid([batch, 4, 5, 3]);
            let mut unfolded = Context::with_tape(Mode::Evaluate, 0, 0);
            let apart = network
                .forward(&x, &mut unfolded)
                .unwrap()
                .to_vec::<f64>()
                .unwrap();
            assert!(apart.iter().filter(|y| **y > 0.0).count() > apart.len() / 8);
            for _ in 0..2 {
                let together = network.forward(&x, &mut Context::evaluate()).unwrap();
                for (a, b) in together.to_vec::<f64>().unwrap().iter().zip(&apart) {
                    assert!((a - b).abs() < 1e-11 * (1.0 + b.abs()), "{a}, {b}");
                }
            }
        }
        // What is kept follows a change of a weight.
        let before = network
            .forward(&grid([1, 4, 5, 3]), &mut Context::evaluate())
            .unwrap();
        for parameter in network.parameters_mut() {
            let doubled = parameter
                .value()
                .to_dtype(DType::F64)
                .unwrap()
                .mul_scalar(2.0)
                .unwrap();
            let value = doubled.to_dtype(parameter.value().dtype()).unwrap();
            parameter.set_value(&value).unwrap();
        }
        let after = network
            .forward(&grid([1, 4, 5, 3]), &mut Context::evaluate())
            .unwrap();
        assert_ne!(
            before.to_vec::<f64>().unwrap(),
            after.to_vec::<f64>().unwrap()
        );
    }
}

#[test]
fn shapes_and_gradients() {
    let inner = Sequential::new()
        .with(relu())
        .with(linear(6, 2))
        .with(relu())
        .with(relu());
    let mut network = Sequential::new()
        .with(linear(4, 6))
        .with(inner)
        .with(Dropout::new(0.1).unwrap());
    check_layer(&mut network, &Shape::from([5, 4]));
    check_layer(&mut Sequential::new(), &Shape::from([5, 4]));
    assert_eq!(network.multiply_adds(&Shape::from([5, 4])), 5 * (24 + 12));
}

#[test]
fn errors_say_where() {
    let mut inner = Sequential::new();
    inner.push_named("hidden", linear(4, 6)).unwrap();
    inner.push_named("out", linear(7, 3)).unwrap();
    let mut network = Sequential::new().with(relu());
    network.push_named("encoder", inner).unwrap();
    let expected =
        "encoder.out (Linear 7→3): linear: input is [2, 6], its last dimension must be 7";
    let x = grid([2, 4]);
    let messages = [
        network.forward(&x, &mut Context::evaluate()).unwrap_err(),
        network.output_shape(x.shape()).unwrap_err(),
        network.summary(&Shape::from([4])).unwrap_err(),
    ];
    for (message, batch) in messages.iter().zip(["2", "2", "1"]) {
        assert_eq!(
            message.to_string(),
            expected.replace("[2, 6]", &format!("[{batch}, 6]"))
        );
    }
}

#[test]
fn a_checking_pass_names_the_layer_that_made_infinity() {
    let network = Sequential::new()
        .with(linear(4, 6))
        .with(relu())
        .with(linear(6, 2));
    let x = Tensor::full([1, 4], 1e308, DType::F64).unwrap();
    assert!(network.forward(&x, &mut Context::evaluate()).is_ok());
    let mut cx = Context::with_tape(Mode::Train, 0, 0).checking_finite();
    let error = network
        .forward(&x.mul_scalar(1e5).unwrap(), &mut cx)
        .unwrap_err();
    assert!(matches!(error, CoreError::Layer { .. }));
    assert_eq!(
        error.to_string(),
        "0 (Linear 4→6): the output holds NaN or infinity"
    );
}

#[test]
fn names_are_checked() {
    let mut network = Sequential::new().with(relu());
    network.push_named("out", relu()).unwrap();
    for (name, problem) in [
        ("", "it is empty"),
        ("7", "numbers are the names of layers without one"),
        ("a.b", "dots separate the names of nested layers"),
        ("out", "another layer has this name"),
    ] {
        let message = network.push_named(name, relu()).unwrap_err().to_string();
        assert_eq!(message, format!("{name:?} cannot name a layer: {problem}"));
    }
    network.push(relu());
    let names: Vec<_> = network.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0", "out", "2"]);
    assert!(network.get("out").is_some() && network.get_mut("1").is_none());
    assert!(network.pop().is_some() && network.len() == 2);
}

#[test]
fn one_network_serves_several_threads() {
    let network = Sequential::new()
        .with(linear(4, 6))
        .with(relu())
        .with(linear(6, 2));
    let x = grid([3, 4]);
    let run = || {
        network
            .forward(&x, &mut Context::evaluate())
            .unwrap()
            .to_vec::<f64>()
            .unwrap()
    };
    let alone = run();
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        others
            .into_iter()
            .for_each(|other| assert_eq!(other.join().unwrap(), alone));
    });
}
