//! CIFAR-10 and CIFAR-100 in their binary form: 32×32 photographs in colour.
//!
//! ```text
//! CIFAR-10    data_batch_1.bin … data_batch_5.bin, test_batch.bin    records of 1 + 3072 bytes
//! CIFAR-100   train.bin, test.bin                                    records of 2 + 3072 bytes
//! record      the class (CIFAR-100: the group, then the class), then red, green, blue, each 32 rows of 32
//! ```
//!
//! Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use nn_core::Tensor;

use super::image_family::TrainTest;
use super::{InMemory, Targets};
use crate::error::{Error, Place, Result};
use crate::source::Source;

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// No file of the set is read beyond this; the largest real one has 154 MB.
const LONGEST: u64 = 1 << 30;

/// The folders and archives as they are published.
const INNER: [&str; 4] = [
    "cifar-10-batches-bin",
    "cifar-100-binary",
    "cifar-10-binary.tar.gz",
    "cifar-100-binary.tar.gz",
];

const TEN: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// Which of the two labels of CIFAR-100 is to be learnt. CIFAR-10 has only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CifarLabels {
    /// The 100 classes.
    #[default]
    Fine,
    /// The 20 groups that they belong to.
    Coarse,
}

/// Loads CIFAR-10 or CIFAR-100 from the folder of the binary files, a folder around that, or the `.tar.gz`
/// as it is published, which need not be unpacked.
///
/// Samples are u8 `[3, 32, 32]`. Classes have the names of `batches.meta.txt`, `fine_label_names.txt` or
/// `coarse_label_names.txt` where these are there.
///
/// # Errors
/// If a file is missing, is no whole number of records, or has a label out of range; if the archive is
/// damaged.
pub fn cifar(path: impl AsRef<Path>, labels: CifarLabels) -> Result<TrainTest> {
    let path = path.as_ref();
    let inner = INNER.map(|name| path.join(name)).into_iter();
    let path = &(inner.filter(|_| path.is_dir()))
        .find(|inner| inner.exists() && !is_cifar_folder(path))
        .unwrap_or_else(|| path.to_path_buf());
    let files = match path.is_dir() {
        true => from_folder(path)?,
        false => from_archive(path)?,
    };
    let set = Set {
        path,
        hundred: files.contains_key("train.bin"),
        labels,
        files,
    };
    let train: Vec<String> = match set.hundred {
        true => vec!["train.bin".into()],
        false => (1..=5).map(|n| format!("data_batch_{n}.bin")).collect(),
    };
    let test = if set.hundred {
        "test.bin"
    } else {
        "test_batch.bin"
    };
    let names = set.names()?;
    Ok(TrainTest {
        train: set.read("train", &train, &names)?,
        test: set.read("test", &[test.to_string()], &names)?,
    })
}

/// Whether the binary files lie in this very folder.
fn is_cifar_folder(folder: &Path) -> bool {
    folder.join("data_batch_1.bin").is_file()
        || (folder.join("train.bin").is_file() && folder.join("test.bin").is_file())
}

/// Whether [`cifar`] would find its files here.
pub(super) fn is_cifar(path: &Path) -> bool {
    match path.is_dir() {
        true => is_cifar_folder(path) || INNER.iter().any(|name| path.join(name).exists()),
        false => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".tar.gz") || name.ends_with(".tgz")
        }
    }
}

fn belongs(name: &str) -> bool {
    let batch = name.strip_prefix("data_batch_");
    batch.is_some_and(|rest| rest.ends_with(".bin"))
        || [
            "test_batch.bin",
            "train.bin",
            "test.bin",
            "batches.meta.txt",
            "fine_label_names.txt",
            "coarse_label_names.txt",
        ]
        .contains(&name)
}

fn from_folder(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let failed = |e| Error::io(folder, e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if belongs(&name) && entry.path().is_file() {
            files.insert(name, Source::open(&entry.path())?.read_to_end(LONGEST)?);
        }
    }
    Ok(files)
}

