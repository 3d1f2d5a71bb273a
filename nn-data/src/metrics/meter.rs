//! Metrics fed with tensors, batch by batch: what an evaluation loop needs.

use nn_core::{DType, Tensor};

use super::{
    Accuracy, ClassificationReport, ConfusionMatrix, LogLoss, RegressionErrors, RegressionScores,
    TopK, argmax_rows,
};
use crate::error::{Error, Result};

/// Collects everything about a classifier's outputs over batches, in memory that does not grow.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::metrics::ClassificationMeter;
///
/// let mut meter = ClassificationMeter::new(vec!["no".into(), "yes".into()])?;
/// let logits = Tensor::from_vec(vec![2.0f32, -1.0, 0.5, 1.5], [2, 2])?;
/// meter.add_logits(&logits, &Tensor::from_vec(vec![0u32, 1], [2])?)?;
/// assert_eq!(meter.accuracy(), Some(1.0));
/// println!("{}", meter.report()?);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationMeter {
    matrix: ConfusionMatrix,
    loss: LogLoss,
    top: Option<TopK>,
    /// The class that a threshold is for, and the threshold.
    threshold: Option<(usize, f32)>,
}

impl ClassificationMeter {
    /// A meter for the named classes.
    ///
    /// # Errors
    /// If there are no classes or more than a confusion matrix takes.
    pub fn new(names: Vec<String>) -> Result<Self> {
        let matrix = ConfusionMatrix::new(names)?;
        Ok(ClassificationMeter {
            matrix,
            loss: LogLoss::new(),
            top: None,
            threshold: None,
        })
    }

    /// Measures top-k accuracy as well.
    ///
    /// # Errors
    /// If `k` is 0.
    pub fn with_top_k(mut self, k: usize) -> Result<Self> {
        self.top = Some(TopK::new(k)?);
        Ok(self)
    }

    /// Takes a sample for class `positive` where its score is `threshold` or above, and for the other class where it is not,
    /// whichever score is higher. The score is a probability for [`add_probabilities`](Self::add_probabilities).
    ///
    /// # Errors
    /// Unless there are two classes and `positive` is one of them.
    pub fn with_threshold(mut self, positive: usize, threshold: f32) -> Result<Self> {
        let classes = self.matrix.classes();
        if classes != 2 || positive > 1 {
            let problem = format!("class {positive} of {classes}, a threshold is for two classes");
            return Err(Error::argument("threshold", problem));
        }
        self.threshold = Some((positive, threshold));
        Ok(self)
    }

    /// Adds a batch of logits `[N, classes]` with classes `[N]` (u32 or i64). With one logit per
    /// sample (`[N]` or `[N, 1]`) and two classes, the logit is that of class 1.
    ///
    /// # Errors
    /// If shapes do not fit or a label is out of range.
    pub fn add_logits(&mut self, logits: &Tensor, targets: &Tensor) -> Result<()> {
        let (scores, truth) = self.read(logits, targets, |z| [0.0, z])?;
        let classes = self.matrix.classes();
        self.loss.add_logits(&truth, &scores, classes)?;
        self.add_scores(&truth, &scores)
    }

    /// Adds a batch of probabilities, shaped as for [`add_logits`](Self::add_logits).
    ///
    /// # Errors
    /// If shapes do not fit or a label is out of range.
    pub fn add_probabilities(&mut self, probabilities: &Tensor, targets: &Tensor) -> Result<()> {
        let (scores, truth) = self.read(probabilities, targets, |p| [1.0 - p, p])?;
        let classes = self.matrix.classes();
        self.loss.add(&truth, &scores, classes)?;
        self.add_scores(&truth, &scores)
    }

    fn add_scores(&mut self, truth: &[i64], scores: &[f32]) -> Result<()> {
        let classes = self.matrix.classes();
        if let Some(top) = &mut self.top {
            top.add(truth, scores, classes)?;
        }
        let predicted: Vec<i64> = match self.threshold {
            None => (argmax_rows(scores, classes)?.into_iter())
                .map(i64::from)
                .collect(),
            Some((positive, threshold)) => (scores.chunks_exact(classes))
                .map(|row| match row[positive] >= threshold {
                    true => positive as i64,
                    false => 1 - positive as i64,
                })
                .collect(),
        };
        self.matrix.add(truth, &predicted)
    }

