//! Finding out what the columns of a training file mean.

use std::collections::BTreeSet;

use super::guess::{is_missing, number, whole_number};
use super::schema::{ColumnKind, CsvSchema, SchemaColumn, SchemaTarget};
use super::table::{SAMPLE_ROWS, Table};
use super::{Column, CsvOptions, CsvTarget, Encoding, Missing};
use crate::error::{Error, Place, Result};

/// A text column with more different values than this is a name or a key, not a category.
const MAX_LEVELS: usize = 1000;
/// More classes than this is taken for a mistaken target column.
const MAX_CLASSES: usize = 10_000;
/// A column of whole numbers with at most this many values is a class under [`CsvTarget::Auto`].
const MAX_AUTO_CLASSES: usize = 20;

/// What to do about a column of numbers that is taken for classes.
const AS_NUMBER: &str =
    "to predict it as a number, use a regression target (in a recipe [loss] type = \"mse\")";

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Ignored,
    Number,
    Category(Encoding),
    Class,
    Output,
}

pub(super) fn schema(options: &CsvOptions, table: &Table) -> Result<CsvSchema> {
    let looks = looks(table)?;
    let mut roles: Vec<Role> = looks
        .iter()
        .map(|look| match look {
            Look::Text => Role::Category(options.encoding),
            Look::Number | Look::Nothing => Role::Number,
        })
        .collect();
    for column in &options.numeric {
        roles[find(table, column)?] = Role::Number;
    }
    for (column, encoding) in &options.categorical {
        roles[find(table, column)?] = Role::Category(*encoding);
    }
    for column in &options.ignore {
        roles[find(table, column)?] = Role::Ignored;
    }
    let mut outputs = Vec::new();
    match &options.target {
        CsvTarget::None => {}
        CsvTarget::Auto(column) => {
            let column = find(table, column)?;
            roles[column] = judge(table, looks[column], column)?;
            outputs.push(column);
        }
        CsvTarget::Last => {
            let column = table.width - 1;
            if looks[column] == Look::Nothing {
                return Err(table.error(
                    Place::Column(table.column_name(column)),
                    "no row has a value in this last column, which is to be predicted",
                    "name the column to predict; if every line ends with a delimiter, take that off",
                ));
            }
            roles[column] = judge(table, looks[column], column)?;
            outputs.push(column);
        }
        CsvTarget::Classes(column) => {
            outputs.push(find(table, column)?);
            roles[outputs[0]] = Role::Class;
        }
        CsvTarget::Regression(columns) => {
            if columns.is_empty() {
                return Err(Error::argument(
                    "target",
                    "regression needs at least one column",
                ));
            }
            for column in columns {
                let column = find(table, column)?;
                if outputs.contains(&column) {
                    let problem = format!("column {} is named twice", table.column_name(column));
                    return Err(Error::argument("target", problem));
                }
                roles[column] = Role::Output;
                outputs.push(column);
            }
        }
    }
    let texts = collect_texts(options, table, &roles)?;
    let declared: Vec<usize> = (options.categorical.iter())
        .map(|(column, _)| find(table, column))
        .collect::<Result<_>>()?;
    for (column, texts) in texts.iter().enumerate() {
        if !declared.contains(&column) {
            refuse_decimal_commas(table, column, texts)?;
        }
    }
    let describe = |position: usize, kind: ColumnKind| SchemaColumn {
        name: table.header.as_ref().map(|h| h[position].clone()),
        position,
        kind,
    };
    let mut inputs = Vec::new();
    for (position, role) in roles.iter().enumerate() {
        let levels = || sorted_levels(&texts[position]);
        match role {
            Role::Number if looks[position] == Look::Nothing => {
                return Err(table.error(
                    Place::Column(table.column_name(position)),
                    "no row has a value",
                    "leave the column out",
                ));
            }
            Role::Number => inputs.push(describe(position, ColumnKind::Number)),
            Role::Category(Encoding::OneHot) => {
                inputs.push(describe(position, ColumnKind::OneHot { levels: levels() }));
            }
            Role::Category(Encoding::Ordinal) => {
                inputs.push(describe(position, ColumnKind::Ordinal { levels: levels() }));
            }
            Role::Ignored | Role::Class | Role::Output => {}
        }
    }
    if inputs.is_empty() {
        return Err(table.error(
            Place::Whole,
            "no column is left as an input",
            "give a file with input columns",
        ));
    }
    let target = match outputs.first() {
        None => None,
        Some(&column) if roles[column] == Role::Class => {
            let name = table.header.as_ref().map(|h| h[column].clone());
            let classes = match &options.class_names {
                Some(names) => names.clone(),
                None => class_levels(table, column, &texts[column])?,
            };
            Some(SchemaTarget::Classes {
                name,
                position: column,
                classes,
            })
        }
        Some(_) => {
            let columns = outputs
                .iter()
                .map(|&c| describe(c, ColumnKind::Number))
                .collect();
            Some(SchemaTarget::Regression { columns })
        }
    };
    check_unique_names(table, &inputs)?;
    Ok(CsvSchema {
        width: table.width,
        inputs,
        target,
        missing: options.missing,
    })
}

