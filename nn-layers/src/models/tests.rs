//! The models against PyTorch's, the published sizes, and themselves written out.

use std::path::PathBuf;

use nn_core::store::safetensors;
use nn_core::{Context, DType, Mode, Parameters, Shape, Tensor};
use serde_json::Value;

use super::*;
use crate::{Layer, NetworkSpec, Sequential};

/// The numbers that `tests/golden/make_models.py` makes of a name, in [−1, 1).
fn numbers(name: &str, shape: &Shape) -> Tensor {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let number = |i: u64| {
        let mixed =
            (hash ^ i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    let all = (1..=shape.numel() as u64).map(number).collect();
    Tensor::from_vec::<f64>(all, shape).unwrap()
}

/// The value of a part of a network's state, as in the script.
fn value(name: &str, shape: &Shape) -> Tensor {
    let u = numbers(name, shape);
    if shape.rank() > 1 {
        let fan: usize = shape[1..].iter().product();
        u.mul_scalar((6.0 / fan as f64).sqrt()).unwrap()
    } else if name.ends_with("running_var") {
        u.mul_scalar(0.5).unwrap().add_scalar(1.0).unwrap()
    } else if name.ends_with(".weight") {
        u.mul_scalar(0.25).unwrap().add_scalar(1.0).unwrap()
    } else {
        u.mul_scalar(0.1).unwrap()
    }
}

struct Golden {
    cases: Value,
    tensors: Vec<(String, Tensor)>,
}

fn golden() -> Golden {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(folder.join("models.json")).unwrap();
    let (tensors, _) = safetensors::load(folder.join("models.safetensors")).unwrap();
    Golden {
        cases: serde_json::from_str(&text).unwrap(),
        tensors,
    }
}

impl Golden {
    fn case(&self, name: &str) -> &Value {
        let cases = self.cases["cases"].as_array().unwrap();
        cases.iter().find(|case| case["name"] == name).unwrap()
    }

    fn get(&self, name: String) -> Option<Vec<f64>> {
        let (_, tensor) = self.tensors.iter().find(|(n, _)| *n == name)?;
        Some(tensor.to_vec().unwrap())
    }
}

fn shape(value: &Value) -> Shape {
    let sizes = value.as_array().unwrap().iter();
    sizes.map(|n| n.as_u64().unwrap() as usize).collect()
}

fn close(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest = theirs.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let tolerance = 1e-9 * theirs.abs().max(1e-3 * largest);
        assert!(
            (ours - theirs).abs() <= tolerance,
            "{what}, element {i}: {ours} here, {theirs} in PyTorch"
        );
    }
}

/// The sum of a tensor times fixed numbers.
fn probe(name: &str, tensor: &Tensor) -> f64 {
    let weighted = tensor.mul(&numbers(name, tensor.shape())).unwrap();
    weighted.sum(..).unwrap().item().unwrap()
}

/// The steps that running statistics have seen, which take no part in any result.
const COUNTER: &str = "num_batches_tracked";

/// Names, values, gradients and running statistics of a network, against a case of the file.
fn compare(golden: &Golden, name: &str, spec: &NetworkSpec) {
    let case = golden.case(name);
    let input = shape(&case["input"]);
    let sample = Shape::from(&input[1..]);
    let mut network = spec.build(&sample, 1, DType::F64).unwrap();

    let mut ours: Vec<_> = network
        .state()
        .into_iter()
        .filter(|(name, _)| !name.ends_with(COUNTER))
        .map(|(name, tensor)| (name, tensor.shape().to_vec()))
        .collect();
    let mut theirs: Vec<_> = case["state"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, size)| (name.clone(), shape(size).to_vec()))
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "{name}");

    let mut state = network.state();
    for (name, tensor) in &mut state {
        if !name.ends_with(COUNTER) {
            *tensor = value(name, tensor.shape());
        }
    }
    network.load_state(&state).unwrap();
    for (mode, word) in [(Mode::Evaluate, "evaluate"), (Mode::Train, "train")] {
        if let Some(output) = golden.get(format!("{name}.{word}.output")) {
            let gradients = golden.get(format!("{name}.{word}.gradients")).unwrap();
            pass(&mut network, case, mode, (&output, &gradients));
        }
    }
    let running = case["running"].as_array().unwrap();
    let ours: Vec<f64> = running
        .iter()
        .map(|name| {
            let name = name.as_str().unwrap();
            let state = network.state();
            let (_, tensor) = state.iter().find(|(n, _)| n == name).unwrap();
            probe(name, tensor)
        })
        .collect();
    if !ours.is_empty() {
        let theirs = golden.get(format!("{name}.running")).unwrap();
        close(&format!("{name}, running statistics"), &ours, &theirs);
    }
}

fn pass(network: &mut Sequential, case: &Value, mode: Mode, golden: (&[f64], &[f64])) {
    let what = format!("{} {mode:?}", case["name"]);
    let mut cx = Context::with_tape(mode, 0, 0);
    let x = cx
        .tape()
        .unwrap()
        .watch(&numbers("input", &shape(&case["input"])));
    let y = network.forward(&x, &mut cx).unwrap();
    close(&what, &y.to_vec::<f64>().unwrap(), golden.0);

    let loss = y.mul(&numbers("grad_output", y.shape())).unwrap();
    let gradients = cx.backward(&loss.sum(..).unwrap()).unwrap();
    cx.apply_buffer_updates(network).unwrap();
    let parameters = network.named_parameters();
    let of = |name: &Value| {
        let name = name.as_str().unwrap();
        let (_, parameter) = parameters.iter().find(|(n, _)| n == name).unwrap();
        probe(name, gradients.param(parameter.id()).unwrap())
    };
    let names = case["gradients"].as_array().unwrap().iter();
    let mut sums: Vec<f64> = names.map(of).collect();
    sums.push(probe("input", gradients.get(&x).unwrap()));
    close(&format!("{what}, gradients"), &sums, golden.1);
}

