//! The dominant eigenvectors by iteration from random directions.
//!
//! Q ← orthonormal basis of C·Q, some times over, and the eigenvectors of Q·C·Qᵀ at the end: the power iteration of Halko,
//! Martinsson and Tropp, "Finding structure with randomness", 2011 (algorithms 4.4 and 5.3), with C·Q computed either from the
//! covariance or, where that is dearer, as Xᵀ(X·Q) in one pass over the data.

use nn_core::kernels::gemm::GemmElement;
use nn_core::{DType, Purpose, Rng, Tensor};

use super::super::columns::Runs;
use super::super::eigen::{self, Eigen, dot};
use super::super::statistics::{Over, Statistics};
use super::super::stream::Stream;
use super::rows::Found;
use super::{PcaOptions, Precision};
use crate::error::{Error, Result};

/// Samples in a block of a pass over the data.
const ROWS: usize = 1024;
/// Products between two orthonormalisations: in f64 that many leave the smallest direction visible.
const BETWEEN: usize = 2;
/// Rows that are made orthogonal to those before them together.
const BLOCK: usize = 8;

/// How much is computed.
pub(super) struct Sizes {
    /// Directions that are iterated on.
    pub(super) directions: usize,
    /// Products with the covariance in passes over the data.
    iterations: usize,
    /// Products with the covariance as a matrix, which cost next to nothing beside computing it.
    of_matrix: usize,
}

impl Sizes {
    pub(super) fn new(options: &PcaOptions, wanted: usize, most: usize) -> Self {
        let few = wanted.saturating_mul(10) < most;
        let iterations = if few { 7 } else { 4 };
        Sizes {
            directions: wanted
                .saturating_add(options.oversample.unwrap_or(10))
                .min(most),
            iterations: options.iterations.unwrap_or(iterations),
            of_matrix: options.iterations.unwrap_or(2 * iterations),
        }
    }

    /// Whether computing the covariance once is less work than a pass over the data for each product.
    pub(super) fn covariance_pays(&self, width: usize) -> bool {
        width < 4 * self.directions * (self.iterations + 1)
    }
}

/// The dominant eigenvectors of a symmetric matrix `[n, n]`.
pub(super) fn of_matrix(matrix: &[f64], n: usize, sizes: &Sizes, seed: u64) -> Result<Eigen> {
    let matrix = Tensor::from_slice(matrix, [n, n])?;
    iterate(n, sizes.directions, sizes.of_matrix, seed, |q| {
        let q = Tensor::from_slice(q, [q.len() / n, n])?;
        Ok(q.matmul(&matrix)?.to_vec::<f64>()?)
    })
}

/// The dominant eigenvectors of the covariance of a stream.
pub(super) fn of_stream(
    stream: &Stream<'_>,
    sizes: &Sizes,
    seed: u64,
    precision: Precision,
) -> Result<Found> {
    let statistics = Statistics::of_stream(stream, Over::Feature)?;
    let divisor = (stream.len() - 1) as f64;
    let total = statistics.variance().iter().sum::<f64>() * stream.len() as f64 / divisor;
    let mean = statistics.mean();
    let (directions, iterations) = (sizes.directions, sizes.iterations);
    let eigen = iterate(
        stream.width(),
        directions,
        iterations,
        seed,
        |q| match precision {
            Precision::Single => pass::<f32>(stream, mean, q, divisor),
            Precision::Double => pass::<f64>(stream, mean, q, divisor),
        },
    )?;
    Ok(Found {
        mean: mean.to_vec(),
        total,
        eigen,
    })
}

/// Q·C for the rows of Q in one pass over the data.
fn pass<T: GemmElement + nn_core::kernels::buffer::Plain + nn_core::Element>(
    stream: &Stream<'_>,
    mean: &[f64],
    q: &[f64],
    divisor: f64,
) -> Result<Vec<f64>> {
    let width = mean.len();
    let directions = q.len() / width;
    let q: Vec<T> = q
        .iter()
        .map(|&v| <T as nn_core::kernels::float::Float>::from_f64(v))
        .collect();
    let q = Tensor::from_vec(q, [directions, width])?;
    let all = Runs::of(0..width);
    let mut sum = vec![0.0f64; directions * width];
    let rows = stream.block_rows(ROWS);
    for first in (0..stream.len()).step_by(rows) {
        let block = stream.rows(first, rows.min(stream.len() - first))?;
        let mut centred: Vec<T> = Vec::with_capacity(block.len());
        match block.dtype() {
            DType::F64 => all.centred(block.as_slice::<f64>()?, mean, &mut centred),
            _ => all.centred(block.as_slice::<f32>()?, mean, &mut centred),
        }
        let x = Tensor::from_vec(centred, [block.dims()[0], width])?;
        let part = q.matmul(&x.t()?)?.matmul(&x)?;
        for (sum, v) in sum.iter_mut().zip(part.as_slice::<T>()?) {
            *sum += <T as nn_core::kernels::float::Float>::to_f64(*v) / divisor;
        }
    }
    Ok(sum)
}

