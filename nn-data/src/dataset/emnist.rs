//! EMNIST: handwritten letters and digits, in six divisions into classes.
//!
//! The files are IDX, as those of MNIST, with three differences: they have other names, every picture lies
//! transposed, and the labels of the division `letters` begin with 1.
//!
//! Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to handwritten
//! letters", 2017.

use std::path::{Path, PathBuf};

use super::idx::{self, IdxArray, IdxValues};
use super::image_family::{Labels, TrainTest, pair};
use super::zip::Zip;
use crate::error::{Error, Place, Result};

/// The divisions of EMNIST by the names that its files have.
pub const EMNIST_SUBSETS: [&str; 6] = [
    "balanced", "byclass", "bymerge", "digits", "letters", "mnist",
];

/// The archive as it is published.
const ARCHIVE: &str = "gzip.zip";

/// No file in the archive is longer; the largest real one has 120 MB.
const LONGEST: u64 = 1 << 30;

/// Where the files are.
enum Files<'a> {
    Folder(&'a Path),
    Archive(Zip<'a>),
}

/// Loads a division of EMNIST from a folder of its IDX files (plain or `.gz`), or from `gzip.zip` as it is
/// published, which need not be unpacked.
///
/// `subset` is one of [`EMNIST_SUBSETS`] and may be left out where the files of only one are there.
/// Samples are u8 `[1, 28, 28]`, upright; classes are named by their characters, in `letters` by the
/// capital ones.
///
/// # Errors
/// As [`image_family`](super::image_family), and if it is not clear which division is meant.
pub fn emnist(path: impl AsRef<Path>, subset: Option<&str>) -> Result<TrainTest> {
    let path = path.as_ref();
    let archive: PathBuf = match path.is_dir() {
        true => path.join(ARCHIVE),
        false => path.to_path_buf(),
    };
    let mut place = match path.is_dir() && !subsets_in_folder(path).is_empty() {
        true => Files::Folder(path),
        false => Files::Archive(Zip::open(&archive)?),
    };
    let there = match &place {
        Files::Folder(folder) => subsets_in_folder(folder),
        Files::Archive(zip) => subsets(zip.names()),
    };
    let choice = || {
        format!(
            "say which with subset = \"{}\"",
            there.first().unwrap_or(&"balanced")
        )
    };
    let problem = |problem: String| Error::file(path, Place::Whole, problem, choice());
    let subset = match (subset, &there[..]) {
        (Some(subset), _) => match there.iter().find(|known| **known == subset) {
            Some(&known) => known,
            None if there.is_empty() => return Err(nothing(path)),
            None => {
                return Err(problem(format!(
                    "there is no division \"{subset}\" of EMNIST in it, only {}",
                    there.join(", ")
                )));
            }
        },
        (None, [only]) => only,
        (None, []) => return Err(nothing(path)),
        (None, several) => {
            return Err(problem(format!(
                "it holds {} divisions of EMNIST: {}",
                several.len(),
                several.join(", ")
            )));
        }
    };
    let names = class_names(subset);
    let mut part = |part: &str, train: Option<&_>| {
        let stem = format!("emnist-{subset}-{part}");
        let images = upright(place.read(&format!("{stem}-images-idx3-ubyte"))?);
        let array = place.read(&format!("{stem}-labels-idx1-ubyte"))?;
        let mut numbers = array.labels()?;
        if subset == "letters" {
            if let Some(sample) = numbers.iter().position(|&label| label == 0) {
                return Err(Error::file(
                    &array.name,
                    Place::Sample(sample as u64),
                    "label 0, the labels of the letters begin with 1",
                    "download it again",
                ));
            }
            numbers.iter_mut().for_each(|label| *label -= 1);
        }
        let labels = Labels {
            name: array.name,
            numbers,
            classes: Some(names.clone()),
        };
        pair(images, labels, train)
    };
    let train = part("train", None)?;
    let test = part("test", Some(&train))?;
    Ok(TrainTest { train, test })
}

/// Whether [`emnist`] would find its files here.
pub(super) fn is_emnist(path: &Path) -> bool {
    match path.is_dir() {
        true => !subsets_in_folder(path).is_empty() || path.join(ARCHIVE).is_file(),
        false => path.extension().is_some_and(|end| end == "zip"),
    }
}

fn nothing(path: &Path) -> Error {
    Error::file(
        path,
        Place::Whole,
        "there are no files of EMNIST in it (emnist-balanced-train-images-idx3-ubyte and its like)",
        "give a folder of them, or the archive gzip.zip",
    )
}

fn subsets<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let names: Vec<&str> = names.collect();
    let there = |subset: &&'static str| {
        let stem = format!("emnist-{subset}-train-images-idx3-ubyte");
        names
            .iter()
            .any(|name| name.strip_suffix(".gz").unwrap_or(name) == stem)
    };
    EMNIST_SUBSETS.iter().copied().filter(there).collect()
}

fn subsets_in_folder(folder: &Path) -> Vec<&'static str> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    subsets(names.iter().map(String::as_str))
}

impl Files<'_> {
    fn read(&mut self, name: &str) -> Result<IdxArray> {
        let packed = format!("{name}.gz");
        match self {
            Files::Folder(folder) => {
                let path = folder.join(packed);
                idx::read(if path.is_file() {
                    path
                } else {
                    folder.join(name)
                })
            }
            Files::Archive(zip) => {
                for name in [&packed, name] {
                    if let Some(bytes) = zip.read(name, LONGEST)? {
                        return idx::parse(name, &bytes);
                    }
                }
                Err(Error::file(
                    ARCHIVE,
                    Place::Whole,
                    format!("{packed} is not in it"),
                    "download it again",
                ))
            }
        }
    }
}

/// Every picture with rows and columns exchanged.
fn upright(mut images: IdxArray) -> IdxArray {
    if let ([_, height, width], IdxValues::U8(pixels)) = (&images.shape[..], &mut images.values) {
        let (height, width) = (*height, *width);
        let mut turned = vec![0; height * width];
        for picture in pixels.chunks_exact_mut((height * width).max(1)) {
            for (at, to) in turned.iter_mut().enumerate() {
                *to = picture[at % height * width + at / height];
            }
            picture.copy_from_slice(&turned);
        }
        images.shape.swap(1, 2);
    }
    images
}

/// The characters of a division in the order of its labels.
fn class_names(subset: &str) -> Vec<String> {
    let (digits, capitals) = ('0'..='9', 'A'..='Z');
    let all: Vec<char> = match subset {
        "byclass" => digits.chain(capitals).chain('a'..='z').collect(),
        // Small letters that look like their capitals are counted as these.
        "bymerge" | "balanced" => digits
            .chain(capitals)
            .chain("abdefghnqrt".chars())
            .collect(),
        "letters" => capitals.collect(),
        _ => digits.collect(),
    };
    all.into_iter().map(String::from).collect()
}

#[cfg(test)]
mod tests;
