//! Eigenvectors of a tridiagonal matrix by divide and conquer (Cuppen 1981, with the stable eigenvectors of Gu and Eisenstat, "A
//! divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem", 1995).
//!
//! T is two smaller tridiagonal matrices but for β·u·uᵀ; in the eigenvectors of these it is diag(d) + ρ·z·zᵀ, whose eigenvalues
//! are the roots of the [secular](super::secular) equation. What z hardly touches, or what d holds twice, is left as it is.

use nn_core::kernels::threads::for_each_chunk;

use super::secular::Secular;
use super::{product, ql};
use crate::error::Result;

/// Up to this size the QL method is faster.
const SMALL: usize = 32;

/// Eigenvalues, ascending, and eigenvectors, one a row.
pub(super) struct Solved {
    pub(super) values: Vec<f64>,
    pub(super) vectors: Vec<f64>,
}

/// Of the tridiagonal matrix with this diagonal and these numbers beside it.
pub(super) fn solve(diagonal: &[f64], beside: &[f64]) -> Result<Solved> {
    let n = diagonal.len();
    if n <= SMALL {
        return ql::solve(diagonal, beside);
    }
    let half = n / 2;
    let beta = beside[half - 1];
    let (mut first, mut second) = (diagonal[..half].to_vec(), diagonal[half..].to_vec());
    first[half - 1] -= beta.abs();
    second[0] -= beta.abs();
    let first = solve(&first, &beside[..half - 1])?;
    let second = solve(&second, &beside[half..])?;
    Joint::new(first, second, beta).solve()
}

/// Where a row of the joint vectors has numbers other than 0.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    First,
    Second,
    Both,
}

/// Two solved halves and what joins them.
struct Joint {
    half: usize,
    d: Vec<f64>,
    z: Vec<f64>,
    rho: f64,
    parts: Vec<Part>,
    /// The eigenvectors of the halves, one a row of the whole length.
    vectors: Vec<f64>,
}

impl Joint {
    fn new(first: Solved, second: Solved, beta: f64) -> Self {
        let (half, rest) = (first.values.len(), second.values.len());
        let n = half + rest;
        let mut rows: Vec<(f64, usize)> = first
            .values
            .into_iter()
            .chain(second.values)
            .zip(0..)
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut joint = Joint {
            half,
            d: rows.iter().map(|(d, _)| *d).collect(),
            z: Vec::with_capacity(n),
            // z is the last row of one orthogonal matrix and the first of another: its length is √2.
            rho: 2.0 * beta.abs(),
            parts: Vec::with_capacity(n),
            vectors: vec![0.0; n * n],
        };
        for (&(_, from), row) in rows.iter().zip(joint.vectors.chunks_exact_mut(n)) {
            if from < half {
                let vector = &first.vectors[from * half..(from + 1) * half];
                row[..half].copy_from_slice(vector);
                joint
                    .z
                    .push(vector[half - 1] * std::f64::consts::FRAC_1_SQRT_2);
                joint.parts.push(Part::First);
            } else {
                let vector = &second.vectors[(from - half) * rest..(from - half + 1) * rest];
                row[half..].copy_from_slice(vector);
                joint
                    .z
                    .push((vector[0] * std::f64::consts::FRAC_1_SQRT_2).copysign(vector[0] * beta));
                joint.parts.push(Part::Second);
            }
        }
        joint
    }

    fn solve(mut self) -> Result<Solved> {
        let n = self.d.len();
        let kept = self.deflate();
        let d: Vec<f64> = kept.iter().map(|&i| self.d[i]).collect();
        let z: Vec<f64> = kept.iter().map(|&i| self.z[i]).collect();
        let k = kept.len();
        // Row r: dᵢ − λᵣ for every i.
        let mut rows = vec![0.0; k * k];
        let mut roots = vec![0.0; k];
        let secular = Secular {
            d: &d,
            z: &z,
            rho: self.rho,
        };
        nn_core::kernels::threads::for_each_chunk2(
            &mut rows,
            &mut roots,
            (k, 1),
            |root, distances, value| {
                value[0] = secular.root(root, distances);
            },
        );
        let exact = exact_z(&rows, &d, &z);
        for_each_chunk(&mut rows, k, |_, row| {
            row.iter_mut().zip(&exact).for_each(|(v, z)| *v = z / *v);
            let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            row.iter_mut().for_each(|v| *v /= length);
        });
        let turned = self.turn(&kept, &rows)?;
        // Both lists are in order: merged, so is the whole.
        let mut all: Vec<(f64, usize, bool)> = roots
            .into_iter()
            .zip(0..)
            .map(|(value, at)| (value, at, true))
            .collect();
        let mut is_kept = vec![false; n];
        kept.iter().for_each(|&i| is_kept[i] = true);
        all.extend(
            (0..n)
                .filter(|&i| !is_kept[i])
                .map(|i| (self.d[i], i, false)),
        );
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut out = Solved {
            values: Vec::with_capacity(n),
            vectors: Vec::with_capacity(n * n),
        };
        for (value, at, is_new) in all {
            let from = if is_new { &turned } else { &self.vectors };
            out.values.push(value);
            out.vectors.extend_from_slice(&from[at * n..(at + 1) * n]);
        }
        Ok(out)
    }

