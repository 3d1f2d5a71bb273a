//! Values and gradients as PyTorch computes them; `golden/make.py` wrote the files.

use std::path::Path;

use nn_core::store::safetensors;
use nn_core::{Activation, Context, DType, Parameters, Shape, Tape, Tensor};
use nn_layers::loss::{
    BinaryCrossEntropy, CrossEntropy, Hinge, Huber, KlDivergence, Mae, Mse, MultiClassHinge, Nll,
    Reduction, Rivals,
};
use nn_layers::{ActivationLayer, Layer, Linear, LogSoftmax, Loss, Prelu, Softmax};
use nn_optim::OptimizerSpec;
use serde_json::Value;

/// The cases of one file: names, parameters, and tensors called `<case>.<role>`.
struct Golden {
    cases: Vec<(String, Value)>,
    tensors: Vec<(String, Tensor)>,
}

fn golden(name: &str) -> Golden {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let cases = json["cases"].as_array().unwrap().iter();
    let cases = cases
        .map(|c| (c["name"].as_str().unwrap().to_string(), c["params"].clone()))
        .collect();
    let (tensors, _) = safetensors::load(folder.join(format!("{name}.safetensors"))).unwrap();
    Golden { cases, tensors }
}

impl Golden {
    fn find(&self, case: &str, role: &str) -> Option<&Tensor> {
        let name = format!("{case}.{role}");
        self.tensors
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, tensor)| tensor)
    }

    fn get(&self, case: &str, role: &str) -> &Tensor {
        self.find(case, role)
            .unwrap_or_else(|| panic!("no {case}.{role}"))
    }
}

fn close(what: &str, ours: &Tensor, theirs: &Tensor) {
    // PyTorch's backward of the hard sigmoid takes its sixth from f32.
    let tolerance = if what.starts_with("hard_sigmoid.grad") {
        1e-7
    } else {
        1e-11
    };
    assert_eq!(ours.shape(), theirs.shape(), "{what}");
    let pairs = ours
        .to_vec::<f64>()
        .unwrap()
        .into_iter()
        .zip(theirs.to_vec::<f64>().unwrap());
    for (i, (ours, theirs)) in pairs.enumerate() {
        let same = ours == theirs || (ours.is_nan() && theirs.is_nan());
        let near = (ours - theirs).abs() <= 1e-14 + tolerance * theirs.abs();
        assert!(
            same || near,
            "{what}, element {i}: {ours} here, {theirs} in PyTorch"
        );
    }
}

/// Compares output and input gradient of `f` with those of a case.
fn check(golden: &Golden, case: &str, output: &str, f: impl Fn(&Tensor) -> Tensor) {
    let tape = Tape::new();
    let x = tape.watch(golden.get(case, "input"));
    let y = f(&x);
    close(
        &format!("{case}.{output}"),
        &y.detach(),
        golden.get(case, output),
    );
    let Some(expected) = golden.find(case, "grad_input") else {
        return;
    };
    let scalar = match golden.find(case, "grad_output") {
        Some(weight) => y.mul(weight).unwrap().sum(..).unwrap(),
        None => y,
    };
    let gradients = tape.backward(&scalar).unwrap();
    close(
        &format!("{case}.grad_input"),
        gradients.get(&x).unwrap(),
        expected,
    );
}

#[test]
fn activations() {
    let golden = golden("activations");
    let mut seen = 0;
    for (case, params) in &golden.cases {
        let name = case.trim_end_matches("_at_kinks");
        let layer: Box<dyn Layer> = if let Some(weight) = golden.find(case, "weight") {
            let mut layer = Prelu::new(weight.len(), 0.25, DType::F64).unwrap();
            layer
                .load_state(&[("weight".into(), weight.clone())])
                .unwrap();
            layer.into()
        } else if let Some(axis) = params["axis"].as_i64() {
            let axis = axis as isize;
            if name.starts_with("log") {
                LogSoftmax { axis }.into()
            } else {
                Softmax { axis }.into()
            }
        } else {
            let number = |key: &str| params[key].as_f64().unwrap();
            ActivationLayer::new(
                match name.trim_end_matches("_0.2").trim_end_matches("_0.5") {
                    "sigmoid" => Activation::Sigmoid,
                    "tanh" => Activation::Tanh,
                    "relu" => Activation::Relu,
                    "leaky_relu" => Activation::LeakyRelu(number("slope")),
                    "elu" => Activation::Elu(number("alpha")),
                    "selu" => Activation::Selu,
                    "gelu" => Activation::Gelu,
                    "gelu_tanh" => Activation::GeluTanh,
                    "silu" => Activation::Silu,
                    "softplus" => Activation::Softplus,
                    "softsign" => Activation::Softsign,
                    "hard_sigmoid" => Activation::HardSigmoid,
                    "hard_tanh" => Activation::HardTanh,
                    "hard_swish" => Activation::HardSwish,
                    other => panic!("{other} is not known"),
                },
            )
            .into()
        };
        check(&golden, case, "output", |x| {
            layer.forward(x, &mut Context::evaluate()).unwrap()
        });
        seen += 1;
    }
    assert!(seen >= 44, "{seen}");
}