/// What the first rows of a column look like.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    Number,
    Text,
    Nothing,
}

/// A column is text when most of its cells are; a stray word in a column of numbers is a mistake in
/// the file and reported as such when the column is read.
fn looks(table: &Table) -> Result<Vec<Look>> {
    let mut counts = vec![(0usize, 0usize); table.width];
    let mut rows = 0;
    table.rows(SAMPLE_ROWS, |at, row| {
        for (column, (numbers, texts)) in counts.iter_mut().enumerate() {
            let text = table.text(row, at, column)?;
            if text.parse::<f64>().is_ok() {
                *numbers += 1;
            } else if !is_missing(text) {
                *texts += 1;
            }
        }
        rows += 1;
        Ok(())
    })?;
    if rows == 0 {
        return Err(table.error(
            Place::Whole,
            "there are no rows of data",
            "give a file with at least one row below the header",
        ));
    }
    let look = |(numbers, texts)| match (numbers, texts) {
        (0, 0) => Look::Nothing,
        (numbers, texts) if numbers >= texts => Look::Number,
        _ => Look::Text,
    };
    Ok(counts.into_iter().map(look).collect())
}

/// Whether a target column holds classes or real numbers.
fn judge(table: &Table, look: Look, column: usize) -> Result<Role> {
    if look == Look::Text {
        return Ok(Role::Class);
    }
    let mut values = BTreeSet::new();
    let mut whole = true;
    table.rows(usize::MAX, |at, row| {
        let text = table.text(row, at, column)?;
        if whole && !is_missing(text) {
            match whole_number(text) {
                Some(value) if values.len() <= MAX_AUTO_CLASSES => _ = values.insert(value),
                Some(_) => {}
                None => whole = false,
            }
        }
        Ok(())
    })?;
    Ok(if whole && values.len() <= MAX_AUTO_CLASSES {
        Role::Class
    } else {
        Role::Output
    })
}

pub(super) fn find(table: &Table, column: &Column) -> Result<usize> {
    match column {
        Column::Index(index) if *index < table.width => Ok(*index),
        Column::Index(index) => Err(table.error(
            Place::Whole,
            format!("there is no column {index}, counted from 0"),
            format!("the file has {} columns", table.width),
        )),
        Column::Name(name) => {
            let Some(header) = &table.header else {
                return Err(table.error(
                    Place::Line(1),
                    format!("the file has no header to find column \"{name}\" in"),
                    "give the column by its position, or say that the first row is a header",
                ));
            };
            let mut places = (0..header.len()).filter(|&c| header[c] == *name);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => Err(table.error(
                    Place::Line(1),
                    format!("column \"{name}\" occurs twice"),
                    "give the column by its position",
                )),
                (None, _) => Err(table.error(
                    Place::Line(1),
                    format!("there is no column \"{name}\""),
                    format!("the columns are {}", header.join(", ")),
                )),
            }
        }
    }
}

