//! What is worth knowing of the parts before training: classes that are missing, samples that are in two parts.

use nn_data::Dataset;

use super::Parts;
use crate::error::Result;

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