    /// Sets aside what stays an eigenpair as it is; the numbers of the others.
    fn deflate(&mut self) -> Vec<usize> {
        let n = self.d.len();
        let largest = |values: &[f64]| values.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        let tolerance = 8.0 * f64::EPSILON * largest(&self.d).max(largest(&self.z));
        let mut kept: Vec<usize> = Vec::with_capacity(n);
        for i in 0..n {
            if self.rho * self.z[i].abs() <= tolerance {
                continue;
            }
            let Some(&before) = kept.last() else {
                kept.push(i);
                continue;
            };
            let length = self.z[before].hypot(self.z[i]);
            let (c, s) = (self.z[i] / length, -self.z[before] / length);
            if ((self.d[i] - self.d[before]) * c * s).abs() > tolerance {
                kept.push(i);
                continue;
            }
            // Equal as far as can be told: turned so that z touches one of the two only.
            (self.z[before], self.z[i]) = (0.0, length);
            let (a, b) = (self.d[before], self.d[i]);
            (self.d[before], self.d[i]) = (a * c * c + b * s * s, a * s * s + b * c * c);
            let (above, below) = self.vectors.split_at_mut(i * n);
            for (x, y) in above[before * n..(before + 1) * n]
                .iter_mut()
                .zip(&mut below[..n])
            {
                (*x, *y) = (c * *x + s * *y, c * *y - s * *x);
            }
            if self.parts[before] != self.parts[i] {
                (self.parts[before], self.parts[i]) = (Part::Both, Part::Both);
            }
            if let Some(last) = kept.last_mut() {
                *last = i;
            }
        }
        kept
    }

    /// The eigenvectors of the whole: `rows` `[k, k]` times the kept vectors of the halves, the halves of these each with what is
    /// not 0 there.
    fn turn(&self, kept: &[usize], rows: &[f64]) -> Result<Vec<f64>> {
        let (n, k) = (self.d.len(), kept.len());
        let mut out = vec![0.0; k * n];
        for (not, from, to) in [(Part::Second, 0, self.half), (Part::First, self.half, n)] {
            let used: Vec<usize> = (0..k).filter(|&i| self.parts[kept[i]] != not).collect();
            if used.is_empty() || from == to {
                continue;
            }
            let width = to - from;
            let left: Vec<f64> = rows
                .chunks_exact(k)
                .flat_map(|row| used.iter().map(|&i| row[i]))
                .collect();
            let right: Vec<f64> = used
                .iter()
                .flat_map(|&i| &self.vectors[kept[i] * n + from..kept[i] * n + to])
                .copied()
                .collect();
            let inner = used.len();
            product(
                (&left, [k, inner], [inner, 1]),
                (&right, [inner, width], [width, 1]),
                &mut out[from..],
                n,
                false,
            )?;
        }
        Ok(out)
    }
}

/// The z for which the computed roots are exact: with it the vectors z/(d − λ) are orthogonal to full precision. Up to a factor,
/// which does not matter, zᵢ² = Πₖ (λₖ − dᵢ) / Π_{k≠i} (dₖ − dᵢ).
fn exact_z(distances: &[f64], d: &[f64], z: &[f64]) -> Vec<f64> {
    let k = d.len();
    let mut out = vec![0.0; k];
    for_each_chunk(&mut out, 16, |chunk, out| {
        let first = chunk * 16;
        for (at, out) in out.iter_mut().enumerate() {
            *out = -distances[(first + at) * k + first + at];
        }
        for (other, row) in distances.chunks_exact(k).enumerate() {
            for (at, out) in out.iter_mut().enumerate() {
                let i = first + at;
                if i != other {
                    *out *= row[i] / (d[i] - d[other]);
                }
            }
        }
        for (at, out) in out.iter_mut().enumerate() {
            *out = out.abs().sqrt().copysign(z[first + at]);
        }
    });
    out
}