/// Iterates on the rows of `[directions, n]`; `product` gives Q·C.
fn iterate(
    n: usize,
    directions: usize,
    iterations: usize,
    seed: u64,
    mut product: impl FnMut(&[f64]) -> Result<Vec<f64>>,
) -> Result<Eigen> {
    let directions = directions.min(n);
    let mut q = Vec::with_capacity(directions * n);
    for direction in 0..directions {
        let mut rng = Rng::addressed(seed, Purpose::Init, 0, direction as u64);
        q.extend((0..n).map(|_| rng.normal()));
    }
    orthonormalise(&mut q, n)?;
    for iteration in 1..=iterations {
        q = product(&q)?;
        if iteration % BETWEEN == 0 || iteration == iterations {
            orthonormalise(&mut q, n)?;
        }
    }
    let z = product(&q)?;
    if z.iter().any(|v| !v.is_finite()) {
        return Err(Error::argument(
            "pca",
            "the iteration leaves the range of numbers; scale the values first",
        ));
    }
    let mut small = vec![0.0; directions * directions];
    let transposed = (&z[..], [n, directions], [1, n]);
    eigen::product(
        (&q, [directions, n], [n, 1]),
        transposed,
        &mut small,
        directions,
        false,
    )?;
    // Symmetric but for rounding.
    for i in 0..directions {
        for j in 0..i {
            let (a, b) = (i * directions + j, j * directions + i);
            let mean = 0.5 * (small[a] + small[b]);
            (small[a], small[b]) = (mean, mean);
        }
    }
    let ritz = eigen::symmetric(small, directions, directions)?;
    let turn = Tensor::from_vec(ritz.vectors, [directions, directions])?;
    let vectors = turn
        .matmul(&Tensor::from_vec(q, [directions, n])?)?
        .to_vec::<f64>()?;
    Ok(Eigen {
        values: ritz.values,
        vectors,
    })
}

/// Makes the rows orthonormal by the Gram–Schmidt process, in blocks, each done twice. A row that depends on those before
/// becomes 0.
pub(super) fn orthonormalise(rows: &mut [f64], n: usize) -> Result<()> {
    for start in (0..rows.len() / n).step_by(BLOCK) {
        let (before, rest) = rows.split_at_mut(start * n);
        let count = BLOCK.min(rest.len() / n);
        let block = &mut rest[..count * n];
        let mut shares = vec![0.0; count * start];
        for _ in 0..2 {
            let lengths: Vec<f64> = block.chunks_exact(n).map(|r| dot(r, r).sqrt()).collect();
            if start > 0 {
                let transposed = (&*before, [n, start], [1, n]);
                eigen::product(
                    (block, [count, n], [n, 1]),
                    transposed,
                    &mut shares,
                    start,
                    false,
                )?;
                shares.iter_mut().for_each(|share| *share = -*share);
                let shares = (&shares[..], [count, start], [start, 1]);
                eigen::product(shares, (before, [start, n], [n, 1]), block, n, true)?;
            }
            for (at, length) in lengths.into_iter().enumerate() {
                let (others, rest) = block.split_at_mut(at * n);
                orthonormalise_row(others, &mut rest[..n], length);
            }
        }
    }
    Ok(())
}

/// Takes from a row, which once was `length` long, its shares of the others, and makes it of length 1.
fn orthonormalise_row(others: &[f64], row: &mut [f64], length: f64) {
    for other in others.chunks_exact(row.len()) {
        let share = dot(other, row);
        row.iter_mut().zip(other).for_each(|(v, o)| *v -= share * o);
    }
    let left = dot(row, row).sqrt();
    let factor = match left > length * 1e-13 {
        true => 1.0 / left,
        false => 0.0,
    };
    row.iter_mut().for_each(|v| *v *= factor);
}
