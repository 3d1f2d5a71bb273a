//! Several steps of preparation in a row.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::step::{Act, Fitted, Widths};
use super::stream::{Side, Stream};
use super::{Preparation, Step, Transform};
use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Fitted steps in order. Scalings that follow each other cost one pass over the batch, however many they are.
///
/// It is written with the model (serde: a list of [`Step`]s), so that prediction prepares its inputs
/// exactly as training did.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::{InMemory, dataset::Targets, transform::{Pipeline, Preparation, Transform}};
///
/// let inputs = Tensor::from_vec(vec![0.0f32, 5.0, 2.0, 5.0, 4.0, 5.0], [3, 2])?;
/// let train = InMemory::new("train", inputs, Targets::None)?;
/// let scaling = Pipeline::fit(&[Preparation::min_max()], &train)?;
/// let unseen = Tensor::from_vec(vec![1.0f32, 5.0], [1, 2])?;
/// assert_eq!(scaling.transform(&unseen)?.to_vec::<f32>()?, [0.25, 0.0]);
///
/// // Steps may change the shape of a sample.
/// let wine = nn_data::dataset::wine()?;
/// let pipeline = Pipeline::fit(&[Preparation::standard(), Preparation::pca(5)], &wine)?;
/// assert_eq!(pipeline.output_shape(&[13])?, [5]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Step>", into = "Vec<Step>")]
pub struct Pipeline {
    steps: Vec<Step>,
    stages: Vec<Stage>,
    /// Values of a sample after the last step, where that is known.
    width: Option<usize>,
}

/// What is done in one go.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// Scalings that follow each other, as one.
    Affine(Affine),
    /// The step of this number.
    Step(usize),
}

