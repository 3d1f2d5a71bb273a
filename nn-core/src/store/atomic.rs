//! Writing a file whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Writes a file so that, whatever happens, the path holds either the earlier file or the complete new one.
///
/// `write` fills a temporary file in the same directory. It is flushed to the disk and then takes the place of
/// `path` in one step. If anything fails before that step (a full disk, an error from `write`), the
/// temporary file is removed and the earlier file stays as it was. The new file keeps the permissions of the
/// earlier one; a symbolic link is followed and stays a link; a device or a pipe is written to directly.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("loss.txt");
/// use std::io::Write;
/// nn_core::store::atomic_write(&path, |file| writeln!(file, "0.25"))?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "0.25\n");
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] names the path and, for a full disk or a missing folder, what to do.
pub fn atomic_write(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    // A chain of links that ends nowhere is replaced by the file itself.
    let target = match fs::symlink_metadata(path) {
        Ok(about) if about.is_symlink() => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        _ => path.to_owned(),
    };
    let earlier = fs::metadata(&target).ok();
    let done = match &earlier {
        Some(about) if about.is_dir() => Err(io::Error::new(
            ErrorKind::IsADirectory,
            "this is a directory; name a file in it",
        )),
        Some(about) if !about.is_file() => write_through(&target, write),
        _ => replace(&target, earlier.map(|about| about.permissions()), write),
    };
    done.map_err(|e| Error::io(path, explain(e, &target)))
}

fn write_through(
    target: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = BufWriter::new(File::options().write(true).open(target)?);
    write(&mut file)?;
    file.flush()
}

fn replace(
    target: &Path,
    permissions: Option<Permissions>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "this is not the name of a file"))?;
    let folder = folder_of(target);
    let prefix = format!(".{}.", name.to_string_lossy());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    // The private mode of temporary files is not what a saved model should end up with.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));

    // Dropped on every early return below, which removes the file.
    let temporary = builder.tempfile_in(&folder)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, temporary);
    write(&mut buffered)?;
    let temporary = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|e| e.error)?;
    sync_folder(&folder);
    Ok(())
}

fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the new name itself survive a power cut. Not every system lets a folder be opened or flushed, and
/// the file is already whole and in place, so a refusal is no failure.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Adds the remedy to the refusals a person can do something about.
fn explain(error: io::Error, target: &Path) -> io::Error {
    let folder = folder_of(target);
    let remedy = match error.kind() {
        ErrorKind::StorageFull => {
            "the disk is full; free some space and save again".to_owned()
        }
        ErrorKind::QuotaExceeded => {
            "your disk quota is used up; free some space and save again".to_owned()
        }
        ErrorKind::FileTooLarge => {
            "the file is larger than the system allows here; raise the limit (ulimit -f) or save to another disk".to_owned()
        }
        ErrorKind::NotFound if !folder.is_dir() => {
            format!("there is no folder {}; create it first", folder.display())
        }
        ErrorKind::PermissionDenied => {
            format!("no permission to write into {}; choose another folder", folder.display())
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!("{} is on a read-only disk; choose another folder", folder.display())
        }
        _ => return error,
    };
    io::Error::new(error.kind(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_failed_write_leaves_the_earlier_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.nn");
        atomic_write(&path, |w| w.write_all(b"first")).unwrap();
        let error = atomic_write(&path, |w| {
            w.write_all(&[0; 200_000])?;
            Err(ErrorKind::StorageFull.into())
        })
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("model.nn") && error.contains("disk is full"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["model.nn"]);

        atomic_write(&path, |w| w.write_all(b"second")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["model.nn"]);
    }

    #[test]
    fn refusals_name_place_and_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = |path: &Path| {
            atomic_write(path, |w| w.write_all(b"x"))
                .unwrap_err()
                .to_string()
        };
        let error = refusal(&folder.path().join("absent/model.nn"));
        assert!(
            error.contains("model.nn") && error.contains("create it first"),
            "{error}"
        );
        assert!(refusal(folder.path()).contains("is a directory"));
        assert!(!refusal(Path::new("")).is_empty());
        assert!(!refusal(Path::new("/")).is_empty());
        assert!(!refusal(Path::new("..")).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        atomic_write(&file, |w| w.write_all(b"1")).unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), mode(&plain));

        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        atomic_write(&link, |w| w.write_all(b"2")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"2");
        assert_eq!(mode(&file), 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_directly() {
        if !Path::new("/dev/full").exists() {
            eprintln!("skipped: this system has no /dev/full");
            return;
        }
        let error = atomic_write("/dev/full", |w| w.write_all(b"x"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("/dev/full: the disk is full"), "{error}");
        assert!(Path::new("/dev/full").exists());
    }
}
