use super::*;
use crate::Rng;
use crate::kernels::math::dispatch::for_each_isa;

/// `[rows, columns]` with about `share` of the values not zero; column 1 has none, row 1 none.
fn random<T: Float>(rows: usize, columns: usize, share: f64, seed: u64) -> Vec<T> {
    let mut rng = Rng::new(seed);
    (0..rows * columns)
        .map(|at| {
            let (keep, value) = (rng.uniform() < share, rng.normal());
            let blank = at % columns == 1 || at / columns == 1;
            T::from_f64(if keep && !blank { value } else { 0.0 })
        })
        .collect()
}

/// The product of `[m, k]` less `origin`, and `[k, n]`, in 64 bits.
fn plain<T: Float>(a: &[T], b: &[T], n: usize, origin: &[f64]) -> Vec<f64> {
    let k = origin.len();
    let mut out = vec![0.0; a.len() / k * n];
    for (row, out) in a.chunks_exact(k).zip(out.chunks_exact_mut(n)) {
        for ((x, origin), b) in row.iter().zip(origin).zip(b.chunks_exact(n)) {
            for (out, b) in out.iter_mut().zip(b) {
                *out += (x.to_f64() - origin) * b.to_f64();
            }
        }
    }
    out
}

fn check<T: Element>(tolerance: f64) {
    let sizes = [
        (1, 1, 1),
        (3, 5, 2),
        (4, 16, 16),
        (5, 17, 15),
        (9, 40, 33),
        (31, 100, 95),
        (64, 33, 97),
        (130, 7, 200),
    ];
    for_each_isa(|isa| {
        for (at, &(m, k, n)) in sizes.iter().enumerate() {
            for (share, shifted) in [(0.2, false), (1.0, true)] {
                let a: Vec<T> = random(m, k, share, at as u64);
                let b: Vec<T> = random(k, n, 1.0, 100 + at as u64);
                let origin = vec![if shifted { 0.25 } else { 0.0 }; k];
                let expected = plain(&a, &b, n, &origin);
                let strips = Strips::of_rows(&a, &origin);
                let starts: Vec<usize> = (0..n).step_by(GROUP).collect();
                let groups = Groups::of(&b, &vec![0.0; n], &starts);

                // Between rows nothing is written.
                let pitch = n + 3;
                let mut out = vec![T::from_f64(7.0); m * pitch];
                let bias: Vec<T> = (0..n).map(|i| T::from_f64(i as f64)).collect();
                product(&strips, &groups, &bias, &mut out, pitch);
                for (out, expected) in out.chunks_exact(pitch).zip(expected.chunks_exact(n)) {
                    for (column, (v, e)) in out.iter().zip(expected).enumerate() {
                        let e = e + column as f64;
                        assert!(
                            (v.to_f64() - e).abs() <= tolerance * (k as f64 + e.abs()),
                            "{isa:?} {m} {k} {n}"
                        );
                    }
                    assert!(out[n..].iter().all(|v| v.to_f64() == 7.0));
                }

                let width = groups.count() * GROUP;
                let mut sums = vec![1.0; strips.count() * STRIP * width];
                add_product(
                    (&strips, 0..strips.count()),
                    (&groups, 0..groups.count()),
                    &mut sums,
                    width,
                );
                for (sums, expected) in sums.chunks_exact(width).zip(expected.chunks_exact(n)) {
                    for (v, e) in sums.iter().zip(expected) {
                        assert!(
                            (v - 1.0 - e).abs() <= tolerance * (k as f64 + e.abs()),
                            "{isa:?} {m} {k} {n}"
                        );
                    }
                    assert!(sums[n..].iter().all(|&v| v == 1.0));
                }
            }
        }
    });
}

#[test]
fn products_in_f32() {
    check::<f32>(1e-6);
}

#[test]
fn products_in_f64() {
    check::<f64>(1e-14);
}

/// A part of the strips and groups gives the same bits as the whole does.
#[test]
fn parts_of_a_product() {
    let (k, n) = (50, 70);
    let x: Vec<f32> = random(k, n, 0.3, 5);
    // The groups leave gaps, and the last one ends with the row.
    let starts = [1, 19, 35, 58];
    let some: Vec<usize> = (1..17).chain(19..51).chain(58..70).collect();
    let (strips, groups) = Groups::<f32>::with_strips(&x, &vec![0.5; n], &starts);
    assert_eq!((groups.columns(), strips.count()), (60, 15));
    let width = groups.count() * GROUP;
    let mut whole = vec![0.0; strips.count() * STRIP * width];
    add_product(
        (&strips, 0..strips.count()),
        (&groups, 0..groups.count()),
        &mut whole,
        width,
    );
    for (i, &row) in some.iter().enumerate() {
        for (j, &column) in some.iter().enumerate() {
            let expected: f64 = (0..k)
                .map(|at| {
                    (f64::from(x[at * n + row]) - 0.5) * (f64::from(x[at * n + column]) - 0.5)
                })
                .sum();
            assert!((whole[i * width + j] - expected).abs() < 1e-4);
        }
    }
    let mut part = vec![0.0; 3 * STRIP * 2 * GROUP];
    add_product((&strips, 2..5), (&groups, 1..3), &mut part, 2 * GROUP);
    for (row, part) in part.chunks_exact(2 * GROUP).enumerate() {
        assert_eq!(
            part,
            &whole[(2 * STRIP + row) * width + GROUP..][..2 * GROUP]
        );
    }
}

/// Zeros are passed over; NaN is no zero.
#[test]
fn what_is_kept() {
    let x = [0.0f32, -0.0, 1.0, f32::NAN, 0.0, 0.0, 0.0, 2.0];
    let strips = Strips::<f32>::of_rows(&x, &[0.0; 4]);
    assert_eq!(strips.kept(), 2);
    let ones = Groups::of(&[1.0f32; 4], &[0.0], &[0]);
    let mut out = [0.0; 2];
    product(&strips, &ones, &[0.0], &mut out, 1);
    assert!(out[0].is_nan());
    assert_eq!(out[1], 2.0);
    // About another origin, what equals it is passed over.
    assert_eq!(
        Strips::<f32>::of_rows(&[3.0f64, 5.0, 3.0, 5.0], &[3.0, 4.0]).kept(),
        1
    );
    // No rows, no columns.
    product(
        &Strips::<f64>::of_rows::<f32>(&[], &[0.0]),
        &Groups::of(&[1.0], &[0.0], &[0]),
        &[0.0],
        &mut [],
        1,
    );
}
