use nn_core::autograd::numeric_gradient;
use nn_core::{Activation, DType, Error, Parameter, Rng, Shape};

use super::*;
use crate::linear::LinearSpec;
use crate::testing::grid;
use crate::{ActivationLayer, Dropout, Flatten, LayerSpec, Softmax};

/// A convolution of 1×1: mixes channels, pixel by pixel.
#[derive(Debug)]
struct Mix {
    weight: Parameter,
}

crate::parameters!(Mix { weight });

impl Layer for Mix {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        let weight = cx.param(&self.weight);
        let (out, inputs) = (weight.dims()[0], weight.dims()[1]);
        let (n, h, w) = (x.dims()[0], x.dims()[2], x.dims()[3]);
        let pixels = x.reshape([n, inputs, h * w])?;
        let mixed = weight.reshape([out, inputs])?.matmul(&pixels)?;
        mixed.reshape([n, out, h, w])
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let dims = self.weight.value().dims();
        match *input.dims() {
            [n, c, h, w] if c == dims[1] => Ok(Shape::from([n, dims[0], h, w])),
            _ => Err(Error::shape("mix", "wrong input")),
        }
    }

    fn describe(&self) -> String {
        "Mix".into()
    }

    fn spec(&self) -> Option<LayerSpec> {
        None
    }
}

fn mix(out: usize, inputs: usize) -> Mix {
    Mix {
        weight: Parameter::new(grid([out, inputs, 1, 1])),
    }
}

fn linear(inputs: usize, outputs: usize) -> crate::Linear {
    LinearSpec::new(outputs)
        .build(inputs, DType::F64, &mut Rng::new(7))
        .unwrap()
}

fn activation(function: Activation) -> ActivationLayer {
    ActivationLayer::new(function)
}

fn tensor(values: &[f64], shape: impl Into<Shape>) -> Tensor {
    Tensor::from_slice(values, shape).unwrap()
}

#[track_caller]
fn close(got: &Tensor, expected: &Tensor) {
    assert_eq!(got.dims(), expected.dims());
    let expected = expected.to_vec::<f64>().unwrap();
    for (got, expected) in got.to_vec::<f64>().unwrap().iter().zip(&expected) {
        assert!(
            (got - expected).abs() <= 1e-6 * (1.0 + expected.abs()),
            "{got}, expected {expected}"
        );
    }
}

/// Nested, with a softmax at the end and a dropout that must not drop.
fn network() -> Sequential {
    let features = Sequential::new()
        .with(mix(4, 2))
        .with(activation(Activation::Tanh))
        .with(Dropout::new(0.5).unwrap());
    let mut network = Sequential::new();
    network.push_named("features", features).unwrap();
    network.push(Flatten::default());
    network.push(linear(4 * 6, 3));
    network.push(Softmax::default());
    network
}

#[test]
fn every_layer_is_traced_under_its_full_name() {
    let network = network();
    let x = grid([1, 2, 2, 3]);
    let steps = trace(&network, &x).unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names,
        ["features.0", "features.1", "features.2", "1", "2", "3"]
    );
    assert_eq!(steps[1].output.dims(), [1, 4, 2, 3]);
    let whole = network.forward(&x, &mut Context::evaluate()).unwrap();
    close(&steps[5].output, &whole);
    let wrong = trace(&network, &grid([1, 2, 2, 4])).unwrap_err();
    assert!(wrong.to_string().starts_with("2 (Linear 24→3)"), "{wrong}");
    assert!(trace(&Sequential::new(), &x).unwrap().is_empty());
}

#[test]
fn the_gradient_of_the_input_is_that_of_differences() {
    let network = network();
    let x = grid([1, 2, 2, 3]);
    for (score, sign) in [(Score::Output(2), 1.0), (Score::Minus(2), -1.0)] {
        let got = input_gradient(&network, &x, score).unwrap();
        let logit = |x: &[Tensor]| {
            let steps = trace(&network, &x[0]).unwrap();
            // The number before the softmax.
            steps[4].output.slice(1, 2..3)?.mul_scalar(sign)?.sum(..)
        };
        let expected = numeric_gradient(logit, std::slice::from_ref(&x), 1e-6).unwrap();
        close(&got, &expected[0]);
        let map = saliency(&got).unwrap();
        let all = got.to_vec::<f64>().unwrap();
        let expected: Vec<f64> = (0..6)
            .map(|at| all[at].abs().max(all[at + 6].abs()))
            .collect();
        close(&map, &tensor(&expected, [2, 3]));
    }
    assert!(input_gradient(&network, &x, Score::Output(3)).is_err());
    assert!(saliency(&grid([2, 3])).is_err());
}

