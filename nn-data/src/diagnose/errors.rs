//! Error analysis: which samples go wrong, what they are taken for, how sure the model was, and what they have in common.

use std::io::Write;

use serde::Serialize;

use super::statistics::{adjusted, fisher_upper, welch_upper};
use crate::error::{Error, Result};
use crate::metrics::ConfusionMatrix;

/// Bands of confidence, by their lower ends.
const BANDS: [f64; 5] = [0.0, 0.5, 0.7, 0.9, 0.99];
/// A column with at most so many values is taken for categories; others are cut at their quartiles.
const CATEGORIES: usize = 8;
/// A slice with fewer samples says nothing.
const LEAST: usize = 8;
/// The share of the slices shown that may be there by chance.
const LEVEL: f64 = 0.05;

/// A sample that was taken for another class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake {
    /// Its place in what was judged.
    pub sample: usize,
    /// Its class.
    pub truth: usize,
    /// The class it was taken for.
    pub said: usize,
    /// Probability given to what was said.
    pub confidence: f64,
    /// Probability given to its own class.
    pub chance: f64,
}

/// How often one class was taken for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The class.
    pub truth: usize,
    /// What it was taken for.
    pub said: usize,
    /// How often.
    pub count: u64,
    /// Of so many samples of the class.
    pub of: u64,
}

/// The samples about which the model was so sure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// Confidence from here on.
    pub low: f64,
    /// Up to here.
    pub high: f64,
    /// Number of samples.
    pub samples: usize,
    /// How many of them are wrong.
    pub wrong: usize,
}

/// Something known of every sample by which errors may differ: an input, a class, the brightness of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// A value for each sample.
    pub values: Vec<f64>,
    /// Where the values number categories: the names of these.
    pub categories: Option<Vec<String>>,
}

/// Samples that one column picks out, and that go wrong more often than the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// The column.
    pub column: String,
    /// Which of its values, in words.
    pub values: String,
    /// Number of samples.
    pub samples: usize,
    /// Their mean error.
    pub error: f64,
    /// The mean error of all others.
    pub rest: f64,
    /// The chance of such a difference between equals, adjusted for the number of slices that were compared.
    pub p_value: f64,
}

/// What a classifier gets wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorAnalysis {
    /// The mistakes, the surest first.
    pub mistakes: Vec<Mistake>,
    /// Confused pairs of classes, the most frequent first.
    pub pairs: Vec<Pair>,
    /// By confidence, the least sure first.
    pub bands: Vec<Band>,
}

impl ErrorAnalysis {
    /// Looks at what a classifier says of samples: `probabilities` `[samples, classes]` and the true classes. The class said is the
    /// likeliest, the first of equal ones.
    ///
    /// ```
    /// use nn_data::diagnose::ErrorAnalysis;
    /// let said = [0.9, 0.1, 0.2, 0.8, 0.6, 0.4];
    /// let analysis = ErrorAnalysis::of(&said, 2, &[0, 0, 1])?;
    /// assert_eq!(analysis.mistakes[0].sample, 1, "the surer one comes first");
    /// assert_eq!((analysis.pairs[0].truth, analysis.pairs[0].said), (0, 1));
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the numbers of probabilities and classes do not fit, or a class is out of range.
    pub fn of(probabilities: &[f32], classes: usize, truth: &[u32]) -> Result<ErrorAnalysis> {
        check(probabilities, classes, truth)?;
        let mut mistakes = Vec::new();
        let mut bands: Vec<Band> = (0..BANDS.len())
            .map(|at| Band {
                low: BANDS[at],
                high: BANDS.get(at + 1).copied().unwrap_or(1.0),
                samples: 0,
                wrong: 0,
            })
            .collect();
        let mut all_said = Vec::with_capacity(truth.len());
        for (sample, (row, &label)) in probabilities.chunks_exact(classes).zip(truth).enumerate() {
            let said = likeliest(row);
            let confidence = f64::from(row[said]);
            let wrong = said != label as usize;
            all_said.push(said as u32);
            // Compared in the type of the probabilities: 0.9 of f32 lies below 0.9 of f64.
            let band = BANDS
                .iter()
                .rposition(|&low| row[said] >= low as f32)
                .unwrap_or(0);
            bands[band].samples += 1;
            bands[band].wrong += usize::from(wrong);
            if wrong {
                mistakes.push(Mistake {
                    sample,
                    truth: label as usize,
                    said,
                    confidence,
                    chance: f64::from(row[label as usize]),
                });
            }
        }
        mistakes.sort_by(|a, b| {
            b.confidence
                .total_cmp(&a.confidence)
                .then(a.sample.cmp(&b.sample))
        });
        bands.retain(|band| band.samples > 0);
        Ok(ErrorAnalysis {
            pairs: pairs(classes, truth, &all_said)?,
            mistakes,
            bands,
        })
    }

