//! The layers that images pass as PyTorch computes them; `golden/image_layers.py` and `golden/convolutions.py` wrote the
//! files.

use std::path::Path;

use nn_core::store::safetensors;
use nn_core::{Context, DType, Mode, Parameters, Shape, Tensor};
use nn_layers::{Layer, NetworkSpec, Sequential};
use serde_json::Value;

struct Case {
    label: String,
    network: Value,
    mode: Mode,
    /// By role.
    tensors: Vec<(String, Tensor)>,
}

fn cases(file: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let (tensors, _) = safetensors::load(folder.join(format!("{file}.safetensors"))).unwrap();
    let cases = json["cases"].as_array().unwrap().iter().enumerate();
    cases
        .map(|(i, case)| {
            let prefix = format!("{i}.");
            let own = tensors
                .iter()
                .filter_map(|(name, t)| Some((name.strip_prefix(&prefix)?.to_string(), t.clone())));
            Case {
                label: case.to_string(),
                network: serde_json::json!({ "layers": [case["layer"]] }),
                mode: match case["train"].as_bool() {
                    Some(true) => Mode::Train,
                    _ => Mode::Evaluate,
                },
                tensors: own.collect(),
            }
        })
        .collect()
}

impl Case {
    /// A tensor by its role, as `dtype` if it is of floats.
    fn get(&self, role: &str, dtype: DType) -> Tensor {
        let found = self.tensors.iter().find(|(name, _)| name == role);
        let (_, tensor) = found.unwrap_or_else(|| panic!("{}: no {role}", self.label));
        match tensor.dtype().is_float() {
            true => tensor.to_dtype(dtype).unwrap(),
            false => tensor.clone(),
        }
    }

    fn close(&self, role: &str, ours: &Tensor, dtype: DType) {
        let what = format!("{} {dtype} {role}", self.label);
        let theirs = self.get(role, DType::F64);
        assert_eq!(ours.shape(), theirs.shape(), "{what}");
        let values = |t: &Tensor| t.to_dtype(DType::F64).unwrap().to_vec::<f64>().unwrap();
        let (ours, theirs) = (values(ours), values(&theirs));
        // Gradients that nearly cancel are small beside what they are the differences of, which is about 1.
        let (tolerance, least) = match dtype {
            DType::F64 => (1e-10, 1e-3),
            _ => (1e-5, 1.0),
        };
        let size = theirs.iter().fold(least, |size: f64, x| size.max(x.abs()));
        for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert!(
                (ours - theirs).abs() <= tolerance * size,
                "{what}, element {i}: {ours} here, {theirs} in PyTorch"
            );
        }
    }

    fn check(&self, dtype: DType) {
        let spec: NetworkSpec = serde_json::from_value(self.network.clone())
            .unwrap_or_else(|e| panic!("{}: {e}", self.label));
        let x = self.get("input", dtype);
        let sample = Shape::from(&x.dims()[1..]);
        let mut network: Sequential = spec.build(&sample, 0, dtype).unwrap();
        let names: Vec<String> = network.state().into_iter().map(|(name, _)| name).collect();
        let bare = |name: &str| name.strip_prefix("0.").unwrap_or(name).to_string();
        let state = names.iter().map(|name| {
            let value = self.get(&format!("param.{}", bare(name)), dtype);
            (name.clone(), value)
        });
        network.load_state(&state.collect::<Vec<_>>()).unwrap();
        let theirs = self
            .tensors
            .iter()
            .filter(|(role, _)| role.starts_with("param."));
        assert_eq!(theirs.count(), names.len(), "{}", self.label);

        let mut cx = Context::with_tape(self.mode, 0, 0);
        let x = cx.tape().unwrap().watch(&x);
        let y = network
            .forward(&x, &mut cx)
            .unwrap_or_else(|e| panic!("{}: {e}", self.label));
        assert_eq!(y.shape(), &network.output_shape(x.shape()).unwrap());
        self.close("output", &y.detach(), dtype);
        let loss = y
            .mul(&self.get("grad_output", dtype))
            .unwrap()
            .sum(..)
            .unwrap();
        cx.apply_buffer_updates(&mut network).unwrap();
        let gradients = cx.backward(&loss).unwrap();
        self.close("grad_input", gradients.get(&x).unwrap(), dtype);
        for (name, parameter) in network.named_parameters() {
            if parameter.is_buffer() {
                self.close(&format!("after.{}", bare(&name)), parameter.value(), dtype);
            } else {
                let gradient = gradients.param(parameter.id()).unwrap();
                self.close(&format!("grad.{}", bare(&name)), gradient, dtype);
            }
        }
        let written = network.network_spec().unwrap();
        let as_toml = toml::to_string(&written).unwrap();
        let read: NetworkSpec = toml::from_str(&as_toml).unwrap();
        assert_eq!((&written, &read), (&spec, &spec), "{as_toml}");
    }
}

#[test]
fn normalisations() {
    let cases = cases("norms");
    assert!(cases.len() >= 90, "{}", cases.len());
    for case in cases {
        case.check(DType::F64);
        case.check(DType::F32);
    }
}

#[test]
fn pooling_upsampling_and_padding() {
    let cases = cases("pools");
    assert!(cases.len() >= 100, "{}", cases.len());
    for case in cases {
        case.check(DType::F64);
        case.check(DType::F32);
    }
}

#[test]
fn convolutions() {
    let cases = cases("convolutions");
    assert!(cases.len() >= 39, "{}", cases.len());
    for case in cases {
        case.check(DType::F64);
        case.check(DType::F32);
    }
}
