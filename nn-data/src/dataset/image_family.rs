//! A folder in the layout of MNIST, which Fashion-MNIST, KMNIST and others share.

use std::path::{Path, PathBuf};

use super::{InMemory, Targets, idx};
use crate::error::{Error, Place, Result};

/// A data set that comes with its own division into training and test part.
#[derive(Debug, Clone)]
pub struct TrainTest {
    /// The training part.
    pub train: InMemory,
    /// The test part.
    pub test: InMemory,
}

/// Loads a folder of the MNIST family.
///
/// It must hold `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz`, and each also with a dot before `idx`.
/// Images of `height×width` become samples of shape `[1, height, width]`; classes are named by
/// their number.
///
/// # Errors
/// If a file is missing or damaged, images and labels differ in number, training and test images
/// differ in size, or a test label does not occur in the range of the training labels.
pub fn image_family(folder: impl AsRef<Path>) -> Result<TrainTest> {
    let folder = folder.as_ref();
    let images = find(folder, "train-images", "idx3")?;
    let train = pair(&images, &find(folder, "train-labels", "idx1")?, None)?;
    let images = find(folder, "t10k-images", "idx3")?;
    let test = pair(&images, &find(folder, "t10k-labels", "idx1")?, Some(&train))?;
    Ok(TrainTest { train, test })
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

fn pair(images: &Path, labels: &Path, train: Option<&InMemory>) -> Result<InMemory> {
    let mut array = idx::read(images)?;
    let &[n, height, width] = &array.shape[..] else {
        let problem = format!(
            "the array is {:?}, images are [count, height, width]",
            array.shape
        );
        return Err(Error::file(
            images,
            Place::Byte(3),
            problem,
            "give the image file",
        ));
    };
    array.shape.insert(1, 1);
    let numbers = idx::read(labels)?.labels()?;
    if numbers.len() != n {
        let problem = format!(
            "{} labels for the {n} images of {}",
            numbers.len(),
            images.display()
        );
        return Err(Error::file(
            labels,
            Place::Byte(4),
            problem,
            "download both files again",
        ));
    }
    let classes = match train {
        None => numbers.iter().max().map_or(0, |&m| m as usize + 1),
        Some(train) => {
            use super::Dataset;
            if train.input_shape() != [1, height, width] {
                let problem = format!(
                    "images of {height}×{width}, the training images are {}×{}",
                    train.input_shape()[1],
                    train.input_shape()[2]
                );
                return Err(Error::file(
                    images,
                    Place::Byte(8),
                    problem,
                    "use files of one set",
                ));
            }
            train.target_kind().outputs()
        }
    };
    if let Some(sample) = numbers.iter().position(|&l| l as usize >= classes) {
        let problem = format!(
            "label {} but the training labels end at {}",
            numbers[sample],
            classes.max(1) - 1
        );
        return Err(Error::file(
            labels,
            Place::Sample(sample as u64),
            problem,
            "use files of one set",
        ));
    }
    let name = images.display().to_string();
    InMemory::new(
        name,
        array.into_tensor()?,
        Targets::classes(numbers, classes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;

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
