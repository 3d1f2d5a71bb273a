//! Values of NumPy, SciPy and PyTorch: operations with their derivatives, decompositions, and files as Python writes them.
//! `tests/golden/make.py` wrote them.

use std::collections::HashMap;
use std::path::PathBuf;

use nn_core::store::{npy, safetensors};
use nn_core::{Axes, DType, Result, Tape, Tensor, linalg};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

struct Group {
    cases: Vec<Value>,
    tensors: HashMap<String, Tensor>,
}

impl Group {
    fn read(name: &str) -> Group {
        let (tensors, _) = safetensors::load(folder().join(format!("{name}.safetensors"))).unwrap();
        let cases = json(&format!("{name}.json"))["cases"]
            .as_array()
            .unwrap()
            .clone();
        Group {
            cases,
            tensors: tensors.into_iter().collect(),
        }
    }

    fn get(&self, case: &Value, role: &str) -> Option<&Tensor> {
        self.tensors
            .get(&format!("{}.{role}", case["name"].as_str().unwrap()))
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().to_vec().unwrap()
}

/// Equal up to rounding: relative to each number, and to the largest one where a number came of cancellation.
fn assert_close(what: &str, got: &Tensor, expected: &Tensor, rtol: f64) {
    assert_eq!(got.dims(), expected.dims(), "{what}: shape");
    let (got, expected) = (numbers(got), numbers(expected));
    let largest = expected.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
        let close = (g - e).abs() <= rtol * e.abs() + 1e-3 * rtol * largest;
        assert!(close, "{what}, element {i}: {g:e}, expected {e:e}");
    }
}

fn axes(params: &Value) -> Axes {
    match &params["axes"] {
        Value::Null => Axes::from(..),
        Value::Number(n) => Axes::from(n.as_i64().unwrap() as isize),
        list => {
            let list: Vec<isize> = list
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_i64().unwrap() as isize)
                .collect();
            Axes::from(&list[..])
        }
    }
}

fn apply(op: &str, params: &Value, a: &Tensor, b: Option<&Tensor>) -> Result<Tensor> {
    let number = |name: &str| params[name].as_f64().unwrap();
    let keep = params["keepdim"] == true;
    if let Some(b) = b {
        return match op {
            "matmul" => a.matmul(b),
            "add" => a.add(b),
            "sub" => a.sub(b),
            "mul" => a.mul(b),
            "div" => a.div(b),
            "maximum" => a.maximum(b),
            "minimum" => a.minimum(b),
            "pow" => a.pow(b),
            other => panic!("no binary operation {other}"),
        };
    }
    match op {
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
        "argmax" => a.argmax(params["axis"].as_i64().unwrap() as isize),
        "argmin" => a.argmin(params["axis"].as_i64().unwrap() as isize),
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
        other => panic!("no operation {other}"),
    }
}

