//! The few distributions that comparisons of errors need.

/// The logarithm of n!, exact sums below 256 and Stirling's series above (its error is below 1e-13 there).
fn ln_factorial(n: usize) -> f64 {
    if n < 256 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let x = n as f64 + 1.0;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + 1.0 / (12.0 * x)
        - 1.0 / (360.0 * x.powi(3))
}

/// The chance of at least `wrong` of `inside` samples being among the `all_wrong` wrong ones of `all`, if which are wrong has nothing
/// to do with which are inside: the upper tail of the hypergeometric distribution (Fisher's exact test, one-sided).
pub fn fisher_upper(wrong: usize, inside: usize, all_wrong: usize, all: usize) -> f64 {
    let most = inside.min(all_wrong);
    if wrong > most || inside > all || all_wrong > all {
        return 0.0;
    }
    if wrong <= (inside + all_wrong).saturating_sub(all) {
        return 1.0;
    }
    let choose = |n: usize, k: usize| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let (outside, right) = (all - inside, all_wrong);
    let first = choose(inside, wrong) + choose(outside, right - wrong) - choose(all, right);
    // Each next term follows from the one before it.
    let (mut term, mut sum) = (1.0_f64, 1.0_f64);
    for k in wrong..most {
        let (up, down) = (
            (inside - k) as f64 * (right - k) as f64,
            (k + 1) as f64 * (outside + k + 1 - right) as f64,
        );
        term *= up / down;
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    (first + sum.ln()).exp().min(1.0)
}

/// The chance of a standard normal number above `z`: the continued fraction of Lentz beyond 3, the series of the error function below.
pub fn normal_upper(z: f64) -> f64 {
    if z.is_nan() {
        return 1.0;
    }
    if z < 0.0 {
        return 1.0 - normal_upper(-z);
    }
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    if z > 3.0 {
        let tail = (1..=60).rev().fold(z, |rest, k| z + f64::from(k) / rest);
        return density / tail;
    }
    let (mut term, mut sum) = (z, z);
    for k in 1..200 {
        term *= z * z / f64::from(2 * k + 1);
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    0.5 - density * sum
}

/// The chance of a mean of `inside` that lies so far above that of `outside` by chance (Welch's statistic, as normal).
pub fn welch_upper(inside: &[f64], outside: &[f64]) -> f64 {
    let moments = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        (mean, squares / (n - 1.0).max(1.0) / n)
    };
    let ((a, va), (b, vb)) = (moments(inside), moments(outside));
    if va + vb > 0.0 {
        normal_upper((a - b) / (va + vb).sqrt())
    } else {
        1.0
    }
}

/// Benjamini and Hochberg (1995): p values adjusted so that of those kept below a level at most that share is expected to be chance.
pub fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]).then(b.cmp(&a)));
    let mut result = vec![1.0; count];
    let mut least = 1.0_f64;
    for (from_last, &at) in order.iter().enumerate() {
        let rank = count - from_last;
        least = least.min(p_values[at] * count as f64 / rank as f64);
        result[at] = least;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a / b - 1.0).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn values_are_those_of_scipy() {
        // stats.hypergeom.sf(k - 1, N, K, n)
        close(fisher_upper(7, 10, 30, 100), 0.0073139103439250445);
        close(fisher_upper(60, 400, 500, 10_000), 8.334554675032213e-15);
        close(fisher_upper(3, 3, 3, 5), 0.1);
        assert_eq!(fisher_upper(0, 10, 30, 100), 1.0);
        assert_eq!(fisher_upper(5, 8, 10, 13), 1.0);
        // stats.norm.sf
        close(normal_upper(1.0), 0.15865525393145707);
        close(normal_upper(2.999), 0.0013543365337271057);
        close(normal_upper(3.2), 0.0006871379379158471);
        close(normal_upper(8.0), 6.22096057427174e-16);
        close(normal_upper(-2.0), 0.9772498680518208);
        // stats.false_discovery_control
        let found = adjusted(&[0.01, 0.04, 0.03, 0.5]);
        for (a, b) in found.iter().zip([0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5]) {
            close(*a, b);
        }
    }
}
