//! Damaged, foreign and malicious files: an error that helps, never a panic, a hang or a huge allocation.

use nn_core::store::{checkpoint, npy, safetensors};
use nn_core::{DType, Error, Result, Tensor};

use crate::support::from_bits;

type Reader = fn(&[u8]) -> Result<()>;

fn read_npy(bytes: &[u8]) -> Result<()> {
    npy::from_bytes(bytes).map(drop)
}

fn read_safetensors(bytes: &[u8]) -> Result<()> {
    safetensors::from_bytes(bytes).map(drop)
}

fn read_checkpoint(bytes: &[u8]) -> Result<()> {
    checkpoint::from_bytes::<(String, Vec<Tensor>)>(bytes, "model").map(drop)
}

fn tensor() -> Tensor {
    from_bits(DType::F32, &[2, 3], &[0x3f80_0000; 6])
}

fn files() -> [(&'static str, Vec<u8>, Reader); 3] {
    let labels = from_bits(DType::I64, &[2], &[1, 2]);
    let metadata = safetensors::Metadata::from([("format".into(), "pt".into())]);
    let named = [("weight".into(), tensor()), ("labels".into(), labels)];
    let model = ("digits", vec![tensor()]);
    [
        ("npy", npy::to_bytes(&tensor()).unwrap(), read_npy),
        (
            "safetensors",
            safetensors::to_bytes(&named, &metadata).unwrap(),
            read_safetensors,
        ),
        (
            "checkpoint",
            checkpoint::to_bytes("model", &model).unwrap(),
            read_checkpoint,
        ),
    ]
}

#[test]
fn files_cut_at_every_length_are_refused() {
    for (format, file, read) in files() {
        read(&file).unwrap();
        for length in 0..file.len() {
            let error = read(&file[..length]).expect_err("a part of a file");
            assert!(
                matches!(error, Error::Format { .. }),
                "{format} cut to {length}: {error:?}"
            );
        }
        let longer = [file.as_slice(), b"\0"].concat();
        assert!(
            matches!(read(&longer), Err(Error::Format { .. })),
            "{format} with a byte more"
        );
    }
}

#[test]
fn every_changed_byte_is_survived_and_in_checkpoints_noticed() {
    for (format, file, read) in files() {
        for at in 0..file.len() {
            for change in [0x01, 0x80, 0xff, file[at] ^ b'9', file[at] ^ b' ', file[at]] {
                let mut damaged = file.clone();
                damaged[at] ^= change;
                let outcome = read(&damaged);
                if let Err(error) = &outcome {
                    assert!(
                        matches!(error, Error::Format { .. }),
                        "{format}, byte {at}: {error:?}"
                    );
                } else if format == "checkpoint" {
                    assert_eq!(change, 0, "byte {at} changed by {change:#04x} unnoticed");
                }
            }
        }
    }
}

/// Asserts that a file is refused at a byte, with words a person can use.
fn refused(outcome: Result<()>, byte: impl Into<Option<u64>>, words: &[&str]) {
    let error = outcome.expect_err("a bad file");
    let message = error.to_string();
    match &error {
        Error::Format { offset, .. } => assert_eq!(*offset, byte.into(), "{message}"),
        other => panic!("{other:?}"),
    }
    for word in words {
        assert!(message.contains(word), "{message:?} lacks {word:?}");
    }
}

fn npy_with(header: &str, elements: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file.extend(elements);
    file
}

#[test]
fn npy_promises_are_checked_before_memory_is_taken() {
    let promise = |shape: &str| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
        let start = 10 + header.len() as u64;
        (read_npy(&npy_with(&header, &[0; 16])), start)
    };
    for shape in [
        "(1000000000000,)",
        "(1000000, 1000000)",
        "(18446744073709551615,)",
        "(4294967296, 4294967296, 4294967296)",
        "(3,)",
    ] {
        let (outcome, start) = promise(shape);
        refused(outcome, start, &["16 left", "complete copy"]);
    }
    let (outcome, start) = promise("(1,)");
    refused(outcome, start + 8, &["8 bytes follow"]);
    let (outcome, start) = promise("(0, 1000000000000)");
    refused(outcome, start, &["16 bytes follow"]);
    promise("(2,)").0.unwrap();

    // A header of 4 GB.
    refused(
        read_npy(b"\x93NUMPY\x02\0\xff\xff\xff\xff{}"),
        8,
        &["4294967295"],
    );
    refused(
        read_npy(b"\x93NUMPY\x09\x01\x02\0{}"),
        6,
        &["version 9.1", "3.0"],
    );
    refused(
        read_npy(b"PK\x03\x04 an npz is a zip"),
        0,
        &["not a .npy file", "numpy.save"],
    );
    refused(read_npy(b""), 0, &["empty"]);
    let objects = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}";
    refused(
        read_npy(&npy_with(objects, &[0; 8])),
        20,
        &["Python objects", "astype"],
    );
    let huge = "{'descr': '<u8', 'fortran_order': False, 'shape': (2,)}";
    let mut elements = [0; 16];
    elements[15] = 0x80;
    refused(
        read_npy(&npy_with(huge, &elements)),
        10 + huge.len() as u64 + 8,
        &["64-bit"],
    );
}

fn safetensors_with(length: u64, header: &str, elements: &[u8]) -> Vec<u8> {
    [&length.to_le_bytes(), header.as_bytes(), elements].concat()
}

