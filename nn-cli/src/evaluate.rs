//! Judging a network on data it has not learnt from.

mod binary;

use nn_core::{Context, Tensor};
use nn_data::dataset::TargetKind;
use nn_data::metrics::{
    Averages, Baseline, BinaryCounts, Bootstrap, ClassificationMeter, ClassificationReport,
    ConfusionMatrix, Interval, KappaWeights, RegressionMeter, RegressionScores,
    precision_recall_f1,
};
use nn_data::transform::Transform;
use nn_data::{Dataset, Loader};
use nn_layers::{Layer, Sequential};

use crate::error::{Error, Result};
use crate::model::{CHUNK, Plan};

use binary::BinaryMeter;
pub use binary::{BinaryScores, Scored};

/// From this many classes on, the share of samples whose class is among the likeliest five is worth knowing.
const TOP_FROM: usize = 10;

/// With more kinds of mistakes than this, resampling the confusion matrix takes too long for a report.
const MAX_RESAMPLED: usize = 3_000;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Number of samples.
    pub samples: usize,
    /// The training loss, averaged over the samples, by their class weights where it has such.
    pub loss: f64,
    /// The rest, by the kind of target.
    pub scores: Scores,
}

/// Scores by the kind of target.
#[derive(Clone, Debug)]
pub enum Scores {
    /// Of classes.
    Classes(Box<ClassScores>),
    /// Of values, in their own unit.
    Values(ValueScores),
}

/// Scores of predicted values.
#[derive(Clone, Copy, Debug)]
pub struct ValueScores {
    /// Of the predictions.
    pub scores: RegressionScores,
    /// Of always saying the mean.
    pub baseline: RegressionScores,
}

/// Scores of a classifier.
#[derive(Clone, Debug)]
pub struct ClassScores {
    /// Accuracy, precision, recall, F1.
    pub report: ClassificationReport,
    /// `[true][said]`
    pub confusion: Vec<Vec<u64>>,
    /// The mean recall of the classes.
    pub balanced_accuracy: f64,
    /// Cohen's κ.
    pub cohen_kappa: f64,
    /// Matthews' correlation.
    pub mcc: f64,
    /// Mean −ln of the probability given to the truth, where the loss gives probabilities.
    pub log_loss: Option<f64>,
    /// k and the share of samples whose class is among the k likeliest.
    pub top: Option<(usize, f64)>,
    /// The worst mistakes, the worst first.
    pub worst: Vec<Mistake>,
    /// What always saying the most frequent class reaches.
    pub baseline: Baseline,
    /// Of the accuracy; only where mistakes are looked for.
    pub accuracy_interval: Option<Interval>,
    /// Of the mean F1 of the classes; likewise.
    pub macro_f1_interval: Option<Interval>,
    /// Of the positive one of two classes; likewise.
    pub binary: Option<BinaryScores>,
}

/// A sample that was taken for another class.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Its place in the source of the data that was judged on, from 0 on.
    pub sample: usize,
    /// Its class.
    pub truth: usize,
    /// The class it was taken for.
    pub said: usize,
    /// Probability given to what was said.
    pub confidence: f64,
    /// Probability given to its own class.
    pub chance: f64,
    /// Its raw values.
    pub values: Vec<f32>,
}

impl Evaluation {
    /// The accuracy, of a classifier.
    pub fn accuracy(&self) -> Option<f64> {
        match &self.scores {
            Scores::Classes(scores) => Some(scores.report.accuracy),
            Scores::Values(_) => None,
        }
    }
}

