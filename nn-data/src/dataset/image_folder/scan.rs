//! Which files a folder has, and of which class they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::BadImage;
use crate::error::{Error, Place, Result};

/// Folders within a class folder are looked into so many levels deep.
const DEEPEST: usize = 8;

/// A part of the data with its files.
#[derive(Debug)]
pub(super) struct Part {
    pub folder: PathBuf,
    /// The name of each class folder with its files, sorted by name.
    pub classes: Vec<(String, Vec<PathBuf>)>,
}

/// What a folder holds.
#[derive(Debug)]
pub(super) struct Scan {
    pub train: Part,
    pub validation: Option<Part>,
    pub test: Option<Part>,
    /// What cannot be used whatever it contains.
    pub bad: Vec<BadImage>,
}

const TRAIN: &[&str] = &["train", "training"];
const VALIDATION: &[&str] = &["val", "valid", "validation"];
const TEST: &[&str] = &["test", "testing"];

/// Whether this is a folder with subfolders, which could be classes or parts.
fn has_subfolders(folder: &Path) -> bool {
    subfolders(folder).is_ok_and(|folders| !folders.is_empty())
}

pub(super) fn scan(folder: &Path) -> Result<Scan> {
    let mut folder = folder.to_path_buf();
    let mut folders = subfolders(&folder)?;
    // What an archive of a data set unpacks to: one folder in which the others are.
    while let [(_, only)] = &folders[..] {
        let below = subfolders(only)?;
        if below.is_empty() {
            break;
        }
        (folder, folders) = (only.clone(), below);
    }
    if folders.is_empty() {
        return Err(Error::file(
            &folder,
            Place::Whole,
            "there is no subfolder with pictures in it",
            "put the pictures of each class into a subfolder with the name of the class",
        ));
    }
    let mut bad = Vec::new();
    let named = |names: &[&str]| {
        let is_one = |name: &String| names.contains(&name.to_lowercase().as_str());
        folders
            .iter()
            .find(|(name, _)| is_one(name))
            .map(|(_, path)| path)
    };
    // A class may be called "train", but then it has pictures in it and not class folders.
    if let Some(train) = named(TRAIN).filter(|train| has_subfolders(train)) {
        let mut part = |path: Option<&PathBuf>| {
            path.map(|path| part(path, subfolders(path)?, &mut bad))
                .transpose()
        };
        let train = part(Some(train))?;
        let (validation, test) = (part(named(VALIDATION))?, part(named(TEST))?);
        if let Some(train) = train {
            return Ok(Scan {
                train,
                validation,
                test,
                bad,
            });
        }
    }
    let train = part(&folder, folders, &mut bad)?;
    Ok(Scan {
        train,
        validation: None,
        test: None,
        bad,
    })
}

fn part(folder: &Path, folders: Vec<(String, PathBuf)>, bad: &mut Vec<BadImage>) -> Result<Part> {
    let mut classes = Vec::with_capacity(folders.len());
    for entry in entries(folder)? {
        let picture = entry.extension().is_some_and(|end| {
            let end = end.to_string_lossy().to_lowercase();
            image::ImageFormat::from_extension(end).is_some()
        });
        if picture && entry.is_file() {
            bad.push(BadImage {
                path: entry,
                problem: "it stands beside the class folders, not in one of them".into(),
            });
        }
    }
    for (name, path) in folders {
        let mut files = Vec::new();
        collect(&path, 0, &mut files, bad);
        if files.is_empty() && !bad.iter().any(|bad| bad.path.starts_with(&path)) {
            bad.push(BadImage {
                path,
                problem: "there is no picture of this class in the folder".into(),
            });
        }
        classes.push((name, files));
    }
    Ok(Part {
        folder: folder.to_path_buf(),
        classes,
    })
}

fn note(bad: &mut Vec<BadImage>, path: &Path, problem: impl Into<String>) {
    bad.push(BadImage {
        path: path.to_path_buf(),
        problem: problem.into(),
    });
}

/// All files below a class folder, sorted within each folder.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, bad: &mut Vec<BadImage>) {
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(Error::Io { source, .. }) => {
            return note(bad, folder, format!("the folder cannot be read: {source}"));
        }
        Err(other) => return note(bad, folder, other.to_string()),
    };
    for path in entries {
        let Ok(about) = fs::symlink_metadata(&path) else {
            // Gone since the folder was listed: whoever reads it as a file will say so.
            files.push(path);
            continue;
        };
        if about.is_dir() {
            if depth == DEEPEST {
                note(
                    bad,
                    &path,
                    format!("it lies more than {DEEPEST} folders deep"),
                );
            } else {
                collect(&path, depth + 1, files, bad);
            }
        } else if about.is_symlink() && path.is_dir() {
            note(bad, &path, "a link to a folder is not followed");
        } else {
            files.push(path);
        }
    }
}

/// Subfolders (or links to such) by name, sorted.
fn subfolders(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    Ok(folders
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (name.into_owned(), path)
        })
        .collect())
}

/// What is in a folder, sorted by name, without what systems put there for themselves.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let of_system = |name: &str| {
        name.starts_with('.')
            || ["__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir"]
                .iter()
                .any(|own| own.eq_ignore_ascii_case(name))
    };
    let read = || -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !of_system(&entry.file_name().to_string_lossy()) {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    };
    read().map_err(|e| Error::io(folder, e))
}