#[test]
fn safetensors_headers_are_not_trusted() {
    let read = |header: &str, elements: &[u8]| {
        read_safetensors(&safetensors_with(header.len() as u64, header, elements))
    };
    let entry = |dtype: &str, shape: &str, from: u64, to: u64| {
        format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    read(
        &format!(r#"{{"a":{}}}"#, entry("F32", "[2]", 0, 8)),
        &[0; 8],
    )
    .unwrap();
    read("{}", &[]).unwrap();

    for length in [1_000_000_000_000, u64::MAX, u64::MAX - 7, 100_000_001] {
        let file = safetensors_with(length, "{}", &[]);
        refused(
            read_safetensors(&file),
            0,
            &[&length.to_string(), "not a safetensors file"],
        );
    }
    let overlapping = format!(
        r#"{{"a":{},"b":{}}}"#,
        entry("F32", "[2]", 0, 8),
        entry("F32", "[2]", 4, 12)
    );
    let gap = format!(r#"{{"a":{}}}"#, entry("F32", "[1]", 4, 8));
    let backwards = format!(r#"{{"a":{}}}"#, entry("F32", "[1]", 8, 4));
    let misfit = format!(r#"{{"a":{}}}"#, entry("F32", "[3]", 0, 8));
    let overflow = format!(
        r#"{{"a":{}}}"#,
        entry("F32", "[4294967296,4294967296,4294967296]", 0, 8)
    );
    let twice = format!(r#"{{"a":{0},"a":{0}}}"#, entry("F32", "[1]", 0, 4));
    let deep = "[".repeat(100_000);
    for header in [
        &overlapping,
        &gap,
        &backwards,
        &misfit,
        &overflow,
        &deep,
        "",
        "[]",
        "null",
    ] {
        let error = read(header, &[0; 12]).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Format {
                    offset: Some(8..),
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert!(read(&twice, &[0; 8]).is_err());

    let long = format!(
        r#"{{"a":{}}}"#,
        entry("F32", "[250000000000]", 0, 1_000_000_000_000)
    );
    refused(
        read(&long, &[0; 12]),
        8 + long.len() as u64,
        &["1000000000000 bytes", "12 follow"],
    );
    let odd = format!(r#"{{"a":{}}}"#, entry("F8_E4M3", "[12]", 0, 12));
    refused(
        read(&odd, &[0; 12]),
        8 + odd.len() as u64,
        &["tensor \"a\"", "F8_E4M3", "F32"],
    );
    let axes = format!(
        r#"{{"a":{}}}"#,
        entry("U8", &format!("[{}1]", "1,".repeat(64)), 0, 1)
    );
    refused(read(&axes, &[0]), 8, &["65 axes"]);
}

#[test]
fn checkpoints_say_what_they_are() {
    let file = checkpoint::to_bytes("model", &("digits", vec![tensor()])).unwrap();
    let read = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = file.clone();
        change(&mut file);
        read_checkpoint(&file)
    };
    refused(read(&|f| f[0] = b'P'), 0, &["not a checkpoint"]);
    refused(read(&|f| f.clear()), 0, &["empty"]);
    refused(read(&|f| f[8] = 2), 8, &["version 2", "newer program"]);
    refused(read(&|f| f.truncate(60)), 60, &["cut short"]);
    refused(read(&|f| f.push(0)), file.len() as u64, &["behind its end"]);
    refused(read(&|f| f[70] ^= 1), None, &["checksum", "intact copy"]);
    refused(
        read(&|f| f[20] = 0xff),
        file.len() as u64,
        &["cut short or its header"],
    );
    let other = checkpoint::from_bytes::<Tensor>(&file, "optimizer state").map(drop);
    refused(
        other,
        None,
        &["this is a model, an optimizer state was expected"],
    );
    let other = checkpoint::from_bytes::<(u8, u8)>(&file, "model").map(drop);
    refused(other, None, &["left over", "another version"]);
    let other = checkpoint::from_bytes::<(String, [Tensor; 3])>(&file, "model").map(drop);
    refused(other, None, &["not those of a model"]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.nn");
    std::fs::write(&path, &file[..50]).unwrap();
    let error = checkpoint::load::<Tensor>(&path, "model")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("{}: byte 50: ", path.display())),
        "{error}"
    );
    for kind in ["", &"k".repeat(65)] {
        assert!(checkpoint::to_bytes(kind, &1).is_err());
    }
}

/// The checksum keeps accidents out, not intent: contents that are well sealed but lie.
#[test]
fn sealed_lies_are_refused_without_taking_memory() {
    let lie = |shape: &[u64], bytes: &[u8]| {
        // What a tensor is encoded as, with a shape of our choice.
        #[derive(serde::Serialize)]
        struct Lie<'a> {
            dtype: DType,
            shape: &'a [u64],
            data: &'a [u8],
        }
        let lie = Lie {
            dtype: DType::F64,
            shape,
            data: bytes,
        };
        let file = checkpoint::to_bytes("model", &lie).unwrap();
        checkpoint::from_bytes::<Tensor>(&file, "model").map(drop)
    };
    lie(&[2], &[0; 16]).unwrap();
    for shape in [
        &[1_000_000_000_000][..],
        &[3],
        &[u64::MAX, u64::MAX],
        &[1 << 32, 1 << 32],
        &[0],
    ] {
        refused(lie(shape, &[0; 16]), None, &["16 were stored"]);
    }
    refused(lie(&[1; 65], &[0; 8]), None, &["65 axes"]);

    // Lengths of 2⁶², of text, of bytes and of a list.
    let length = checkpoint::to_bytes("model", &(1u64 << 62)).unwrap();
    assert!(checkpoint::from_bytes::<String>(&length, "model").is_err());
    assert!(checkpoint::from_bytes::<Vec<u64>>(&length, "model").is_err());
    assert!(checkpoint::from_bytes::<(DType, Tensor)>(&length, "model").is_err());
}