#[test]
fn models_compute_what_pytorch_computes() {
    let golden = golden();
    for preset in [
        Preset::Lenet5,
        Preset::MnistCnn,
        Preset::VggSmall,
        Preset::Resnet20,
        Preset::Resnet18,
        Preset::Densenet40,
        Preset::MobilenetSmall,
        Preset::Autoencoder,
    ] {
        let input = shape(&golden.case(preset.name())["input"]);
        let spec = preset.spec(&Shape::from(&input[1..]), 10).unwrap();
        compare(&golden, preset.name(), &spec);
    }
}

#[test]
fn containers_compute_what_pytorch_computes() {
    let golden = golden();
    let linear = |units: usize| format!("{{ type = 'linear', units = {units} }}");
    let (l2, l3, l4, l6, l9) = (linear(2), linear(3), linear(4), linear(6), linear(9));
    for (name, container) in [
        (
            "residual",
            format!(
                "type = 'residual', branch = [{l9}, 'tanh', {l4}], shortcut = [{l4}], activation = 'gelu'"
            ),
        ),
        (
            "residual-identity",
            format!("type = 'residual', branch = [{l9}, 'tanh', {l6}], activation = 'gelu'"),
        ),
        (
            "dense-block",
            format!(
                "type = 'dense_block', layers = [{{ type = 'sequential', layers = [{l4}, 'tanh'] }}, {l3}, {l2}]"
            ),
        ),
        (
            "parallel-concat",
            format!("type = 'parallel', branches = [[{l4}], [{l3}, 'tanh']]"),
        ),
        (
            "parallel-mean",
            format!("type = 'parallel', branches = [[{l3}], [{l3}, 'tanh']], combine = 'mean'"),
        ),
    ] {
        let text = format!("layers = [{{ {container} }}]");
        compare(&golden, name, &toml::from_str(&text).unwrap());
    }
}

#[test]
fn models_have_the_published_sizes() {
    for (preset, classes, sample, parameters) in [
        // LeCun et al. 1998 with full connections; PyTorch's example.
        (Preset::Lenet5, 10, [1, 28, 28], 61_706),
        (Preset::MnistCnn, 10, [1, 28, 28], 1_199_882),
        (Preset::VggSmall, 10, [3, 32, 32], 814_570),
        // He et al. 2015, table 6: 0.27 M, 0.46 M, 0.85 M.
        (Preset::Resnet20, 10, [3, 32, 32], 269_722),
        (Preset::Resnet32, 10, [3, 32, 32], 464_154),
        (Preset::Resnet56, 10, [3, 32, 32], 853_018),
        // torchvision.
        (Preset::Resnet18, 1000, [3, 64, 64], 11_689_512),
        // Huang et al. 2017, table 2: 0.8 M for depth 100.
        (Preset::Densenet40, 10, [3, 32, 32], 176_122),
        (Preset::Densenet100, 10, [3, 32, 32], 769_162),
        // Howard et al. 2017, table 8: 4.2 M.
        (Preset::Mobilenet, 1000, [3, 64, 64], 4_231_976),
        (Preset::MobilenetSmall, 10, [3, 32, 32], 543_050),
        (Preset::Autoencoder, 10, [1, 28, 28], 7_153),
    ] {
        let sample = Shape::from(sample);
        let spec = preset.spec(&sample, classes).unwrap();
        let network = spec.build(&sample, 1, DType::F32).unwrap();
        let learned: usize = network
            .parameters()
            .into_iter()
            .filter(|p| p.requires_grad())
            .map(|p| p.value().len())
            .sum();
        assert_eq!(learned, parameters, "{}", preset.name());
        assert_eq!(network.network_spec().unwrap(), spec, "{}", preset.name());
    }
}

#[test]
fn every_preset_is_known_by_its_name() {
    for preset in Preset::ALL {
        let name = serde_json::to_value(preset).unwrap();
        assert_eq!(name, preset.name());
        assert_eq!(serde_json::from_value::<Preset>(name).unwrap(), preset);
    }
}

#[test]
fn samples_that_are_no_pictures_are_refused() {
    let message = |preset: Preset, sample: &[usize]| {
        let error = preset.spec(&Shape::from(sample), 10).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        message(Preset::Resnet20, &[784]),
        "preset: resnet20 is for pictures [channels, height, width], the samples are [784]"
    );
    assert_eq!(
        message(Preset::Autoencoder, &[1, 30, 28]),
        "autoencoder: samples are [1, 30, 28]; it takes [channels, height, width] with height and width multiples of 4, and not empty"
    );
    assert_eq!(
        densenet_bc(41, 12, 10).unwrap_err().to_string(),
        "densenet: depth 41 and growth 12 were asked for; the depth is 4 more than a multiple of 6, the growth at least 1"
    );
    let small = Shape::from([3, 4, 4]);
    let error = mnist_cnn(10).build(&small, 0, DType::F32).unwrap_err();
    assert!(
        error.to_string().starts_with("conv2 (Conv2d 32→64, 3×3): "),
        "{error}"
    );
}
