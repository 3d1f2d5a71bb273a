//! What is worth knowing of the parts before training: classes that are missing, columns nothing can be learnt from, samples that
//! are in two parts.

use nn_core::DType;
use nn_data::dataset::{ColumnKind, SchemaColumn};
use nn_data::{Dataset, Subset};

use super::Parts;
use crate::error::Result;
use crate::model::shorten;

/// Classes of which a part has no sample, in words, a sentence for each part: nothing is learnt or judged of them there.
///
/// # Errors
/// If a sample cannot be read.
pub fn absent_classes(parts: &Parts) -> Result<Vec<String>> {
    let mut sentences = Vec::new();
    let all = [
        ("training", Some(&parts.train)),
        ("validation", parts.validation.as_ref()),
        ("test", parts.test.as_ref()),
    ];
    for (name, part) in all
        .into_iter()
        .filter_map(|(name, part)| Some((name, part?)))
    {
        let (Some(labels), Some(classes)) =
            (part.class_labels()?, part.target_kind().class_names())
        else {
            continue;
        };
        let mut seen = vec![false; classes.len()];
        labels.iter().for_each(|&label| seen[label as usize] = true);
        let absent: Vec<&str> = (classes.iter().zip(seen))
            .filter_map(|(class, seen)| (!seen).then_some(class.as_str()))
            .collect();
        if let [first, more @ ..] = &absent[..] {
            let others = match more.len() {
                0 => String::new(),
                n => format!(" and {n} other classes"),
            };
            sentences.push(format!(
                "the {name} part has no sample of \"{first}\"{others}"
            ));
        }
    }
    Ok(sentences)
}

/// From this share of different texts among the rows on, a column names the rows rather than describes them.
const NAMES: f64 = 0.5;
/// Fewer rows than this are too few to tell.
const TELLING: usize = 20;

/// Columns of a table nothing can be learnt from, in words, a sentence for each kind: those that name the rows, and those that are
/// the same in all training samples.
///
/// # Errors
/// If a sample cannot be read.
pub fn useless_columns(parts: &Parts) -> Result<Vec<String>> {
    let (Some(schema), rows) = (&parts.schema, parts.train.len()) else {
        return Ok(Vec::new());
    };
    let whole = [
        Some(&parts.train),
        parts.validation.as_ref(),
        parts.test.as_ref(),
    ];
    let all: usize = whole.into_iter().flatten().map(Dataset::len).sum();
    let name = |column: &SchemaColumn| match &column.name {
        Some(name) => format!("\"{name}\""),
        None => column.position.to_string(),
    };
    let naming: Vec<String> = (schema.inputs.iter())
        .filter(|column| match &column.kind {
            ColumnKind::OneHot { levels } => {
                all >= TELLING && levels.len() as f64 > NAMES * all as f64
            }
            _ => false,
        })
        .map(name)
        .collect();
    let mut sentences = Vec::new();
    if !naming.is_empty() {
        sentences.push(format!(
            "column {} has a text of its own in most rows, of which the other parts know nothing; leave it out with [data] ignore",
            shorten(&naming)
        ));
    }
    let constant = constant_columns(&parts.train)?;
    let names = parts.train.feature_names().unwrap_or_default();
    let constant: Vec<String> = (constant.into_iter())
        .filter_map(|column| names.get(column).map(|name| format!("\"{name}\"")))
        .collect();
    if !constant.is_empty() && rows > 1 {
        sentences.push(format!(
            "column {} has the same value in all training samples",
            shorten(&constant)
        ));
    }
    Ok(sentences)
}

/// The inputs that have one value in all samples; of very large data, none.
fn constant_columns(part: &Subset) -> Result<Vec<usize>> {
    let width: usize = part.input_shape().iter().product();
    if part.len().saturating_mul(width) > COMPARED || width == 0 {
        return Ok(Vec::new());
    }
    let mut first: Option<Vec<f32>> = None;
    let mut same: Vec<usize> = (0..width).collect();
    let indices: Vec<usize> = (0..part.len()).collect();
    for chunk in indices.chunks(1024) {
        let rows = part.batch(chunk)?.inputs.to_dtype(DType::F32)?;
        for row in rows.to_vec::<f32>()?.chunks_exact(width) {
            match &first {
                None => first = Some(row.to_vec()),
                Some(first) => same.retain(|&column| row[column] == first[column]),
            }
        }
        if same.is_empty() {
            break;
        }
    }
    Ok(same)
}

/// Beyond so many values samples are not compared with each other: it would take longer than a second or two.
const COMPARED: usize = 1 << 27;

/// Samples that are in two parts, in words, a sentence for each two parts; or that they were not looked for.
///
/// # Errors
/// If a sample cannot be read.
pub fn leakage(parts: &Parts) -> Result<Vec<String>> {
    let mut named: Vec<(&str, &dyn Dataset)> = vec![("training", &parts.train)];
    let judged = [("validation", &parts.validation), ("test", &parts.test)];
    named.extend(
        judged
            .into_iter()
            .filter_map(|(name, part)| Some((name, part.as_ref()? as &dyn Dataset))),
    );
    if named.len() == 1 {
        return Ok(Vec::new());
    }
    let width: usize = parts.train.input_shape().iter().product();
    let samples: usize = named.iter().map(|(_, part)| part.len()).sum();
    if samples.saturating_mul(width) > COMPARED {
        return Ok(vec![
            "not looked for: the data is too large to compare all samples before training".into(),
        ]);
    }
    let leakage = nn_data::split::duplicates_across(&named)?;
    Ok(leakage.overlaps.iter().map(ToString::to_string).collect())
}
