use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::dataset::{Dataset, FolderFormat, folder_format};

type Files = Vec<(String, Vec<u8>)>;

/// `n` records whose pixels tell record, channel and place apart.
fn records(n: usize, heads: &[u8], first: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for at in 0..n {
        bytes.extend(heads.iter().map(|head| (head + at as u8) % 10));
        bytes
            .extend((0..PIXELS).map(|i| first + at as u8 + (i / 1024 * 50) as u8 + (i % 32) as u8));
    }
    bytes
}

fn ten() -> Files {
    let batch = |n: u8| (format!("data_batch_{n}.bin"), records(2, &[n], n));
    let mut files: Vec<_> = (1..=5).map(batch).collect();
    files.push(("test_batch.bin".into(), records(3, &[0], 100)));
    files.push((
        "batches.meta.txt".into(),
        b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n".into(),
    ));
    files
}

fn hundred() -> Files {
    let fine: String = (0..100).map(|n| format!("fine{n}\n")).collect();
    let coarse: String = (0..20).map(|n| format!("coarse{n}\n")).collect();
    vec![
        ("train.bin".into(), records(4, &[3, 7], 0)),
        ("test.bin".into(), records(2, &[1, 2], 9)),
        ("fine_label_names.txt".into(), fine.into()),
        ("coarse_label_names.txt".into(), coarse.into()),
    ]
}

fn unpacked(files: &[(String, Vec<u8>)], inner: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(inner)).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(inner).join(name), bytes).unwrap();
    }
    folder
}

fn packed(files: &[(String, Vec<u8>)], inner: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{inner}/{name}"), &bytes[..])
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn first_values(set: &InMemory) -> Vec<f32> {
    let pixels = set.batch(&[0]).unwrap().inputs.to_vec::<f32>().unwrap();
    vec![pixels[0], pixels[1], pixels[1024], pixels[2048]]
}

#[test]
fn ten_classes_from_folder_and_archive() {
    let plain = unpacked(&ten(), "");
    let nested = unpacked(&ten(), "cifar-10-batches-bin");
    let archive = tempfile::tempdir().unwrap();
    let file = archive.path().join("cifar-10-binary.tar.gz");
    std::fs::write(&file, packed(&ten(), "cifar-10-batches-bin")).unwrap();
    for path in [plain.path(), nested.path(), &file, archive.path()] {
        assert_eq!(folder_format(path).unwrap(), FolderFormat::Cifar);
        let sets = cifar(path, CifarLabels::Fine).unwrap();
        assert_eq!((sets.train.len(), sets.test.len()), (10, 3));
        assert_eq!(sets.train.input_shape(), [3, 32, 32]);
        assert_eq!(
            sets.train.target_kind().class_names().unwrap()[2..4],
            ["c", "d"]
        );
        let labels = sets.train.class_labels().unwrap().unwrap();
        assert_eq!(labels, [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
        assert_eq!(first_values(&sets.train), [1.0, 2.0, 51.0, 101.0]);
        assert_eq!(first_values(&sets.test)[0], 100.0);
    }
    let mut unnamed = ten();
    unnamed.pop();
    let sets = cifar(unpacked(&unnamed, "").path(), CifarLabels::Fine).unwrap();
    assert_eq!(sets.train.target_kind().class_names().unwrap()[9], "truck");
    assert!(cifar(plain.path(), CifarLabels::Coarse).is_err());
}

#[test]
fn hundred_classes_in_twenty_groups() {
    let folder = unpacked(&hundred(), "");
    let fine = cifar(folder.path(), CifarLabels::Fine).unwrap();
    assert_eq!(fine.train.class_labels().unwrap().unwrap(), [7, 8, 9, 0]);
    assert_eq!(
        fine.train.target_kind().class_names().unwrap()[99],
        "fine99"
    );
    let coarse = cifar(folder.path(), CifarLabels::Coarse).unwrap();
    assert_eq!(coarse.train.class_labels().unwrap().unwrap(), [3, 4, 5, 6]);
    assert_eq!(coarse.test.target_kind().class_names().unwrap().len(), 20);
    assert_eq!(first_values(&coarse.test)[0], 9.0);
}

#[test]
fn what_is_wrong_is_named() {
    let problem = |change: &dyn Fn(&mut Files)| {
        let mut files = ten();
        change(&mut files);
        let folder = unpacked(&files, "");
        cifar(folder.path(), CifarLabels::Fine)
            .unwrap_err()
            .to_string()
    };
    let missing = problem(&|files| drop(files.remove(2)));
    assert!(
        missing.contains("data_batch_3.bin is not there"),
        "{missing}"
    );
    let cut = problem(&|files| files[1].1.truncate(6145));
    assert!(
        cut.contains("data_batch_2.bin: byte 3073: the file holds 6145 bytes"),
        "{cut}"
    );
    let label = problem(&|files| files[5].1[3073] = 10);
    assert!(
        label.contains("test_batch.bin: sample 1: label 10, but there are 10 classes"),
        "{label}"
    );
    let names = problem(&|files| files[6].1.truncate(6));
    assert!(
        names.contains("batches.meta.txt: 3 names for 10 classes"),
        "{names}"
    );
    let empty = problem(&|files| files[0].1.clear());
    assert!(empty.contains("holds 0 bytes"), "{empty}");
}

#[test]
fn damaged_archives_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cifar-10-binary.tar.gz");
    let whole = packed(&ten(), "cifar-10-batches-bin");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        cifar(&path, CifarLabels::Fine)
    };
    for length in (0..whole.len() - 8).step_by(97) {
        assert!(read(&whole[..length]).is_err(), "cut to {length}");
    }
    for at in (0..whole.len()).step_by(211) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        // Whatever comes of it, it comes without a panic.
        let _ = read(&damaged);
    }
    let mut other = GzEncoder::new(Vec::new(), Compression::fast());
    other.write_all(b"hello").unwrap();
    assert!(read(&other.finish().unwrap()).is_err());
    let foreign = packed(&[("readme.txt".into(), b"hello".into())], "x");
    let error = read(&foreign).unwrap_err().to_string();
    assert!(
        error.contains("none of the binary files of CIFAR"),
        "{error}"
    );
}
