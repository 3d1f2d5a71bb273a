//! The eigenvalues of diag(d) + ρ·z·zᵀ: the roots of 1/ρ + Σ zᵢ²/(dᵢ − λ).
//!
//! One root lies above each dᵢ and below the next. It is approached by the rational function that has the values and slopes of
//! the two halves of the sum (Bunch, Nielsen and Sorensen, "Rank-one modification of the symmetric eigenproblem", 1978), with
//! bisection where that leaves the interval. Distances are kept from the nearer pole, where they lose no digits.

/// d ascending, z without zeros, ρ above 0.
pub(super) struct Secular<'a> {
    pub(super) d: &'a [f64],
    pub(super) z: &'a [f64],
    pub(super) rho: f64,
}

/// The two halves of the sum at a point, and their slopes.
struct Halves {
    left: f64,
    left_slope: f64,
    right: f64,
    right_slope: f64,
}

impl Secular<'_> {
    /// The root above `d[k]`; writes dᵢ − λ for every i to `distances`.
    pub(super) fn root(&self, k: usize, distances: &mut [f64]) -> f64 {
        let last = k + 1 == self.d.len();
        let norm: f64 = self.z.iter().map(|z| z * z).sum();
        let gap = if last {
            self.rho * norm
        } else {
            self.d[k + 1] - self.d[k]
        };
        // From which pole distances are counted: the one that the root is nearer to.
        let (origin, mut low, mut high, mut at) = if last {
            (self.d[k], 0.0, gap, 0.5 * gap)
        } else {
            let middle = self.halves(k, self.d[k], 0.5 * gap);
            match 1.0 / self.rho + middle.left + middle.right > 0.0 {
                true => (self.d[k], 0.0, 0.5 * gap, 0.5 * gap),
                false => (self.d[k + 1], -0.5 * gap, 0.0, -0.5 * gap),
            }
        };
        for _ in 0..100 {
            let halves = self.halves(k, origin, at);
            let value = 1.0 / self.rho + halves.left + halves.right;
            let slope = halves.left_slope + halves.right_slope;
            let error = 8.0 * (halves.right - halves.left) + 1.0 / self.rho + at.abs() * slope;
            if value.abs() <= f64::EPSILON * error {
                break;
            }
            if value < 0.0 {
                low = at;
            } else {
                high = at;
            }
            let to_left = (self.d[k] - origin) - at;
            let step = if last {
                self.step_of_last(&halves, to_left)
            } else {
                self.step(&halves, to_left, (self.d[k + 1] - origin) - at)
            };
            let next = at + step;
            let next = match low < next && next < high {
                true => next,
                false => 0.5 * (low + high),
            };
            if next == at || next <= low || next >= high {
                break;
            }
            at = next;
        }
        for (distance, d) in distances.iter_mut().zip(self.d) {
            *distance = (d - origin) - at;
        }
        origin + at
    }

    fn halves(&self, k: usize, origin: f64, at: f64) -> Halves {
        let sums = |d: &[f64], z: &[f64]| {
            let (mut value, mut slope) = ([0.0f64; 4], [0.0f64; 4]);
            for (d, z) in d.chunks(4).zip(z.chunks(4)) {
                for (((value, slope), d), z) in value.iter_mut().zip(&mut slope).zip(d).zip(z) {
                    let share = z / ((d - origin) - at);
                    *value += z * share;
                    *slope += share * share;
                }
            }
            (value.iter().sum(), slope.iter().sum())
        };
        let (left, left_slope) = sums(&self.d[..=k], &self.z[..=k]);
        let (right, right_slope) = sums(&self.d[k + 1..], &self.z[k + 1..]);
        Halves {
            left,
            left_slope,
            right,
            right_slope,
        }
    }

    /// From here to the root of c + s/(a − η) + t/(b − η), which has the value and slopes of the halves.
    fn step(&self, halves: &Halves, a: f64, b: f64) -> f64 {
        let (s, t) = (a * a * halves.left_slope, b * b * halves.right_slope);
        let c = 1.0 / self.rho
            + (halves.left - a * halves.left_slope)
            + (halves.right - b * halves.right_slope);
        // c·η² − p·η + q = 0
        let p = c * (a + b) + s + t;
        let q = c * a * b + s * b + t * a;
        let root = (p * p - 4.0 * c * q).max(0.0).sqrt();
        if p >= 0.0 {
            2.0 * q / (p + root)
        } else {
            (p - root) / (2.0 * c)
        }
    }

    fn step_of_last(&self, halves: &Halves, a: f64) -> f64 {
        let s = a * a * halves.left_slope;
        let c = 1.0 / self.rho + (halves.left - a * halves.left_slope);
        if c > 0.0 { a + s / c } else { f64::NAN }
    }
}
