use super::projection::BLOCK;
use super::*;
use crate::kernels::buffer::Plain;
use crate::kernels::gemm::GemmElement;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads;

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1u64 << 23) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

struct Case {
    columns: Columns,
    filters: usize,
    x: Vec<f64>,
    coefficients: [Vec<f64>; 3],
    weight: Vec<f64>,
    dh: Vec<f64>,
    gradient: Vec<f64>,
}

fn case(rows: usize, pitch: usize, channels: usize, filters: usize) -> Case {
    Case {
        columns: Columns {
            rows,
            pitch,
            channels,
        },
        filters,
        x: numbers(rows * pitch, 1),
        coefficients: [2, 3, 4].map(|seed| numbers(channels, seed)),
        weight: numbers(filters * channels, 5),
        dh: numbers(rows * filters, 6),
        gradient: numbers(rows * pitch, 7),
    }
}

/// h, the gradient of the stack, that of the weight, the two sums, and the moments of h.
type Results = [Vec<f64>; 7];

fn by_definition(case: &Case) -> Results {
    let Columns {
        rows,
        pitch,
        channels,
    } = case.columns;
    let [mean, scale, shift] = &case.coefficients;
    let mut h = vec![0.0; rows * case.filters];
    let mut gradient = case.gradient.clone();
    let mut weight = vec![0.0; case.weight.len()];
    let (mut sum, mut dot) = (vec![0.0; channels], vec![0.0; channels]);
    for row in 0..rows {
        for c in 0..channels {
            let x = case.x[row * pitch + c];
            let a = (x * scale[c] + shift[c]).max(0.0);
            let mut g = 0.0;
            for f in 0..case.filters {
                let dh = case.dh[row * case.filters + f];
                h[row * case.filters + f] += a * case.weight[f * channels + c];
                weight[f * channels + c] += dh * a;
                g += dh * case.weight[f * channels + c];
            }
            if a > 0.0 {
                sum[c] += g;
                dot[c] += g * (x - mean[c]);
                gradient[row * pitch + c] += scale[c] * g;
            }
        }
    }
    let of_filter = |f: usize| (0..rows).map(move |row| row * case.filters + f);
    let means: Vec<f64> = (0..case.filters)
        .map(|f| of_filter(f).map(|at| h[at]).sum::<f64>() / rows as f64)
        .collect();
    let squares = (0..case.filters)
        .map(|f| of_filter(f).map(|at| (h[at] - means[f]).powi(2)).sum())
        .collect();
    [h, gradient, weight, sum, dot, means, squares]
}

fn by_kernel<T: GemmElement + Plain>(case: &Case) -> Results {
    let cast = |v: &[f64]| v.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
    let back = |v: &[T]| v.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
    let [mean, scale, shift] = [0, 1, 2].map(|i| cast(&case.coefficients[i]));
    let (x, dh, weight) = (cast(&case.x), cast(&case.dh), cast(&case.weight));
    let projection = Projection {
        columns: case.columns,
        mean: &mean,
        scale: &scale,
        shift: &shift,
        weight: &weight,
        filters: case.filters,
    };
    let mut h = vec![T::NAN; dh.len()];
    let (mut means, mut squares) = (vec![f64::NAN; case.filters], vec![f64::NAN; case.filters]);
    projection.forward(&x, &mut h, (&mut means, &mut squares));
    let (mut gradient, mut dw) = (cast(&case.gradient), vec![T::NAN; weight.len()]);
    let (mut sum, mut dot) = (vec![f64::NAN; mean.len()], vec![f64::NAN; mean.len()]);
    let last = case.columns.channels.min(3);
    let mut copy = vec![T::NAN; case.columns.rows * last];
    let sums = Sums {
        weight: &mut dw,
        sum: &mut sum,
        dot: &mut dot,
        last: &mut copy,
    };
    projection
        .backward(&x, &dh, &mut gradient, sums)
        .expect("there is memory");
    let Columns {
        pitch, channels, ..
    } = case.columns;
    for (copy, row) in copy.chunks(last).zip(gradient.chunks(pitch)) {
        assert_eq!(copy, &row[channels - last..channels]);
    }
    [
        back(&h),
        back(&gradient),
        back(&dw),
        sum,
        dot,
        means,
        squares,
    ]
}

fn expect_close(got: &Results, expected: &Results, tolerance: f64) {
    for (which, (got, expected)) in got.iter().zip(expected).enumerate() {
        let size = expected.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
        for (i, (g, e)) in got.iter().zip(expected).enumerate() {
            assert!(
                (g - e).abs() <= tolerance * size,
                "result {which}[{i}]: {g} is not {e}"
            );
        }
    }
}

#[test]
fn a_projection_is_what_its_formula_says() {
    for (rows, pitch, channels, filters) in [
        (1, 1, 1, 1),
        (5, 7, 3, 2),
        (257, 40, 37, 48),
        (2 * BLOCK, 24, 24, 12),
        (19 * BLOCK + 3, 21, 20, 5),
    ] {
        let case = case(rows, pitch, channels, filters);
        let expected = by_definition(&case);
        expect_close(&by_kernel::<f64>(&case), &expected, 1e-12);
        for_each_isa(|_| expect_close(&by_kernel::<f32>(&case), &expected, 2e-5));
    }
}

#[test]
fn threads_change_no_bit() {
    let case = case(19 * BLOCK + 3, 52, 40, 24);
    let with = |n: usize| {
        let before = threads::threads();
        threads::set_threads(n);
        let results = by_kernel::<f32>(&case);
        threads::set_threads(before);
        results
    };
    let one = with(1);
    for n in [2, 3, 5] {
        assert_eq!(with(n), one, "{n} threads");
    }
}

#[test]
fn channels_go_in_and_gradients_come_out() {
    let (rows, pitch) = (2 * COPIED + 5, 9);
    let mut stack = vec![0.0f32; rows * pitch];
    let part: Vec<f32> = (0..rows * 4).map(|i| i as f32).collect();
    insert(&part, 4, &mut stack, pitch, 3);
    for row in 0..rows {
        assert_eq!(stack[row * pitch + 3..][..4], part[row * 4..][..4]);
        assert_eq!(stack[row * pitch..][..3], [0.0; 3]);
        assert_eq!(stack[row * pitch + 7..][..2], [0.0; 2]);
    }
    let gradient: Vec<f32> = (0..rows * pitch).map(|i| (i % 17) as f32).collect();
    let (mean, slope, constant) = ([1.0, 2.0], [0.5, -1.0], [0.25, 8.0]);
    let mut out = vec![f32::NAN; rows * 2];
    let x: Vec<f32> = stack
        .chunks(pitch)
        .flat_map(|row| row[4..6].to_vec())
        .collect();
    take(
        &x,
        (&gradient, pitch, 4),
        &mean,
        (&slope, &constant),
        &mut out,
    );
    for row in 0..rows {
        for c in 0..2 {
            let at = row * pitch + 4 + c;
            let expected = gradient[at] + slope[c] * (stack[at] - mean[c]) + constant[c];
            assert_eq!(out[row * 2 + c], expected, "{row} {c}");
        }
    }
}