/// Runs `data` through the network and collects scores, and the `worst` worst mistakes. With 0 of them there are scores alone: no
/// intervals and nothing on the ranking, as is enough after each epoch.
///
/// # Errors
/// If there are no samples or they do not fit the network.
pub fn evaluate(
    plan: &Plan,
    network: &Sequential,
    data: &(impl Dataset + Clone + 'static),
    worst: usize,
) -> Result<Evaluation> {
    let loader = Loader::new(data.clone()).batch_size(CHUNK)?;
    let (mut samples, mut loss, mut weights) = (0, 0.0, 0.0);
    let mut meter = Meter::new(plan)?;
    let mut binary = BinaryMeter::new(plan).filter(|_| worst > 0);
    let mut mistakes: Vec<Mistake> = Vec::new();
    for batch in loader.epoch(0) {
        let batch = batch?;
        let outputs = network.forward(
            &plan.inputs.transform(&batch.inputs)?,
            &mut Context::evaluate(),
        )?;
        let targets = plan.targets.transform(&batch.targets)?;
        let weight = plan.header.loss.mean_weight(&targets)?;
        if weight > 0.0 {
            loss += plan.header.loss.forward(&outputs, &targets)?.item()? * weight;
            weights += weight;
        }
        samples += batch.len();
        let said = plan.interpret(&outputs)?;
        meter.add(&said, &batch.targets)?;
        if let Some(binary) = &mut binary {
            binary.add(&said.to_vec::<f32>()?, &batch.targets.to_vec::<u32>()?);
        }
        if let (Meter::Classes(_), true) = (&meter, worst > 0) {
            find_mistakes(plan, data, &said, &batch, &mut mistakes)?;
            // The most certain that were wrong come first; ties by place, so that the choice does not depend on the batches.
            mistakes.sort_by(|a, b| {
                a.chance
                    .total_cmp(&b.chance)
                    .then(b.confidence.total_cmp(&a.confidence))
                    .then(a.sample.cmp(&b.sample))
            });
            mistakes.truncate(worst);
        }
    }
    if samples == 0 {
        return Err(Error::input(format!(
            "{}: there are no samples to judge on",
            data.name()
        )));
    }
    let scores = match meter {
        Meter::Classes(meter) => {
            let matrix = meter.confusion();
            let [accuracy_interval, macro_f1_interval] = match worst {
                0 => [None, None],
                _ => intervals(matrix)?,
            };
            let binary = match binary {
                Some(binary) => {
                    let counts = BinaryCounts::one_against_rest(matrix, plan.positive())?;
                    Some(binary.scores(plan, counts)?)
                }
                None => None,
            };
            Scores::Classes(Box::new(ClassScores {
                report: meter.report()?,
                confusion: matrix.rows().map(<[u64]>::to_vec).collect(),
                balanced_accuracy: matrix.balanced_accuracy(),
                cohen_kappa: matrix.cohen_kappa(KappaWeights::None),
                mcc: matrix.mcc(),
                log_loss: meter.log_loss().filter(|_| plan.has_probabilities()),
                top: meter.top_k(),
                worst: mistakes,
                baseline: Baseline::majority_of(&matrix.truth_counts())?,
                accuracy_interval,
                macro_f1_interval,
                binary,
            }))
        }
        Meter::Values(meter, truth) => {
            let outputs = plan.header.target.outputs();
            match (meter.scores(), Baseline::mean(&truth, outputs)?) {
                (Some(scores), Baseline::Mean { scores: baseline }) => {
                    Scores::Values(ValueScores { scores, baseline })
                }
                _ => return Err(Error::input("there are no samples to judge on")),
            }
        }
    };
    Ok(Evaluation {
        samples,
        loss: loss / f64::max(weights, f64::MIN_POSITIVE),
        scores,
    })
}

/// Between which values the accuracy and the mean F1 lie in 95 of 100 resamples.
pub fn intervals(matrix: &ConfusionMatrix) -> Result<[Option<Interval>; 2]> {
    let bootstrap = Bootstrap::default();
    let correct = matrix.correct();
    let sides = [correct, matrix.total() - correct];
    let share = |drawn: &[u64]| drawn[0] as f64 / matrix.total() as f64;
    if sides.contains(&0) {
        // Every resample would be as good, or as bad: that is no interval.
        return Ok([Some(Interval::of_share(correct, matrix.total())?), None]);
    }
    let macro_f1 = |m: &ConfusionMatrix| Averages::macro_mean(&precision_recall_f1(m)).f1;
    Ok([
        Some(bootstrap.counts(&sides, share)?),
        match matrix.cells().count() <= MAX_RESAMPLED {
            true => Some(bootstrap.confusion(matrix, macro_f1)?),
            false => None,
        },
    ])
}

enum Meter {
    Classes(Box<ClassificationMeter>),
    /// With the true values, for the baseline.
    Values(RegressionMeter, Vec<f32>),
}

impl Meter {
    fn new(plan: &Plan) -> Result<Meter> {
        match &plan.header.target {
            TargetKind::Classes { names } => {
                let mut meter = ClassificationMeter::new(names.clone())?;
                if names.len() >= TOP_FROM {
                    meter = meter.with_top_k(5)?;
                }
                if let Some((positive, threshold)) = plan.threshold() {
                    meter = meter.with_threshold(positive, threshold)?;
                }
                Ok(Meter::Classes(Box::new(meter)))
            }
            other => Ok(Meter::Values(
                RegressionMeter::new(other.outputs())?,
                Vec::new(),
            )),
        }
    }

    fn add(&mut self, said: &Tensor, targets: &Tensor) -> Result<()> {
        match self {
            Meter::Classes(meter) => meter.add_probabilities(said, targets)?,
            Meter::Values(meter, truth) => {
                meter.add(said, targets)?;
                truth.extend(targets.to_vec::<f32>()?);
            }
        }
        Ok(())
    }
}

fn find_mistakes(
    plan: &Plan,
    data: &impl Dataset,
    said: &Tensor,
    batch: &nn_data::Batch,
    mistakes: &mut Vec<Mistake>,
) -> Result<()> {
    let classes = said.dims().last().copied().unwrap_or(1).max(1);
    let probabilities = said.to_vec::<f32>()?;
    let labels = batch.targets.to_vec::<u32>()?;
    let mut wrong = Vec::new();
    for (row, (line, &label)) in probabilities.chunks_exact(classes).zip(&labels).enumerate() {
        let best = plan.decide(line);
        if best != label as usize {
            wrong.push((
                row,
                label as usize,
                best,
                f64::from(line[best]),
                line.get(label as usize).map_or(0.0, |&p| f64::from(p)),
            ));
        }
    }
    for (row, truth, said, confidence, chance) in wrong {
        let values = batch.inputs.slice(0, row..row + 1)?.to_vec::<f32>()?;
        mistakes.push(Mistake {
            sample: data.source_index(batch.indices[row]),
            truth,
            said,
            confidence,
            chance,
            values,
        });
    }
    Ok(())
}

/// The place of the largest number, the first of equal ones.
pub fn largest(line: &[f32]) -> usize {
    let mut best = 0;
    for (at, &value) in line.iter().enumerate() {
        if value > line[best] {
            best = at;
        }
    }
    best
}
