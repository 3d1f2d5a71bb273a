//! Files as NumPy and the safetensors library for Python write them, given byte for byte.

use std::path::PathBuf;

use nn_core::store::{npy, safetensors};
use nn_core::{DType, Tensor};
use serde_json::Value;

fn npy_file(version: u8, descr: &str, fortran: bool, shape: &str, elements: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let mut file = b"\x93NUMPY".to_vec();
    file.extend([version, 0]);
    let before = if version == 1 { 10 } else { 12 };
    let length = (before + header.len() + 1).next_multiple_of(64) - before;
    match version {
        1 => file.extend((length as u16).to_le_bytes()),
        _ => file.extend((length as u32).to_le_bytes()),
    }
    file.extend(format!("{header:<width$}\n", width = length - 1).bytes());
    file.extend(elements);
    file
}

fn values(tensor: &Tensor) -> Vec<f64> {
    match tensor.dtype() {
        DType::F32 => tensor
            .to_vec::<f32>()
            .unwrap()
            .into_iter()
            .map(f64::from)
            .collect(),
        DType::F64 => tensor.to_vec::<f64>().unwrap(),
        DType::U8 => tensor
            .to_vec::<u8>()
            .unwrap()
            .into_iter()
            .map(f64::from)
            .collect(),
        DType::U32 => tensor
            .to_vec::<u32>()
            .unwrap()
            .into_iter()
            .map(f64::from)
            .collect(),
        DType::I64 => tensor
            .to_vec::<i64>()
            .unwrap()
            .into_iter()
            .map(|x| x as f64)
            .collect(),
    }
}

#[test]
fn every_element_type_in_both_byte_orders() {
    macro_rules! case {
        ($code:literal, $dtype:ident, [$($value:expr),*], $expected:expr) => {
            for (order, elements) in [
                ('<', [$($value.to_le_bytes()),*].concat()),
                ('>', [$($value.to_be_bytes()),*].concat()),
            ] {
                for version in 1..=3 {
                    let descr = format!("{order}{}", $code);
                    let tensor = npy::from_bytes(&npy_file(version, &descr, false, "(3,)", &elements)).unwrap();
                    assert_eq!(tensor.dtype(), DType::$dtype, "{descr}");
                    assert_eq!(values(&tensor), $expected, "{descr}");
                }
            }
        };
    }
    case!(
        "f4",
        F32,
        [1.5f32, -2.0f32, 3.0e30f32],
        [1.5, -2.0, f64::from(3.0e30f32)]
    );
    case!(
        "f8",
        F64,
        [1.5f64, -2.0f64, 3.0e300f64],
        [1.5, -2.0, 3.0e300]
    );
    case!(
        "f2",
        F32,
        [0x3e00u16, 0xc000u16, 0x0001u16],
        [1.5, -2.0, 2f64.powi(-24)]
    );
    case!("i1", I64, [1i8, -2i8, -128i8], [1.0, -2.0, -128.0]);
    case!("i2", I64, [1i16, -2i16, -30000i16], [1.0, -2.0, -30000.0]);
    case!(
        "i4",
        I64,
        [1i32, -2i32, i32::MIN],
        [1.0, -2.0, -2147483648.0]
    );
    case!(
        "i8",
        I64,
        [1i64, -2i64, 1i64 << 40],
        [1.0, -2.0, 2f64.powi(40)]
    );
    case!("u1", U8, [1u8, 200u8, 255u8], [1.0, 200.0, 255.0]);
    case!("u2", U32, [1u16, 200u16, 65535u16], [1.0, 200.0, 65535.0]);
    case!(
        "u4",
        U32,
        [1u32, 200u32, u32::MAX],
        [1.0, 200.0, 4294967295.0]
    );
    case!(
        "u8",
        I64,
        [1u64, 200u64, 1u64 << 40],
        [1.0, 200.0, 2f64.powi(40)]
    );

    let flags = npy::from_bytes(&npy_file(1, "|b1", false, "(3,)", &[0, 1, 1])).unwrap();
    assert_eq!(flags.to_vec::<u8>().unwrap(), [0, 1, 1]);
}

#[test]
fn column_major_arrays_come_out_row_major() {
    let elements = [0u8, 3, 1, 4, 2, 5];
    let tensor = npy::from_bytes(&npy_file(1, "|u1", true, "(2, 3)", &elements)).unwrap();
    assert_eq!(tensor.dims(), [2, 3]);
    assert!(tensor.is_contiguous());
    assert_eq!(tensor.to_vec::<u8>().unwrap(), [0, 1, 2, 3, 4, 5]);

    let elements: Vec<u8> = (0..24).collect();
    let tensor = npy::from_bytes(&npy_file(1, "|u1", true, "(2, 3, 4)", &elements)).unwrap();
    for (i, j, k) in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 2, 3)] {
        assert_eq!(tensor.get(&[i, j, k]).unwrap(), (i + 2 * j + 6 * k) as f64);
    }
}

