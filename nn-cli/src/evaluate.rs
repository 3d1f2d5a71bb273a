//! Judging a network on data it has not learnt from.

use nn_core::{Context, Tensor};
use nn_data::dataset::TargetKind;
use nn_data::metrics::{
    ClassificationMeter, ClassificationReport, RegressionMeter, RegressionScores,
};
use nn_data::transform::Transform;
use nn_data::{Dataset, Loader};
use nn_layers::{Layer, Sequential};

use crate::error::{Error, Result};
use crate::model::{CHUNK, Plan};

/// From this many classes on, the share of samples whose class is among the likeliest five is worth knowing.
const TOP_FROM: usize = 10;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Number of samples.
    pub samples: usize,
    /// The training loss, averaged over the samples.
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
    Values(RegressionScores),
}

/// Scores of a classifier.
#[derive(Clone, Debug)]
pub struct ClassScores {
    /// Accuracy, precision, recall, F1.
    pub report: ClassificationReport,
    /// `[true][said]`
    pub confusion: Vec<Vec<u64>>,
    /// k and the share of samples whose class is among the k likeliest.
    pub top: Option<(usize, f64)>,
    /// The worst mistakes, the worst first.
    pub worst: Vec<Mistake>,
}

/// A sample that was taken for another class.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Its place in the data that was judged on.
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

/// Runs `data` through the network and collects scores, and the `worst` worst mistakes.
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
    let (mut samples, mut loss) = (0, 0.0);
    let mut meter = Meter::new(&plan.header.target)?;
    let mut mistakes: Vec<Mistake> = Vec::new();
    for batch in loader.epoch(0) {
        let batch = batch?;
        let outputs = network.forward(
            &plan.inputs.transform(&batch.inputs)?,
            &mut Context::evaluate(),
        )?;
        let targets = plan.targets.transform(&batch.targets)?;
        loss += plan.header.loss.forward(&outputs, &targets)?.item()? * batch.len() as f64;
        samples += batch.len();
        let said = plan.interpret(&outputs)?;
        meter.add(&said, &batch.targets)?;
        if let (Meter::Classes(_), true) = (&meter, worst > 0) {
            find_mistakes(&said, &batch, &mut mistakes)?;
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
            let confusion = meter.confusion().rows().map(<[u64]>::to_vec).collect();
            Scores::Classes(Box::new(ClassScores {
                report: meter.report()?,
                confusion,
                top: meter.top_k(),
                worst: mistakes,
            }))
        }
        Meter::Values(meter) => Scores::Values(
            meter
                .scores()
                .ok_or_else(|| Error::input("there are no samples to judge on"))?,
        ),
    };
    Ok(Evaluation {
        samples,
        loss: loss / samples as f64,
        scores,
    })
}

enum Meter {
    Classes(Box<ClassificationMeter>),
    Values(RegressionMeter),
}

impl Meter {
    fn new(target: &TargetKind) -> Result<Meter> {
        match target {
            TargetKind::Classes { names } => {
                let meter = ClassificationMeter::new(names.clone())?;
                Ok(Meter::Classes(Box::new(if names.len() >= TOP_FROM {
                    meter.with_top_k(5)?
                } else {
                    meter
                })))
            }
            other => Ok(Meter::Values(RegressionMeter::new(other.outputs())?)),
        }
    }

    fn add(&mut self, said: &Tensor, targets: &Tensor) -> Result<()> {
        match self {
            Meter::Classes(meter) => meter.add_probabilities(said, targets)?,
            Meter::Values(meter) => meter.add(said, targets)?,
        }
        Ok(())
    }
}

fn find_mistakes(said: &Tensor, batch: &nn_data::Batch, mistakes: &mut Vec<Mistake>) -> Result<()> {
    let classes = said.dims().last().copied().unwrap_or(1).max(1);
    let probabilities = said.to_vec::<f32>()?;
    let labels = batch.targets.to_vec::<u32>()?;
    let mut wrong = Vec::new();
    for (row, (line, &label)) in probabilities.chunks_exact(classes).zip(&labels).enumerate() {
        let best = largest(line);
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
            sample: batch.indices[row],
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