fn from_archive(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let damaged = |e: std::io::Error| {
        Error::file(
            path,
            Place::Whole,
            format!("the archive is damaged ({e})"),
            "download it again",
        )
    };
    let content = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file));
    let mut archive = tar::Archive::new(content);
    let mut files = BTreeMap::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        // Only the last part of the name counts, so nothing can be reached outside.
        let name = entry.path().map_err(damaged)?.file_name().map(|name| {
            let name = name.to_string_lossy();
            name.into_owned()
        });
        let Some(name) = name.filter(|name| belongs(name) && entry.header().entry_type().is_file())
        else {
            continue;
        };
        if entry.size() > LONGEST {
            return Err(Error::file(
                path,
                Place::Whole,
                format!(
                    "{name} in it has {} bytes, more than CIFAR can have",
                    entry.size()
                ),
                "check where the archive comes from",
            ));
        }
        let mut bytes = Vec::new();
        let got = entry.read_to_end(&mut bytes).map_err(damaged)? as u64;
        if got < entry.size() {
            return Err(damaged(std::io::ErrorKind::UnexpectedEof.into()));
        }
        files.insert(name, bytes);
    }
    if files.is_empty() {
        return Err(Error::file(
            path,
            Place::Whole,
            "the archive holds none of the binary files of CIFAR (data_batch_1.bin, train.bin)",
            "give cifar-10-binary.tar.gz or cifar-100-binary.tar.gz, or unpack the archive and give its folder",
        ));
    }
    Ok(files)
}

struct Set<'a> {
    path: &'a Path,
    hundred: bool,
    labels: CifarLabels,
    files: BTreeMap<String, Vec<u8>>,
}

impl Set<'_> {
    fn classes(&self) -> usize {
        match (self.hundred, self.labels) {
            (false, _) => 10,
            (true, CifarLabels::Fine) => 100,
            (true, CifarLabels::Coarse) => 20,
        }
    }

    fn names(&self) -> Result<Vec<String>> {
        let file = match (self.hundred, self.labels) {
            (false, CifarLabels::Coarse) => {
                return Err(Error::argument(
                    "coarse labels",
                    "CIFAR-10 has none, only CIFAR-100 has groups of classes",
                ));
            }
            (false, CifarLabels::Fine) => "batches.meta.txt",
            (true, CifarLabels::Fine) => "fine_label_names.txt",
            (true, CifarLabels::Coarse) => "coarse_label_names.txt",
        };
        let Some(text) = self.files.get(file) else {
            return Ok(match self.hundred {
                false => TEN.map(String::from).to_vec(),
                true => (0..self.classes()).map(|class| class.to_string()).collect(),
            });
        };
        let text = String::from_utf8_lossy(text);
        let names: Vec<String> = (text.lines().map(str::trim))
            .filter(|line| !line.is_empty())
            .map(String::from)
            .collect();
        if names.len() != self.classes() {
            return Err(Error::file(
                self.path.join(file),
                Place::Whole,
                format!("{} names for {} classes", names.len(), self.classes()),
                "give one name a line, or remove the file",
            ));
        }
        Ok(names)
    }

    fn read(&self, part: &str, files: &[String], names: &[String]) -> Result<InMemory> {
        let heads = if self.hundred { 2 } else { 1 };
        // CIFAR-100 gives the group first.
        let label = usize::from(self.hundred && self.labels == CifarLabels::Fine);
        let record = heads + PIXELS;
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for file in files {
            let place = self.path.join(file);
            let Some(bytes) = self.files.get(file) else {
                return Err(Error::file(
                    self.path,
                    Place::Whole,
                    format!("{file} is not there"),
                    "give all binary files of CIFAR-10 or CIFAR-100",
                ));
            };
            if bytes.is_empty() || bytes.len() % record != 0 {
                let problem = format!(
                    "the file holds {} bytes, which is no whole number of records of {record} bytes",
                    bytes.len()
                );
                return Err(Error::file(
                    place,
                    Place::Byte((bytes.len() - bytes.len() % record) as u64),
                    problem,
                    "download it again",
                ));
            }
            for (at, record) in bytes.chunks_exact(record).enumerate() {
                let class = record[label];
                if usize::from(class) >= names.len() {
                    return Err(Error::file(
                        place,
                        Place::Sample(at as u64),
                        format!("label {class}, but there are {} classes", names.len()),
                        "download it again",
                    ));
                }
                labels.push(class.into());
                pixels.extend_from_slice(&record[heads..]);
            }
        }
        let inputs = Tensor::from_vec(pixels, [labels.len(), 3, SIDE, SIDE])?;
        let targets = Targets::Classes {
            labels,
            names: names.to_vec(),
        };
        InMemory::new(format!("{} ({part})", self.path.display()), inputs, targets)
    }
}

#[cfg(test)]
mod tests;
