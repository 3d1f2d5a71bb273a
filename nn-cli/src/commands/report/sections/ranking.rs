//! How good its probabilities are: precision and recall over all thresholds, ROC, calibration.

use nn_data::metrics::{BinaryCounts, RankedScores};

use super::calibration;
use super::values::histogram_between;
use crate::commands::report::judged::{Classes, Scores};
use crate::commands::report::material::Material;
use crate::error::Result;
use crate::view::figure::{Axes, Dimension, Figure, Look, Mark, Plot, Rule, Scale, Tone};
use crate::view::number::{percent, plain};
use crate::view::page::{Block, Cell, Section, Table, escape, name};
use crate::view::table::Align;

/// Points of a curve that stands alone.
const POINTS: usize = 300;
/// Points of a curve among many.
const POINTS_OF_MANY: usize = 80;
/// Most classes that are ranked one against the rest.
const RANKED: usize = 100;
/// Most pale curves.
const PALE: usize = 30;
/// The weakest classes have curves in colour.
const WEAKEST: usize = 3;

const PR: &str = "Every point is a threshold: how sure the network must be before it says yes. Further right it finds more of what is there (recall), further up less of what it names is wrong (precision). Good: the curve stays near the upper right corner. The broken line is what naming at random gives.";
const ROC: &str = "The share of positives that are found against the share of negatives that raise a false alarm, for every threshold. Good: up along the left side, then along the top. The diagonal is guessing. Where positives are rare this curve flatters; look at precision and recall then.";
const MANY: &str = " Each class against all others; the weakest three in colour.";
const SPREAD: &str = "The probability that it gives to being positive, for samples that are and that are not. Good: two heaps far from each other, one at each end. Where they overlap no threshold tells them apart.";

/// Curves and numbers; nothing for outputs that are bare decisions.
pub fn section(material: &Material) -> Option<Section> {
    let Scores::Classes(classes) = &material.judged.as_ref()?.scores else {
        return None;
    };
    if !classes.has_probabilities {
        return None;
    }
    let blocks = match blocks(classes) {
        Ok(blocks) if blocks.is_empty() => return None,
        Ok(blocks) => blocks,
        Err(error) => vec![Block::Text(format!(
            "Its probabilities cannot be judged: {}.",
            escape(&error.line())
        ))],
    };
    Some(Section {
        id: "probabilities",
        title: "How sure it is, and how rightly".into(),
        blocks,
    })
}

fn blocks(classes: &Classes) -> Result<Vec<Block>> {
    let bins = calibration::bins(classes)?;
    let mut blocks = vec![Block::Text(calibration::in_words(classes, &bins))];
    if classes.names.len() == 2 {
        blocks.extend(two(classes)?);
    } else if classes.names.len() <= RANKED {
        blocks.extend(many(classes)?);
    }
    // Beside the other figures, before what is folded away.
    let last = blocks
        .iter()
        .rposition(|block| matches!(block, Block::Figure(..)));
    let figure = Block::figure(calibration::curve(&bins), calibration::CALIBRATION);
    blocks.insert(last.map_or(blocks.len(), |last| last + 1), figure);
    Ok(blocks)
}

/// Whether each sample is of a class.
pub fn is_class(classes: &Classes, class: usize) -> Vec<bool> {
    classes
        .truth
        .iter()
        .map(|&truth| truth as usize == class)
        .collect()
}

