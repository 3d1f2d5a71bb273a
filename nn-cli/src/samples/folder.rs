//! Folders and archives of pictures.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use nn_data::dataset::{
    BadImage, CifarLabels, FolderFormat, FolderParts, ImageFolder, ImageFolderOptions, OnBadImage,
    TargetKind, TrainTest, cifar, emnist, folder_format, image_family,
};
use nn_data::picture::Color;
use nn_data::{Dataset, InMemory};

use super::{Source, along, renamed};
use crate::error::{Error, Result};
use crate::model::{Header, picture_shape};
use crate::recipe;

/// How many files that were left out are named.
const NAMED: usize = 5;

/// Opening takes longer than this before a bar is drawn.
const PATIENCE: Duration = Duration::from_millis(700);

/// Whether a path leads to a folder, or to an archive of a known data set.
pub(super) fn is_one(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let archive = [".zip", ".tar.gz", ".tgz"]
        .iter()
        .any(|end| name.ends_with(end));
    path.is_dir() || (archive && path.is_file())
}

pub(super) fn open(data: &recipe::Data, path: &Path, quiet: bool) -> Result<Source> {
    let sets = match folder_format(path)? {
        FolderFormat::ImageFamily => image_family(path)?,
        FolderFormat::Emnist => emnist(path, data.subset.as_deref())?,
        FolderFormat::Cifar if data.coarse_labels => cifar(path, CifarLabels::Coarse)?,
        FolderFormat::Cifar => cifar(path, CifarLabels::Fine)?,
        FolderFormat::Images => return pictures(data, path, quiet),
        _ => return Err(unknown(path)),
    };
    let TrainTest { train, test } = sets;
    Ok(Source {
        samples: Arc::new(renamed(train, &data.classes)?),
        validation: None,
        test: Some(Arc::new(renamed(test, &data.classes)?)),
        schema: None,
        along: along(data, 0, false)?,
        left_out: String::new(),
    })
}

fn unknown(path: &Path) -> Error {
    Error::input(format!(
        "{}: this kind of folder is not known to this program",
        path.display()
    ))
}

fn pictures(data: &recipe::Data, path: &Path, quiet: bool) -> Result<Source> {
    let mut options = ImageFolderOptions::new()
        .fit(data.fit)
        .on_bad_image(data.on_bad_image)
        .decode_first(data.decode_first)
        .max_pixels((data.max_megapixels * 1e6) as u64)
        .limit(data.limit.unwrap_or(usize::MAX));
    if let Some(color) = data.color {
        options = options.color(color);
    }
    if let Some([height, width]) = data.size {
        options = options.size(height, width);
    }
    if let Some(cache) = data.cache {
        options = options.cache(cache);
    }
    let parts = watched(&options, path, quiet)?;
    let named = |part: ImageFolder| -> Result<Arc<dyn Dataset>> {
        Ok(match data.classes.is_empty() {
            true => Arc::new(part),
            false => Arc::new(part.with_class_names(data.classes.clone())?),
        })
    };
    Ok(Source {
        left_out: left_out(&parts.skipped),
        samples: named(parts.train)?,
        validation: parts.validation.map(named).transpose()?,
        test: parts.test.map(named).transpose()?,
        along: along(data, 0, false)?,
        schema: None,
    })
}

/// Opens a folder, with a bar on stderr if that takes a while and somebody looks.
fn watched(options: &ImageFolderOptions, path: &Path, quiet: bool) -> Result<FolderParts> {
    if quiet {
        return Ok(options.open(path)?);
    }
    let started = Instant::now();
    let bar: Mutex<Option<ProgressBar>> = Mutex::new(None);
    let parts = options.open_watched(path, &|done, total| {
        if started.elapsed() < PATIENCE {
            return;
        }
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("  pictures {bar:24} {human_pos} of {human_len}");
            // Drawn on stderr, and on a terminal alone.
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let bar = bar.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(parts?)
}

/// What was left out, with the first few files.
fn left_out(skipped: &[BadImage]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let mut text = format!("{} left out, as they cannot be used:", skipped.len());
    for bad in skipped.iter().take(NAMED) {
        text.push_str(&format!("\n  {bad}"));
    }
    if skipped.len() > NAMED {
        text.push_str(&format!("\n  … and {} more", skipped.len() - NAMED));
    }
    text
}

/// The test part of a folder of pictures, or all of it, as a model takes it; `None` if the folder holds something else.
pub(super) fn pictures_for_model(header: &Header, path: &Path) -> Result<Option<Arc<dyn Dataset>>> {
    if folder_format(path)? != FolderFormat::Images {
        return Ok(None);
    }
    let (Some((channels, height, width)), TargetKind::Classes { names }) =
        (picture_shape(&header.sample), &header.target)
    else {
        return Err(Error::input(format!(
            "{}: this is a folder of pictures, the model does not tell pictures apart",
            path.display()
        )));
    };
    let color = if channels == 3 {
        Color::Rgb
    } else {
        Color::Grey
    };
    let parts = ImageFolderOptions::new()
        .color(color)
        .size(height, width)
        .fit(header.fit)
        .on_bad_image(OnBadImage::Stop)
        .classes(names.clone())
        .test_only()
        .open(path)?;
    Ok(Some(Arc::new(parts.train)))
}

/// The test part of one of the known sets.
pub(super) fn test_for_model(header: &Header, path: &Path) -> Result<InMemory> {
    let names = header.target.class_names().unwrap_or_default();
    Ok(match folder_format(path)? {
        FolderFormat::ImageFamily => image_family(path)?.test,
        FolderFormat::Emnist => {
            // The division whose classes the model knows, where there are several.
            let wanted: BTreeSet<&String> = names.iter().collect();
            let fits = |subset: &&&str| {
                emnist(path, Some(subset)).is_ok_and(|sets| {
                    let here = sets.test.target_kind().class_names().unwrap_or_default();
                    here.iter().collect::<BTreeSet<_>>() == wanted
                })
            };
            let subset = nn_data::dataset::EMNIST_SUBSETS.iter().find(fits);
            emnist(path, subset.copied())?.test
        }
        FolderFormat::Cifar if names.len() == 20 => cifar(path, CifarLabels::Coarse)?.test,
        FolderFormat::Cifar => cifar(path, CifarLabels::Fine)?.test,
        _ => return Err(unknown(path)),
    })
}
