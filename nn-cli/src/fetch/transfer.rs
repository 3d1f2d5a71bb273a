//! Bringing one file into place: from one mirror after the other, going on where a transfer broke off, and not before
//! its checksum is right.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use ureq::http::header;

use super::Client;
use super::catalogue::File;
use crate::error::{Error, Result};

/// A file to be fetched.
pub struct Transfer<'a> {
    /// What it must be.
    pub file: File,
    /// Where it may be had, each with a `/` at its end.
    pub mirrors: &'a [String],
    /// Where it goes.
    pub folder: &'a Path,
    /// Whether a file of its name that is another one is replaced.
    pub force: bool,
    /// How many times all mirrors are tried.
    pub tries: u16,
    /// Shows how far it is.
    pub bar: &'a ProgressBar,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there, and right.
    There,
    /// It was fetched.
    Fetched,
}

/// Why a mirror did not give the file.
enum Trouble {
    /// It will not get better by asking again.
    Lasting(String),
    /// It may.
    Passing(String),
    /// Of this machine, such as a full disk: no mirror helps.
    Here(Error),
}

impl Transfer<'_> {
    /// Fetches the file, unless it is there already.
    ///
    /// # Errors
    /// If another file of its name is there, no mirror gives it, or it cannot be written.
    pub fn run(&self, client: &Client) -> Result<Outcome> {
        let path = self.folder.join(self.file.name);
        if path.exists() {
            if checksum(&path).is_ok_and(|sum| sum == self.file.sha256) {
                return Ok(Outcome::There);
            }
            if !self.force {
                return Err(Error::input(format!(
                    "{}: is there already and is not the published file; move it away, choose another folder with --to, or replace it with --force",
                    path.display()
                )));
            }
        }
        let part = self.folder.join(format!(".{}.part", self.file.name));
        let here = |e: &io::Error| Error::write(&part, e);
        let mut stored = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&part)
            .map_err(|e| here(&e))?;
        match stored.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::failed(format!(
                    "{}: another nn is fetching this file; wait for it",
                    part.display()
                )));
            }
            // A file system without locks: go on without.
            Err(TryLockError::Error(_)) => {}
        }
        let mut troubles: Vec<Option<String>> = vec![None; self.mirrors.len()];
        let mut asked_in_vain = vec![false; self.mirrors.len()];
        for round in 0..self.tries {
            if round > 0 {
                std::thread::sleep(Duration::from_secs(u64::from(round.min(10))));
            }
            for (at, mirror) in self.mirrors.iter().enumerate() {
                if asked_in_vain[at] {
                    continue;
                }
                let outcome = self.attempt(client, mirror, &mut stored, &part);
                match outcome {
                    Ok(()) => {
                        place(&stored, &part, &path)?;
                        return Ok(Outcome::Fetched);
                    }
                    Err(Trouble::Here(error)) => return Err(error),
                    Err(Trouble::Passing(why)) => troubles[at] = Some(why),
                    Err(Trouble::Lasting(why)) => {
                        troubles[at] = Some(why);
                        asked_in_vain[at] = true;
                    }
                }
            }
            if asked_in_vain.iter().all(|&vain| vain) {
                break;
            }
        }
        let kept = stored.metadata().map_or(0, |about| about.len());
        let kept = match kept {
            0 => {
                let _ = fs::remove_file(&part);
                String::new()
            }
            kept => format!("; {kept} bytes are kept, call again to go on from there"),
        };
        let each = self.mirrors.iter().zip(&troubles);
        let troubles: Vec<String> = each
            .filter_map(|(mirror, why)| why.as_ref().map(|why| format!("{mirror} ({why})")))
            .collect();
        Err(Error::failed(format!(
            "{}: cannot be fetched from {}{kept}",
            self.file.name,
            troubles.join(", nor from ")
        )))
    }

    /// Fills the part file from one mirror; done when the checksum is right.
    fn attempt(
        &self,
        client: &Client,
        mirror: &str,
        stored: &mut fs::File,
        part: &Path,
    ) -> Result<(), Trouble> {
        let here = |e: io::Error| Trouble::Here(Error::write(part, &e));
        let wanted = self.file.bytes;
        // The second time from the beginning, where the first was to go on from something that proved wrong.
        for _ in 0..2 {
            let mut have = stored.metadata().map_err(here)?.len();
            if have > wanted {
                stored.set_len(0).map_err(here)?;
                have = 0;
            }
            let resumed = have > 0;
            if have < wanted {
                self.receive(client, mirror, stored, have, part)?;
            }
            if hash(stored).map_err(here)? == self.file.sha256 {
                return Ok(());
            }
            stored.set_len(0).map_err(here)?;
            if !resumed {
                return Err(Trouble::Lasting("it sends another file".into()));
            }
        }
        Err(Trouble::Lasting("it sends another file".into()))
    }

    /// Receives what is missing from byte `from` on, or everything if that is what the server sends.
    fn receive(
        &self,
        client: &Client,
        mirror: &str,
        stored: &mut fs::File,
        from: u64,
        part: &Path,
    ) -> Result<(), Trouble> {
        let here = |e: io::Error| Trouble::Here(Error::write(part, &e));
        let wanted = self.file.bytes;
        let answer = client
            .get(&format!("{mirror}{}", self.file.name), from)
            .map_err(Trouble::Passing)?;
        let text = |name| {
            answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let mut have = match answer.status.as_u16() {
            200 => {
                let length = text(header::CONTENT_LENGTH).and_then(|n| n.parse::<u64>().ok());
                if let Some(length) = length.filter(|&length| length != wanted) {
                    return Err(Trouble::Lasting(format!(
                        "its file has {length} bytes and not {wanted}"
                    )));
                }
                0
            }
            206 if from > 0 => {
                let range = text(header::CONTENT_RANGE).unwrap_or_default();
                if !continues(range, from, wanted) {
                    return Err(Trouble::Lasting(format!(
                        "it sends {range:?} and not the bytes from {from} on of {wanted}"
                    )));
                }
                from
            }
            416 => {
                return Err(Trouble::Lasting(format!(
                    "its file ends before byte {from}"
                )));
            }
            status @ (408 | 425 | 429 | 500..) => {
                return Err(Trouble::Passing(format!("it answers {status}")));
            }
            status => return Err(Trouble::Lasting(format!("it answers {status}"))),
        };
        stored.set_len(have).map_err(here)?;
        stored.seek(SeekFrom::Start(have)).map_err(here)?;
        self.bar.set_position(have);
        let mut body = answer.body;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let got = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => got,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    return Err(Trouble::Passing(format!(
                        "{} after {have} of {wanted} bytes",
                        client.of_io(&e)
                    )));
                }
            };
            if have + got as u64 > wanted {
                stored.set_len(0).map_err(here)?;
                return Err(Trouble::Lasting(format!(
                    "it sends more than {wanted} bytes"
                )));
            }
            stored.write_all(&buffer[..got]).map_err(here)?;
            have += got as u64;
            self.bar.set_position(have);
        }
        if have < wanted {
            return Err(Trouble::Passing(format!(
                "the connection ended early after {have} of {wanted} bytes"
            )));
        }
        Ok(())
    }
}

/// Whether `bytes FROM-LAST/TOTAL` is what was asked for.
fn continues(range: &str, from: u64, total: u64) -> bool {
    let Some((span, of)) = range
        .trim()
        .strip_prefix("bytes ")
        .and_then(|r| r.split_once('/'))
    else {
        return false;
    };
    let first = span
        .split_once('-')
        .and_then(|(first, _)| first.trim().parse().ok());
    first == Some(from) && (of == "*" || of.trim().parse() == Ok(total))
}

/// The finished file takes its place, all of it or nothing.
fn place(stored: &fs::File, part: &Path, path: &Path) -> Result<()> {
    stored.sync_all().map_err(|e| Error::write(part, &e))?;
    fs::rename(part, path).map_err(|e| Error::write(path, &e))?;
    // The name is safe when its folder is; not every system can say so.
    if let Some(folder) = path.parent()
        && let Ok(folder) = fs::File::open(folder)
    {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn checksum(path: &Path) -> io::Result<String> {
    hash(&mut fs::File::open(path)?)
}

/// SHA-256 of a whole file, in hexadecimal.
fn hash(file: &mut fs::File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => sum.update(&buffer[..got]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