#[test]
fn without_noise_smoothing_changes_nothing_and_with_it_is_repeatable() {
    let network = network();
    let x = grid([1, 2, 2, 3]);
    let plain = input_gradient(&network, &x, Score::Output(0)).unwrap();
    let smooth = |copies, noise, seed| {
        let smooth = SmoothGrad {
            copies,
            noise,
            seed,
        };
        smooth_gradient(&network, &x, Score::Output(0), &smooth)
    };
    close(&smooth(37, 0.0, 1).unwrap(), &plain);
    let bits = |tensor: Tensor| tensor.to_vec::<f64>().unwrap();
    let noisy = bits(smooth(20, 0.2, 1).unwrap());
    assert_eq!(noisy, bits(smooth(20, 0.2, 1).unwrap()));
    assert_ne!(noisy, bits(smooth(20, 0.2, 2).unwrap()));
    assert_ne!(noisy, bits(plain));
    assert!(smooth(0, 0.1, 1).is_err() && smooth(3, -1.0, 1).is_err());
    let two = grid([2, 2, 2, 3]);
    assert!(smooth_gradient(&network, &two, Score::Output(0), &SmoothGrad::default()).is_err());
}

#[test]
fn grad_cam_by_hand() {
    // Two maps after the ReLU: A⁰ = x, A¹ = max(−x, 0); the layer after them weighs each pixel.
    let mut network = Sequential::new()
        .with(Mix {
            weight: Parameter::new(tensor(&[1.0, -1.0], [2, 1, 1, 1])),
        })
        .with(activation(Activation::Relu))
        .with(Flatten::default())
        .with(linear(8, 2));
    let weights = [
        // Output 0: means 1 and −2.
        1.0, 3.0, 0.0, 0.0, -2.0, -2.0, -2.0, -2.0, //
        // Output 1: means −1 and 0.5.
        -1.0, -1.0, -1.0, -1.0, 2.0, 0.0, 0.0, 0.0,
    ];
    let layer = network.get_mut("3").unwrap();
    let weight = &mut layer.parameters_mut()[0];
    weight.set_value(&tensor(&weights, [2, 8])).unwrap();
    let x = tensor(&[3.0, -1.0, 0.5, -4.0], [1, 1, 2, 2]);
    let cam = |score| grad_cam(&network, &x, score).unwrap().unwrap();
    let first = cam(Score::Output(0));
    assert_eq!((first.name.as_str(), first.layer.as_str()), ("1", "ReLU"));
    close(&first.map, &tensor(&[3.0, 0.0, 0.5, 0.0], [2, 2]));
    let second = cam(Score::Output(1)).map;
    close(&second, &tensor(&[0.0, 0.5, 0.0, 2.0], [2, 2]));
    let minus = cam(Score::Minus(0)).map;
    close(&minus, &tensor(&[0.0, 2.0, 0.0, 8.0], [2, 2]));
}

#[test]
fn grad_cam_takes_the_last_maps_of_more_than_one_pixel() {
    let network = network();
    let cam = grad_cam(&network, &grid([1, 2, 2, 3]), Score::Output(1)).unwrap();
    assert_eq!(cam.unwrap().name, "features.2");
    // A convolution that gives single pixels is not the one.
    let single = Sequential::new()
        .with(mix(4, 2))
        .with(Flatten { start: 2, end: 3 })
        .with(linear(6, 1))
        .with(Unflatten)
        .with(mix(3, 4))
        .with(Flatten::default());
    let cam = grad_cam(&single, &grid([1, 2, 2, 3]), Score::Output(1)).unwrap();
    assert_eq!(cam.unwrap().name, "0");
    let flat = Sequential::new()
        .with(Flatten::default())
        .with(linear(12, 3));
    let none = grad_cam(&flat, &grid([1, 2, 2, 3]), Score::Output(1)).unwrap();
    assert!(none.is_none());
}

/// `[N, C, 1]` to `[N, C, 1, 1]`.
#[derive(Debug)]
struct Unflatten;

crate::parameters!(Unflatten {});

impl Layer for Unflatten {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.unsqueeze(-1)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.iter().copied().chain([1]).collect())
    }

    fn describe(&self) -> String {
        "Unflatten".into()
    }

    fn spec(&self) -> Option<LayerSpec> {
        None
    }
}
