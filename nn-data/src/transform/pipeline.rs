//! Several scalings in a row, applied in one pass.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::statistics::{Side, Statistics};
use super::{Scaling, Step, Transform};
use crate::dataset::Dataset;
use crate::error::Result;

/// Fitted scalings in order. Applying them costs one pass over the batch, however many they are.
///
/// It is written with the model (serde: a list of [`Step`]s), so that prediction scales its inputs
/// exactly as training did.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::{InMemory, dataset::Targets, transform::{Pipeline, Scaling, Transform}};
///
/// let inputs = Tensor::from_vec(vec![0.0f32, 5.0, 2.0, 5.0, 4.0, 5.0], [3, 2])?;
/// let train = InMemory::new("train", inputs, Targets::None)?;
/// let scaling = Pipeline::fit(&[Scaling::min_max()], &train)?;
/// let unseen = Tensor::from_vec(vec![1.0f32, 5.0], [1, 2])?;
/// assert_eq!(scaling.transform(&unseen)?.to_vec::<f32>()?, [0.25, 0.0]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Step>", into = "Vec<Step>")]
pub struct Pipeline {
    steps: Vec<Step>,
    /// All steps as one; nothing to do where there are none.
    fused: Option<Affine>,
}

impl Pipeline {
    /// No scaling.
    pub fn new() -> Self {
        Self::default()
    }

    /// From fitted steps.
    ///
    /// # Errors
    /// If a step's parameters are not finite or two steps are for samples of different size.
    pub fn from_steps(steps: Vec<Step>) -> Result<Self> {
        steps
            .into_iter()
            .try_fold(Pipeline::new(), Pipeline::with_step)
    }

    fn with_step(mut self, step: Step) -> Result<Self> {
        let affine = step.affine()?;
        self.fused = Some(match self.fused {
            None => affine,
            Some(before) => before.then(&affine)?,
        });
        self.steps.push(step);
        Ok(self)
    }

    /// Fits scalings on the inputs of the training data, each on what the ones before it yield.
    ///
    /// # Errors
    /// If there are no samples, a value is NaN or infinite, or a range is empty.
    pub fn fit(scalings: &[Scaling], training_data: &dyn Dataset) -> Result<Self> {
        Self::fit_side(scalings, training_data, Side::Inputs)
    }

    /// Fits scalings on the regression targets of the training data. Apply the inverse to
    /// predictions to get them in the unit of the target.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), or if the data set has no targets.
    pub fn fit_targets(scalings: &[Scaling], training_data: &dyn Dataset) -> Result<Self> {
        Self::fit_side(scalings, training_data, Side::Targets)
    }

    fn fit_side(scalings: &[Scaling], data: &dyn Dataset, side: Side) -> Result<Self> {
        scalings
            .iter()
            .try_fold(Pipeline::new(), |before, scaling| {
                let statistics = match scaling.needs() {
                    None => None,
                    Some(over) => Some(Statistics::after(data, over, &before, side)?),
                };
                before.with_step(scaling.fit(statistics.as_ref())?)
            })
    }

    /// The fitted steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Refuses samples of a shape that the steps were not fitted on.
    ///
    /// # Errors
    /// If the number of values differs.
    pub fn check_shape(&self, sample_shape: &[usize]) -> Result<()> {
        let width = sample_shape.iter().product();
        self.fused
            .as_ref()
            .map_or(Ok(()), |affine| affine.check_width(width))
    }
}

impl TryFrom<Vec<Step>> for Pipeline {
    type Error = crate::Error;

    fn try_from(steps: Vec<Step>) -> Result<Self> {
        Self::from_steps(steps)
    }
}

impl From<Pipeline> for Vec<Step> {
    fn from(pipeline: Pipeline) -> Self {
        pipeline.steps
    }
}

impl Transform for Pipeline {
    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.fused
            .as_ref()
            .map_or(Ok(()), |affine| affine.apply(batch))
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        self.fused
            .as_ref()
            .map_or(Ok(()), |affine| affine.apply_inverse(batch))
    }
}

