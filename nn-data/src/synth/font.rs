//! The fonts of the machine, or those one gives.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ab_glyph::{Font, FontArc, FontVec};

use crate::error::{Error, Result};

/// Larger files are not fonts that one draws single characters with.
const MAX_BYTES: u64 = 64 << 20;

/// A font that characters can be drawn with.
#[derive(Clone)]
pub struct Typeface {
    /// What it is called.
    pub name: String,
    /// Where it was found.
    pub path: PathBuf,
    pub(super) font: FontArc,
}

impl fmt::Debug for Typeface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.path.display())
    }
}

/// Some fonts, in the order of their names: the same fonts give the same pictures wherever they lie.
#[derive(Debug, Clone, Default)]
pub struct Fonts {
    all: Arc<Vec<Typeface>>,
    left_out: usize,
}

impl Fonts {
    /// The fonts of this machine, from where its system keeps them. Files that cannot be used are left out.
    pub fn installed() -> Fonts {
        let mut database = fontdb::Database::new();
        database.load_system_fonts();
        Fonts::of(&database)
    }

    /// The fonts in files (TrueType, OpenType and their collections) and folders, with their subfolders.
    ///
    /// # Errors
    /// If a path is not there, a file is no font, or there is no font in all of them.
    pub fn load(paths: &[PathBuf]) -> Result<Fonts> {
        let mut database = fontdb::Database::new();
        for path in paths {
            let metadata = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
            if metadata.is_dir() {
                database.load_fonts_dir(path);
                continue;
            }
            let before = database.len();
            if metadata.len() <= MAX_BYTES {
                database
                    .load_font_file(path)
                    .map_err(|e| Error::io(path, e))?;
            }
            if database.len() == before {
                return Err(no_font(path));
            }
        }
        let fonts = Fonts::of(&database);
        match (fonts.is_empty(), paths.first()) {
            (true, Some(path)) => Err(no_font(path)),
            _ => Ok(fonts),
        }
    }

    fn of(database: &fontdb::Database) -> Fonts {
        let mut all = Vec::new();
        let mut left_out = 0;
        for face in database.faces() {
            let path = match &face.source {
                fontdb::Source::File(path) => path.clone(),
                _ => continue,
            };
            let read = |path: &Path| -> Option<FontArc> {
                let small = std::fs::metadata(path).ok()?.len() <= MAX_BYTES;
                let bytes = small.then(|| std::fs::read(path).ok()).flatten()?;
                let font = FontVec::try_from_vec_and_index(bytes, face.index).ok()?;
                Some(FontArc::new(font))
            };
            match read(&path) {
                Some(font) => all.push(Typeface {
                    name: face.post_script_name.clone(),
                    path,
                    font,
                }),
                None => left_out += 1,
            }
        }
        all.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        all.dedup_by(|a, b| a.name == b.name);
        Fonts {
            all: Arc::new(all),
            left_out,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many could not be used.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Every `nth` font from the `first` on to one side, the others to the other: fonts to test with that training has
    /// not seen.
    pub fn divide(&self, nth: usize) -> (Fonts, Fonts) {
        let part = |apart: bool| {
            let chosen = self.all.iter().enumerate();
            let chosen = chosen.filter(|(i, _)| (nth > 0 && i % nth == nth - 1) == apart);
            Fonts {
                all: Arc::new(chosen.map(|(_, font)| font.clone()).collect()),
                left_out: 0,
            }
        };
        (part(false), part(true))
    }

    pub(super) fn get(&self, index: usize) -> &Typeface {
        &self.all[index]
    }

    /// The numbers of those that have an outline for `character`.
    pub(super) fn drawing(&self, character: char) -> Vec<usize> {
        let draws = |face: &Typeface| {
            let id = face.font.glyph_id(character);
            id.0 != 0 && face.font.outline(id).is_some_and(|o| !o.curves.is_empty())
        };
        (0..self.all.len())
            .filter(|&i| draws(&self.all[i]))
            .collect()
    }
}

fn no_font(path: &Path) -> Error {
    Error::data(
        path.display().to_string(),
        "no font can be read from it",
        "give a TrueType or OpenType file (.ttf, .otf, .ttc), or a folder of them",
    )
}
