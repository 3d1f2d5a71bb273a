//! Rosenblatt's perceptron.

use nn_core::{DType, Error, Result, Rng, Shape, Tensor};

use crate::Linear;

/// `1 if w·x + b > 0, else 0`, taught by its mistakes: on each wrong answer for a sample with `t = ±1`,
/// `w ← w + t·x` and `b ← b + t`.
///
/// Rosenblatt 1958. If some plane separates the classes, the mistakes end: there are at most `(R/γ)²` of them,
/// with `R` the length of the longest sample and `γ` the margin (Novikoff 1962). If none does, they never end.
///
/// # Shapes
/// samples `[N, inputs]`, labels `[N]`, 0 or 1
///
/// ```
/// use nn_core::{Rng, Tensor};
/// use nn_layers::models::Perceptron;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![0.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [4, 2])?;
/// let or = Tensor::from_vec(vec![0u32, 1, 1, 1], [4])?;
/// let mut perceptron = Perceptron::new(2)?;
/// let mut rng = Rng::new(1);
/// while perceptron.train_epoch(&x, &or, &mut rng)? > 0 {}
/// assert_eq!(perceptron.predict(&x)?.to_vec::<u32>()?, [0, 1, 1, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Perceptron {
    linear: Linear,
}

crate::parameters!(Perceptron { linear });

impl Perceptron {
    /// A perceptron that knows nothing: all weights 0, in `f32`.
    ///
    /// # Errors
    /// [`Error::Value`] if `inputs` is 0.
    pub fn new(inputs: usize) -> Result<Perceptron> {
        if inputs == 0 {
            return Err(Error::value(
                "perceptron",
                "0 inputs were asked for; it takes at least 1",
            ));
        }
        let bias = Tensor::zeros([1], DType::F32)?;
        let linear = Linear::from_tensors(Tensor::zeros([1, inputs], DType::F32)?, Some(bias))?;
        Ok(Perceptron { linear })
    }

    /// The weights and the bias.
    pub fn linear(&self) -> &Linear {
        &self.linear
    }

    /// Shows every sample once, in random order, and learns from the mistakes. Returns their number: 0 means
    /// that all samples are now told apart.
    ///
    /// # Errors
    /// [`Error::Shape`] if the samples do not fit; [`Error::Value`] for a label that is neither 0 nor 1.
    pub fn train_epoch(&mut self, x: &Tensor, labels: &Tensor, rng: &mut Rng) -> Result<usize> {
        let rows = self.rows(x)?;
        if labels.dims() != [x.dims()[0]] {
            let (wanted, got) = (Shape::from([x.dims()[0]]), labels.shape());
            return Err(Error::shape(
                "perceptron",
                format!("samples {} need labels {wanted}, not {got}", x.shape()),
            ));
        }
        let labels = labels.to_dtype(DType::F64)?.to_vec::<f64>()?;
        if let Some(label) = labels.iter().find(|label| ![0.0, 1.0].contains(*label)) {
            return Err(Error::value(
                "perceptron",
                format!("labels must be 0 or 1, {label} is not"),
            ));
        }

        let (mut w, mut b) = self.weights()?;
        let mut mistakes = 0;
        for i in rng.permutation(labels.len()) {
            let sample = &rows[i * w.len()..][..w.len()];
            let answer = score(&w, b, sample) > 0.0;
            if answer != (labels[i] == 1.0) {
                mistakes += 1;
                let sign = if answer { -1.0 } else { 1.0 };
                w.iter_mut().zip(sample).for_each(|(w, x)| *w += sign * x);
                b += sign;
            }
        }
        let bias = Tensor::from_vec(vec![b as f32], [1])?;
        let weight = Tensor::from_vec(w, [1, self.linear.inputs()])?.to_dtype(DType::F32)?;
        self.linear = Linear::from_tensors(weight, Some(bias))?;
        Ok(mistakes)
    }

    /// The label of each sample, `[N]` of 0 and 1 as `u32`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the samples do not fit.
    pub fn predict(&self, x: &Tensor) -> Result<Tensor> {
        let rows = self.rows(x)?;
        let (w, b) = self.weights()?;
        let answers = rows
            .chunks_exact(w.len())
            .map(|row| u32::from(score(&w, b, row) > 0.0));
        Tensor::from_vec(answers.collect::<Vec<_>>(), [x.dims()[0]])
    }

    fn rows(&self, x: &Tensor) -> Result<Vec<f64>> {
        match x.dims() {
            [_, inputs] if *inputs == self.linear.inputs() => x.to_dtype(DType::F64)?.to_vec(),
            _ => Err(Error::shape(
                "perceptron",
                format!(
                    "samples are {}, they must be [N, {}]",
                    x.shape(),
                    self.linear.inputs()
                ),
            )),
        }
    }

    fn weights(&self) -> Result<(Vec<f64>, f64)> {
        let bias = match self.linear.bias() {
            Some(bias) => bias.value().item()?,
            None => 0.0,
        };
        Ok((
            self.linear
                .weight()
                .value()
                .to_dtype(DType::F64)?
                .to_vec()?,
            bias,
        ))
    }
}

fn score(w: &[f64], b: f64, x: &[f64]) -> f64 {
    b + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_stay_under_novikoffs_bound() {
        // Points on a circle of radius R (with the bias's constant 1), at least the margin from the plane x = y.
        let points: Vec<[f32; 2]> = (0..60)
            .map(|i| [(0.37 * i as f32).cos(), (0.37 * i as f32).sin()])
            .filter(|[x, y]| (x - y).abs() > 0.1)
            .collect();
        let labels: Vec<u32> = points.iter().map(|[x, y]| u32::from(x > y)).collect();
        let margin = points
            .iter()
            .map(|[x, y]| (x - y).abs() / 2f32.sqrt())
            .fold(f32::MAX, f32::min);
        let bound = 2.0 / (margin * margin);
        let n = points.len();
        let x = Tensor::from_vec(points.into_iter().flatten().collect::<Vec<_>>(), [n, 2]).unwrap();
        let y = Tensor::from_vec(labels.clone(), [n]).unwrap();

        let mut perceptron = Perceptron::new(2).unwrap();
        let mut rng = Rng::new(3);
        let mut mistakes = 0;
        loop {
            match perceptron.train_epoch(&x, &y, &mut rng).unwrap() {
                0 => break,
                more => mistakes += more,
            }
            assert!(
                mistakes as f32 <= bound,
                "{mistakes} mistakes, the bound is {bound}"
            );
        }
        assert!(mistakes > 0);
        assert_eq!(
            perceptron.predict(&x).unwrap().to_vec::<u32>().unwrap(),
            labels
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut perceptron = Perceptron::new(2).unwrap();
        let x = Tensor::zeros([3, 2], DType::F32).unwrap();
        let mut message = |x: &Tensor, labels: Vec<u32>| {
            let n = labels.len();
            let labels = Tensor::from_vec(labels, [n]).unwrap();
            perceptron
                .train_epoch(x, &labels, &mut Rng::new(0))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(&x, vec![0, 1, 2]),
            "perceptron: labels must be 0 or 1, 2 is not"
        );
        assert_eq!(
            message(&x, vec![0]),
            "perceptron: samples [3, 2] need labels [3], not [1]"
        );
        assert_eq!(
            message(&Tensor::zeros([3, 4], DType::F32).unwrap(), vec![0, 0, 0]),
            "perceptron: samples are [3, 4], they must be [N, 2]"
        );
    }
}
