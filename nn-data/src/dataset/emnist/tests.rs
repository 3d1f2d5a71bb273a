use std::io::Write;

use flate2::{Compression, write::DeflateEncoder, write::GzEncoder};

use super::*;
use crate::dataset::{Dataset, FolderFormat, folder_format};

fn idx_file(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// The four files of a division: pictures of 2×3 as they lie in the files, which are 3×2 upright.
fn division(subset: &str, labels: &[u8]) -> Vec<(String, Vec<u8>)> {
    let n = labels.len() as u32;
    let pixels: Vec<u8> = (0..n as u8 * 6).collect();
    let mut files = Vec::new();
    for part in ["train", "test"] {
        let name = |end: &str| format!("emnist-{subset}-{part}-{end}-ubyte");
        files.push((name("images-idx3"), idx_file(&[n, 2, 3], &pixels)));
        files.push((name("labels-idx1"), idx_file(&[n], labels)));
    }
    files
}

fn folder(files: &[(String, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive; every other file is deflated.
fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (at, (name, bytes)) in files.iter().enumerate() {
        let name = format!("gzip/{name}.gz");
        let content = gz(bytes);
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        let (method, stored) = if at % 2 == 0 {
            (0u16, content.clone())
        } else {
            let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
            deflate.write_all(&content).unwrap();
            (8, deflate.finish().unwrap())
        };
        let offset = body.len() as u32;
        let mut about = Vec::new();
        about.extend([20, 0, 0, 0]);
        about.extend(method.to_le_bytes());
        about.extend([0; 4]);
        about.extend(crc.sum().to_le_bytes());
        about.extend((stored.len() as u32).to_le_bytes());
        about.extend((content.len() as u32).to_le_bytes());
        about.extend((name.len() as u16).to_le_bytes());
        body.extend(b"PK\x03\x04");
        body.extend(&about);
        body.extend([0; 2]);
        body.extend(name.as_bytes());
        body.extend(&stored);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&about);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size) = (body.len() as u32, directory.len() as u32);
    body.extend(directory);
    body.extend(b"PK\x05\x06\0\0\0\0");
    body.extend([files.len() as u16; 2].map(u16::to_le_bytes).concat());
    body.extend([size, start].map(u32::to_le_bytes).concat());
    body.extend([0; 2]);
    body
}

#[test]
fn pictures_are_turned_upright_and_letters_count_from_zero() {
    let letters = folder(&division("letters", &[1, 26]));
    assert_eq!(folder_format(letters.path()).unwrap(), FolderFormat::Emnist);
    let sets = emnist(letters.path(), None).unwrap();
    assert_eq!(sets.train.input_shape(), [1, 3, 2]);
    assert_eq!(sets.train.class_labels().unwrap().unwrap(), [0, 25]);
    assert_eq!(sets.test.target_kind().class_names().unwrap()[25], "Z");
    let pixels = sets
        .test
        .batch(&[0])
        .unwrap()
        .inputs
        .to_vec::<f32>()
        .unwrap();
    assert_eq!(pixels, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
}

#[test]
fn classes_have_the_numbers_of_the_paper() {
    for (subset, classes, last) in [
        ("byclass", 62, "z"),
        ("bymerge", 47, "t"),
        ("balanced", 47, "t"),
        ("letters", 26, "Z"),
        ("digits", 10, "9"),
        ("mnist", 10, "9"),
    ] {
        let sets = emnist(folder(&division(subset, &[1, 2])).path(), None).unwrap();
        let names = sets.train.target_kind().class_names().unwrap().to_vec();
        assert_eq!(
            (names.len(), &*names[classes - 1]),
            (classes, last),
            "{subset}"
        );
    }
}

#[test]
fn the_archive_is_read_as_it_is() {
    let mut files = division("digits", &[3, 4]);
    files.extend(division("letters", &[5, 6]));
    let bytes = zipped(&files);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gzip.zip");
    std::fs::write(&path, &bytes).unwrap();
    for path in [folder.path(), &path] {
        assert_eq!(folder_format(path).unwrap(), FolderFormat::Emnist);
        let sets = emnist(path, Some("letters")).unwrap();
        assert_eq!(sets.test.class_labels().unwrap().unwrap(), [4, 5]);
        let unclear = emnist(path, None).unwrap_err().to_string();
        assert!(
            unclear.contains("2 divisions of EMNIST: digits, letters"),
            "{unclear}"
        );
        let none = emnist(path, Some("balanced")).unwrap_err().to_string();
        assert!(none.contains("no division \"balanced\""), "{none}");
    }
    for length in 0..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(emnist(&path, Some("letters")).is_err(), "cut to {length}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        std::fs::write(&path, &damaged).unwrap();
        // Names and unused fields may change without harm; content may not.
        let _ = emnist(&path, Some("letters"));
    }
}

#[test]
fn a_letter_without_number_is_refused() {
    let error = emnist(folder(&division("letters", &[1, 0])).path(), None);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("sample 1: label 0"), "{error}");
    let error = emnist(tempfile::tempdir().unwrap().path(), None).unwrap_err();
    assert!(error.to_string().contains("no such file"), "{error}");
}
