use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

const SIZES: [(usize, usize, usize); 16] = [
    (1, 1, 1),
    (1, 7, 1),
    (1, 1000, 1),
    (1, 40_000, 3),
    (1, 65, 16),
    (1, 3000, 16),
    (1, 517, 12),
    (1, 300, 24),
    (1, 129, 64),
    (1, 70, 255),
    (1, 130, 513),
    (3, 4, 12),
    (5, 64, 16),
    (4, 1, 10),
    (2, 700, 33),
    (3, 0, 5),
];

fn rows((batches, rows, channels): (usize, usize, usize)) -> Rows {
    Rows {
        batches,
        rows,
        channels,
    }
}

fn data(len: usize, salt: f64) -> Vec<f64> {
    (0..len)
        .map(|i| (i as f64 * 1.37 + salt).sin() * 2.0 + (i as f64 * 0.011 + salt).cos() + 5.0)
        .collect()
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

/// The elements of a statistic's channel: (batch, row, channel) in plain loops.
fn each(r: Rows, mut f: impl FnMut(usize, usize)) {
    for (b, row) in (0..r.batches).flat_map(|b| (0..r.rows).map(move |row| (b, row))) {
        for c in 0..r.channels {
            f(b * r.channels + c, (b * r.rows + row) * r.channels + c);
        }
    }
}

fn close(what: &str, ours: f64, truth: f64, limit: f64) {
    let error = (ours - truth).abs();
    assert!(
        error <= limit * (1.0 + truth.abs()),
        "{what}: {ours}, not {truth}"
    );
}

#[test]
fn moments_agree_with_the_formula() {
    for size in SIZES {
        let r = rows(size);
        let x = data(r.len(), 0.3);
        let (mut mean, mut squares) = (vec![0.0; r.statistics()], vec![0.0; r.statistics()]);
        each(r, |s, i| mean[s] += x[i] / r.rows as f64);
        each(r, |s, i| squares[s] += (x[i] - mean[s]).powi(2));
        for_each_isa(|isa| {
            let n = r.statistics();
            let (mut m, mut q) = (vec![1.0; n], vec![1.0; n]);
            moments(&x, r, &mut m, &mut q);
            let (mut m32, mut q32) = (vec![1.0; n], vec![1.0; n]);
            moments(&single(&x), r, &mut m32, &mut q32);
            for s in 0..n {
                let what = format!("{r:?} {isa:?} {s}");
                close(&what, m[s], mean[s], 1e-13);
                close(&what, q[s], squares[s], 1e-11);
                close(&what, m32[s], mean[s], 1e-6);
                close(&what, q32[s], squares[s], 3e-6);
            }
        });
    }
}

#[test]
fn a_far_mean_costs_no_digits() {
    let r = rows((1, 5000, 3));
    let x: Vec<f32> = (0..r.len()).map(|i| 4096.0 + (i % 2) as f32).collect();
    let (mut mean, mut squares) = ([0.0; 3], [0.0; 3]);
    moments(&x, r, &mut mean, &mut squares);
    for s in 0..3 {
        close("mean", mean[s], 4096.5, 1e-9);
        close("variance", squares[s] / 5000.0, 0.25, 1e-6);
    }
}

#[test]
fn maps_and_gradients_agree_with_the_formula() {
    for (size, relu) in SIZES
        .into_iter()
        .flat_map(|size| [(size, false), (size, true)])
    {
        let r = rows(size);
        let n = r.statistics();
        let (x, dy) = (data(r.len(), 0.1), data(r.len(), 7.0));
        let centred = |salt, offset: f64| -> Vec<f64> {
            let mut v = data(n, salt);
            v.iter_mut().for_each(|v| *v -= offset);
            v
        };
        let (mean, scale, shift) = (centred(1.0, 0.0), centred(2.0, 5.0), centred(3.0, 5.0));
        let (slope, constant) = (centred(4.0, 5.0), centred(5.0, 5.0));
        let mut y = vec![0.0; r.len()];
        let (mut sum, mut dot) = (vec![0.0; n], vec![0.0; n]);
        let mut dx = vec![0.0; r.len()];
        each(r, |s, i| {
            let z = x[i] * scale[s] + shift[s];
            y[i] = if relu { z.max(0.0) } else { z };
            let g = if relu && z <= 0.0 { 0.0 } else { dy[i] };
            sum[s] += g;
            dot[s] += g * (x[i] - mean[s]);
            dx[i] = scale[s] * g + slope[s] * (x[i] - mean[s]) + constant[s];
        });
        for_each_isa(|isa| {
            let what = format!("{r:?} relu {relu} {isa:?}");
            let map = Affine {
                scale: &scale,
                shift: &shift,
                relu,
            };
            let mut out = vec![9.0; r.len()];
            affine(&x, r, &map, &mut out);
            each(r, |_, i| close(&what, out[i], y[i], 1e-13));
            let (mut s, mut d) = (vec![9.0; n], vec![9.0; n]);
            gradient_sums(&x, &dy, r, &mean, &map, (&mut s, &mut d));
            for i in 0..n {
                close(&what, s[i], sum[i], 1e-11);
                close(&what, d[i], dot[i], 1e-10);
            }
            let coefficients = (&slope[..], &constant[..]);
            gradient((&x, Some(&dy)), r, &mean, &map, coefficients, &mut out);
            each(r, |_, i| close(&what, out[i], dx[i], 1e-12));
            // The sum with an addend, and its gradient masked by the output.
            affine_added(&x, &dy, r, &map, &mut out);
            each(r, |s, i| {
                let z = x[i] * scale[s] + shift[s] + dy[i];
                close(&what, out[i], if relu { z.max(0.0) } else { z }, 1e-12);
            });
            let (output, mut masked) = (centred(6.0, 0.0), dy.clone());
            let output: Vec<f64> = (0..r.len()).map(|i| output[i % n.max(1)] - 5.0).collect();
            let (mut s, mut d) = (vec![9.0; n], vec![9.0; n]);
            gradient_sums_masked(&x, (&output, None), &mut masked, r, &mean, (&mut s, &mut d));
            let expected: Vec<f64> = (0..r.len())
                .map(|i| if output[i] > 0.0 { dy[i] } else { 0.0 })
                .collect();
            assert_eq!(masked, expected);
            let (mut again, mut s2, mut d2) = (vec![9.0; r.len()], s.clone(), d.clone());
            let sums = (&mut s2[..], &mut d2[..]);
            gradient_sums_masked(&x, (&output, Some(&dy)), &mut again, r, &mean, sums);
            assert!((again, s2, d2) == (masked, s.clone(), d.clone()), "{what}");
            each(r, |k, i| {
                (s[k], d[k]) = (s[k] - expected[i], d[k] - expected[i] * (x[i] - mean[k]))
            });
            assert!(s.iter().chain(&d).all(|rest| rest.abs() < 1e-7), "{what}");

            gradient((&x, Some(&dy)), r, &mean, &map, coefficients, &mut out);
            let mut in_place = dy.clone();
            gradient((&x, None), r, &mean, &map, coefficients, &mut in_place);
            assert_eq!(in_place, out);

            // Elements at the corner of the ReLU may fall on its other side in single precision.
            let corner = |s: usize, i: usize| (x[i] * scale[s] + shift[s]).abs() < 1e-4;
            let (x, dy) = (single(&x), single(&dy));
            let [mean, scale, shift] = [&mean, &scale, &shift].map(|v| single(v));
            let map = Affine {
                scale: &scale,
                shift: &shift,
                relu,
            };
            let (slope, constant) = (single(&slope), single(&constant));
            let mut out = vec![9.0; r.len()];
            affine(&x, r, &map, &mut out);
            each(r, |_, i| close(&what, f64::from(out[i]), y[i], 3e-6));
            gradient(
                (&x, Some(&dy)),
                r,
                &mean,
                &map,
                (&slope, &constant),
                &mut out,
            );
            each(r, |s, i| {
                if !corner(s, i) {
                    close(&what, f64::from(out[i]), dx[i], 1e-5);
                }
            });
            let (mut s, mut d) = (vec![9.0; n], vec![9.0; n]);
            gradient_sums(&x, &dy, r, &mean, &map, (&mut s, &mut d));
            for i in 0..n {
                close(&what, s[i], sum[i], 1e-3);
                close(&what, d[i], dot[i], 1e-3);
            }
        });
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    for size in [(1, 40_000, 16), (1, 900, 513), (70, 64, 48), (3, 9000, 7)] {
        let r = rows(size);
        let (x, dy) = (single(&data(r.len(), 0.1)), single(&data(r.len(), 7.0)));
        let n = r.statistics();
        let coefficient = |salt| single(&data(n, salt));
        let (mean, scale, shift) = (coefficient(1.0), coefficient(2.0), coefficient(3.0));
        let all = || {
            let map = Affine {
                scale: &scale,
                shift: &shift,
                relu: true,
            };
            let (mut m, mut q) = (vec![0.0; n], vec![0.0; n]);
            moments(&x, r, &mut m, &mut q);
            let (mut s, mut d) = (vec![0.0; n], vec![0.0; n]);
            gradient_sums(&x, &dy, r, &mean, &map, (&mut s, &mut d));
            let mut y = vec![0.0; r.len()];
            gradient((&x, Some(&dy)), r, &mean, &map, (&scale, &shift), &mut y);
            (m, q, s, d, y)
        };
        set_threads(1);
        let one = all();
        for count in [2, 3] {
            set_threads(count);
            assert!(one == all(), "{r:?} {count}");
        }
    }
}
