//! What the tests of all layers and losses share.

use nn_core::{Context, Mode, Shape, Tensor};

use crate::Layer;

/// Numbers in −3..3 without pattern and away from the kinks of the piecewise functions (0, ±1, ±3).
pub(crate) fn grid(shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let values: Vec<f64> = (0..shape.numel())
        .map(|i| {
            let x = 2.9 * (1.3 * i as f64 + 0.7 * ((i * i) % 17) as f64 + 0.4).sin();
            let near = [-3.0, -1.0, 0.0, 1.0, 3.0]
                .into_iter()
                .any(|kink| (x - kink).abs() < 1e-3);
            if near { x + 0.01 } else { x }
        })
        .collect();
    Tensor::from_vec(values, shape).unwrap()
}

/// Checks that a layer (in f64) gives the shape it announces, and compares its gradients for input and
/// parameters with differences, in training (with fixed draws) and in evaluation.
pub(crate) fn check_layer(layer: &mut dyn Layer, shape: &Shape) {
    for mode in [Mode::Train, Mode::Evaluate] {
        let context = || Context::with_tape(mode, 11, 0);
        let weigh = |y: Tensor| y.mul(&grid(y.shape())).unwrap().sum(..).unwrap();
        let mut cx = context();
        let x = cx.tape().unwrap().watch(&grid(shape));
        let y = layer.forward(&x, &mut cx).unwrap();
        assert_eq!(y.shape(), &layer.output_shape(shape).unwrap(), "{layer:?}");
        let gradients = cx.backward(&weigh(y)).unwrap();

        let loss = |layer: &dyn Layer, x: &Tensor| {
            weigh(layer.forward(x, &mut context()).unwrap())
                .item()
                .unwrap()
        };
        let mut moved = x.detach();
        compare(
            "input",
            layer,
            gradients.get(&x),
            &x,
            |layer, element, value| {
                moved.make_mut::<f64>().unwrap()[element] = value;
                loss(layer, &moved)
            },
        );
        for index in 0..layer.parameters().len() {
            let parameter = layer.parameters()[index];
            if !parameter.requires_grad() {
                continue;
            }
            let (id, value) = (parameter.id(), parameter.value().clone());
            compare(
                "parameter",
                layer,
                gradients.param(id),
                &value,
                |layer, element, value| {
                    let parameter = &mut layer.parameters_mut()[index];
                    parameter.value_mut().make_mut::<f64>().unwrap()[element] = value;
                    loss(layer, &x.detach())
                },
            );
        }
    }
}

/// Compares a gradient with differences; `at` gives the loss with one element set to a value.
fn compare(
    what: &str,
    layer: &mut dyn Layer,
    gradient: Option<&Tensor>,
    point: &Tensor,
    mut at: impl FnMut(&mut dyn Layer, usize, f64) -> f64,
) {
    let by_rule = gradient.unwrap().to_vec::<f64>().unwrap();
    let values = point.to_vec::<f64>().unwrap();
    assert_eq!(by_rule.len(), values.len());
    for (element, (&rule, &value)) in by_rule.iter().zip(&values).enumerate() {
        let difference =
            (at(layer, element, value + 1e-6) - at(layer, element, value - 1e-6)) / 2e-6;
        at(layer, element, value);
        assert!(
            (rule - difference).abs() <= 1e-7 + 1e-5 * difference.abs(),
            "{}, {what}, element {element}: {rule} by rule, {difference} by difference",
            layer.describe()
        );
    }
}
