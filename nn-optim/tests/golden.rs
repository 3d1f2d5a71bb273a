//! Values of PyTorch: optimizers, clipping, schedules. `tests/golden/make.py` wrote them.

use std::collections::BTreeMap;

use nn_core::{DType, Gradients, Parameter, Tensor};
use nn_optim::schedule::{Plateau, Schedule, ScheduleSpec, Time};
use nn_optim::*;
use serde_json::Value;

const OPTIMIZERS: &str = include_str!("golden/optimizers.json");
const OPTIMIZER_TENSORS: &[u8] = include_bytes!("golden/optimizers.safetensors");
const CLIP: &str = include_str!("golden/clip.json");
const CLIP_TENSORS: &[u8] = include_bytes!("golden/clip.safetensors");
const SCHEDULES: &str = include_str!("golden/schedules.json");

/// The `f64` tensors of a safetensors file.
fn tensors(bytes: &[u8]) -> BTreeMap<String, Tensor> {
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    let read = |(name, view): (String, safetensors::tensor::TensorView)| {
        assert_eq!(view.dtype(), safetensors::Dtype::F64);
        let numbers = view.data().chunks_exact(8);
        let numbers = numbers
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        (
            name,
            Tensor::from_vec::<f64>(numbers, view.shape()).unwrap(),
        )
    };
    file.tensors().into_iter().map(read).collect()
}

/// Two parameters, named `0` and `1`.
fn model(golden: &BTreeMap<String, Tensor>, dtype: DType) -> Vec<Parameter> {
    let value = |name: &str| golden[name].to_dtype(dtype).unwrap();
    vec![
        Parameter::new(value("param.w")),
        Parameter::new(value("param.b")),
    ]
}

fn gradients(model: &[Parameter], grads: [Tensor; 2]) -> Gradients {
    let mut gradients = Gradients::default();
    for (param, grad) in model.iter().zip(grads) {
        gradients.set_param(param.id(), grad);
    }
    gradients
}