#[test]
fn prelu_learns_as_in_pytorch() {
    let golden = golden("activations");
    for case in ["prelu", "prelu_channels"] {
        let weight = golden.get(case, "weight");
        let mut layer = Prelu::new(weight.len(), 0.25, DType::F64).unwrap();
        layer
            .load_state(&[("weight".into(), weight.clone())])
            .unwrap();
        let mut cx = Context::train(0, 0);
        let y = layer.forward(golden.get(case, "input"), &mut cx).unwrap();
        let scalar = y
            .mul(golden.get(case, "grad_output"))
            .unwrap()
            .sum(..)
            .unwrap();
        let gradients = cx.backward(&scalar).unwrap();
        let id = layer.parameters()[0].id();
        close(
            case,
            gradients.param(id).unwrap(),
            golden.get(case, "grad_weight"),
        );
    }
}

#[test]
fn linear() {
    let golden = golden("linear");
    for (case, _) in &golden.cases {
        let (weight, bias) = (golden.get(case, "weight"), golden.find(case, "bias"));
        let layer = Linear::from_tensors(weight.clone(), bias.cloned()).unwrap();
        check(&golden, case, "output", |x| {
            layer.forward(x, &mut Context::evaluate()).unwrap()
        });

        let mut cx = Context::train(0, 0);
        let y = layer.forward(golden.get(case, "input"), &mut cx).unwrap();
        let scalar = y
            .mul(golden.get(case, "grad_output"))
            .unwrap()
            .sum(..)
            .unwrap();
        let gradients = cx.backward(&scalar).unwrap();
        let of = |p: &nn_core::Parameter| gradients.param(p.id()).unwrap();
        close(case, of(layer.weight()), golden.get(case, "grad_weight"));
        if let Some(bias) = layer.bias() {
            close(case, of(bias), golden.get(case, "grad_bias"));
        }
    }
    assert!(golden.cases.len() >= 14);
}

#[test]
fn losses() {
    let golden = golden("losses");
    for (case, params) in &golden.cases {
        let weights = |role: &str| golden.find(case, role).map(|w| w.to_vec::<f64>().unwrap());
        let number = |key: &str| params[key].as_f64();
        let kind = params["loss"].as_str().unwrap();
        let reduction = match params["reduction"].as_str().unwrap() {
            "sum" => Reduction::Sum,
            "none" => Reduction::None,
            "mean" | "batchmean" => Reduction::Mean,
            other => panic!("{other} is not known"),
        };
        let class_weights = weights("class_weights");
        let ignore_index = params["ignore_index"].as_i64();
        let input = golden.get(case, "input");
        let loss: Loss = match kind {
            "mse" => Mse { reduction }.into(),
            "l1" => Mae { reduction }.into(),
            "huber" => Huber {
                delta: number("delta").unwrap(),
                reduction,
            }
            .into(),
            "bce_with_logits" | "bce" => BinaryCrossEntropy {
                pos_weight: weights("pos_weight"),
                class_weights,
                reduction,
            }
            .into(),
            "cross_entropy" => {
                let label_smoothing = number("label_smoothing").unwrap_or(0.0);
                CrossEntropy {
                    label_smoothing,
                    class_weights,
                    ignore_index,
                    reduction,
                }
                .into()
            }
            "nll" => Nll {
                class_weights,
                ignore_index,
                reduction,
            }
            .into(),
            "hinge" => Hinge {
                reduction,
                ..Hinge::default()
            }
            .into(),
            "squared_hinge" => Hinge {
                squared: true,
                reduction,
                ..Hinge::default()
            }
            .into(),
            "hinge_crammer_singer" => MultiClassHinge {
                rivals: Rivals::Worst,
                reduction,
                ..MultiClassHinge::default()
            }
            .into(),
            "multi_margin" => MultiClassHinge {
                reduction,
                ..MultiClassHinge::default()
            }
            .into(),
            "kl_div" => {
                let log_target = params["log_target"].as_bool().unwrap_or(false);
                KlDivergence {
                    from_logits: false,
                    log_target,
                    reduction,
                }
                .into()
            }
            other => panic!("{other} is not known"),
        };
        let target = golden.get(case, "target");
        check(&golden, case, "loss", |x| {
            match (kind, params["reduction"].as_str()) {
                // PyTorch's from probabilities; ours takes logits, ln(p / (1 − p)).
                ("bce", _) => {
                    let no = x.neg().unwrap().add_scalar(1.0).unwrap();
                    let logits = x.div(&no).unwrap().ln().unwrap();
                    loss.forward(&logits, target).unwrap()
                }
                // PyTorch's mean divides by the classes too; ours is its batchmean.
                ("kl_div", Some("mean")) => {
                    let classes = *input.dims().last().unwrap() as f64;
                    loss.forward(x, target)
                        .unwrap()
                        .div_scalar(classes)
                        .unwrap()
                }
                _ => loss.forward(x, target).unwrap(),
            }
        });
    }
    assert!(golden.cases.len() >= 60, "{}", golden.cases.len());
}

