//! A folder in the layout of MNIST, which Fashion-MNIST, KMNIST and others share.

use std::path::{Path, PathBuf};

use super::idx::{self, IdxArray};
use super::{Dataset, InMemory, Targets};
use crate::error::{Error, Place, Result};
use crate::source::Source;

/// A data set that comes with its own division into training and test part.
#[derive(Debug, Clone)]
pub struct TrainTest {
    /// The training part.
    pub train: InMemory,
    /// The test part.
    pub test: InMemory,
}

/// Loads a folder of the MNIST family: MNIST, Fashion-MNIST, KMNIST and whatever has their files.
///
/// It must hold `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz`, and each also with a dot before `idx`.
/// Images of `height×width` become samples of shape `[1, height, width]`.
///
/// Classes are named by the lines of a file `classes.txt` in the folder; without it, by the known names if
/// the path speaks of `fashion`, `kmnist` or `kuzushiji` and there are ten classes, and else by their number.
///
/// # Errors
/// If a file is missing or damaged, images and labels differ in number, training and test images
/// differ in size, or a test label does not occur in the range of the training labels.
pub fn image_family(folder: impl AsRef<Path>) -> Result<TrainTest> {
    let folder = folder.as_ref();
    let part = |stem: &str, train: Option<&InMemory>| {
        let images = idx::read(find(folder, &format!("{stem}-images"), "idx3")?)?;
        let labels = idx::read(find(folder, &format!("{stem}-labels"), "idx1")?)?;
        let numbers = labels.labels()?;
        let labels = Labels {
            name: labels.name,
            classes: class_names(folder, &numbers)?.filter(|_| train.is_none()),
            numbers,
        };
        pair(images, labels, train)
    };
    let train = part("train", None)?;
    let test = part("t10k", Some(&train))?;
    Ok(TrainTest { train, test })
}

/// Whether [`image_family`] would find its files here.
pub(super) fn is_image_family(folder: &Path) -> bool {
    find(folder, "train-images", "idx3").is_ok() || find(folder, "train-labels", "idx1").is_ok()
}

/// Where the names of the classes may stand.
const NAMES: &str = "classes.txt";

const FASHION: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

const KUZUSHIJI: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];

fn class_names(folder: &Path, labels: &[u32]) -> Result<Option<Vec<String>>> {
    let path = folder.join(NAMES);
    let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
    if path.is_file() {
        let text = Source::open(&path)?.read_to_end(1 << 20)?;
        let text = String::from_utf8_lossy(&text);
        let names: Vec<String> = (text.lines().map(str::trim))
            .filter(|line| !line.is_empty())
            .map(String::from)
            .collect();
        if names.len() < classes {
            return Err(Error::file(
                path,
                Place::Whole,
                format!("{} names for {classes} classes", names.len()),
                "give one name a line, or remove the file",
            ));
        }
        return Ok(Some(names));
    }
    let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let path = path.to_string_lossy().to_lowercase();
    let known = if path.contains("fashion") {
        FASHION
    } else if path.contains("kmnist") || path.contains("kuzushiji") {
        KUZUSHIJI
    } else {
        return Ok(None);
    };
    Ok((classes == known.len()).then(|| known.map(String::from).to_vec()))
}

fn find(folder: &Path, stem: &str, rank: &str) -> Result<PathBuf> {
    for name in [
        format!("{stem}-{rank}-ubyte"),
        format!("{stem}.{rank}-ubyte"),
    ] {
        for name in [name.clone() + ".gz", name] {
            let path = folder.join(name);
            if path.is_file() {
                return Ok(path);
            }
        }
    }
    if !folder.exists() {
        return Err(Error::io(folder, std::io::ErrorKind::NotFound.into()));
    }
    Err(Error::file(
        folder,
        Place::Whole,
        format!("{stem}-{rank}-ubyte.gz is not there, plain or compressed"),
        "put the four files of the MNIST family into this folder",
    ))
}

/// Labels with what is known about them.
pub(super) struct Labels {
    /// The file, for messages.
    pub name: String,
    pub numbers: Vec<u32>,
    /// The names of the classes.
    pub classes: Option<Vec<String>>,
}