/// Entry `i` along the first axis.
fn at(tensor: &Tensor, i: usize) -> Tensor {
    tensor.slice(0, i..i + 1).unwrap().squeeze(0).unwrap()
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (
        a.to_dtype(DType::F64).unwrap(),
        b.to_dtype(DType::F64).unwrap(),
    );
    assert_eq!(a.shape(), b.shape());
    let (a, b) = (a.to_vec::<f64>().unwrap(), b.to_vec::<f64>().unwrap());
    a.iter()
        .zip(&b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// What a case of PyTorch is called here; none for variants that this crate does not offer.
fn spec(case: &Value) -> Option<OptimizerSpec> {
    let (kind, params) = (case["optimizer"].as_str()?, case["params"].as_object()?);
    if params.contains_key("amsgrad") || params.contains_key("centered") {
        return None;
    }
    let mut settings = params.clone();
    let name = match kind {
        "SGD" => "sgd",
        "Adagrad" => "adagrad",
        "RMSprop" => "rmsprop",
        "Adam" => "adam",
        "AdamW" => "adamw",
        "ExponentialMomentum" if params["bias_correction"] == false => {
            settings.remove("bias_correction");
            let beta = settings.remove("beta")?;
            settings.insert("momentum".into(), beta);
            settings.insert("momentum_form".into(), "average".into());
            "sgd"
        }
        _ => return None,
    };
    if let Some(Value::Object(w)) = settings.remove("w") {
        // PyTorch gives each group its own rate, here it is a multiple of the common one.
        let b = settings.remove("b")?;
        let group = |name: &str, settings: &serde_json::Map<String, Value>| {
            serde_json::json!({
                "params": [name],
                "lr_scale": settings["lr"].as_f64().unwrap() / 0.1,
                "weight_decay": settings["weight_decay"],
            })
        };
        let groups = vec![group("0", &w), group("1", b.as_object()?)];
        settings.insert("groups".into(), groups.into());
        settings.insert("lr".into(), 0.1.into());
    }
    settings.insert("type".into(), name.into());
    Some(serde_json::from_value(settings.into()).unwrap())
}

fn follow(dtype: DType, tolerance: f64) {
    let golden = tensors(OPTIMIZER_TENSORS);
    let about: Value = serde_json::from_str(OPTIMIZERS).unwrap();
    let steps = about["steps"].as_u64().unwrap() as usize;
    let mut tried = 0;
    for case in about["cases"].as_array().unwrap() {
        let Some(spec) = spec(case) else { continue };
        let name = case["name"].as_str().unwrap();
        let mut optimizer = spec.build().unwrap();
        let mut model = model(&golden, dtype);
        for step in 0..steps {
            let grads = ["grad.w", "grad.b"].map(|g| at(&golden[g], step).to_dtype(dtype).unwrap());
            let gradients = gradients(&model, grads);
            optimizer.step(&mut model, &gradients).unwrap();
            for (param, which) in model.iter().zip(["w", "b"]) {
                let expected = at(&golden[&format!("{name}.{which}")], step);
                let difference = largest_difference(param.value(), &expected);
                assert!(
                    difference < tolerance,
                    "{name}.{which}, step {step}: {difference:e}"
                );
            }
        }
        assert_eq!(optimizer.steps(), steps as u64);
        tried += 1;
    }
    assert_eq!(tried, 19);
}

#[test]
fn optimizers_in_f64() {
    follow(DType::F64, 1e-12);
}

#[test]
fn optimizers_in_f32() {
    follow(DType::F32, 3e-5);
}

#[test]
fn clipping() {
    let golden = tensors(CLIP_TENSORS);
    let about: Value = serde_json::from_str(CLIP).unwrap();
    let mut tried = 0;
    for case in about["cases"].as_array().unwrap() {
        let (name, params) = (case["name"].as_str().unwrap(), &case["params"]);
        if params.get("norm_type").is_some_and(|norm| norm != 2.0) {
            continue;
        }
        let grads = ["grad.w", "grad.b"].map(|name| golden[name].clone());
        let model: Vec<_> = grads.iter().cloned().map(Parameter::new).collect();
        let mut gradients = gradients(&model, grads);
        if let Some(limit) = params.get("clip_value") {
            clip_by_value(&mut gradients, limit.as_f64().unwrap()).unwrap();
        } else {
            let max_norm = params["max_norm"].as_f64().unwrap();
            let norm = clip_by_global_norm(&mut gradients, max_norm).unwrap();
            assert!(
                (norm - case["total_norm"].as_f64().unwrap()).abs() < 1e-12,
                "{name}"
            );
        }
        for (param, which) in model.iter().zip(["w", "b"]) {
            let clipped = gradients.param(param.id()).unwrap();
            let difference = largest_difference(clipped, &golden[&format!("{name}.{which}")]);
            assert!(difference < 1e-14, "{name}: {difference:e}");
        }
        // The gradients that the file gave are not the ones that were changed.
        assert_eq!(
            golden["grad.w"].to_vec::<f64>().unwrap(),
            model[0].value().to_vec::<f64>().unwrap()
        );
        tried += 1;
    }
    assert_eq!(tried, 4);
}

/// A case of PyTorch as a recipe writes it.
fn schedule(case: &Value) -> Value {
    let mut settings = case["params"].as_object().unwrap().clone();
    if let Some(length) = settings.remove("T_max") {
        settings.insert("t_max".into(), length);
    }
    for (theirs, ours) in [("T_0", "t_0"), ("T_mult", "t_mult")] {
        if let Some(value) = settings.remove(theirs) {
            settings.insert(ours.into(), value);
        }
    }
    let kind = match case["schedule"].as_str().unwrap() {
        "LambdaLR" => "constant",
        "StepLR" => "step",
        "MultiStepLR" => "multi_step",
        "ExponentialLR" => "exponential",
        "CosineAnnealingLR" => "cosine",
        "CosineAnnealingWarmRestarts" => "cosine_restarts",
        "LinearLR" => "linear",
        "PolynomialLR" => "polynomial",
        "OneCycleLR" => "one_cycle",
        "ReduceLROnPlateau" => "plateau",
        "SequentialLR" => {
            return serde_json::json!({
                "type": "warmup", "steps": 10, "start_factor": 0.1, "per": "epoch",
                "then": {"type": "cosine", "t_max": 40, "eta_min": 1e-4},
            });
        }
        other => panic!("{other}"),
    };
    settings.insert("type".into(), kind.into());
    settings.into()
}

#[test]
fn schedules() {
    let golden: Value = serde_json::from_str(SCHEDULES).unwrap();
    let base = golden["base_lr"].as_f64().unwrap();
    let metric = golden["metric"].as_array().unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let spec: ScheduleSpec = serde_json::from_value(schedule(case)).unwrap();
        let mut schedule = spec.build().unwrap();
        for (i, expected) in case["rates"].as_array().unwrap().iter().enumerate() {
            // Both clocks agree, so that the unit does not matter.
            let time = |i: usize| Time {
                epoch: i as u64,
                step: i as u64,
            };
            let (rate, expected) = (schedule.rate(base, time(i)), expected.as_f64().unwrap());
            assert!(
                (rate - expected).abs() < 1e-13,
                "{name} at {i}: {rate} is not {expected}"
            );
            schedule.observe(base, time(i + 1), metric[i].as_f64().unwrap());
        }
    }
}

#[test]
fn plateau_remembers_across_a_restart() {
    let watched = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8];
    let spec = schedule::PlateauSpec {
        patience: 2,
        cooldown: 1,
        ..Default::default()
    };
    let mut straight = Plateau::new(spec).unwrap();
    let mut resumed = Plateau::new(spec).unwrap();
    for (epoch, value) in watched.into_iter().enumerate() {
        let time = Time {
            epoch: epoch as u64 + 1,
            step: 0,
        };
        straight.observe(0.1, time, value);
        let mut next = Plateau::new(spec).unwrap();
        next.load_state(&resumed.state()).unwrap();
        next.observe(0.1, time, value);
        resumed = next;
        assert_eq!(straight.rate(0.1, time), resumed.rate(0.1, time));
    }
    assert!(straight.rate(0.1, Time::default()) < 0.1);
    assert!(schedule::Constant {}.load_state(&straight.state()).is_err());
}

#[test]
fn three_phases_of_one_cycle() {
    // Values of OneCycleLR(max_lr=1, total_steps=20, three_phase=True, anneal_strategy="linear").
    let cycle = schedule::OneCycle {
        max_lr: Some(1.0),
        three_phase: true,
        anneal_strategy: schedule::Anneal::Linear,
        ..schedule::OneCycle::new(20)
    };
    let at = |step| {
        let time = Time { epoch: 0, step };
        (cycle.rate(0.1, time), cycle.momentum(time).unwrap())
    };
    for (step, rate, momentum) in [
        (0, 0.04, 0.95),
        (5, 1.0, 0.85),
        (10, 0.04, 0.95),
        (19, 4e-6, 0.95),
        (99, 4e-6, 0.95),
    ] {
        let (r, m) = at(step);
        assert!(
            (r - rate).abs() < 1e-12 && (m - momentum).abs() < 1e-12,
            "{step}: {r} {m}"
        );
    }
}
