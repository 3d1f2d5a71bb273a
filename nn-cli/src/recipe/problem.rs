//! What can be wrong with a recipe, said in one line.

use std::fmt;
use std::path::{Path, PathBuf};

use super::node::{Node, Origin, Value};
use nn_layers::spec::nearest;

/// Something wrong at one place of a recipe.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Shared by all copies; a `Problem` stays small in a `Result`.
    inner: Box<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    file: Option<PathBuf>,
    origin: Option<Origin>,
    /// Keys from the inside out, as they are collected on the way up.
    path: Vec<String>,
    what: What,
}

/// The kind of fault.
#[derive(Clone, Debug)]
pub enum What {
    /// Not TOML.
    Syntax(String),
    /// A key nobody knows.
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    /// A word that is none of the choices.
    UnknownChoice {
        word: String,
        known: &'static [&'static str],
    },
    /// A key that must be there.
    MissingKey(&'static str),
    /// A value of the wrong type or out of range.
    WrongValue { got: String, expected: String },
    /// Anything else, as a sentence.
    Other(String),
}

impl Problem {
    /// A fault with no place yet.
    pub fn new(what: What) -> Self {
        Problem {
            inner: Box::new(Inner {
                file: None,
                origin: None,
                path: Vec::new(),
                what,
            }),
        }
    }

    /// Adds the place, unless a more exact one is known already.
    pub fn at(mut self, origin: Option<Origin>) -> Self {
        if self.inner.origin.is_none() {
            self.inner.origin = origin;
        }
        self
    }

    /// Adds the file.
    pub fn in_file(mut self, file: &Path) -> Self {
        self.inner.file.get_or_insert_with(|| file.to_path_buf());
        self
    }

    /// Adds the key under which the fault lies.
    pub fn under(mut self, key: impl Into<String>) -> Self {
        self.inner.path.push(key.into());
        self
    }

    /// Sharpens the place with what `table`, the table in which the fault lies, holds: serde forgets places where it has
    /// to look at the whole table before it knows what to read.
    pub fn within(self, table: &Node) -> Self {
        if self.inner.origin.is_some() {
            return self;
        }
        let Some(entries) = table.entries() else {
            return self;
        };
        let found = match &self.inner.what {
            What::UnknownKey { key, .. } => entries.iter().find(|entry| entry.key == *key),
            What::UnknownChoice { word, .. } => entries
                .iter()
                .find(|entry| matches!(&entry.node.value, Value::String(text) if text == word)),
            What::WrongValue { got, .. } => {
                let mut same = entries
                    .iter()
                    .filter(|entry| describe(&entry.node.value) == *got);
                same.next().filter(|_| same.next().is_none())
            }
            _ => None,
        };
        let Some(entry) = found else { return self };
        let named = !matches!(self.inner.what, What::UnknownKey { .. });
        let problem = self.at(Some(entry.origin.clone()));
        if named {
            problem.under(entry.key.clone())
        } else {
            problem
        }
    }
}

/// A value as a message names it.
pub fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Integer(number) => format!("the whole number {number}"),
        Value::Float(number) => format!("the number {number:?}"),
        Value::Boolean(value) => value.to_string(),
        Value::Array(_) => "a list".into(),
        Value::Table(_) => "a table".into(),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            file,
            origin,
            path,
            what,
        } = &*self.inner;
        match (origin, file) {
            (Some(Origin::Option(text)), _) => write!(f, "{text}: ")?,
            (Some(Origin::Line(line)), Some(file)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(Origin::Line(line)), None) => write!(f, "line {line}: ")?,
            (None, Some(file)) => write!(f, "{}: ", file.display())?,
            (None, None) => {}
        }
        let keys: Vec<&str> = path.iter().rev().map(String::as_str).collect();
        let table = |keys: &[&str]| {
            if keys.is_empty() {
                "at the top of the recipe".to_string()
            } else {
                format!("in [{}]", keys.join("."))
            }
        };
        match what {
            What::Syntax(text) => write!(f, "not valid TOML: {text}"),
            What::UnknownKey { key, known } => {
                write!(f, "unknown key \"{key}\" {}", table(&keys))?;
                suggest(f, key, known, "keys")
            }
            What::UnknownChoice { word, known } => {
                write!(f, "unknown {} \"{word}\"", kind_of_choice(&keys))?;
                suggest(f, word, known, "choices")
            }
            What::MissingKey(key) => write!(f, "\"{key}\" is missing {}", table(&keys)),
            What::WrongValue { got, expected } => {
                if let Some((key, outer)) = keys.split_last() {
                    write!(f, "\"{key}\" {} ", table(outer))?;
                } else {
                    write!(f, "the recipe ")?;
                }
                write!(f, "must be {expected}, not {got}")
            }
            What::Other(text) => f.write_str(text),
        }
    }
}

/// `[optimizer] type` is an "optimizer type" to the reader.
fn kind_of_choice(keys: &[&str]) -> String {
    match keys {
        [] => "choice".into(),
        [only] => (*only).into(),
        // A list's place is no name: the second step of [augment] is an "augment type".
        [.., table, _, place, key] if place.parse::<usize>().is_ok() => format!("{table} {key}"),
        [.., table, key] => format!("{table} {key}"),
    }
}

fn suggest(f: &mut fmt::Formatter<'_>, wrong: &str, known: &[&str], noun: &str) -> fmt::Result {
    match nearest(wrong, known.iter().copied()) {
        Some(name) => write!(f, "; did you mean \"{name}\"?"),
        None if known.is_empty() => Ok(()),
        None => write!(f, "; the {noun} are {}", known.join(", ")),
    }
}

impl std::error::Error for Problem {}