fn two(classes: &Classes) -> Result<Vec<Block>> {
    let positive = classes.positive;
    let (truth, scores) = (is_class(classes, positive), classes.scores_of(positive));
    let title = &classes.names[positive];
    let ranked = RankedScores::new(&truth, &scores)?;
    if ranked.positives() == 0 || ranked.negatives() == 0 {
        return Ok(vec![Block::Text(
            "All samples are of one class: there is nothing to tell apart, and no curve to draw."
                .into(),
        )]);
    }
    let threshold = classes.threshold;
    let counts = BinaryCounts::at(&truth, &scores, threshold)?;
    let chosen = format!("threshold {}", plain(threshold));
    let prevalence = ranked.positives() as f64 / ranked.samples() as f64;
    let (area, average) = (ranked.roc_auc()?, ranked.average_precision());
    let curve = ranked.precision_recall().thinned(POINTS);
    let pr = figure(
        "precision-recall",
        format!("Precision and recall of {title}"),
        format!(
            "Average precision {average:.3}; at the {chosen} precision is {:.3} and recall {:.3}.",
            counts.precision(),
            counts.recall()
        ),
        ["recall", "precision"],
        vec![
            Mark::Rule {
                name: "at random".into(),
                rule: Rule::Level(prevalence),
            },
            line(
                "",
                Tone::First,
                curve
                    .recall
                    .iter()
                    .copied()
                    .zip(curve.precision.iter().copied())
                    // Without the last point, which no threshold has.
                    .take(curve.thresholds.len()),
            ),
            Mark::Ring {
                name: chosen.clone(),
                tone: Tone::Second,
                at: (counts.recall(), counts.precision()),
            },
        ],
    );
    let curve = ranked.roc()?.thinned(POINTS);
    let alarms = 1.0 - counts.specificity();
    let roc = figure(
        "roc",
        format!("ROC of {title}"),
        format!(
            "The area under the curve is {area:.3}; at the {chosen} {} of the positives are found with {} false alarms.",
            percent(counts.recall()),
            percent(alarms)
        ),
        ["false alarms", "found"],
        vec![
            Mark::Rule {
                name: "guessing".into(),
                rule: Rule::Diagonal,
            },
            line(
                "",
                Tone::First,
                curve
                    .false_positive_rate
                    .iter()
                    .copied()
                    .zip(curve.true_positive_rate.iter().copied()),
            ),
            Mark::Ring {
                name: chosen,
                tone: Tone::Second,
                at: (alarms, counts.recall()),
            },
        ],
    );
    let decided = match classes.rule.as_str() {
        "" => "the likelier class is said".to_string(),
        rule => format!("chosen on the validation part for {}", escape(rule)),
    };
    let words = format!(
        "For {} as positive, the average precision is {average:.3} (at random {prevalence:.3}) and the area under the ROC curve {area:.3} (at random 0.5). A sample counts as positive from a probability of {} on: {decided}.",
        name(title),
        plain(threshold),
    );
    Ok(vec![
        Block::Text(words),
        Block::figure(pr, PR),
        Block::figure(roc, ROC),
        Block::figure(spread(classes, &truth, &scores), SPREAD),
    ])
}

fn spread(classes: &Classes, truth: &[bool], scores: &[f32]) -> Figure {
    let of = |positive: bool| -> Vec<f64> {
        scores
            .iter()
            .zip(truth)
            .filter(|(_, truth)| **truth == positive)
            .map(|(&score, _)| f64::from(score))
            .collect()
    };
    // As shares of their class, since a rare one would not be seen beside the other.
    let bars = |positive: bool| {
        let values = of(positive);
        let all = values.len().max(1) as f64;
        histogram_between(&values, 0.0, 1.0, 25)
            .into_iter()
            .map(|(from, to, count)| (from, to, count / all))
            .collect()
    };
    let (positive, other) = (classes.positive, 1 - classes.positive);
    Figure {
        name: "scores".into(),
        title: format!("Probability of {}", classes.names[positive]),
        about: "Histograms of the probabilities of both classes.".into(),
        plot: Plot::Axes(Axes {
            x: Dimension {
                label: "probability".into(),
                scale: Scale::Percent,
                range: Some((0.0, 1.0)),
            },
            y: Dimension {
                label: "share of its class".into(),
                scale: Scale::Percent,
                range: None,
            },
            marks: vec![
                Mark::Bars {
                    name: classes.names[other].clone(),
                    tone: Tone::First,
                    bars: bars(false),
                },
                Mark::Bars {
                    name: classes.names[positive].clone(),
                    tone: Tone::Second,
                    bars: bars(true),
                },
                Mark::Rule {
                    name: "threshold".into(),
                    rule: Rule::Upright(classes.threshold),
                },
            ],
        }),
    }
}

/// A class against the rest.
struct OneOfMany {
    class: usize,
    ranked: RankedScores,
    average: f64,
    area: f64,
}