    fn read(
        &self,
        scores: &Tensor,
        targets: &Tensor,
        pair: impl Fn(f32) -> [f32; 2],
    ) -> Result<(Vec<f32>, Vec<i64>)> {
        let classes = self.matrix.classes();
        let samples = targets.len();
        let values = floats(scores)?;
        let truth = match targets.dtype() {
            DType::U32 | DType::I64 | DType::U8 => targets.to_dtype(DType::I64)?.to_vec::<i64>()?,
            other => {
                let problem = format!("targets are {other}, classes are u32 or i64");
                return Err(Error::argument("metrics", problem));
            }
        };
        let values = match scores.dims() {
            [n, c] if (*n, *c) == (samples, classes) => values,
            [n] | [n, 1] if *n == samples && classes == 2 => {
                values.into_iter().flat_map(pair).collect()
            }
            shape => {
                let problem = format!(
                    "outputs are {shape:?}, [{samples}, {classes}] was expected for {samples} targets"
                );
                return Err(Error::argument("metrics", problem));
            }
        };
        Ok((values, truth))
    }

    /// The confusion matrix so far.
    pub fn confusion(&self) -> &ConfusionMatrix {
        &self.matrix
    }

    /// Share of right predictions, or `None` before the first sample.
    pub fn accuracy(&self) -> Option<f64> {
        self.matrix.accuracy()
    }

    /// Mean log loss, or `None` before the first sample.
    pub fn log_loss(&self) -> Option<f64> {
        self.loss.value()
    }

    /// k and the top-k accuracy, where asked for.
    pub fn top_k(&self) -> Option<(usize, f64)> {
        self.top.and_then(|top| Some((top.k(), top.value()?)))
    }

    /// Precision, recall and F1 of everything so far.
    ///
    /// # Errors
    /// If there are no samples.
    pub fn report(&self) -> Result<ClassificationReport> {
        ClassificationReport::new(&self.matrix)
    }
}

impl Accuracy {
    /// Counts a batch of logits or probabilities `[N, classes]` with classes `[N]`.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub fn add_tensors(&mut self, scores: &Tensor, targets: &Tensor) -> Result<()> {
        let [_, classes] = scores.dims() else {
            let problem = format!(
                "outputs are {:?}, [samples, classes] was expected",
                scores.dims()
            );
            return Err(Error::argument("accuracy", problem));
        };
        let predicted: Vec<i64> = argmax_rows(&floats(scores)?, *classes)?
            .into_iter()
            .map(i64::from)
            .collect();
        self.add(&targets.to_dtype(DType::I64)?.to_vec::<i64>()?, &predicted)
    }
}

/// Collects the errors of real-valued outputs over batches.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionMeter {
    errors: RegressionErrors,
}

impl RegressionMeter {
    /// A meter for so many outputs.
    ///
    /// # Errors
    /// If there are none.
    pub fn new(outputs: usize) -> Result<Self> {
        Ok(RegressionMeter {
            errors: RegressionErrors::new(outputs)?,
        })
    }

    /// Adds a batch of predictions and targets, both `[N, outputs]` (or `[N]` for one output).
    ///
    /// # Errors
    /// If the numbers of values differ.
    pub fn add(&mut self, predicted: &Tensor, targets: &Tensor) -> Result<()> {
        self.errors.add(&floats(targets)?, &floats(predicted)?)
    }

    /// The scores so far, or `None` before the first sample.
    pub fn scores(&self) -> Option<RegressionScores> {
        self.errors.scores()
    }
}