    /// Writes the mistakes as CSV, one in a row: `sample,true,said,confidence,chance`, then the columns. `number` is what a sample is
    /// called, such as its row in the file it came from.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write_csv(
        &self,
        out: impl Write,
        classes: &[String],
        columns: &[Column],
        number: impl Fn(usize) -> usize,
    ) -> std::io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let head = ["sample", "true", "said", "confidence", "chance"].map(String::from);
        let names = columns.iter().map(|column| column.name.clone());
        csv.write_record(head.into_iter().chain(names))?;
        let class = |class: usize| {
            classes
                .get(class)
                .cloned()
                .unwrap_or_else(|| class.to_string())
        };
        for mistake in &self.mistakes {
            let row = [
                number(mistake.sample).to_string(),
                class(mistake.truth),
                class(mistake.said),
                format!("{:.6}", mistake.confidence),
                format!("{:.6}", mistake.chance),
            ];
            let values = columns.iter().map(|column| column.word(mistake.sample));
            csv.write_record(row.into_iter().chain(values))?;
        }
        csv.flush()
    }
}

/// The confused pairs; the whole matrix is made only where it is small.
fn pairs(classes: usize, truth: &[u32], said: &[u32]) -> Result<Vec<Pair>> {
    const MATRIX: usize = 2048;
    if classes <= MATRIX {
        let mut matrix = ConfusionMatrix::with_classes(classes)?;
        matrix.add(truth, said)?;
        let pairs = matrix
            .confusions()
            .into_iter()
            .map(|(truth, said, count)| Pair {
                truth,
                said,
                count,
                of: matrix.truth_count(truth),
            });
        return Ok(pairs.collect());
    }
    let mut counts = std::collections::BTreeMap::new();
    let mut totals = std::collections::BTreeMap::new();
    for (&truth, &said) in truth.iter().zip(said) {
        *totals.entry(truth).or_insert(0_u64) += 1;
        if truth != said {
            *counts.entry((truth, said)).or_insert(0_u64) += 1;
        }
    }
    let mut pairs: Vec<Pair> = counts
        .into_iter()
        .map(|((truth, said), count)| Pair {
            truth: truth as usize,
            said: said as usize,
            count,
            of: totals.get(&truth).copied().unwrap_or(0),
        })
        .collect();
    pairs.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then(a.truth.cmp(&b.truth))
            .then(a.said.cmp(&b.said))
    });
    Ok(pairs)
}

impl Column {
    /// The value of a sample in words.
    pub fn word(&self, sample: usize) -> String {
        let value = self.values.get(sample).copied().unwrap_or(f64::NAN);
        match &self.categories {
            Some(names) => names
                .get(value as usize)
                .cloned()
                .unwrap_or_else(|| value.to_string()),
            // Most values began as f32, and are shorter so.
            None if f64::from(value as f32) == value => (value as f32).to_string(),
            None => value.to_string(),
        }
    }
}