fn many(classes: &Classes) -> Result<Vec<Block>> {
    let mut each = Vec::new();
    for class in 0..classes.names.len() {
        let ranked = RankedScores::new(&is_class(classes, class), &classes.scores_of(class))?;
        // A class without samples has no curve.
        if ranked.positives() > 0 && ranked.negatives() > 0 {
            let (average, area) = (ranked.average_precision(), ranked.roc_auc()?);
            each.push(OneOfMany {
                class,
                ranked,
                average,
                area,
            });
        }
    }
    if each.is_empty() {
        return Ok(Vec::new());
    }
    each.sort_by(|a, b| a.average.total_cmp(&b.average).then(a.class.cmp(&b.class)));
    let mean = |of: fn(&OneOfMany) -> f64| each.iter().map(of).sum::<f64>() / each.len() as f64;
    let (average, area) = (mean(|one| one.average), mean(|one| one.area));
    let (mut pr, mut roc) = (
        Vec::new(),
        vec![Mark::Rule {
            name: "guessing".into(),
            rule: Rule::Diagonal,
        }],
    );
    let coloured = [Tone::Second, Tone::Third, Tone::First];
    // The weakest are drawn last, over the others.
    for (rank, one) in each.iter().enumerate().take(PALE).rev() {
        let (tone, look, title) = match coloured.get(rank).filter(|_| rank < WEAKEST) {
            Some(tone) => (*tone, Look::Smooth, classes.names[one.class].clone()),
            None => (Tone::Quiet, Look::Faint, String::new()),
        };
        let curve = one.ranked.precision_recall().thinned(POINTS_OF_MANY);
        let points = curve
            .recall
            .iter()
            .copied()
            .zip(curve.precision.iter().copied())
            .take(curve.thresholds.len())
            .collect();
        pr.push(Mark::Line {
            name: title.clone(),
            tone,
            points,
            look,
        });
        let curve = one.ranked.roc()?.thinned(POINTS_OF_MANY);
        let points = curve
            .false_positive_rate
            .iter()
            .copied()
            .zip(curve.true_positive_rate.iter().copied())
            .collect();
        roc.push(Mark::Line {
            name: title,
            tone,
            points,
            look,
        });
    }
    let weakest = &classes.names[each[0].class];
    let pr = figure(
        "precision-recall",
        "Precision and recall, one against the rest".into(),
        format!(
            "The mean average precision of the classes is {average:.3}; the weakest is {weakest} with {:.3}.",
            each[0].average
        ),
        ["recall", "precision"],
        pr,
    );
    let roc = figure(
        "roc",
        "ROC, one against the rest".into(),
        format!("The mean area under the curves is {area:.4}."),
        ["false alarms", "found"],
        roc,
    );
    let mut table = Table::new(
        "Each class against the rest, the weakest first",
        [
            ("class", Align::Left),
            ("average precision", Align::Right),
            ("ROC AUC", Align::Right),
        ],
    );
    for one in &each {
        table.row([
            Cell::name(&classes.names[one.class]),
            Cell::text(format!("{:.4}", one.average)),
            Cell::text(format!("{:.4}", one.area)),
        ]);
    }
    Ok(vec![
        Block::figure(
            pr,
            format!("{PR}{MANY}").replace(" The broken line is what naming at random gives.", ""),
        ),
        Block::figure(roc, format!("{ROC}{MANY}")),
        Block::Fold(
            "Average precision and area of each class".into(),
            vec![Block::Table(table)],
        ),
    ])
}

fn line(name: &str, tone: Tone, points: impl Iterator<Item = (f64, f64)>) -> Mark {
    Mark::Line {
        name: name.into(),
        tone,
        points: points.collect(),
        look: Look::Smooth,
    }
}

/// A figure whose axes go from 0 to 100 %.
pub fn figure(
    name: &str,
    title: String,
    about: String,
    [x, y]: [&str; 2],
    marks: Vec<Mark>,
) -> Figure {
    let dimension = |label: &str| Dimension {
        label: label.into(),
        scale: Scale::Percent,
        range: Some((0.0, 1.0)),
    };
    Figure {
        name: name.into(),
        title,
        about,
        plot: Plot::Axes(Axes {
            x: dimension(x),
            y: dimension(y),
            marks,
        }),
    }
}