#[test]
fn operations_and_their_derivatives() {
    let group = Group::read("ops");
    assert!(group.cases.len() > 150);
    for case in &group.cases {
        let (op, params) = (case["op"].as_str().unwrap(), &case["params"]);
        let name = case["name"].as_str().unwrap();
        let tape = Tape::new();
        let a = tape.watch(group.get(case, "a").unwrap());
        let b = group.get(case, "b").map(|b| tape.watch(b));
        let output = apply(op, params, &a, b.as_ref()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_close(name, &output, group.get(case, "output").unwrap(), 1e-11);
        let Some(upstream) = group.get(case, "grad_output") else {
            continue;
        };
        let loss = output.mul(upstream).unwrap().sum(..).unwrap();
        let gradients = tape.backward(&loss).unwrap();
        for (role, input) in [("grad_a", Some(&a)), ("grad_b", b.as_ref())] {
            let Some(expected) = group.get(case, role) else {
                continue;
            };
            let got = gradients.get(input.unwrap());
            let got = got.unwrap_or_else(|| panic!("{name}: no {role}"));
            assert_close(&format!("{name}, {role}"), got, expected, 1e-11);
        }
    }
}

/// Columns are compared up to their sign, which is a matter of taste.
fn assert_same_columns(what: &str, got: &Tensor, expected: &Tensor, columns: usize) {
    assert_eq!(got.dims(), expected.dims(), "{what}: shape");
    for i in 0..columns {
        let column = |t: &Tensor| numbers(&t.slice(1, i..i + 1).unwrap());
        let (got, expected) = (column(got), column(expected));
        let dot: f64 = got.iter().zip(&expected).map(|(g, e)| g * e).sum();
        assert!(
            (dot.abs() - 1.0).abs() < 1e-10,
            "{what}, column {i}: {got:?}, expected ±{expected:?}"
        );
    }
}

#[test]
fn decompositions() {
    let group = Group::read("linalg");
    for case in &group.cases {
        let name = case["name"].as_str().unwrap();
        let tensor = |role: &str| group.get(case, role).unwrap();
        let a = tensor("a");
        match case["op"].as_str().unwrap() {
            "lstsq" => {
                // The condition of the matrix bounds what any algorithm can agree on.
                let condition = case["params"]["condition"].as_f64().unwrap_or(100.0);
                let x = linalg::lstsq(a, tensor("b")).unwrap().solution;
                assert_close(name, &x, tensor("x"), 1e-13 * condition);
            }
            "cholesky" => assert_close(name, &linalg::cholesky(a).unwrap(), tensor("l"), 1e-11),
            "eigh" => {
                let eigen = linalg::symmetric_eigen(a).unwrap();
                assert_close(name, &eigen.values, tensor("values"), 1e-11);
                assert_same_columns(name, &eigen.vectors, tensor("vectors"), a.dims()[0]);
            }
            "svd" => {
                let svd = linalg::svd(a).unwrap();
                // 1e-12 of the largest value is zero here: in one case the rank is 2.
                let (got, expected) = (numbers(&svd.singular_values), numbers(tensor("s")));
                let near = |(g, e): (&f64, &f64)| (g - e).abs() < 1e-12 * expected[0];
                assert!(
                    got.len() == expected.len() && got.iter().zip(&expected).all(near),
                    "{name}: {got:?}, expected {expected:?}"
                );
                let rank = expected.iter().filter(|s| **s > 1e-9 * expected[0]).count();
                assert_same_columns(name, &svd.u, tensor("u"), rank);
                let (vt, expected) = (svd.vt.t().unwrap(), tensor("vt").t().unwrap());
                assert_same_columns(name, &vt, &expected, rank);
            }
            other => panic!("no decomposition {other}"),
        }
    }
}

#[test]
fn arrays_written_by_numpy() {
    let contents = json("npy/contents.json");
    let files = contents["files"].as_array().unwrap();
    assert!(files.len() > 15);
    for file in files {
        let name = file["file"].as_str().unwrap();
        let tensor = npy::load(folder().join("npy").join(name));
        let tensor = tensor.unwrap_or_else(|e| panic!("{name}: {e}"));
        let shape: Vec<usize> = serde_json::from_value(file["shape"].clone()).unwrap();
        assert_eq!(tensor.dims(), shape, "{name}");
        let expected = file["values"].as_array().unwrap();
        let expected: Vec<f64> = expected
            .iter()
            .map(|v| v.as_f64().unwrap_or_else(|| f64::from(u8::from(v == true))))
            .collect();
        // serde_json may miss the nearest f64 by one place.
        let got = numbers(&tensor);
        let same = |(g, e): (&f64, &f64)| (g - e).abs() <= f64::EPSILON * e.abs();
        assert!(
            got.len() == expected.len() && got.iter().zip(&expected).all(same),
            "{name}: {got:?}, expected {expected:?}"
        );
        let dtype = match file["dtype"].as_str().unwrap() {
            "<f4" => DType::F32,
            "<f8" => DType::F64,
            "|u1" => DType::U8,
            "<u4" => DType::U32,
            "<i8" => DType::I64,
            // Converted to the nearest of ours.
            _ => continue,
        };
        assert_eq!(tensor.dtype(), dtype, "{name}");
    }
}

#[test]
fn tensors_written_by_the_python_package() {
    let (tensors, metadata) = safetensors::load(folder().join("python.safetensors")).unwrap();
    assert_eq!(metadata["format"], "pt");
    let tensors: HashMap<_, _> = tensors.into_iter().collect();
    assert_eq!(tensors.len(), 8);
    let check = |name: &str, dtype: DType, dims: &[usize], values: &[f64]| {
        let tensor = &tensors[name];
        assert_eq!((tensor.dtype(), tensor.dims()), (dtype, dims), "{name}");
        assert_eq!(numbers(tensor), values, "{name}");
    };
    check(
        "0.weight",
        DType::F32,
        &[2, 3],
        &[0.0, 0.25, 0.5, 0.75, 1.0, 1.25],
    );
    check("0.bias", DType::F32, &[2], &[-1.0, 1.0]);
    check("double", DType::F64, &[1, 2], &[1e-300, 1e300]);
    check("labels", DType::I64, &[3], &[0.0, -1.0, 9e9]);
    check("tokens", DType::U32, &[2], &[0.0, 4_294_967_295.0]);
    check(
        "pixels",
        DType::U8,
        &[2, 2, 2],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    );
    check("scalar", DType::F32, &[], &[3.25]);
    check("empty", DType::F32, &[0, 3], &[]);
}
