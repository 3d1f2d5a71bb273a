//! Results on stdout.

use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};

/// Writes text to stdout. A reader that has left (`nn … | head`) is no error.
///
/// # Errors
/// If stdout cannot be written for another reason.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Error::failed(format!(
            "standard output: cannot be written: {e}"
        ))),
    }
}

/// Writes a value as one line of JSON to stdout.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(value)
        .map_err(|e| Error::failed(format!("the result cannot be written as JSON: {e}")))?;
    print(&(line + "\n"))
}

/// Finds a wrong place for a result before any work is done.
///
/// # Errors
/// If a file cannot stand there.
pub fn check_out(out: &Path) -> Result<()> {
    let problem = |what: &str| Err(Error::input(format!("{}: {what}", out.display())));
    if out.is_dir() {
        return problem("a folder stands where a file should be written; name a file in it");
    }
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            problem("its folder is not there; make it first")
        }
        _ => Ok(()),
    }
}

/// As [`check_out`], for a picture that is made from the file `of`.
///
/// # Errors
/// Also if it would not be called a PNG file, or would replace the file it is made from.
pub fn check_png(out: &Path, of: &Path) -> Result<()> {
    let problem = |what: &str| Err(Error::input(format!("{}: {what}", out.display())));
    check_out(out)?;
    let png = out
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("png"));
    if !png {
        return problem("pictures are written as PNG; give it a name that ends in .png");
    }
    let same = out.canonicalize().ok().zip(of.canonicalize().ok());
    if same.is_some_and(|(out, of)| out == of) {
        return problem("this would replace the file it is made from; choose another name");
    }
    Ok(())
}

/// The name of `file` with an ending put to its stem: `photo.jpg` and `edges` give `photo-edges.png`, in the current folder.
pub fn beside(file: &Path, ending: &str) -> std::path::PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    format!("{stem}-{ending}.png").into()
}
