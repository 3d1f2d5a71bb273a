//! What the tests of all layers and losses share.

use nn_core::autograd::{GradCheck, gradient_check};
use nn_core::{Context, Mode, Parameters, Shape, Tensor};

use crate::Layer;

/// Numbers in −3..3 without pattern and away from the kinks of the piecewise functions (0, ±1, ±3).
pub(crate) fn grid(shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let values: Vec<f64> = (0..shape.numel())
        .map(|i| {
            let x = 2.9 * (1.3 * i as f64 + 0.7 * ((i * i) % 17) as f64 + 0.4).sin();
            let near = [-3.0, -1.0, 0.0, 1.0, 3.0].into_iter().any(|kink| (x - kink).abs() < 1e-3);
            if near { x + 0.01 } else { x }
        })
        .collect();
    Tensor::from_vec(values, shape).unwrap()
}

/// Checks that a layer (in f64) gives the shape it announces, and its gradients for input and parameters, in
/// training (with fixed draws) and in evaluation.
pub(crate) fn check_layer(layer: &mut dyn Layer, shape: &Shape) {
    let x = grid(shape);
    let announced = layer.output_shape(shape).unwrap();
    for mode in [Mode::Train, Mode::Evaluate] {
        let forward = |x: &Tensor| layer.forward(x, &mut Context::with_tape(mode, 11, 0));
        assert_eq!(forward(&x).unwrap().shape(), &announced, "{layer:?}");
        gradient_check(|x| forward(&x[0]), std::slice::from_ref(&x), &GradCheck::default())
            .unwrap_or_else(|e| panic!("{}: {e}", layer.describe()));
    }
    if !layer.parameters().is_empty() {
        check_parameters(layer, &x);
    }
}

/// Compares the gradients of a layer's parameters with differences, element by element.
fn check_parameters(layer: &mut dyn Layer, x: &Tensor) {
    let loss = |layer: &dyn Layer, cx: &mut Context| {
        let y = layer.forward(x, cx).unwrap();
        y.mul(&grid(y.shape())).unwrap().sum(..).unwrap()
    };
    let context = || Context::with_tape(Mode::Train, 11, 0);
    let mut cx = context();
    let value = loss(layer, &mut cx);
    let gradients = cx.backward(&value).unwrap();
    for index in 0..layer.parameters().len() {
        let parameter = layer.parameters()[index];
        let by_rule = gradients.param(parameter.id()).unwrap().to_vec::<f64>().unwrap();
        let values = parameter.value().to_vec::<f64>().unwrap();
        assert_eq!(by_rule.len(), values.len());
        for (element, (&rule, &value)) in by_rule.iter().zip(&values).enumerate() {
            let mut at = |x: f64| {
                let parameter = &mut layer.parameters_mut()[index];
                parameter.value_mut().make_mut::<f64>().unwrap()[element] = x;
                loss(layer, &mut context()).item().unwrap()
            };
            let difference = (at(value + 1e-6) - at(value - 1e-6)) / 2e-6;
            at(value);
            assert!(
                (rule - difference).abs() <= 1e-7 + 1e-5 * difference.abs(),
                "{}, parameter {index}, element {element}: {rule} by rule, {difference} by difference",
                layer.describe()
            );
        }
    }
}