/// Looks for slices of the samples that go wrong more often than the rest.
///
/// A column of few values gives a slice for each of them, another one for each of its four quarters (by quantiles). `costs` are the
/// errors of the samples: where all are 0 or 1 slices are compared by Fisher's exact test, otherwise by Welch's statistic; one-sided,
/// adjusted by Benjamini and Hochberg (1995), so that of the slices given at most 5 % are expected to be chance. The surest come
/// first. Slices that hold the same samples as one before them are left out.
///
/// # Errors
/// If a column has another number of values than there are costs, or a cost is not finite.
pub fn slices(costs: &[f64], columns: &[Column]) -> Result<Vec<Slice>> {
    let samples = costs.len();
    if costs.iter().any(|cost| !cost.is_finite()) {
        return Err(Error::argument("slices", "an error is not finite"));
    }
    if let Some(column) = columns.iter().find(|column| column.values.len() != samples) {
        let problem = format!("{} values for {samples} samples", column.values.len());
        return Err(Error::data(
            format!("column \"{}\"", column.name),
            problem,
            "give one for each sample",
        ));
    }
    let rates = costs.iter().all(|&cost| cost == 0.0 || cost == 1.0);
    let total: f64 = costs.iter().sum();
    let mut found = Vec::new();
    let mut p_values = Vec::new();
    for column in columns {
        for (values, inside) in parts(column) {
            let count = inside.iter().filter(|&&inside| inside).count();
            if count < LEAST || samples - count < LEAST {
                continue;
            }
            let pick = |wanted: bool| -> Vec<f64> {
                let both = costs.iter().zip(&inside);
                both.filter(|(_, inside)| **inside == wanted)
                    .map(|(cost, _)| *cost)
                    .collect()
            };
            let here = pick(true);
            let sum: f64 = here.iter().sum();
            p_values.push(if rates {
                fisher_upper(sum as usize, count, total as usize, samples)
            } else {
                welch_upper(&here, &pick(false))
            });
            found.push((
                inside,
                Slice {
                    column: column.name.clone(),
                    values,
                    samples: count,
                    error: sum / count as f64,
                    rest: (total - sum) / (samples - count) as f64,
                    p_value: 1.0,
                },
            ));
        }
    }
    let adjusted = adjusted(&p_values);
    let mut kept: Vec<(Vec<bool>, Slice)> = found
        .into_iter()
        .zip(adjusted)
        .filter(|(_, p_value)| *p_value <= LEVEL)
        .map(|((inside, slice), p_value)| (inside, Slice { p_value, ..slice }))
        .collect();
    kept.sort_by(|(_, a), (_, b)| {
        a.p_value
            .total_cmp(&b.p_value)
            .then(b.error.total_cmp(&a.error))
    });
    let mut seen = std::collections::HashSet::new();
    kept.retain(|(inside, _)| seen.insert(inside.clone()));
    Ok(kept.into_iter().map(|(_, slice)| slice).collect())
}

/// The parts of a column: in words, and which samples are in.
fn parts(column: &Column) -> Vec<(String, Vec<bool>)> {
    let mut sorted: Vec<f64> = column
        .values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let inside = |test: &dyn Fn(f64) -> bool| column.values.iter().map(|&v| test(v)).collect();
    if column.categories.is_some() || distinct.len() <= CATEGORIES {
        return distinct
            .iter()
            .map(|&value| {
                let word = match &column.categories {
                    Some(names) => names.get(value as usize).cloned(),
                    None => None,
                };
                let word = word.unwrap_or_else(|| number(value));
                (word, inside(&|v| v == value))
            })
            .collect();
    }
    let at = |quarter: usize| sorted[(quarter * sorted.len() / 4).min(sorted.len() - 1)];
    let mut edges: Vec<f64> = (1..4).map(at).collect();
    edges.dedup();
    let mut parts = Vec::new();
    for bin in 0..=edges.len() {
        let low = bin.checked_sub(1).map(|bin| edges[bin]);
        let high = edges.get(bin).copied();
        let test = |v: f64| low.is_none_or(|low| v >= low) && high.is_none_or(|high| v < high);
        let words = match (low, high) {
            (None, Some(high)) => format!("below {}", number(high)),
            (Some(low), None) => format!("{} and above", number(low)),
            (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
            (None, None) => continue,
        };
        parts.push((words, inside(&|v: f64| v.is_finite() && test(v))));
    }
    parts
}

/// About four digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e6 {
        return format!("{value:.0}");
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    let places = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.places$}")
}

/// The place of the largest number, the first of equal ones.
pub(super) fn likeliest(row: &[f32]) -> usize {
    let mut best = 0;
    for (at, &value) in row.iter().enumerate() {
        if value > row[best] {
            best = at;
        }
    }
    best
}