/// Images and labels as a data set; those of a test part have the classes and the size of the training part.
pub(super) fn pair(
    mut images: IdxArray,
    labels: Labels,
    train: Option<&InMemory>,
) -> Result<InMemory> {
    let &[n, height, width] = &images.shape[..] else {
        let problem = format!(
            "the array is {:?}, images are [count, height, width]",
            images.shape
        );
        return Err(Error::file(
            images.name,
            Place::Byte(3),
            problem,
            "give the image file",
        ));
    };
    images.shape.insert(1, 1);
    let Labels {
        name,
        numbers,
        classes,
    } = labels;
    if numbers.len() != n {
        let problem = format!(
            "{} labels for the {n} images of {}",
            numbers.len(),
            images.name
        );
        return Err(Error::file(
            name,
            Place::Byte(4),
            problem,
            "download both files again",
        ));
    }
    let names = match train {
        None => classes.unwrap_or_else(|| {
            let count = numbers.iter().max().map_or(0, |&m| m as usize + 1);
            (0..count).map(|class| class.to_string()).collect()
        }),
        Some(train) => {
            if train.input_shape() != [1, height, width] {
                let problem = format!(
                    "images of {height}×{width}, the training images are {}×{}",
                    train.input_shape()[1],
                    train.input_shape()[2]
                );
                return Err(Error::file(
                    images.name,
                    Place::Byte(8),
                    problem,
                    "use files of one set",
                ));
            }
            train
                .target_kind()
                .class_names()
                .unwrap_or_default()
                .to_vec()
        }
    };
    if let Some(sample) = numbers.iter().position(|&l| l as usize >= names.len()) {
        let problem = format!(
            "label {} but the training labels end at {}",
            numbers[sample],
            names.len().max(1) - 1
        );
        return Err(Error::file(
            name,
            Place::Sample(sample as u64),
            problem,
            "use files of one set",
        ));
    }
    let name = images.name.clone();
    let targets = Targets::Classes {
        labels: numbers,
        names,
    };
    InMemory::new(name, images.into_tensor()?, targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, shape.len() as u8];
        shape.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    fn folder(test_labels: &[u8], test_size: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes);
        write("train-images-idx3-ubyte", idx(&[3, 2, 2], &[5; 12])).unwrap();
        write("train-labels.idx1-ubyte", idx(&[3], &[0, 1, 2])).unwrap();
        let pixels = vec![9; 2 * (test_size * test_size) as usize];
        write(
            "t10k-images-idx3-ubyte.gz",
            idx(&[2, test_size, test_size], &pixels),
        )
        .unwrap();
        write(
            "t10k-labels-idx1-ubyte",
            idx(&[test_labels.len() as u32], test_labels),
        )
        .unwrap();
        folder
    }

    #[test]
    fn names_with_and_without_gz_and_dot() {
        let sets = image_family(folder(&[2, 0], 2).path()).unwrap();
        assert_eq!(sets.train.input_shape(), [1, 2, 2]);
        assert_eq!((sets.train.len(), sets.test.len()), (3, 2));
        assert_eq!(
            sets.test.target_kind().class_names().unwrap(),
            ["0", "1", "2"]
        );
        assert_eq!(sets.test.class_labels().unwrap().unwrap(), [2, 0]);
    }

    #[test]
    fn classes_get_their_names() {
        let plain = folder(&[2, 0], 2);
        std::fs::write(plain.path().join("classes.txt"), "cat\n dog \n\nyak\n").unwrap();
        let sets = image_family(plain.path()).unwrap();
        assert_eq!(
            sets.test.target_kind().class_names().unwrap(),
            ["cat", "dog", "yak"]
        );
        std::fs::write(plain.path().join("classes.txt"), "cat\ndog").unwrap();
        let error = image_family(plain.path()).unwrap_err().to_string();
        assert!(error.contains("2 names for 3 classes"), "{error}");

        let parent = tempfile::tempdir().unwrap();
        for (name, last) in [
            ("fashion-mnist", "Ankle boot"),
            ("KMNIST", "wo"),
            ("mnist", "9"),
        ] {
            let folder = parent.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            for part in ["train", "t10k"] {
                let labels: Vec<u8> = (0..10).collect();
                let path = |end: &str| folder.join(format!("{part}-{end}-ubyte"));
                std::fs::write(path("images-idx3"), idx(&[10, 2, 2], &[0; 40])).unwrap();
                std::fs::write(path("labels-idx1"), idx(&[10], &labels)).unwrap();
            }
            let sets = image_family(folder).unwrap();
            assert_eq!(sets.train.target_kind().class_names().unwrap()[9], last);
        }
    }

    #[test]
    fn misfits_are_named() {
        let message = |f: tempfile::TempDir| image_family(f.path()).unwrap_err().to_string();
        assert!(message(folder(&[2, 3], 2)).contains("sample 1: label 3"));
        assert!(message(folder(&[2], 2)).contains("1 labels for the 2 images"));
        assert!(message(folder(&[2, 0], 3)).contains("images of 3×3"));
        let empty = tempfile::tempdir().unwrap();
        assert!(message(empty).contains("train-images-idx3-ubyte.gz is not there"));
        assert!(
            image_family("/no/such/folder")
                .unwrap_err()
                .to_string()
                .contains("no such file")
        );
    }
}
