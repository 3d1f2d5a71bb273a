//! What is written comes back, bit for bit.

use std::collections::BTreeMap;

use nn_core::store::{checkpoint, npy, safetensors};
use nn_core::{DType, Tensor};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::{DTYPES, any_tensor, bits, from_bits};

proptest! {
    #[test]
    fn npy(tensor in any_tensor()) {
        let back = npy::from_bytes(&npy::to_bytes(&tensor).unwrap()).unwrap();
        prop_assert_eq!(bits(&back), bits(&tensor));
    }

    #[test]
    fn safetensors(tensors in prop::collection::vec((".{0,6}", any_tensor()), 0..5), text in ".{0,9}") {
        let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        let list: Vec<(String, Tensor)> = tensors.clone().into_iter().collect();
        let metadata = safetensors::Metadata::from([("note".to_owned(), text)]);
        let file = safetensors::to_bytes(&list, &metadata).unwrap();
        let (back, text) = safetensors::from_bytes(&file).unwrap();
        prop_assert_eq!(back.len(), tensors.len());
        for (name, tensor) in back {
            prop_assert_eq!(bits(&tensor), bits(&tensors[&name]));
        }
        prop_assert_eq!(text, metadata);
        // The reference implementation agrees that the file is whole.
        let judge = ::safetensors::SafeTensors::deserialize(&file).unwrap();
        prop_assert_eq!(judge.len(), tensors.len());
    }

    #[test]
    fn checkpoint(tensors in prop::collection::vec(any_tensor(), 0..4), number: f64, name in ".{0,9}") {
        let file = checkpoint::to_bytes("trial", &(number, &name, &tensors)).unwrap();
        let (n, s, back): (f64, String, Vec<Tensor>) = checkpoint::from_bytes(&file, "trial").unwrap();
        prop_assert_eq!((n.to_bits(), s), (number.to_bits(), name));
        prop_assert_eq!(
            back.iter().map(bits).collect::<Vec<_>>(),
            tensors.iter().map(bits).collect::<Vec<_>>()
        );
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Layer {
    Linear { inputs: usize, bias: bool },
    Sequential(Vec<Layer>),
}

#[test]
fn a_value_of_many_forms_survives_in_a_checkpoint_and_in_json() {
    let weight = from_bits(DType::F32, &[2, 2], &[1, 2, 0x7fc0_0001, 4]);
    let network = Layer::Sequential(vec![
        Layer::Linear {
            inputs: 3,
            bias: true,
        },
        Layer::Sequential(vec![]),
    ]);
    let state = BTreeMap::from([("w", Some(&weight)), ("none", None)]);
    let file = checkpoint::to_bytes("model", &(&network, &state, 'é', -5i8)).unwrap();
    let (n, s, c, i): (Layer, BTreeMap<String, Option<Tensor>>, char, i8) =
        checkpoint::from_bytes(&file, "model").unwrap();
    assert_eq!((n, c, i), (network, 'é', -5));
    assert!(s["none"].is_none());
    assert_eq!(bits(s["w"].as_ref().unwrap()), bits(&weight));

    let text = serde_json::to_string(&weight).unwrap();
    assert_eq!(bits(&serde_json::from_str(&text).unwrap()), bits(&weight));
}

#[test]
fn large_tensors_cross_the_chunks() {
    for dtype in DTYPES {
        let many: Vec<u64> = (0..50_001u64)
            .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .collect();
        let tensor = from_bits(dtype, &[50_001], &many);
        assert_eq!(
            bits(&npy::from_bytes(&npy::to_bytes(&tensor).unwrap()).unwrap()),
            bits(&tensor)
        );
        let file = checkpoint::to_bytes("t", &tensor).unwrap();
        assert!(file.len() < 50_001 * dtype.size() + 200);
        assert_eq!(
            bits(&checkpoint::from_bytes(&file, "t").unwrap()),
            bits(&tensor)
        );
    }
}

#[test]
fn files_on_disk_and_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = from_bits(DType::I64, &[3], &[1, 2, 3]);
    let path = folder.path().join("x.npy");
    npy::save(&path, &tensor).unwrap();
    assert_eq!(bits(&npy::load(&path).unwrap()), bits(&tensor));

    let path = folder.path().join("x.safetensors");
    safetensors::save(&path, &[("x".into(), tensor.clone())], &Default::default()).unwrap();
    assert_eq!(
        bits(&safetensors::load(&path).unwrap().0[0].1),
        bits(&tensor)
    );

    let path = folder.path().join("x.nn");
    checkpoint::save(&path, "x", &tensor).unwrap();
    assert_eq!(bits(&checkpoint::load(&path, "x").unwrap()), bits(&tensor));

    for error in [
        npy::load(folder.path()).unwrap_err(),
        npy::load(folder.path().join("absent")).unwrap_err(),
    ] {
        let folder = folder.path().display().to_string();
        assert!(error.to_string().contains(&folder), "{error}");
    }

    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: this system has no mkfifo");
            return;
        }
        let bytes = npy::to_bytes(&tensor).unwrap();
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::write(pipe, bytes)
        });
        assert_eq!(bits(&npy::load(&pipe).unwrap()), bits(&tensor));
        writer.join().unwrap().unwrap();
    }
}

#[test]
fn the_same_tensors_give_the_same_safetensors_file() {
    let a = from_bits(DType::U8, &[3], &[1, 2, 3]);
    let b = from_bits(DType::F32, &[1], &[4]);
    let metadata: safetensors::Metadata = (0..20)
        .map(|i| (format!("key {i}"), "text".to_owned()))
        .collect();
    let one = [("a".to_owned(), a.clone()), ("b".to_owned(), b.clone())];
    let two = [("b".to_owned(), b), ("a".to_owned(), a)];
    let file = safetensors::to_bytes(&one, &metadata).unwrap();
    assert_eq!(file, safetensors::to_bytes(&two, &metadata).unwrap());
    // Wide elements come first.
    assert_eq!(safetensors::from_bytes(&file).unwrap().0[0].0, "b");

    let twice = [one[0].clone(), one[0].clone()];
    let error = safetensors::to_bytes(&twice, &metadata)
        .unwrap_err()
        .to_string();
    assert!(error.contains("two tensors are called \"a\""), "{error}");
    let reserved = [("__metadata__".to_owned(), one[0].1.clone())];
    assert!(safetensors::to_bytes(&reserved, &metadata).is_err());
}