/// Refuses probabilities and classes that do not fit each other.
pub(super) fn check(probabilities: &[f32], classes: usize, truth: &[u32]) -> Result<()> {
    if classes == 0 || Some(probabilities.len()) != truth.len().checked_mul(classes) {
        let problem = format!(
            "{} probabilities for {} samples and {classes} classes",
            probabilities.len(),
            truth.len()
        );
        return Err(Error::argument("probabilities", problem));
    }
    if let Some(at) = probabilities.iter().position(|p| !p.is_finite()) {
        let problem = format!("that of sample {} is {}", at / classes, probabilities[at]);
        return Err(Error::argument("probabilities", problem));
    }
    crate::validate::labels_in_range("the true classes", truth, classes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_core::{Purpose, Rng};

    fn column(name: &str, values: Vec<f64>) -> Column {
        Column {
            name: name.into(),
            values,
            categories: None,
        }
    }

    #[test]
    fn mistakes_are_grouped() {
        let said = [0.1, 0.9, 0.0, 0.3, 0.4, 0.3, 0.0, 0.95, 0.05, 0.0, 0.0, 1.0];
        let analysis = ErrorAnalysis::of(&said, 3, &[0, 0, 1, 2]).unwrap();
        let places: Vec<usize> = analysis.mistakes.iter().map(|m| m.sample).collect();
        assert_eq!(places, [0, 1]);
        assert_eq!(
            analysis.pairs,
            [Pair {
                truth: 0,
                said: 1,
                count: 2,
                of: 2
            }]
        );
        let counts: Vec<_> = analysis
            .bands
            .iter()
            .map(|b| (b.low, b.samples, b.wrong))
            .collect();
        assert_eq!(counts, [(0.0, 1, 1), (0.9, 2, 1), (0.99, 1, 0)]);
        assert!(ErrorAnalysis::of(&said, 3, &[0]).is_err());
        assert!(ErrorAnalysis::of(&said, 3, &[0, 0, 1, 3]).is_err());
        assert!(ErrorAnalysis::of(&[f32::NAN, 0.0], 2, &[0]).is_err());
    }

    #[test]
    fn csv_rows_carry_names_and_columns() {
        let analysis = ErrorAnalysis::of(&[0.25, 0.75], 2, &[0]).unwrap();
        let columns = [
            column("size", vec![1.5]),
            Column {
                categories: Some(vec!["red, dark".into()]),
                ..column("colour", vec![0.0])
            },
        ];
        let mut bytes = Vec::new();
        let names = ["a".into(), "b".into()];
        analysis
            .write_csv(&mut bytes, &names, &columns, |at| at + 10)
            .unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "sample,true,said,confidence,chance,size,colour\n10,a,b,0.750000,0.250000,1.5,\"red, dark\"\n"
        );
    }

    #[test]
    fn a_slice_that_goes_wrong_is_found_and_noise_is_not() {
        let mut rng = Rng::addressed(3, Purpose::Other(2), 0, 0);
        let columns: Vec<Column> = (0..20)
            .map(|at| column(&format!("c{at}"), (0..2000).map(|_| rng.normal()).collect()))
            .collect();
        let noise: Vec<f64> = (0..2000)
            .map(|_| f64::from(u8::from(rng.bernoulli(0.1))))
            .collect();
        assert_eq!(slices(&noise, &columns).unwrap(), []);
        let costs: Vec<f64> = (0..2000)
            .map(|at| {
                let p = if columns[7].values[at] > 0.8 {
                    0.4
                } else {
                    0.05
                };
                f64::from(u8::from(rng.bernoulli(p)))
            })
            .collect();
        let found = slices(&costs, &columns).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].column == "c7" && found[0].values.ends_with("and above"),
            "{found:?}"
        );
        assert!(found[0].error > 5.0 * found[0].rest && found[0].p_value < 1e-10);
        // Squared errors, not rates: Welch's statistic.
        let squares: Vec<f64> = costs.iter().map(|c| c * 2.0 + rng.uniform()).collect();
        assert_eq!(slices(&squares, &columns).unwrap()[0].column, "c7");
    }

    #[test]
    fn categories_and_odd_columns() {
        let costs: Vec<f64> = (0..40).map(|at| f64::from(u8::from(at % 4 == 0))).collect();
        let kind = Column {
            categories: Some(vec!["odd".into(), "every fourth".into()]),
            ..column(
                "kind",
                (0..40).map(|at| f64::from(u8::from(at % 4 == 0))).collect(),
            )
        };
        let same = column(
            "same",
            (0..40)
                .map(|at| if at % 4 == 0 { 3.0 } else { 7.0 })
                .collect(),
        );
        let odd = column(
            "odd",
            (0..40)
                .map(|at| if at < 39 { f64::NAN } else { 1.0 })
                .collect(),
        );
        let found = slices(&costs, &[kind, same, odd]).unwrap();
        assert_eq!(found.len(), 1, "the same samples are named once: {found:?}");
        assert_eq!(
            (found[0].values.as_str(), found[0].error, found[0].rest),
            ("every fourth", 1.0, 0.0)
        );
        assert!(slices(&[1.0], &[column("short", vec![])]).is_err());
        assert_eq!(slices(&[], &[]).unwrap(), []);
    }
}