/// The different texts of every categorical column and of a class target.
fn collect_texts(
    options: &CsvOptions,
    table: &Table,
    roles: &[Role],
) -> Result<Vec<BTreeSet<String>>> {
    let wanted: Vec<usize> = (0..roles.len())
        .filter(|&c| match roles[c] {
            Role::Category(_) => true,
            Role::Class => options.class_names.is_none(),
            _ => false,
        })
        .collect();
    let mut texts = vec![BTreeSet::new(); roles.len()];
    if wanted.is_empty() {
        return Ok(texts);
    }
    let used: Vec<usize> = (0..roles.len())
        .filter(|&c| roles[c] != Role::Ignored)
        .collect();
    table.rows(usize::MAX, |at, row| {
        if options.missing == Missing::DropRow {
            for &column in &used {
                if is_missing(table.text(row, at, column)?) {
                    return Ok(());
                }
            }
        }
        for &column in &wanted {
            let text = table.text(row, at, column)?;
            if is_missing(text) || texts[column].contains(text) {
                continue;
            }
            texts[column].insert(text.to_string());
            let (most, what, remedy) = match roles[column] {
                Role::Class => (MAX_CLASSES, "classes", AS_NUMBER),
                _ => (MAX_LEVELS, "different texts", "leave the column out"),
            };
            if texts[column].len() > most {
                let problem = format!("there are more than {most} {what}");
                return Err(table.error(Place::Column(table.column_name(column)), problem, remedy));
            }
        }
        Ok(())
    })?;
    Ok(texts)
}

/// Whole numbers in the order of their values ("3.0" and "3" are one), anything else as text.
fn sorted_levels(texts: &BTreeSet<String>) -> Vec<String> {
    let numbers: Option<BTreeSet<i64>> = texts.iter().map(|t| whole_number(t)).collect();
    match numbers {
        Some(numbers) => numbers.iter().map(ToString::to_string).collect(),
        None => texts.iter().cloned().collect(),
    }
}

fn class_levels(table: &Table, column: usize, texts: &BTreeSet<String>) -> Result<Vec<String>> {
    let fractions = texts
        .iter()
        .filter(|t| number(t).is_some_and(|v| v.fract() != 0.0))
        .count();
    if fractions > 0 && texts.iter().all(|t| number(t).is_some()) {
        return Err(table.error(
            Place::Column(table.column_name(column)),
            "the values are fractions, classes are text or whole numbers",
            AS_NUMBER,
        ));
    }
    Ok(sorted_levels(texts))
}

/// A guessed text column whose every text is a number but for a comma in it: as categories it would train to nonsense.
fn refuse_decimal_commas(table: &Table, column: usize, texts: &BTreeSet<String>) -> Result<()> {
    let numeric = |text: &String| number(&text.replacen(',', ".", 1)).is_some();
    let with_comma = texts.iter().find(|text| text.contains(','));
    let Some(example) = with_comma.filter(|_| texts.iter().all(numeric)) else {
        return Ok(());
    };
    Err(table.error(
        Place::Column(table.column_name(column)),
        format!("the numbers have a comma (\"{example}\")"),
        "write decimals with a point, or declare the column categorical or leave it out",
    ))
}

/// Later files are read by name, so input names must tell columns apart.
fn check_unique_names(table: &Table, inputs: &[SchemaColumn]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in inputs.iter().filter_map(|c| c.name.as_ref()) {
        if !seen.insert(name) {
            return Err(table.error(
                Place::Line(1),
                format!("two input columns are called \"{name}\""),
                "rename one or leave it out",
            ));
        }
    }
    Ok(())
}
