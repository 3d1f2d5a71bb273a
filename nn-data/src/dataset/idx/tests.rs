use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn idx(kind: u8, shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, shape.len() as u8];
    shape.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_value_type() {
    let parse = |kind, n, values: &[u8]| parse("x", &idx(kind, &[n], values)).unwrap().values;
    assert_eq!(
        parse(8, 3, &[0, 128, 255]),
        IdxValues::U8(vec![0, 128, 255])
    );
    assert_eq!(
        parse(9, 3, &[0, 128, 255]),
        IdxValues::I8(vec![0, -128, -1])
    );
    assert_eq!(
        parse(0xB, 2, &[1, 2, 0xff, 0xfe]),
        IdxValues::I16(vec![258, -2])
    );
    assert_eq!(
        parse(0xC, 1, &[0xff, 0xff, 0xff, 0xfd]),
        IdxValues::I32(vec![-3])
    );
    assert_eq!(
        parse(0xD, 1, &1.5f32.to_be_bytes()),
        IdxValues::F32(vec![1.5])
    );
    assert_eq!(
        parse(0xE, 1, &(-2.5f64).to_be_bytes()),
        IdxValues::F64(vec![-2.5])
    );
}

#[test]
fn shape_and_compression() {
    let bytes = idx(8, &[2, 2, 3], &(0..12).collect::<Vec<u8>>());
    let plain = parse("x", &bytes).unwrap();
    assert_eq!(plain.shape, [2, 2, 3]);
    assert_eq!(parse("x", &gz(&bytes)).unwrap(), plain);
    assert_eq!(plain.into_tensor().unwrap().dims(), [2, 2, 3]);
}

#[test]
fn truncated_at_every_byte_is_an_error_and_never_a_panic() {
    let whole = idx(0xB, &[3, 2], &[7; 12]);
    for n in 0..whole.len() {
        let error = parse("t", &whole[..n]).unwrap_err().to_string();
        assert!(
            error.starts_with("t: ") && error.ends_with(AGAIN),
            "{n}: {error}"
        );
    }
    let packed = gz(&whole);
    for n in 0..packed.len() {
        assert!(parse("t", &packed[..n]).is_err(), "{n}");
    }
    assert!(parse("t", &packed).is_ok());
}

#[test]
fn every_flipped_byte_of_a_compressed_file_is_noticed_or_harmless() {
    let whole = idx(8, &[40], &[9; 40]);
    let packed = gz(&whole);
    let reference = parse("t", &packed).unwrap();
    for n in 0..packed.len() {
        let mut damaged = packed.clone();
        damaged[n] ^= 0x41;
        if let Ok(array) = parse("t", &damaged) {
            assert_eq!(array, reference, "byte {n}"); // e.g. the time stamp in the gz header
        }
    }
}

#[test]
fn a_lying_header_is_refused_before_memory_is_claimed() {
    for shape in [
        &[1_000_000, 1_000_000][..],
        &[u32::MAX; 8],
        &[2_000_000_000],
    ] {
        for bytes in [idx(8, shape, &[0; 100]), gz(&idx(8, shape, &[0; 100]))] {
            let error = parse("t", &bytes).unwrap_err().to_string();
            assert!(
                error.starts_with("t: byte 4: the header promises"),
                "{error}"
            );
            assert!(error.contains("but the file holds"), "{error}");
        }
    }
    let error = parse("train.gz", &gz(&idx(8, &[60000, 28, 28], &[0; 100]))).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("60000 images of 28×28 (47040000 bytes)"),
        "{error}"
    );
}

#[test]
fn foreign_and_overlong_files() {
    let message = |bytes: &[u8]| parse("t", bytes).unwrap_err().to_string();
    assert!(message(b"\x89PNG....").contains("two zero bytes"));
    assert!(message(&idx(7, &[1], &[0])).contains("0x07 is not an IDX value type"));
    assert!(message(&[0, 0, 8, 0]).contains("0 dimensions"));
    assert!(message(&[0, 0, 8, 200]).contains("200 dimensions"));
    assert!(message(&idx(8, &[2], &[1, 2, 3])).contains("goes on after"));
    assert!(message(&[]).contains("empty"));
}

#[test]
fn labels_must_be_one_dimensional_whole_and_not_negative() {
    let labels = |kind, shape: &[u32], values: &[u8]| {
        parse("t", &idx(kind, shape, values))
            .unwrap()
            .labels()
            .map_err(|e| e.to_string())
    };
    assert_eq!(labels(9, &[2], &[1, 0]).unwrap(), [1, 0]);
    assert!(
        labels(9, &[2], &[1, 255])
            .unwrap_err()
            .contains("sample 1: the label is negative")
    );
    assert!(
        labels(8, &[1, 2], &[1, 2])
            .unwrap_err()
            .contains("one-dimensional")
    );
    assert!(
        labels(0xD, &[1], &[0; 4])
            .unwrap_err()
            .contains("whole numbers")
    );
}
