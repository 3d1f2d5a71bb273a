//! Small tridiagonal matrices, by the QL method with implicit shifts (Bowdler, Martin, Reinsch and Wilkinson, "The QR and QL
//! algorithms for symmetric matrices", 1968).

use super::divide::Solved;
use crate::error::{Error, Result};

/// Sweeps for one eigenvalue; it needs two or three.
const SWEEPS: usize = 60;

/// Eigenvalues, ascending, and eigenvectors, one a row.
pub(super) fn solve(diagonal: &[f64], beside: &[f64]) -> Result<Solved> {
    let n = diagonal.len();
    let mut d = diagonal.to_vec();
    let mut e = beside.to_vec();
    e.push(0.0);
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * (n + 1)] = 1.0);
    for l in 0..n {
        for sweep in 0.. {
            // Where the matrix falls apart.
            let small = |m: &usize| e[*m].abs() <= f64::EPSILON * (d[*m].abs() + d[m + 1].abs());
            let m = (l..n - 1).find(small).unwrap_or(n - 1);
            if m == l {
                break;
            }
            if sweep == SWEEPS {
                return Err(Error::argument(
                    "eigenvectors",
                    "the iteration does not converge",
                ));
            }
            let g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let mut g = d[m] - d[l] + e[l] / (g + g.hypot(1.0).copysign(g));
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = f.hypot(g);
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    whole = false;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                let (above, below) = vectors.split_at_mut((i + 1) * n);
                for (a, b) in above[i * n..].iter_mut().zip(&mut below[..n]) {
                    (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
                }
            }
            if whole {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| d[a].total_cmp(&d[b]));
    Ok(Solved {
        values: order.iter().map(|&i| d[i]).collect(),
        vectors: order
            .iter()
            .flat_map(|&i| &vectors[i * n..(i + 1) * n])
            .copied()
            .collect(),
    })
}
