//! Which files are taken: what is bad, and which size is meant.

use std::collections::BTreeMap;
use std::path::Path;

use super::open::File;
use super::{BadImage, ImageFolderOptions, OnBadImage};
use crate::error::{Error, Place, Result};
use crate::picture::{Flaw, Header};

/// Collects what is bad, or stops at it.
pub(super) struct Judge {
    pub what: OnBadImage,
    pub bad: Vec<BadImage>,
}

impl Judge {
    /// Takes the bad files of one stage.
    pub fn take(&mut self, found: Vec<BadImage>) -> Result<()> {
        let Some(first) = found.first() else {
            return Ok(());
        };
        match self.what {
            OnBadImage::Skip => {
                self.bad.extend(found);
                Ok(())
            }
            OnBadImage::Stop => {
                let problem = match found.len() - 1 {
                    0 => first.problem.clone(),
                    more => format!("{} (and {more} more cannot be used)", first.problem),
                };
                Err(Error::file(
                    &first.path,
                    Place::Whole,
                    problem,
                    "repair or remove it, or leave such files out (on_bad_image = \"skip\")",
                ))
            }
        }
    }

    /// Keeps the files that went well, with what came of them.
    pub fn keep<T>(
        &mut self,
        files: Vec<File>,
        outcomes: Vec<Result<T, Flaw>>,
    ) -> Result<Vec<(File, T)>> {
        let (mut good, mut bad) = (Vec::with_capacity(files.len()), Vec::new());
        for (file, outcome) in files.into_iter().zip(outcomes) {
            match outcome {
                Ok(value) => good.push((file, value)),
                Err(flaw) => bad.push(BadImage {
                    problem: flaw.problem(),
                    path: file.path,
                }),
            }
        }
        self.take(bad)?;
        Ok(good)
    }
}

/// That no picture is left.
pub(super) fn nothing(folder: &Path, bad: &[BadImage]) -> Error {
    let problem = match bad.first() {
        Some(first) => format!(
            "no picture in it can be used: {} is left out ({}), and {} more",
            first.path.display(),
            first.problem,
            bad.len() - 1
        ),
        None => "there is no picture in it".to_string(),
    };
    Error::file(
        folder,
        Place::Whole,
        problem,
        "put the pictures of each class into a subfolder with the name of the class",
    )
}

/// The files of one size, and that size.
pub(super) fn one_size(
    options: &ImageFolderOptions,
    files: Vec<(File, Header)>,
    judge: &mut Judge,
    folder: &Path,
) -> Result<(Vec<File>, [usize; 2])> {
    let only = |files: Vec<(File, Header)>| files.into_iter().map(|(file, _)| file).collect();
    let Some((first, header)) = files.first() else {
        return Err(nothing(folder, &judge.bad));
    };
    if let Some(size) = options.size {
        return Ok((only(files), size));
    }
    let size = |header: &Header| [header.height, header.width];
    let Some((other, different)) = files.iter().find(|(_, h)| size(h) != size(header)) else {
        let size = size(header);
        return Ok((only(files), size));
    };
    let mut counts: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    for (_, header) in &files {
        *counts.entry(size(header)).or_default() += 1;
    }
    let common = counts.iter().max_by_key(|(_, count)| **count);
    match common {
        Some((&common, &count)) if judge.what == OnBadImage::Skip && 2 * count > files.len() => {
            let mut kept = Vec::with_capacity(count);
            for (file, header) in files {
                if size(&header) == common {
                    kept.push(file);
                } else {
                    judge.bad.push(BadImage {
                        path: file.path,
                        problem: format!(
                            "the picture is {}×{}, most are {}×{}",
                            header.width, header.height, common[1], common[0]
                        ),
                    });
                }
            }
            Ok((kept, common))
        }
        _ => Err(Error::file(
            folder,
            Place::Whole,
            format!(
                "the pictures differ in size: {} is {}×{}, {} is {}×{}",
                first.path.display(),
                header.width,
                header.height,
                other.path.display(),
                different.width,
                different.height
            ),
            "give the height and width that all are brought to, as in size = [64, 64]",
        )),
    }
}
