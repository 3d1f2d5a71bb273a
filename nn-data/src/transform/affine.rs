//! y = (x − center) · scale + offset: what every scaling comes down to, in one pass over memory.

use nn_core::kernels::float::Float;
use nn_core::{DType, Tensor};

use crate::error::{Error, Result};

/// y = (x − center) · scale + offset with one set of numbers per group of values of a sample.
///
/// Value `i` of a sample belongs to group `i / repeat`. The center is subtracted first so that
/// values far from zero do not cancel and the center itself maps to the offset exactly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affine {
    /// Values per sample, or `None` where any number will do (then there is one group).
    width: Option<usize>,
    repeat: usize,
    center: Vec<f64>,
    scale: Vec<f64>,
    offset: Vec<f64>,
}

impl Affine {
    /// One rule for samples of any width.
    pub(crate) fn uniform(center: f64, scale: f64, offset: f64) -> Result<Self> {
        Self::checked(None, 1, vec![center], vec![scale], vec![offset])
    }

    /// One rule per group; `center.len() · repeat` values per sample.
    pub(crate) fn grouped(
        repeat: usize,
        center: Vec<f64>,
        scale: Vec<f64>,
        offset: Vec<f64>,
    ) -> Result<Self> {
        let width = center.len().checked_mul(repeat).filter(|&w| w > 0);
        let Some(width) = width else {
            return Err(Error::argument("scaling", "it has no values per sample"));
        };
        Self::checked(Some(width), repeat, center, scale, offset)
    }

    fn checked(
        width: Option<usize>,
        repeat: usize,
        center: Vec<f64>,
        scale: Vec<f64>,
        offset: Vec<f64>,
    ) -> Result<Self> {
        if scale.len() != center.len() || offset.len() != center.len() {
            return Err(Error::argument(
                "scaling",
                "its numbers of parameters differ",
            ));
        }
        let bad = |v: &f64| !v.is_finite();
        if center.iter().any(bad)
            || offset.iter().any(bad)
            || scale.iter().any(|s| bad(s) || *s == 0.0)
        {
            let problem = "a parameter is not finite or a scale is 0";
            return Err(Error::argument("scaling", problem));
        }
        Ok(Affine {
            width,
            repeat,
            center,
            scale,
            offset,
        })
    }

    /// First `self`, then `next`, as one.
    pub(crate) fn then(&self, next: &Affine) -> Result<Affine> {
        let width = match (self.width, next.width) {
            (Some(a), Some(b)) if a != b => {
                let problem = format!("one step is for {a} values per sample, the next for {b}");
                return Err(Error::argument("scaling", problem));
            }
            (a, b) => a.or(b),
        };
        // The coarsest grouping in which both are constant.
        let (groups, repeat) = match (self.center.len(), next.center.len()) {
            (_, 1) => (self.center.len(), self.repeat),
            (1, _) => (next.center.len(), next.repeat),
            (a, b) if a == b => (a, self.repeat),
            _ => (width.unwrap_or(1), 1),
        };
        let repeat = if groups == 1 {
            width.unwrap_or(1)
        } else {
            repeat
        };
        let mut fused = Affine {
            width,
            repeat,
            center: Vec::with_capacity(groups),
            scale: Vec::with_capacity(groups),
            offset: Vec::with_capacity(groups),
        };
        for group in 0..groups {
            let (a, b) = (self.group(group * repeat), next.group(group * repeat));
            fused.center.push(self.center[a]);
            fused.scale.push(self.scale[a] * next.scale[b]);
            let offset = (self.offset[a] - next.center[b]) * next.scale[b] + next.offset[b];
            fused.offset.push(offset);
        }
        // A product of scales may leave the range of numbers.
        Self::checked(
            fused.width,
            fused.repeat,
            fused.center,
            fused.scale,
            fused.offset,
        )
    }

    fn group(&self, value: usize) -> usize {
        if self.center.len() == 1 {
            0
        } else {
            value / self.repeat
        }
    }

    /// Refuses samples of another width.
    pub(crate) fn check_width(&self, width: usize) -> Result<()> {
        match self.width {
            Some(expected) => super::check_width("scaling", width, expected),
            None => Ok(()),
        }
    }

    /// Values of the samples that are taken, or `None` where any number will do.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// The gradient for x from the gradient for y: g · scale.
    pub(crate) fn pull_back(&self, gradient: &mut Tensor) -> Result<()> {
        let slope = Affine {
            center: vec![0.0; self.center.len()],
            offset: vec![0.0; self.offset.len()],
            ..self.clone()
        };
        slope.apply(gradient)
    }

