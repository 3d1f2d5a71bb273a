//! Error analysis: which samples go wrong, what they are taken for, how sure the model was, and what they have in common.

use std::io::Write;

use serde::Serialize;

use super::Column;
use crate::error::{Error, Result};
use crate::metrics::ConfusionMatrix;

/// Bands of confidence, by their lower ends.
const BANDS: [f64; 5] = [0.0, 0.5, 0.7, 0.9, 0.99];

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
        Self::decided(probabilities, classes, truth, likeliest)
    }

    /// [`of`](Self::of) where something else decides which class the probabilities of a sample say, such as a threshold.
    ///
    /// # Errors
    /// As [`of`](Self::of), or if it says a class out of range.
    pub fn decided(
        probabilities: &[f32],
        classes: usize,
        truth: &[u32],
        decide: impl Fn(&[f32]) -> usize,
    ) -> Result<ErrorAnalysis> {
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
            let said = decide(row);
            if said >= classes {
                let problem = format!("class {said} was decided on, there are {classes}");
                return Err(Error::argument("error analysis", problem));
            }
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
}
