//! Who is whose neighbour: the probabilities p of t-SNE.

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;

use crate::points::{Points, products, squared_lengths};

/// Most distances that a task holds, and rows of a task.
const DISTANCES: usize = 1 << 22;
const ROWS: usize = 128;
/// Halvings of the interval in which the width of a neighbourhood is looked for.
const HALVINGS: usize = 100;
/// How near its entropy must come.
const TOLERANCE: f64 = 1e-5;

/// Symmetric probabilities that sum to 1, row by row; an entry that is not there is 0.
pub(super) struct Affinities {
    /// Where each row begins, and where the last one ends.
    pub(super) begins: Vec<usize>,
    /// The other point of each entry, ascending in a row.
    pub(super) others: Vec<u32>,
    /// Its probability.
    pub(super) values: Vec<f32>,
}

impl Affinities {
    /// From points, of which each looks at its `neighbours` nearest others.
    ///
    /// p(j|i) = exp(−βᵢ‖xᵢ − xⱼ‖²) / Σ, with βᵢ such that the entropy of row i is ln(perplexity); p = (p(j|i) + p(i|j)) / 2n.
    pub(super) fn of(points: &Points, neighbours: usize, perplexity: f64) -> Affinities {
        let count = points.count;
        let lengths = squared_lengths(&points.values, points.width);
        let rows = (DISTANCES / count).clamp(1, ROWS);
        let slots: Vec<Mutex<Vec<(u32, f32)>>> = (0..count.div_ceil(rows))
            .map(|_| Mutex::default())
            .collect();
        parallel_for_long(slots.len(), &|slot| {
            let first = slot * rows;
            let here = rows.min(count - first);
            let mut distances = vec![0.0_f32; here * count];
            let from = &points.values[first * points.width..(first + here) * points.width];
            products(from, &points.values, points.width, &mut distances);
            let mut found = Vec::with_capacity(here * neighbours);
            for (row, line) in distances.chunks_exact(count).enumerate() {
                let own = first + row;
                let mut nearest: Vec<(f32, u32)> = (line.iter().zip(&lengths).enumerate())
                    .filter(|(at, _)| *at != own)
                    .map(|(at, (product, length))| {
                        ((lengths[own] + length - 2.0 * product).max(0.0), at as u32)
                    })
                    .collect();
                let order =
                    |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
                if neighbours < nearest.len() {
                    nearest.select_nth_unstable_by(neighbours - 1, order);
                    nearest.truncate(neighbours);
                }
                nearest.sort_unstable_by_key(|(_, at)| *at);
                let squares: Vec<f64> = nearest.iter().map(|(d, _)| f64::from(*d)).collect();
                let shares = conditional(&squares, perplexity);
                found.extend(
                    nearest
                        .iter()
                        .zip(shares)
                        .map(|((_, at), p)| (*at, p as f32)),
                );
            }
            if let Ok(mut slot) = slots[slot].lock() {
                *slot = found;
            }
        });
        let one_sided: Vec<(u32, f32)> = slots
            .into_iter()
            .flat_map(|slot| slot.into_inner().unwrap_or_default())
            .collect();
        symmetric(&one_sided, neighbours.min(count - 1), count)
    }

    /// The entries of a row.
    pub(super) fn row(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.begins[at]..self.begins[at + 1];
        let others = self.others[range.clone()].iter();
        others
            .zip(&self.values[range])
            .map(|(other, value)| (*other as usize, f64::from(*value)))
    }
}

