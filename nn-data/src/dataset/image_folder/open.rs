//! From the files of a folder to data sets of one shape.

use std::path::{Path, PathBuf};

use nn_core::{DType, Tensor};

use super::judge::{Judge, nothing, one_size};
use super::scan::{self, Part};
use super::work::{self, Progress};
use super::{CACHE_UP_TO, FolderParts, ImageFolder, ImageFolderOptions};
use crate::dataset::TargetKind;
use crate::error::{Error, Place, Result};
use crate::picture::{Color, Form};

/// A file with its class and the part it belongs to.
pub(super) struct File {
    pub path: PathBuf,
    pub class: u32,
    pub part: usize,
}

pub(super) fn open(
    options: &ImageFolderOptions,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<FolderParts> {
    let mut scan = scan::scan(folder)?;
    if options.test_only
        && let Some(test) = scan.test.take()
    {
        (scan.train, scan.validation) = (test, None);
    }
    let mut judge = Judge {
        what: options.on_bad_image,
        bad: Vec::new(),
    };
    judge.take(std::mem::take(&mut scan.bad))?;
    let mut classes = match &options.classes {
        Some(names) => names.clone(),
        None => scan
            .train
            .classes
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
    };
    let names = [
        Some(scan.train.folder.clone()),
        scan.validation.as_ref().map(|part| part.folder.clone()),
        scan.test.as_ref().map(|part| part.folder.clone()),
    ];
    let empty: Vec<bool> = match &options.classes {
        Some(_) => Vec::new(),
        None => scan
            .train
            .classes
            .iter()
            .map(|(_, files)| files.is_empty())
            .collect(),
    };
    let mut files = Vec::new();
    let parts = [Some(scan.train), scan.validation, scan.test];
    for (at, part) in parts.into_iter().enumerate() {
        if let Some(part) = part {
            files.extend(in_turn(part, &classes, at, options.limit)?);
        }
    }

    let mut taken = vec![0usize; classes.len()];
    (files.iter().filter(|file: &&File| file.part == 0)).for_each(|f| taken[f.class as usize] += 1);

    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let found = work::headers(&|at| paths[at], paths.len(), options.max_pixels, progress);
    let good = judge.keep(files, found)?;
    let color =
        options
            .color
            .unwrap_or_else(|| match good.iter().any(|(_, header)| header.colored) {
                true => Color::Rgb,
                false => Color::Grey,
            });
    let (files, [height, width]) = one_size(options, good, &mut judge, folder)?;
    let form = Form {
        color,
        size: options.size,
        fit: options.fit,
        max_pixels: options.max_pixels,
    };
    let shape = [color.channels(), height, width];

    let whole = Whole::of(options, &files, shape, folder)?;
    let (mut files, pixels) = match whole {
        Whole::Later => (files, None),
        Whole::Check => (check(files, &form, shape, &mut judge, progress)?, None),
        Whole::Keep => {
            let (files, pixels) = keep(files, &form, shape, &mut judge, progress, folder)?;
            (files, Some(pixels))
        }
    };
    // A class that only the limit left without a picture stays one.
    let gone = |class: usize| {
        empty
            .get(class)
            .is_some_and(|&empty| empty || taken[class] > 0)
    };
    leave_out_classes(&gone, &mut files, &mut classes);
    let mut parts = assemble(files, pixels, &names, &classes, form, shape)?.into_iter();
    let (train, validation, test) = (parts.next(), parts.next(), parts.next());
    let Some(train) = train.flatten().filter(|train| !train.files.is_empty()) else {
        return Err(nothing(folder, &judge.bad));
    };
    Ok(FolderParts {
        train,
        validation: validation.flatten(),
        test: test.flatten(),
        skipped: judge.bad,
    })
}

/// The files of a part, the classes taken in turn, so that the first few are of all classes.
fn in_turn(part: Part, classes: &[String], number: usize, limit: usize) -> Result<Vec<File>> {
    let mut queues = Vec::with_capacity(part.classes.len());
    for (name, files) in part.classes {
        let Some(class) = classes.iter().position(|known| *known == name) else {
            let known = match classes.len() {
                0..=12 => classes.join(", "),
                _ => format!("{}, … ({} in all)", classes[..12].join(", "), classes.len()),
            };
            return Err(Error::file(
                part.folder.join(name),
                Place::Whole,
                format!("there is no class of this name; the classes are {known}"),
                "rename or remove the folder",
            ));
        };
        queues.push((class as u32, files.into_iter()));
    }
    let mut files = Vec::new();
    while !queues.is_empty() && files.len() < limit {
        queues.retain_mut(|(class, queue)| match queue.next() {
            Some(path) => {
                files.push(File {
                    path,
                    class: *class,
                    part: number,
                });
                true
            }
            None => false,
        });
    }
    files.truncate(limit);
    Ok(files)
}

/// When the pictures are decoded.
enum Whole {
    /// Batch by batch.
    Later,
    /// Once now, to see that they can be, and then batch by batch.
    Check,
    /// Now, and kept.
    Keep,
}

impl Whole {
    fn of(
        options: &ImageFolderOptions,
        files: &[File],
        shape: [usize; 3],
        folder: &Path,
    ) -> Result<Whole> {
        let bytes = shape
            .iter()
            .fold(files.len() as u64, |n, &d| n.saturating_mul(d as u64));
        match options.cache {
            Some(true) => match memory_left() {
                Some(left) if bytes > left => Err(Error::file(
                    folder,
                    Place::Whole,
                    format!(
                        "{} decoded pictures take {} MB, {} MB of memory are free",
                        files.len(),
                        bytes >> 20,
                        left >> 20
                    ),
                    "decode them batch by batch (cache = false), or make them smaller (size)",
                )),
                _ => Ok(Whole::Keep),
            },
            None if bytes <= CACHE_UP_TO && memory_left().is_none_or(|left| bytes <= left / 4) => {
                Ok(Whole::Keep)
            }
            _ if options.decode_first => Ok(Whole::Check),
            _ => Ok(Whole::Later),
        }
    }
}

/// Bytes of memory that can be had without swapping, where the system says so.
fn memory_left() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn check(
    files: Vec<File>,
    form: &Form,
    shape: [usize; 3],
    judge: &mut Judge,
    progress: Progress<'_>,
) -> Result<Vec<File>> {
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let outcomes = work::decode(&|at| paths[at], paths.len(), form, shape, &mut [], progress);
    let good = judge.keep(files, outcomes)?;
    Ok(good.into_iter().map(|(file, ())| file).collect())
}

fn keep(
    files: Vec<File>,
    form: &Form,
    shape: [usize; 3],
    judge: &mut Judge,
    progress: Progress<'_>,
    folder: &Path,
) -> Result<(Vec<File>, Vec<u8>)> {
    let each: usize = shape.iter().product();
    let mut pixels = Vec::new();
    let bytes = files.len().checked_mul(each);
    if bytes.is_none_or(|bytes| pixels.try_reserve_exact(bytes).is_err()) {
        return Err(Error::file(
            folder,
            Place::Whole,
            format!("memory for {} decoded pictures cannot be had", files.len()),
            "decode them batch by batch (cache = false)",
        ));
    }
    pixels.resize(files.len() * each, 0);
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let outcomes = work::decode(
        &|at| paths[at],
        paths.len(),
        form,
        shape,
        &mut pixels,
        progress,
    );
    let mut kept = 0;
    for (at, outcome) in outcomes.iter().enumerate() {
        if outcome.is_ok() {
            pixels.copy_within(at * each..(at + 1) * each, kept * each);
            kept += 1;
        }
    }
    pixels.truncate(kept * each);
    let good = judge.keep(files, outcomes)?;
    Ok((good.into_iter().map(|(file, ())| file).collect(), pixels))
}

/// Takes classes out of which no training picture is left, if `gone` says so too, and renumbers the others.
fn leave_out_classes(gone: &dyn Fn(usize) -> bool, files: &mut [File], classes: &mut Vec<String>) {
    let mut stays: Vec<bool> = (0..classes.len()).map(|class| !gone(class)).collect();
    for file in files.iter() {
        // A class that is met in another part alone stays too: its pictures count as mistakes, as they should.
        stays[file.class as usize] = true;
    }
    let mut next = 0;
    let numbers: Vec<u32> = (stays.iter())
        .map(|&stays| {
            next += u32::from(stays);
            next.saturating_sub(1)
        })
        .collect();
    for file in files {
        file.class = numbers[file.class as usize];
    }
    let mut stays = stays.into_iter();
    classes.retain(|_| stays.next().unwrap_or(true));
}

/// One data set for each part; the files come part by part, and `pixels` in their order.
fn assemble(
    files: Vec<File>,
    pixels: Option<Vec<u8>>,
    names: &[Option<PathBuf>; 3],
    classes: &[String],
    form: Form,
    shape: [usize; 3],
) -> Result<Vec<Option<ImageFolder>>> {
    let [channels, height, width] = shape;
    let all = match pixels {
        Some(pixels) => Some(Tensor::from_vec(
            pixels,
            [files.len(), channels, height, width],
        )?),
        None => None,
    };
    let mut files = files.into_iter().peekable();
    let mut start = 0;
    let mut parts = Vec::with_capacity(names.len());
    for (number, name) in names.iter().enumerate() {
        let (mut paths, mut labels) = (Vec::new(), Vec::new());
        while let Some(file) = files.next_if(|file| file.part == number) {
            paths.push(file.path);
            labels.push(file.class);
        }
        let end = start + paths.len();
        let cache = match &all {
            Some(all) => Some(all.slice(0, start..end)?),
            None => None,
        };
        start = end;
        parts.push(name.as_ref().map(|name| ImageFolder {
            name: name.display().to_string().into(),
            files: paths.into(),
            labels: labels.into(),
            kind: TargetKind::Classes {
                names: classes.to_vec(),
            },
            form,
            shape,
            dtype: DType::F32,
            cache,
        }));
    }
    Ok(parts)
}
