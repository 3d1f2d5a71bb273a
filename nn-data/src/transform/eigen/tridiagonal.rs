//! Reduction to tridiagonal form by Householder reflections, in panels.
//!
//! Within a panel each reflection v and the vector w of its rank-two update A − v·wᵀ − w·vᵀ are kept, and the rest of the matrix
//! is updated once for the whole panel, by a product (Dongarra, Hammarling and Sorensen, "Block reduction of matrices to
//! condensed forms", 1989).

use super::{dot, product};
use crate::error::Result;

/// Reflections in a panel.
const PANEL: usize = 32;

/// T, and the reflections that lead to it.
pub(super) struct Tridiagonal {
    /// The diagonal of T.
    pub(super) diagonal: Vec<f64>,
    /// What stands beside it; one fewer.
    pub(super) beside: Vec<f64>,
    /// The reflections I − τ·v·vᵀ: v of step `j` in row `j`, 0 up to column `j`, and τ.
    vectors: Vec<f64>,
    factors: Vec<f64>,
}

/// Reduces a symmetric matrix `[n, n]`, which is used up.
pub(super) fn reduce(a: &mut [f64], n: usize) -> Result<Tridiagonal> {
    let steps = n.saturating_sub(1);
    let mut out = Tridiagonal {
        diagonal: vec![0.0; n],
        beside: vec![0.0; steps],
        vectors: vec![0.0; steps * n],
        factors: vec![0.0; steps],
    };
    let mut w = vec![0.0; PANEL * n];
    let mut column = vec![0.0; n];
    for start in (0..steps).step_by(PANEL) {
        let end = (start + PANEL).min(steps);
        for j in start..end {
            // Column j as the reflections of this panel leave it: its row, by symmetry.
            column[j..].copy_from_slice(&a[j * n + j..(j + 1) * n]);
            for k in start..j {
                let (v, w) = (
                    &out.vectors[k * n..(k + 1) * n],
                    &w[(k - start) * n..(k - start + 1) * n],
                );
                let (at_v, at_w) = (v[j], w[j]);
                for ((c, v), w) in column[j..].iter_mut().zip(&v[j..]).zip(&w[j..]) {
                    *c -= v * at_w + w * at_v;
                }
            }
            out.diagonal[j] = column[j];
            let below = j + 1..n;
            let (beta, factor) = reflection(&mut column[below.clone()]);
            (out.beside[j], out.factors[j]) = (beta, factor);
            out.vectors[j * n..(j + 1) * n][below.clone()].copy_from_slice(&column[below.clone()]);
            let v = &column[below.clone()];
            let (before, here) = w.split_at_mut((j - start) * n);
            let here = &mut here[..n];
            here.fill(0.0);
            if factor == 0.0 {
                continue;
            }
            let m = n - j - 1;
            let block = &a[(j + 1) * (n + 1)..];
            product(
                (v, [1, m], [m, 1]),
                (block, [m, m], [n, 1]),
                &mut here[below.clone()],
                m,
                false,
            )?;
            for k in start..j {
                let (other_v, other_w) = (
                    &out.vectors[k * n..(k + 1) * n][below.clone()],
                    &before[(k - start) * n..(k - start + 1) * n][below.clone()],
                );
                let (along_v, along_w) = (dot(other_v, v), dot(other_w, v));
                for ((sum, v), w) in here[below.clone()].iter_mut().zip(other_v).zip(other_w) {
                    *sum -= v * along_w + w * along_v;
                }
            }
            let here = &mut here[below];
            here.iter_mut().for_each(|x| *x *= factor);
            let half = 0.5 * factor * dot(here, v);
            here.iter_mut().zip(v).for_each(|(x, v)| *x -= half * v);
        }
        // The rest of the matrix: A −= V·Wᵀ + W·Vᵀ = [V W]·[W V]ᵀ.
        let (k, m) = (end - start, n - end);
        if m > 0 {
            let mut left = vec![0.0; 2 * k * m];
            let mut right = vec![0.0; 2 * k * m];
            for at in 0..k {
                let v = &out.vectors[(start + at) * n + end..(start + at + 1) * n];
                let w = &w[at * n + end..(at + 1) * n];
                for (i, (v, w)) in v.iter().zip(w).enumerate() {
                    (left[at * m + i], left[(k + at) * m + i]) = (-v, -w);
                    (right[at * m + i], right[(k + at) * m + i]) = (*w, *v);
                }
            }
            let block = &mut a[end * (n + 1)..];
            product(
                (&left, [m, 2 * k], [1, m]),
                (&right, [2 * k, m], [m, 1]),
                block,
                n,
                true,
            )?;
        }
    }
    if n > 0 {
        out.diagonal[n - 1] = a[n * n - 1];
    }
    Ok(out)
}

/// Makes `x` the vector v, with v₁ = 1, of the reflection that takes it to (β, 0, …); gives β and τ.
fn reflection(x: &mut [f64]) -> (f64, f64) {
    let Some((first, rest)) = x.split_first_mut() else {
        return (0.0, 0.0);
    };
    let tail = dot(rest, rest).sqrt();
    if tail == 0.0 {
        return (*first, 0.0);
    }
    let beta = -first.hypot(tail).copysign(*first);
    let factor = (beta - *first) / beta;
    let scale = 1.0 / (*first - beta);
    rest.iter_mut().for_each(|v| *v *= scale);
    *first = 1.0;
    (beta, factor)
}

impl Tridiagonal {
    /// Takes eigenvectors of T, one a row of length `n`, to those of the matrix: applies all reflections, panel by panel as
    /// I − Vᵀ·S·V (Schreiber and Van Loan, "A storage-efficient WY representation", 1989).
    pub(super) fn turn_back(&self, rows: &mut [f64], n: usize) -> Result<()> {
        let steps = self.factors.len();
        let count = rows.len() / n.max(1);
        if count == 0 {
            return Ok(());
        }
        let starts: Vec<usize> = (0..steps).step_by(PANEL).collect();
        for start in starts.into_iter().rev() {
            let end = (start + PANEL).min(steps);
            let (k, m) = (end - start, n - start);
            let v = &self.vectors[start * n + start..];
            // S, upper triangular: H₁…H_k = I − Vᵀ·S·V for the rows of V.
            let mut s = vec![0.0; k * k];
            for j in 0..k {
                let factor = self.factors[start + j];
                let row = |i: usize| &v[i * n..i * n + m];
                let along: Vec<f64> = (0..j).map(|i| -factor * dot(row(i), row(j))).collect();
                for i in 0..j {
                    s[i * k + j] = (i..j).map(|l| s[i * k + l] * along[l]).sum();
                }
                s[j * k + j] = factor;
            }
            // For rows r of the result: r ← r·(I − Vᵀ·S·V)ᵀ = r − ((r·Vᵀ)·Sᵀ)·V.
            let mut shares = vec![0.0; count * k];
            let part = &rows[start..];
            product(
                (part, [count, m], [n, 1]),
                (v, [m, k], [1, n]),
                &mut shares,
                k,
                false,
            )?;
            let mut turned = vec![0.0; count * k];
            s.iter_mut().for_each(|s| *s = -*s);
            product(
                (&shares, [count, k], [k, 1]),
                (&s, [k, k], [1, k]),
                &mut turned,
                k,
                false,
            )?;
            product(
                (&turned, [count, k], [k, 1]),
                (v, [k, m], [n, 1]),
                &mut rows[start..],
                n,
                true,
            )?;
        }
        Ok(())
    }
}