#[test]
fn the_bytes_are_those_numpy_writes() {
    let tensor = Tensor::from_vec(vec![1.0f32, 2.0], [2]).unwrap();
    let expected = npy_file(1, "<f4", false, "(2,)", &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
    assert_eq!(npy::to_bytes(&tensor).unwrap(), expected);
    let scalar = Tensor::scalar(7i64).unwrap();
    let expected = npy_file(1, "<i8", false, "()", &[7, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(npy::to_bytes(&scalar).unwrap(), expected);
    let empty = Tensor::zeros([0, 4], DType::U8).unwrap();
    assert_eq!(
        npy::to_bytes(&empty).unwrap(),
        npy_file(1, "|u1", false, "(0, 4)", &[])
    );
}

#[test]
fn safetensors_types_are_converted_without_loss() {
    let header = concat!(
        r#"{"__metadata__":{"format":"pt"},"#,
        r#""b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"#,
        r#""h":{"dtype":"F16","shape":[1],"data_offsets":[4,6]},"#,
        r#""i":{"dtype":"I32","shape":[1,1],"data_offsets":[6,10]},"#,
        r#""s":{"dtype":"I16","shape":[],"data_offsets":[10,12]},"#,
        r#""t":{"dtype":"BOOL","shape":[2],"data_offsets":[12,14]}}  "#
    );
    let elements = [
        0xc0, 0x3f, 0x80, 0xff, 0x00, 0xbc, 0xfe, 0xff, 0xff, 0xff, 0x05, 0x00, 0, 1,
    ];
    let file = [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        &elements,
    ]
    .concat();
    let (tensors, metadata) = safetensors::from_bytes(&file).unwrap();
    assert_eq!(metadata["format"], "pt");
    let read: Vec<_> = tensors
        .iter()
        .map(|(name, t)| (name.as_str(), t.dtype(), t.dims().to_vec(), values(t)))
        .collect();
    assert_eq!(
        read,
        [
            ("b", DType::F32, vec![2], vec![1.5, f64::NEG_INFINITY]),
            ("h", DType::F32, vec![1], vec![-1.0]),
            ("i", DType::I64, vec![1, 1], vec![-2.0]),
            ("s", DType::I64, vec![], vec![5.0]),
            ("t", DType::U8, vec![2], vec![0.0, 1.0]),
        ]
    );
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn files_written_by_numpy() {
    let index = std::fs::read(folder().join("npy/contents.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let files = index["files"].as_array().unwrap();
    assert!(files.len() > 10);
    for file in files {
        let name = file["file"].as_str().unwrap();
        let path = folder().join("npy").join(name);
        let tensor = npy::load(&path).unwrap_or_else(|e| panic!("{e}"));
        let shape: Vec<usize> = serde_json::from_value(file["shape"].clone()).unwrap();
        assert_eq!(tensor.dims(), shape, "{name}");
        let expected: Vec<f64> = match &file["values"] {
            Value::Array(list) => list
                .iter()
                .map(|v| {
                    v.as_f64()
                        .unwrap_or_else(|| f64::from(u8::from(v.as_bool().unwrap())))
                })
                .collect(),
            one => vec![one.as_f64().unwrap()],
        };
        let found = values(&tensor);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (x, y) in found.iter().zip(&expected) {
            // The text of the index keeps nine digits of single precision at least.
            let close = (x - y).abs() <= y.abs() * 1e-7;
            assert!(
                x == y || (tensor.dtype() == DType::F32 && close),
                "{name}: {x} {y}"
            );
        }
        // What NumPy wrote in our own form, we write byte for byte the same.
        let ours = ["<f4", "<f8", "|u1", "<u4", "<i8"].contains(&file["dtype"].as_str().unwrap());
        let plain = file["fortran"] == Value::Bool(false) && file["version"][0] == 1;
        if ours && plain {
            assert_eq!(
                npy::to_bytes(&tensor).unwrap(),
                std::fs::read(&path).unwrap(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_file_written_by_the_safetensors_package() {
    let (tensors, metadata) = safetensors::load(folder().join("python.safetensors")).unwrap();
    assert_eq!(metadata["format"], "pt");
    let find = |name: &str| &tensors.iter().find(|(n, _)| n == name).unwrap().1;
    assert_eq!(tensors.len(), 8);
    let table: [(&str, DType, &[usize], &[f64]); 8] = [
        (
            "0.weight",
            DType::F32,
            &[2, 3],
            &[0.0, 0.25, 0.5, 0.75, 1.0, 1.25],
        ),
        ("0.bias", DType::F32, &[2], &[-1.0, 1.0]),
        ("double", DType::F64, &[1, 2], &[1e-300, 1e300]),
        ("labels", DType::I64, &[3], &[0.0, -1.0, 9e9]),
        ("tokens", DType::U32, &[2], &[0.0, 4_294_967_295.0]),
        (
            "pixels",
            DType::U8,
            &[2, 2, 2],
            &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        ),
        ("scalar", DType::F32, &[], &[3.25]),
        ("empty", DType::F32, &[0, 3], &[]),
    ];
    for (name, dtype, shape, expected) in table {
        let tensor = find(name);
        assert_eq!((tensor.dtype(), tensor.dims()), (dtype, shape), "{name}");
        assert_eq!(values(tensor), expected, "{name}");
    }
}
