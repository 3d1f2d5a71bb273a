use proptest::prelude::*;

use super::*;
use crate::kernels::threads::set_threads;

fn offsets(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut all = vec![0];
    for (&size, &stride) in shape.iter().zip(strides) {
        all = all
            .iter()
            .flat_map(|&o| (0..size).map(move |i| o + i * stride))
            .collect();
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_strided_copy_follows_the_strides(
        shape in prop::collection::vec(prop_oneof![0..3usize, 1..9usize, 30..70usize], 0..4),
        order in Just([0usize, 1, 2, 3]).prop_shuffle(),
        repeat in prop::collection::vec(0..5u8, 4),
        gap in 0..2usize,
    ) {
        let mut strides = vec![0; shape.len()];
        let mut next = 1 + gap;
        for axis in order.into_iter().filter(|&axis| axis < shape.len()) {
            if repeat[axis] > 0 {
                strides[axis] = next;
                next *= shape[axis].max(1);
            }
        }
        let places = offsets(&shape, &strides);
        let src: Vec<u32> = (0..places.iter().max().map_or(0, |m| m + 1) as u32).collect();
        let mut dst = vec![0; places.len()];
        copy_strided(&shape, &src, &strides, &mut dst);
        for (dst, place) in dst.into_iter().zip(places) {
            prop_assert_eq!(dst as usize, place);
        }
    }
}

#[test]
fn large_transposes_are_right_for_every_thread_count() {
    for (p, q) in [(257, 513), (1000, 4), (4, 1000), (64, 64)] {
        let src: Vec<f32> = (0..3 * p * q).map(|i| i as f32).collect();
        for threads in 1..=3 {
            set_threads(threads);
            let mut dst = vec![0.0; src.len()];
            copy_strided(&[3, p, q], &src, &[p * q, 1, p], &mut dst);
            for (i, &x) in dst.iter().enumerate() {
                let (m, r, c) = (i / (p * q), i / q % p, i % q);
                assert_eq!(x as usize, m * p * q + r + c * p);
            }
        }
    }
}

#[test]
fn conversions_mean_what_as_means() {
    let mut bytes = [0_u8; 6];
    convert(
        &[-1.0_f32, 0.9, 255.0, 256.0, f32::NAN, f32::INFINITY],
        &mut bytes,
    );
    assert_eq!(bytes, [0, 0, 255, 255, 0, 255]);
    let mut wide = [0.0_f64; 2];
    convert(&[1.5_f32, -2.25], &mut wide);
    assert_eq!(wide, [1.5, -2.25]);
    let mut index = [0_u32; 2];
    convert(&[7_i64, 4_000_000_000], &mut index);
    assert_eq!(index, [7, 4_000_000_000]);
    let mut long = [0_i64; 3];
    convert(&[-3.7_f64, 1e30, f64::NAN], &mut long);
    assert_eq!(long, [-3, i64::MAX, 0]);
    let all: Vec<u8> = (0..=255).cycle().take(100_001).collect();
    let mut floats = vec![0.0_f32; all.len()];
    convert(&all, &mut floats);
    assert!(all.iter().zip(&floats).all(|(&a, &b)| f32::from(a) == b));
}

#[test]
fn rows_are_selected_and_added_back() {
    let src: Vec<f64> = (0..12).map(f64::from).collect();
    let mut dst = [0.0; 9];
    index_select_rows(&src, 4, 3, &[3_i64, 0, 3], &mut dst).unwrap();
    assert_eq!(dst, [9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 9.0, 10.0, 11.0]);
    let mut sum = [0.5; 12];
    scatter_add_rows(&mut sum, 4, 3, &[3_u32, 0, 3], &dst).unwrap();
    assert_eq!(
        sum,
        [
            0.5, 1.5, 2.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 18.5, 20.5, 22.5
        ]
    );
}

#[test]
fn wrong_indices_are_refused_by_position() {
    let mut dst = [7.0_f32; 4];
    assert_eq!(
        index_select_rows(&[0.0; 6], 3, 2, &[0_i64, -1], &mut dst),
        Err(1)
    );
    assert_eq!(
        index_select_rows(&[0.0; 6], 3, 2, &[3_u32, 1], &mut dst),
        Err(0)
    );
    assert_eq!(dst, [7.0; 4]);
    assert_eq!(
        scatter_add_rows(&mut dst, 2, 2, &[0_u32, 1, 2], &[0.0; 6]),
        Err(2)
    );
    assert_eq!(
        gather(&[1.0_f32; 4], [1, 2, 1, 2], &[0_i64, 2], &mut [0.0; 2]),
        Err(1)
    );
    assert_eq!(
        index_select_rows::<f32, u32>(&[], 0, 2, &[], &mut []),
        Ok(())
    );
}

#[test]
fn adding_rows_does_not_depend_on_threads() {
    let index: Vec<u32> = (0..5000_u32).map(|i| i * i % 37).collect();
    let src: Vec<f32> = (0..5000 * 130).map(|i| (i as f32).sin()).collect();
    let run = |threads| {
        set_threads(threads);
        let mut dst = vec![0.0; 37 * 130];
        scatter_add_rows(&mut dst, 37, 130, &index, &src).unwrap();
        dst
    };
    let one = run(1);
    let mut naive = vec![0.0; 37 * 130];
    for (k, &row) in index.iter().enumerate() {
        for c in 0..130 {
            naive[row as usize * 130 + c] += src[k * 130 + c];
        }
    }
    assert_eq!(one, naive);
    assert!(one == run(2) && one == run(3));
}

#[test]
fn gather_and_its_derivative() {
    let [outer, n, m, inner] = [2, 5, 3, 4];
    let x: Vec<f64> = (0..outer * n * inner).map(|i| i as f64).collect();
    let index: Vec<u32> = (0..outer * m * inner).map(|i| (i * 7 % n) as u32).collect();
    let mut out = vec![0.0; index.len()];
    gather(&x, [outer, n, m, inner], &index, &mut out).unwrap();
    let mut dx = vec![0.0; x.len()];
    let mut expected = vec![0.0; x.len()];
    for o in 0..outer {
        for j in 0..m {
            for i in 0..inner {
                let to = (o * m + j) * inner + i;
                let from = (o * n + index[to] as usize) * inner + i;
                assert_eq!(out[to], x[from]);
                expected[from] += out[to];
            }
        }
    }
    gather_backward(&out, [outer, n, m, inner], &index, &mut dx).unwrap();
    assert_eq!(dx, expected);
}
