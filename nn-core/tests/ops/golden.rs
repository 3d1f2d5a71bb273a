//! Values and gradients as PyTorch, NumPy and SciPy give them; `golden/make.py` wrote the files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nn_core::store::safetensors;
use nn_core::{Axes, DType, Result, Tape, Tensor};
use serde_json::Value;

use crate::check::{assert_close, values};
use crate::naive::Array;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn axes(params: &Value) -> Axes {
    match &params["axes"] {
        Value::Null => Axes::from(..),
        Value::Number(n) => Axes::from(n.as_i64().unwrap() as isize),
        list => {
            let list = list
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_i64().unwrap() as isize);
            Axes::from(list.collect::<Vec<_>>().as_slice())
        }
    }
}

fn run(op: &str, params: &Value, x: &[&Tensor]) -> Result<Tensor> {
    let keep = params["keepdim"] == Value::Bool(true);
    let number = |key: &str| params[key].as_f64().unwrap();
    let axis = || params["axis"].as_i64().unwrap() as isize;
    let a = x[0];
    match op {
        "matmul" => a.matmul(x[1]),
        "add" => a.add(x[1]),
        "sub" => a.sub(x[1]),
        "mul" => a.mul(x[1]),
        "div" => a.div(x[1]),
        "maximum" => a.maximum(x[1]),
        "minimum" => a.minimum(x[1]),
        "pow" => a.pow(x[1]),
        "sum" if keep => a.sum_keepdim(axes(params)),
        "sum" => a.sum(axes(params)),
        "mean" if keep => a.mean_keepdim(axes(params)),
        "mean" => a.mean(axes(params)),
        "max" if keep => a.max_keepdim(axes(params)),
        "max" => a.max(axes(params)),
        "min" if keep => a.min_keepdim(axes(params)),
        "min" => a.min(axes(params)),
        "log_sum_exp" if keep => a.log_sum_exp_keepdim(axes(params)),
        "log_sum_exp" => a.log_sum_exp(axes(params)),
        "variance" if keep => a.variance_keepdim(axes(params), number("correction")),
        "variance" => a.variance(axes(params), number("correction")),
        "std" => a.std(axes(params), number("correction")),
        "argmax" => a.argmax(axis()),
        "argmin" => a.argmin(axis()),
        "exp" => a.exp(),
        "expm1" => a.expm1(),
        "ln" => a.ln(),
        "log1p" => a.log1p(),
        "sqrt" => a.sqrt(),
        "square" => a.square(),
        "recip" => a.recip(),
        "sin" => a.sin(),
        "cos" => a.cos(),
        "abs" => a.abs(),
        "neg" => a.neg(),
        "erf" => a.erf(),
        "powf" => a.powf(number("p")),
        "clamp" => a.clamp(number("lo"), number("hi")),
        other => panic!("golden file with an unknown operation {other}"),
    }
}

fn array(t: &Tensor) -> Array {
    Array {
        shape: t.dims().to_vec(),
        data: values(t),
    }
}

#[test]
fn operations_and_gradients() {
    let index: Value =
        serde_json::from_slice(&std::fs::read(folder().join("ops.json")).unwrap()).unwrap();
    let (tensors, _) = safetensors::load(folder().join("ops.safetensors")).unwrap();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let cases = index["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let get = |role: &str| tensors.get(&format!("{name}.{role}"));
        let tape = Tape::new();
        let inputs: Vec<Tensor> = ["a", "b"]
            .iter()
            .filter_map(|r| get(r))
            .map(|t| tape.watch(t))
            .collect();
        let op = case["op"].as_str().unwrap();
        let output = run(op, &case["params"], &inputs.iter().collect::<Vec<_>>());
        let output = output.unwrap_or_else(|e| panic!("{name}: {e}"));
        // PyTorch's one-pass variance is good to nine digits here; in exact arithmetic the value is ours.
        let tolerance = if name.contains("far_from_zero") {
            1e-8
        } else {
            1e-12
        };
        assert_close(name, &output, &array(get("output").unwrap()), tolerance);
        let Some(grad_output) = get("grad_output") else {
            continue;
        };
        let gradients = tape.backward_from(&output, grad_output.clone()).unwrap();
        for (input, role) in inputs.iter().zip(["grad_a", "grad_b"]) {
            let found = gradients
                .get(input)
                .unwrap_or_else(|| panic!("{name}: no {role}"));
            assert_close(
                &format!("{name}: {role}"),
                found,
                &array(get(role).unwrap()),
                1e-11,
            );
        }
        // In single precision the values are the same up to rounding.
        let narrow: Vec<Tensor> = inputs
            .iter()
            .map(|t| t.detach().to_dtype(DType::F32).unwrap())
            .collect();
        if !name.contains("far_from_zero") && !name.contains("tiny") {
            let output = run(op, &case["params"], &narrow.iter().collect::<Vec<_>>()).unwrap();
            assert_close(
                &format!("{name} in f32"),
                &output,
                &array(get("output").unwrap()),
                2e-5,
            );
        }
    }
}
