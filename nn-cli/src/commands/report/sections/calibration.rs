//! Whether its probabilities mean what they say.

use nn_data::metrics::{
    Binning, Bootstrap, CalibrationBin, brier_score, brier_score_classes, calibration_curve,
    calibration_error,
};

use super::ranking::{figure, is_class};
use crate::commands::report::judged::Classes;
use crate::error::Result;
use crate::view::figure::{Figure, Look, Mark, Rule, Tone};
use crate::view::number::{percent, short};

/// Bins of the curve, as many as `nn eval` takes.
const BINS: usize = 15;

pub const CALIBRATION: &str = "Do its probabilities mean what they say? Of the samples that it is 80 % sure of, 80 % should be right. Good: points on the diagonal. Below it the network is too sure of itself, above it too modest. Grey is how many samples there are: where there are few, the points jump about, and the pale band around them (95 % of resamples) is wide.";

/// Whether what was said is right, and how sure it was; of two classes, whether it is the positive one, and its probability.
fn asked(classes: &Classes) -> (Vec<bool>, Vec<f32>) {
    let (truth, scores): (Vec<bool>, Vec<f32>) = if classes.names.len() == 2 {
        let positive = classes.positive;
        (is_class(classes, positive), classes.scores_of(positive))
    } else {
        let right = classes.truth.iter().zip(&classes.said);
        let right = right.map(|(truth, said)| truth == said);
        (right.collect(), classes.confidence())
    };
    // Rounding may take a sum of probabilities a hair beyond 1.
    let scores = scores.into_iter().map(|score| score.clamp(0.0, 1.0));
    (truth, scores.collect())
}

/// Shares of what is so, by how probable it was said to be.
///
/// # Errors
/// If a probability is not a number.
pub fn bins(classes: &Classes) -> Result<Vec<CalibrationBin>> {
    let (truth, scores) = asked(classes);
    Ok(calibration_curve(&truth, &scores, BINS, Binning::Uniform)?)
}

/// How far off it is, as a sentence.
pub fn in_words(classes: &Classes, bins: &[CalibrationBin]) -> String {
    let error = calibration_error(bins);
    let (sum, count) = bins.iter().fold((0.0, 0.0), |(sum, count), bin| {
        (
            sum + (bin.mean_score - bin.fraction) * bin.count as f64,
            count + bin.count as f64,
        )
    });
    let tendency = match sum / f64::max(count, 1.0) {
        _ if classes.names.len() == 2 => "",
        gap if gap > 0.02 => " It tends to be too sure.",
        gap if gap < -0.02 => " It tends to be too modest.",
        _ => "",
    };
    let score = match classes.names.len() {
        2 => {
            let (truth, scores) = asked(classes);
            brier_score(&truth, &scores)
        }
        many => brier_score_classes(&classes.truth, &classes.probabilities, many),
    };
    let brier = score.map_or(String::new(), |score| {
        format!(", Brier score {}", short(score))
    });
    format!(
        "On average its probability is off by {} (expected calibration error{brier}).{tendency}",
        percent(error),
    )
}

/// The curve, with the samples of each bin behind it.
pub fn curve(bins: &[CalibrationBin]) -> Figure {
    let points: Vec<(f64, f64)> = bins
        .iter()
        .map(|bin| (bin.mean_score, bin.fraction))
        .collect();
    let all = bins.iter().map(|bin| bin.count).sum::<u64>().max(1) as f64;
    let shares = bins
        .iter()
        .map(|bin| (bin.low, bin.high, bin.count as f64 / all))
        .collect();
    let band = bins.iter().filter_map(|bin| {
        let positives = (bin.fraction * bin.count as f64).round() as u64;
        let sides = [positives, bin.count - positives.min(bin.count)];
        let share = |drawn: &[u64]| drawn[0] as f64 / bin.count as f64;
        let interval = Bootstrap::default().counts(&sides, share).ok()?;
        Some((bin.mean_score, interval.low, interval.high))
    });
    figure(
        "calibration",
        "Calibration".into(),
        format!(
            "{} bins; the expected calibration error is {}.",
            bins.len(),
            percent(calibration_error(bins))
        ),
        ["its probability", "share that is so"],
        vec![
            Mark::Bars {
                name: "share of samples".into(),
                tone: Tone::Grid,
                bars: shares,
            },
            Mark::Rule {
                name: "perfect".into(),
                rule: Rule::Diagonal,
            },
            Mark::Band {
                tone: Tone::First,
                points: band.collect(),
            },
            Mark::Line {
                name: String::new(),
                tone: Tone::First,
                points,
                look: Look::Plain,
            },
        ],
    )
}