impl Transform for Step {
    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.affine()?.apply(batch)
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        self.affine()?.apply_inverse(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{self, InMemory, Targets};
    use crate::transform::Over;

    fn table(values: Vec<f32>, columns: usize) -> InMemory {
        let rows = values.len() / columns;
        InMemory::new(
            "t",
            Tensor::from_vec(values, [rows, columns]).unwrap(),
            Targets::None,
        )
        .unwrap()
    }

    fn all(data: &InMemory) -> Tensor {
        data.batch(&(0..data.len()).collect::<Vec<_>>())
            .unwrap()
            .inputs
    }

    #[test]
    fn standard_scaling_gives_mean_zero_and_deviation_one() {
        let data = dataset::wine().unwrap();
        let pipeline = Pipeline::fit(&[Scaling::standard()], &data).unwrap();
        let scaled = table(
            pipeline.transform(&all(&data)).unwrap().to_vec().unwrap(),
            13,
        );
        let statistics = Statistics::of(&scaled, Over::Feature).unwrap();
        for (mean, variance) in statistics.mean().iter().zip(statistics.variance()) {
            assert!(
                mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5,
                "{mean} {variance}"
            );
        }
    }

    #[test]
    fn ranges_end_exactly_and_constants_stay_finite() {
        let data = table(
            vec![3.0, 7.0, 1e6, 9.0, 7.0, 1e6 + 1.0, 6.0, 7.0, 1e6 + 4.0],
            3,
        );
        let scaling = Scaling::MinMax {
            over: Over::Feature,
            low: -1.0,
            high: 1.0,
        };
        let scaled = Pipeline::fit(&[scaling], &data)
            .unwrap()
            .transform(&all(&data))
            .unwrap();
        assert_eq!(
            scaled.to_vec::<f32>().unwrap(),
            [-1.0, -1.0, -1.0, 1.0, -1.0, -0.5, 0.0, -1.0, 1.0]
        );
        let scaled = Pipeline::fit(&[Scaling::standard()], &data)
            .unwrap()
            .transform(&all(&data));
        let scaled = scaled.unwrap().to_vec::<f32>().unwrap();
        assert_eq!([scaled[1], scaled[4], scaled[7]], [0.0; 3]);
        let centered = Pipeline::fit(&[Scaling::mean()], &data)
            .unwrap()
            .transform(&all(&data));
        assert_eq!(centered.unwrap().to_vec::<f32>().unwrap()[..2], [-3.0, 0.0]);
    }

    #[test]
    fn steps_fit_on_what_the_ones_before_yield() {
        let data = table(vec![0.0, 51.0, 102.0, 255.0], 1);
        let steps = [Scaling::pixels(), Scaling::mean()];
        let pipeline = Pipeline::fit(&steps, &data).unwrap();
        let Step::Mean(mean) = &pipeline.steps()[1] else {
            panic!("{pipeline:?}")
        };
        assert!((mean.mean[0] - 0.4).abs() < 1e-7);
        let scaled = pipeline.transform(&all(&data)).unwrap();
        let one_by_one =
            (pipeline.steps().iter()).fold(all(&data), |x, s| s.transform(&x).unwrap());
        for (a, b) in scaled
            .to_vec::<f32>()
            .unwrap()
            .iter()
            .zip(one_by_one.to_vec::<f32>().unwrap())
        {
            assert!((a - b).abs() < 1e-6);
        }
        let back = pipeline
            .inverse_transform(&scaled)
            .unwrap()
            .to_vec::<f32>()
            .unwrap();
        for (a, b) in back.iter().zip([0.0, 51.0, 102.0, 255.0]) {
            assert!((a - b).abs() < 1e-4);
        }
    }

    #[test]
    fn survives_being_written() {
        let data = table(vec![0.5, 1.0, 2.0, 4.0], 2);
        let steps = [
            Scaling::pixels(),
            Scaling::standard(),
            Scaling::min_max(),
            Scaling::mean(),
        ];
        let pipeline = Pipeline::fit(&steps, &data).unwrap();
        let text = serde_json::to_string(&pipeline).unwrap();
        let read: Pipeline = serde_json::from_str(&text).unwrap();
        assert_eq!(read, pipeline);
        let damaged = r#"[{"standard":{"mean":[0.0],"deviation":[0.0],"repeat":1}}]"#;
        assert!(serde_json::from_str::<Pipeline>(damaged).is_err());
        let misfit = r#"[{"mean":{"mean":[0.0],"repeat":1}},{"mean":{"mean":[0.0],"repeat":2}}]"#;
        assert!(serde_json::from_str::<Pipeline>(misfit).is_err());
    }

    #[test]
    fn samples_of_another_size_are_refused() {
        let pipeline = Pipeline::fit(&[Scaling::mean()], &table(vec![1.0, 2.0], 2)).unwrap();
        let error = pipeline.transform(&Tensor::zeros([1, 3], nn_core::DType::F32).unwrap());
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("fitted on samples of 2 values")
        );
        assert!(pipeline.check_shape(&[3]).is_err() && pipeline.check_shape(&[2, 1]).is_ok());
    }

    #[test]
    fn data_that_cannot_be_fitted_is_named() {
        let nan = table(vec![1.0, 2.0, 3.0, f32::NAN], 2);
        let error = Pipeline::fit(&[Scaling::standard()], &nan)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("t: sample 1, feature 1 is NaN"),
            "{error}"
        );
        let empty = table(vec![], 2);
        assert!(Pipeline::fit(&[Scaling::standard()], &empty).is_err());
        let range = Scaling::MinMax {
            over: Over::Global,
            low: 1.0,
            high: 1.0,
        };
        assert!(Pipeline::fit(&[range], &table(vec![1.0, 2.0], 2)).is_err());
        let zero = Scaling::Fixed {
            factor: 0.0,
            offset: 0.0,
        };
        assert!(Pipeline::fit(&[zero], &table(vec![1.0, 2.0], 2)).is_err());
    }

    #[test]
    fn targets_can_be_scaled_and_unscaled() {
        let inputs = Tensor::zeros([3, 1], nn_core::DType::F32).unwrap();
        let targets = Targets::regression(vec![100.0, 200.0, 300.0], "y");
        let data = InMemory::new("t", inputs, targets).unwrap();
        let pipeline = Pipeline::fit_targets(&[Scaling::min_max()], &data).unwrap();
        let mut y = data.batch(&[1]).unwrap().targets;
        pipeline.apply(&mut y).unwrap();
        assert_eq!(y.to_vec::<f32>().unwrap(), [0.5]);
        pipeline.apply_inverse(&mut y).unwrap();
        assert_eq!(y.to_vec::<f32>().unwrap(), [200.0]);
    }
}
