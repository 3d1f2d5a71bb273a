//! Threads: the same bits for any number of them, and several callers at once.

use super::*;

/// The shapes whose paths differ: narrow, flat, thin, long, batch-like.
const SHAPES: [(usize, usize, usize); 12] = [
    (128, 256, 300),
    (128, 10, 256),
    (10, 256, 128),
    (32, 1024, 512),
    (1, 1000, 900),
    (1000, 1, 900),
    (500, 33, 65),
    (129, 513, 40),
    (64, 64, 700),
    (7, 2000, 100),
    (2000, 7, 100),
    (300, 300, 1),
];

#[test]
fn same_bits_for_every_number_of_threads() {
    let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads();
    let mut numbers = Numbers(3);
    for (m, n, k) in SHAPES {
        for (la, lb) in [
            (Layout::Rows, Layout::Rows),
            (Layout::Rows, Layout::Columns),
            (Layout::Columns, Layout::Rows),
            (Layout::Columns, Layout::Columns),
        ] {
            let (a, ars, acs) = matrix::<f32>(&mut numbers, la, m, k);
            let (b, brs, bcs) = matrix::<f32>(&mut numbers, lb, k, n);
            for isa in Isa::available() {
                let mut first: Option<Vec<u32>> = None;
                for count in [1, 2, 3, 5, 8] {
                    set_threads(count);
                    let mut c = vec![0.5f32; m * n];
                    let epilogue = Epilogue {
                        accumulate: true,
                        ..Epilogue::default()
                    };
                    gemm_with_isa(
                        *isa,
                        MatRef::new(&a, m, k, ars, acs).unwrap(),
                        MatRef::new(&b, k, n, brs, bcs).unwrap(),
                        MatMut::row_major(&mut c, m, n).unwrap(),
                        &epilogue,
                    )
                    .unwrap();
                    let bits: Vec<u32> = c.iter().map(|x| x.to_bits()).collect();
                    let want = first.get_or_insert_with(|| bits.clone());
                    assert!(
                        *want == bits,
                        "[{m}, {k}] x [{k}, {n}], {la:?} {lb:?}, {isa:?}, {count} threads"
                    );
                }
            }
        }
    }
    set_threads(before);
}

#[test]
fn concurrent_callers_get_their_own_results() {
    let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads();
    set_threads(3);
    let mut numbers = Numbers(13);
    let (m, n, k) = (96, 130, 150);
    let (a, b): (Vec<f32>, Vec<f32>) = (numbers.fill(m * k), numbers.fill(k * n));
    let product = || {
        let mut c = vec![0.0f32; m * n];
        gemm(
            MatRef::row_major(&a, m, k).unwrap(),
            MatRef::row_major(&b, k, n).unwrap(),
            MatMut::row_major(&mut c, m, n).unwrap(),
            &Epilogue::default(),
        )
        .unwrap();
        c
    };
    let want = product();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert!(product() == want);
                }
            });
        }
    });
    set_threads(before);
}