#[test]
fn focal_losses() {
    let golden = golden("focal");
    assert_eq!(golden.cases.len(), 60);
    for (case, params) in &golden.cases {
        let mut settings = params.clone();
        let kind = settings.as_object_mut().unwrap().remove("loss").unwrap();
        settings["type"] = kind;
        if let Some(weights) = golden.find(case, "class_weights") {
            settings["class_weights"] = weights.to_vec::<f64>().unwrap().into();
        }
        let loss: Loss = serde_json::from_value(settings).unwrap();
        let target = golden.get(case, "target");
        check(&golden, case, "loss", |x| loss.forward(x, target).unwrap());
    }
}

/// The network of PyTorch's run, with its first weights under its names.
fn network(golden: &Golden, dtype: DType) -> nn_layers::Sequential {
    let recipe = r#"{"layers": [
        {"type": "linear", "units": 32}, "relu", {"type": "linear", "units": 16}, "relu", {"type": "linear", "units": 10}
    ]}"#;
    let spec: nn_layers::NetworkSpec = serde_json::from_str(recipe).unwrap();
    let mut network = spec.build(&Shape::from([64]), 0, dtype).unwrap();
    let first = golden.tensors.iter().filter_map(|(name, tensor)| {
        Some((
            name.strip_prefix("init.")?.to_string(),
            tensor.to_dtype(dtype).unwrap(),
        ))
    });
    network.load_state(&first.collect::<Vec<_>>()).unwrap();
    network
}

/// Same first weights, same batches, same rule: the same loss at each of 100 steps, with every optimizer.
#[test]
fn training_runs_are_pytorchs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(folder.join("trajectory.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let (tensors, _) = safetensors::load(folder.join("trajectory.safetensors")).unwrap();
    let golden = Golden {
        cases: Vec::new(),
        tensors,
    };
    let tensor = |name: &str| &golden.tensors.iter().find(|(n, _)| n == name).unwrap().1;
    let (images, labels, order) = (tensor("images"), tensor("labels"), tensor("order"));
    let (finals, _) = safetensors::load(folder.join("trajectory_final.safetensors")).unwrap();

    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for (case, (dtype, key, tolerance)) in cases.iter().flat_map(|case| {
        let runs = [
            (DType::F32, "losses_f32", 1e-4),
            (DType::F64, "losses_f64", 1e-9),
        ];
        runs.map(|run| (case, run))
    }) {
        let name = case["name"].as_str().unwrap();
        let mut settings = case["params"].clone();
        let kind = if ["momentum", "nesterov"].contains(&name) {
            "sgd"
        } else {
            name
        };
        settings["type"] = kind.into();
        let mut optimizer = serde_json::from_value::<OptimizerSpec>(settings)
            .unwrap()
            .build()
            .unwrap();
        let mut network = network(&golden, dtype);
        let expected = case[key].as_array().unwrap();
        assert_eq!(expected.len(), 100);
        let mut largest: f64 = 0.0;
        for (step, expected) in expected.iter().enumerate() {
            let rows = order.slice(0, step..=step).unwrap().squeeze(0).unwrap();
            let x = images
                .index_select(0, &rows)
                .unwrap()
                .to_dtype(dtype)
                .unwrap();
            let x = x.div_scalar(16.0).unwrap();
            let y = labels.index_select(0, &rows).unwrap();
            let mut cx = Context::train(0, step as u64);
            let logits = network.forward(&x, &mut cx).unwrap();
            let loss = CrossEntropy::default().forward(&logits, &y).unwrap();
            let (ours, theirs) = (loss.item().unwrap(), expected.as_f64().unwrap());
            largest = largest.max((ours / theirs - 1.0).abs());
            assert!(
                (ours - theirs).abs() <= tolerance * theirs,
                "{name} {dtype}, step {step}: {ours} here, {theirs} in PyTorch"
            );
            let gradients = cx.backward(&loss).unwrap();
            optimizer.step(&mut network, &gradients).unwrap();
        }
        println!("{name} {dtype}: at most {largest:.1e} apart");
        for (parameter, tensor) in network.state() {
            let full_name = format!("{name}.{parameter}");
            let theirs = &finals.iter().find(|(n, _)| *n == full_name).unwrap().1;
            let theirs = theirs
                .to_dtype(DType::F64)
                .unwrap()
                .to_vec::<f64>()
                .unwrap();
            let ours = tensor
                .to_dtype(DType::F64)
                .unwrap()
                .to_vec::<f64>()
                .unwrap();
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert!(
                    (ours - theirs).abs() < 1e-3,
                    "{full_name} {dtype}: {ours}, {theirs}"
                );
            }
        }
    }
}
