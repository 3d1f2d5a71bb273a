//! A recipe as written: a tree of values, each of which knows where it came from.

use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problem::{Problem, What};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of the recipe file, counted from 1.
    Line(usize),
    /// A `--set key=value` (the whole argument), or another option of the command line.
    Option(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Line(line) => write!(f, "{line}"),
            Origin::Option(text) => f.write_str(text),
        }
    }
}

/// One value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value itself.
    pub value: Value,
    /// Where it was written.
    pub origin: Origin,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `"text"`
    String(String),
    /// `42`
    Integer(i64),
    /// `4.2`
    Float(f64),
    /// `true`
    Boolean(bool),
    /// `[1, 2]`
    Array(Vec<Node>),
    /// `[table]` or `{ inline = "table" }`
    Table(Vec<Entry>),
}

/// One `key = value` of a table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub origin: Origin,
    /// What stands to the right of it.
    pub node: Node,
}

impl Node {
    /// Parses a TOML document; `file` is only used in messages.
    pub fn parse(file: &Path, text: &str) -> Result<Node, Problem> {
        let lines = Lines::of(text);
        let table = DeTable::parse(text).map_err(|e| {
            let origin = e.span().map(|span| Origin::Line(lines.line(span.start)));
            Problem::new(What::Syntax(one_line(e.message())))
                .at(origin)
                .in_file(file)
        })?;
        table_node(table.get_ref(), Origin::Line(1), &|at| {
            Origin::Line(lines.line(at))
        })
        .map_err(|p| p.in_file(file))
    }

    /// The entries, when this is a table.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key`, when this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// Puts the value of a `key.path=value` override in its place, making tables on the way.
    pub fn set(&mut self, argument: &str) -> Result<(), Problem> {
        self.set_as(argument, argument)
    }

    /// The same; messages show what was `written`.
    pub fn set_as(&mut self, argument: &str, written: &str) -> Result<(), Problem> {
        let origin = Origin::Option(format!("--set {written}"));
        let wrong =
            |text: &str| Problem::new(What::Other(text.to_string())).at(Some(origin.clone()));
        let (path, text) = argument
            .split_once('=')
            .ok_or_else(|| wrong("expected KEY=VALUE, for example --set train.epochs=5"))?;
        let keys: Vec<&str> = path.trim().split('.').map(str::trim).collect();
        if keys.iter().any(|key| key.is_empty()) {
            return Err(wrong(
                "the key is empty; write it as table.key, for example train.epochs",
            ));
        }
        let node = parse_override(text.trim(), &origin)?;
        self.put(&keys, node, &origin)
    }

    /// Puts `node` at the place `keys` leads to, making tables on the way.
    pub fn put(&mut self, keys: &[&str], node: Node, origin: &Origin) -> Result<(), Problem> {
        let wrong = |text: String| Problem::new(What::Other(text)).at(Some(origin.clone()));
        let Some((key, rest)) = keys.split_first() else {
            *self = node;
            return Ok(());
        };
        match &mut self.value {
            Value::Table(entries) => {
                let at = match entries.iter().position(|entry| entry.key == *key) {
                    Some(at) => at,
                    None => {
                        let empty = Node {
                            value: Value::Table(Vec::new()),
                            origin: origin.clone(),
                        };
                        entries.push(Entry {
                            key: key.to_string(),
                            origin: origin.clone(),
                            node: empty,
                        });
                        entries.len() - 1
                    }
                };
                entries[at].node.put(rest, node, origin)
            }
            Value::Array(items) => {
                let count = items.len();
                let item = key
                    .parse::<usize>()
                    .ok()
                    .and_then(|at| items.get_mut(at))
                    .ok_or_else(|| {
                        wrong(format!(
                            "\"{key}\" must be a place in a list of {count}, counted from 0"
                        ))
                    })?;
                item.put(rest, node, origin)
            }
            _ => Err(wrong(format!(
                "\"{key}\" cannot be set: what stands before it is a plain value, not a table"
            ))),
        }
    }
}

/// Reads the right-hand side of an override: TOML where it is TOML, otherwise the text as it stands.
fn parse_override(text: &str, origin: &Origin) -> Result<Node, Problem> {
    match DeValue::parse(text) {
        Ok(value) => value_node(value.get_ref(), origin.clone(), &|_| origin.clone()),
        Err(_) => Ok(Node {
            value: Value::String(text.to_string()),
            origin: origin.clone(),
        }),
    }
}

fn table_node(
    table: &DeTable<'_>,
    origin: Origin,
    place: &dyn Fn(usize) -> Origin,
) -> Result<Node, Problem> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let node = value_node(value.get_ref(), place(value.span().start), place)?;
        entries.push((
            key.span().start,
            Entry {
                key: key.get_ref().to_string(),
                origin: place(key.span().start),
                node,
            },
        ));
    }
    entries.sort_by_key(|(start, _)| *start);
    Ok(Node {
        value: Value::Table(entries.into_iter().map(|(_, entry)| entry).collect()),
        origin,
    })
}

fn value_node(
    value: &DeValue<'_>,
    origin: Origin,
    place: &dyn Fn(usize) -> Origin,
) -> Result<Node, Problem> {
    let outside = |what: &str| Problem::new(What::Other(what.to_string())).at(Some(origin.clone()));
    let value = match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => Value::Integer(
            i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| {
                outside(&format!("{number} does not fit into a 64-bit whole number"))
            })?,
        ),
        DeValue::Float(number) => Value::Float(
            number
                .as_str()
                .parse()
                .map_err(|_| outside(&format!("{number} is not a number that can be used")))?,
        ),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(date) => {
            return Err(outside(&format!(
                "{date} is a date; a recipe has no use for dates"
            )));
        }
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| value_node(item.get_ref(), place(item.span().start), place))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => return table_node(table, origin, place),
    };
    Ok(Node { value, origin })
}

/// Byte offset → line number.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Lines(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at)
                .collect(),
        )
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|&newline| newline < offset) + 1
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