fn floats(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.detach().to_dtype(DType::F32)?.to_vec::<f32>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: Vec<f32>, shape: [usize; 2]) -> Tensor {
        Tensor::from_vec(values, shape).unwrap()
    }

    fn labels(values: &[u32]) -> Tensor {
        Tensor::from_slice(values, [values.len()]).unwrap()
    }

    #[test]
    fn batches_add_up() {
        let scores = vec![2.0, 1.0, 0.0, 0.0, 1.0, 2.0, 1.0, 3.0, 2.0];
        let mut whole = ClassificationMeter::with_top_k(meter(3), 2).unwrap();
        whole
            .add_logits(&tensor(scores.clone(), [3, 3]), &labels(&[0, 1, 2]))
            .unwrap();
        let mut parts = ClassificationMeter::with_top_k(meter(3), 2).unwrap();
        parts
            .add_logits(&tensor(scores[..3].to_vec(), [1, 3]), &labels(&[0]))
            .unwrap();
        parts
            .add_logits(&tensor(scores[3..].to_vec(), [2, 3]), &labels(&[1, 2]))
            .unwrap();
        assert_eq!(whole, parts);
        assert_eq!(whole.accuracy(), Some(1.0 / 3.0));
        assert_eq!(whole.top_k(), Some((2, 1.0)));
    }

    fn meter(classes: usize) -> ClassificationMeter {
        ClassificationMeter::new((0..classes).map(|c| c.to_string()).collect()).unwrap()
    }

    #[test]
    fn one_logit_is_that_of_class_one() {
        let mut one = meter(2);
        one.add_logits(&tensor(vec![1.5, -0.5], [2, 1]), &labels(&[1, 1]))
            .unwrap();
        let mut two = meter(2);
        two.add_logits(&tensor(vec![0.0, 1.5, 0.0, -0.5], [2, 2]), &labels(&[1, 1]))
            .unwrap();
        assert_eq!(one, two);
        let mut p = meter(2);
        p.add_probabilities(&tensor(vec![0.75, 0.25], [2, 1]), &labels(&[1, 1]))
            .unwrap();
        assert_eq!(p.accuracy(), Some(0.5));
        assert!((p.log_loss().unwrap() + (0.75f64.ln() + 0.25f64.ln()) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_threshold_decides_in_place_of_the_higher_score() {
        let scores = tensor(vec![0.9, 0.1, 0.7, 0.3, 0.4, 0.6], [3, 2]);
        let mut m = meter(2).with_threshold(1, 0.3).unwrap();
        m.add_probabilities(&scores, &labels(&[0, 1, 1])).unwrap();
        assert_eq!(m.accuracy(), Some(1.0));
        let mut m = meter(2).with_threshold(0, 0.8).unwrap();
        m.add_probabilities(&scores, &labels(&[0, 1, 1])).unwrap();
        assert_eq!(m.accuracy(), Some(1.0));
        assert!(meter(3).with_threshold(1, 0.5).is_err());
        assert!(meter(2).with_threshold(2, 0.5).is_err());
    }

    #[test]
    fn misfits_are_refused() {
        let mut m = meter(3);
        let error = m
            .add_logits(&tensor(vec![0.0; 4], [2, 2]), &labels(&[0, 1]))
            .unwrap_err();
        assert!(error.to_string().contains("[2, 3] was expected"), "{error}");
        assert!(
            m.add_logits(&tensor(vec![0.0; 6], [2, 3]), &labels(&[0, 3]))
                .is_err()
        );
        assert!(
            m.add_logits(&tensor(vec![0.0; 6], [2, 3]), &tensor(vec![0.0; 2], [2, 1]))
                .is_err()
        );
        assert!(m.report().is_err());
    }

    #[test]
    fn regression_and_accuracy_on_tensors() {
        let mut r = RegressionMeter::new(1).unwrap();
        r.add(
            &tensor(vec![2.0, 4.0], [2, 1]),
            &tensor(vec![1.0, 4.0], [2, 1]),
        )
        .unwrap();
        assert_eq!(r.scores().unwrap().mse, 0.5);
        let mut a = Accuracy::new();
        a.add_tensors(&tensor(vec![0.0, 1.0, 1.0, 0.0], [2, 2]), &labels(&[1, 1]))
            .unwrap();
        assert_eq!(a.value(), Some(0.5));
    }
}