/// p(j|i) for the squared distances of one point, by halving the interval of β.
fn conditional(squares: &[f64], perplexity: f64) -> Vec<f64> {
    let wanted = perplexity.ln();
    // The nearest counts as 0: that changes no share, and keeps one exponential at 1.
    let least = squares.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    // About the inverse of the distances, so that any unit will do.
    let mean = squares.iter().map(|d| d - least).sum::<f64>() / squares.len() as f64;
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    let mut shares = vec![0.0; squares.len()];
    for _ in 0..HALVINGS {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (share, square) in shares.iter_mut().zip(squares) {
            let square = square - least;
            *share = (-beta * square).exp();
            sum += *share;
            weighted += *share * square;
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        let entropy = sum.ln() + beta * weighted / sum;
        let over = entropy - wanted;
        if over.abs() <= TOLERANCE {
            break;
        }
        if over > 0.0 {
            low = beta;
            beta = if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * beta
            };
        } else {
            high = beta;
            beta = 0.5 * (low + high);
        }
    }
    shares
}

/// p(j|i) for each row of `width` entries, made symmetric and 1 in all.
fn symmetric(one_sided: &[(u32, f32)], width: usize, count: usize) -> Affinities {
    let mut sizes = vec![width; count];
    one_sided
        .iter()
        .for_each(|(to, _)| sizes[*to as usize] += 1);
    let mut starts = vec![0; count + 1];
    for (at, size) in sizes.iter().enumerate() {
        starts[at + 1] = starts[at] + size;
    }
    let mut both = vec![(0_u32, 0.0_f32); starts[count]];
    let mut next = starts.clone();
    for (from, row) in one_sided.chunks_exact(width).enumerate() {
        for &(to, p) in row {
            for (at, other) in [(from, to), (to as usize, from as u32)] {
                both[next[at]] = (other, p);
                next[at] += 1;
            }
        }
    }
    let mut found = Affinities {
        begins: vec![0],
        others: Vec::with_capacity(both.len()),
        values: Vec::with_capacity(both.len()),
    };
    let scale = 1.0 / (2.0 * count as f64);
    for at in 0..count {
        let row = &mut both[starts[at]..starts[at + 1]];
        // The first is p(j|i), where it is there, then p(i|j): a stable sort keeps sums the same for both ends.
        row.sort_by_key(|(other, _)| *other);
        for run in row.chunk_by(|a, b| a.0 == b.0) {
            let sum: f64 = run.iter().map(|(_, p)| f64::from(*p)).sum();
            found.others.push(run[0].0);
            found.values.push((sum * scale) as f32);
        }
        found.begins.push(found.others.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_core::{Purpose, Rng};

    fn points(count: usize, width: usize) -> Points {
        let mut rng = Rng::addressed(1, Purpose::Other(11), 0, 0);
        let values = (0..count * width)
            .map(|_| 3.0 * rng.normal() as f32)
            .collect();
        Points {
            values,
            count,
            width,
        }
    }

    #[test]
    fn probabilities_are_symmetric_and_sum_to_one() {
        let points = points(90, 4);
        for neighbours in [89, 20] {
            let p = Affinities::of(&points, neighbours, 6.0);
            let mut whole = vec![0.0; 90 * 90];
            for at in 0..90 {
                p.row(at)
                    .for_each(|(other, value)| whole[at * 90 + other] = value);
            }
            assert!((whole.iter().sum::<f64>() - 1.0).abs() < 1e-5);
            for i in 0..90 {
                assert_eq!(whole[i * 91], 0.0);
                for j in 0..90 {
                    assert_eq!(whole[i * 90 + j], whole[j * 90 + i]);
                }
            }
        }
    }

    #[test]
    fn rows_have_the_perplexity() {
        let mut rng = Rng::addressed(2, Purpose::Other(11), 0, 0);
        for scale in [1e-6, 1.0, 1e8] {
            let squares: Vec<f64> = (0..200).map(|_| scale * rng.uniform()).collect();
            for perplexity in [2.0, 30.0, 150.0] {
                let p = conditional(&squares, perplexity);
                let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
                assert!(
                    (entropy.exp() / perplexity - 1.0).abs() < 1e-4,
                    "{} for {perplexity}",
                    entropy.exp()
                );
            }
        }
        // Points in one place: all alike.
        assert_eq!(conditional(&[0.0; 4], 2.0), [0.25; 4]);
    }
}
