//! Which of the known formats a folder or an archive is in.

use std::path::Path;

use super::{cifar, emnist, image_family};
use crate::error::{Error, Place, Result};

/// A format that is told by the names of files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderFormat {
    /// The four IDX files of the MNIST family: [`image_family`](super::image_family()).
    ImageFamily,
    /// EMNIST, unpacked or as `gzip.zip`: [`emnist`](super::emnist()).
    Emnist,
    /// CIFAR-10 or CIFAR-100, unpacked or as `.tar.gz`: [`cifar`](super::cifar()).
    Cifar,
    /// A subfolder of pictures for each class: `image_folder`, with the feature `images`.
    Images,
}

/// Says which format a folder or an archive is in. Nothing is read but names.
///
/// # Errors
/// If there is no such folder or archive, or it is none of them.
pub fn folder_format(path: impl AsRef<Path>) -> Result<FolderFormat> {
    let path = path.as_ref();
    let about = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if about.is_dir() && image_family::is_image_family(path) {
        return Ok(FolderFormat::ImageFamily);
    }
    if emnist::is_emnist(path) {
        return Ok(FolderFormat::Emnist);
    }
    if cifar::is_cifar(path) {
        return Ok(FolderFormat::Cifar);
    }
    let entries = || std::fs::read_dir(path).map_err(|e| Error::io(path, e));
    if about.is_dir() {
        let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
        if (entries()?.flatten()).any(|entry| entry.path().is_dir() && !hidden(&entry.file_name()))
        {
            return Ok(FolderFormat::Images);
        }
    }
    Err(Error::file(
        path,
        Place::Whole,
        "it is none of the known data sets",
        "give a folder with a subfolder of pictures for each class, with train-images-idx3-ubyte and the other \
         IDX files of the MNIST family, or with data_batch_1.bin and the other binary files of CIFAR",
    ))
}