/// A stage with what it refers to.
enum Piece<'a> {
    Affine(&'a Affine),
    Step(&'a dyn Fitted),
}

impl Pipeline {
    /// No steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// From fitted steps.
    ///
    /// # Errors
    /// If a step's parameters are not finite or a step is not for samples as the one before leaves them.
    pub fn from_steps(steps: Vec<Step>) -> Result<Self> {
        steps
            .into_iter()
            .try_fold(Pipeline::new(), Pipeline::with_step)
    }

    fn with_step(mut self, step: Step) -> Result<Self> {
        let widths = match step.act()? {
            Act::Affine(affine) => {
                let widths = affine.width().map_or(Widths::Any, Widths::Keeps);
                self.expect(widths)?;
                match self.stages.last_mut() {
                    Some(Stage::Affine(before)) => *before = before.then(&affine)?,
                    _ => self.stages.push(Stage::Affine(affine)),
                }
                widths
            }
            Act::Other(other) => {
                let widths = other.widths();
                self.expect(widths)?;
                self.stages.push(Stage::Step(self.steps.len()));
                widths
            }
        };
        self.width = match widths {
            Widths::Any => self.width,
            Widths::Keeps(width) | Widths::Changes { to: width, .. } => Some(width),
        };
        self.steps.push(step);
        Ok(self)
    }

    /// Refuses a next step for samples of another width.
    fn expect(&self, next: Widths) -> Result<()> {
        match (self.width, next) {
            (Some(here), Widths::Keeps(there) | Widths::Changes { from: there, .. })
                if here != there =>
            {
                let problem =
                    format!("one step leaves {here} values per sample, the next is for {there}");
                Err(Error::argument("pipeline", problem))
            }
            _ => Ok(()),
        }
    }

    /// Fits steps on the inputs of the training data, each on what the ones before it yield. The data is read once or a few
    /// times for each step, in blocks.
    ///
    /// # Errors
    /// If there are no samples, a value is NaN or infinite where a step cannot use that, or settings are out of range.
    pub fn fit(preparations: &[Preparation], training_data: &dyn Dataset) -> Result<Self> {
        Self::fit_side(preparations, training_data, Side::Inputs)
    }

    /// Fits steps on the regression targets of the training data. Apply the inverse to
    /// predictions to get them in the unit of the target.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), or if the data set has no targets.
    pub fn fit_targets(preparations: &[Preparation], training_data: &dyn Dataset) -> Result<Self> {
        Self::fit_side(preparations, training_data, Side::Targets)
    }

    fn fit_side(preparations: &[Preparation], data: &dyn Dataset, side: Side) -> Result<Self> {
        preparations
            .iter()
            .try_fold(Pipeline::new(), |before, preparation| {
                let step = preparation.fit(&Stream::new(data, &before, side)?)?;
                before.with_step(step)
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

    /// Whether what comes out are the columns that went in, in their places; there may be more after them.
    pub(crate) fn keeps_columns(&self) -> bool {
        self.pieces().all(|piece| match piece {
            Ok(Piece::Step(step)) => step.keeps_columns(),
            Ok(Piece::Affine(_)) => true,
            Err(_) => false,
        })
    }

    fn pieces(&self) -> impl DoubleEndedIterator<Item = Result<Piece<'_>>> {
        self.stages.iter().map(|stage| match stage {
            Stage::Affine(affine) => Ok(Piece::Affine(affine)),
            Stage::Step(at) => match self.steps[*at].act()? {
                Act::Other(step) => Ok(Piece::Step(step)),
                Act::Affine(_) => Err(Error::argument(
                    "pipeline",
                    "a scaling stands where it should not",
                )),
            },
        })
    }

    /// The gradient for raw samples `input` from the gradient for what the pipeline makes of them: gᵀ times the Jacobian matrix.
    ///
    /// # Shapes
    /// `input` `[n, …sample]`, `gradient` as [`transform`](Transform::transform) of it; the result is as `input`.
    ///
    /// # Errors
    /// If the shapes do not fit, or a step has no derivative.
    pub fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let mut inputs = Vec::with_capacity(self.stages.len());
        let mut here = input.clone();
        for piece in self.pieces() {
            inputs.push(here.clone());
            match piece? {
                Piece::Affine(affine) => affine.apply(&mut here)?,
                Piece::Step(step) => step.apply(&mut here)?,
            }
        }
        if gradient.dims() != here.dims() {
            let problem = format!(
                "the gradient has the shape {:?}, what the pipeline gives has {:?}",
                gradient.dims(),
                here.dims()
            );
            return Err(Error::argument("pipeline", problem));
        }
        let mut gradient = gradient.clone();
        for (piece, input) in self.pieces().rev().zip(inputs.iter().rev()) {
            match piece? {
                Piece::Affine(affine) => affine.pull_back(&mut gradient)?,
                Piece::Step(step) => gradient = step.pull_back(input, &gradient)?,
            }
        }
        Ok(gradient)
    }
}

impl TryFrom<Vec<Step>> for Pipeline {
    type Error = Error;

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
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.pieces()
            .try_fold(sample.to_vec(), |shape, piece| match piece? {
                Piece::Affine(affine) => affine.check_width(shape.iter().product()).map(|()| shape),
                Piece::Step(step) => step.output_shape(&shape),
            })
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.pieces().try_for_each(|piece| match piece? {
            Piece::Affine(affine) => affine.apply(batch),
            Piece::Step(step) => step.apply(batch),
        })
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        self.pieces().rev().try_for_each(|piece| match piece? {
            Piece::Affine(affine) => affine.apply_inverse(batch),
            Piece::Step(step) => step.apply_inverse(batch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{self, InMemory, Targets};
    use crate::transform::{Over, Statistics};

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
        let pipeline = Pipeline::fit(&[Preparation::standard()], &data).unwrap();
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
        let scaling = Preparation::MinMax {
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
        let scaled = Pipeline::fit(&[Preparation::standard()], &data)
            .unwrap()
            .transform(&all(&data));
        let scaled = scaled.unwrap().to_vec::<f32>().unwrap();
        assert_eq!([scaled[1], scaled[4], scaled[7]], [0.0; 3]);
        let centered = Pipeline::fit(&[Preparation::mean()], &data)
            .unwrap()
            .transform(&all(&data));
        assert_eq!(centered.unwrap().to_vec::<f32>().unwrap()[..2], [-3.0, 0.0]);
    }

    #[test]
    fn steps_fit_on_what_the_ones_before_yield() {
        let data = table(vec![0.0, 51.0, 102.0, 255.0], 1);
        let steps = [Preparation::pixels(), Preparation::mean()];
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
            Preparation::pixels(),
            Preparation::standard(),
            Preparation::min_max(),
            Preparation::mean(),
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
        let pipeline = Pipeline::fit(&[Preparation::mean()], &table(vec![1.0, 2.0], 2)).unwrap();
        let error = pipeline.transform(&Tensor::zeros([1, 3], nn_core::DType::F32).unwrap());
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("fitted on samples of 2 values")
        );
        assert!(pipeline.output_shape(&[3]).is_err() && pipeline.output_shape(&[2, 1]).is_ok());
    }

    #[test]
    fn data_that_cannot_be_fitted_is_named() {
        let nan = table(vec![1.0, 2.0, 3.0, f32::NAN], 2);
        let error = Pipeline::fit(&[Preparation::standard()], &nan)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("t: sample 1, feature 1 is NaN"),
            "{error}"
        );
        let empty = table(vec![], 2);
        assert!(Pipeline::fit(&[Preparation::standard()], &empty).is_err());
        let range = Preparation::MinMax {
            over: Over::Global,
            low: 1.0,
            high: 1.0,
        };
        assert!(Pipeline::fit(&[range], &table(vec![1.0, 2.0], 2)).is_err());
        let zero = Preparation::Fixed {
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
        let pipeline = Pipeline::fit_targets(&[Preparation::min_max()], &data).unwrap();
        let mut y = data.batch(&[1]).unwrap().targets;
        pipeline.apply(&mut y).unwrap();
        assert_eq!(y.to_vec::<f32>().unwrap(), [0.5]);
        pipeline.apply_inverse(&mut y).unwrap();
        assert_eq!(y.to_vec::<f32>().unwrap(), [200.0]);
    }
}