    /// y = (x − center) · scale + offset
    pub(crate) fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.run(batch, false)
    }

    /// x = (y − offset) / scale + center
    pub(crate) fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        self.run(batch, true)
    }

    fn run(&self, batch: &mut Tensor, inverse: bool) -> Result<()> {
        let Some((&rows, shape)) = batch.dims().split_first() else {
            return Err(Error::argument(
                "scaling",
                "a batch needs an axis of samples",
            ));
        };
        let width: usize = shape.iter().product();
        self.check_width(width)?;
        if !batch.dtype().is_float() {
            *batch = batch.to_dtype(DType::F32)?;
        }
        if !batch.is_contiguous() {
            *batch = batch.contiguous()?;
        }
        if rows == 0 || width == 0 {
            return Ok(());
        }
        match batch.dtype() {
            DType::F64 => self.over(batch.make_mut::<f64>()?, width, inverse),
            _ => self.over(batch.make_mut::<f32>()?, width, inverse),
        }
        Ok(())
    }

    fn over<T: Float>(&self, values: &mut [T], width: usize, inverse: bool) {
        let params = |values: &[f64]| values.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
        let (first, factor, last) = if inverse {
            let reciprocal: Vec<f64> = self.scale.iter().map(|s| 1.0 / s).collect();
            (
                params(&self.offset),
                params(&reciprocal),
                params(&self.center),
            )
        } else {
            (
                params(&self.center),
                params(&self.scale),
                params(&self.offset),
            )
        };
        if let ([first], [factor], [last]) = (&first[..], &factor[..], &last[..]) {
            return one(values, *first, *factor, *last);
        }
        for row in values.chunks_exact_mut(width) {
            if self.repeat == 1 {
                for (((v, &a), &f), &b) in row.iter_mut().zip(&first).zip(&factor).zip(&last) {
                    *v = (*v - a) * f + b;
                }
            } else {
                let groups = row.chunks_exact_mut(self.repeat);
                for (((values, &a), &f), &b) in groups.zip(&first).zip(&factor).zip(&last) {
                    one(values, a, f, b);
                }
            }
        }
    }
}

fn one<T: Float>(values: &mut [T], first: T, factor: T, last: T) {
    for v in values {
        *v = (*v - first) * factor + last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(affine: &Affine, values: &[f64]) -> Vec<f64> {
        let mut batch = Tensor::from_slice(values, [1, values.len()]).unwrap();
        affine.apply(&mut batch).unwrap();
        batch.to_vec().unwrap()
    }

    #[test]
    fn fusing_is_applying_one_after_the_other() {
        let values: Vec<f64> = (0..12).map(|v| f64::from(v) * 0.7 - 3.0).collect();
        let ramp = |n: usize, start: f64| (0..n).map(|v| start + v as f64).collect::<Vec<f64>>();
        let grouped = |n: usize, start| {
            Affine::grouped(
                12 / n,
                ramp(n, start),
                ramp(n, start + 1.5),
                ramp(n, -start),
            )
            .unwrap()
        };
        let all = [
            Affine::uniform(0.5, 2.0, -1.0).unwrap(),
            grouped(1, 0.25),
            grouped(3, 1.0),
            grouped(4, 0.75),
            grouped(12, 2.0),
        ];
        for a in &all {
            for b in &all {
                let fused = run(&a.then(b).unwrap(), &values);
                for (got, expected) in fused.iter().zip(run(b, &run(a, &values))) {
                    assert!((got - expected).abs() < 1e-10 * expected.abs().max(1.0));
                }
            }
            let mut batch = Tensor::from_vec(run(a, &values), [1, 12]).unwrap();
            a.apply_inverse(&mut batch).unwrap();
            for (got, expected) in batch.to_vec::<f64>().unwrap().iter().zip(&values) {
                assert!((got - expected).abs() < 1e-12);
            }
        }
        assert!(
            grouped(3, 1.0)
                .then(&Affine::grouped(1, vec![0.0; 5], vec![1.0; 5], vec![0.0; 5]).unwrap())
                .is_err()
        );
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(Affine::uniform(0.0, 0.0, 0.0).is_err());
        assert!(Affine::uniform(f64::NAN, 1.0, 0.0).is_err());
        assert!(Affine::grouped(1, vec![], vec![], vec![]).is_err());
        assert!(Affine::grouped(1, vec![0.0], vec![1.0, 2.0], vec![0.0]).is_err());
        let tiny = Affine::uniform(0.0, 1e-200, 0.0).unwrap();
        assert!(tiny.then(&tiny).is_err());
    }

    #[test]
    fn integers_become_floats_and_shared_memory_is_left_alone() {
        let affine = Affine::uniform(0.0, 0.5, 0.0).unwrap();
        let pixels = Tensor::from_vec(vec![0u8, 255], [1, 2]).unwrap();
        let mut batch = pixels.clone();
        affine.apply(&mut batch).unwrap();
        assert_eq!(batch.to_vec::<f32>().unwrap(), [0.0, 127.5]);
        assert_eq!(pixels.to_vec::<u8>().unwrap(), [0, 255]);
        let original = Tensor::from_vec(vec![1.0f32, 2.0], [1, 2]).unwrap();
        let mut batch = original.clone();
        affine.apply(&mut batch).unwrap();
        assert_eq!(original.to_vec::<f32>().unwrap(), [1.0, 2.0]);
        assert!(affine.apply(&mut Tensor::scalar(1.0f32).unwrap()).is_err());
    }
}
