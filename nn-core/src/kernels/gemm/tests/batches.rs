//! Batches against single products.

use super::*;

#[test]
fn batches_of_products_with_vectors() {
    let mut numbers = Numbers(17);
    let (batch, m, k) = (5, 40, 33);
    let a: Vec<f32> = numbers.fill(batch * m * k);
    let x: Vec<f32> = numbers.fill(batch * k);
    let bias = [0.25f32];
    let epilogue = Epilogue {
        bias: Some(&bias[..]),
        ..Epilogue::default()
    };
    for isa in Isa::available() {
        let mut columns = vec![0.0f32; batch * m];
        gemm_batched_with_isa(
            *isa,
            &Batch {
                dims: &[batch],
                a: &[m * k],
                b: &[k],
                c: &[m],
            },
            MatRef::row_major(&a, m, k).unwrap(),
            MatRef::row_major(&x, k, 1).unwrap(),
            MatMut::row_major(&mut columns, m, 1).unwrap(),
            &epilogue,
        )
        .unwrap();
        for item in 0..batch {
            for i in 0..m {
                let row = &a[(item * m + i) * k..][..k];
                let want: f64 = row
                    .iter()
                    .zip(&x[item * k..])
                    .map(|(a, x)| f64::from(*a) * f64::from(*x))
                    .sum();
                let got = f64::from(columns[item * m + i]);
                assert!(
                    (got - want - 0.25).abs() < 1e-4,
                    "{isa:?} {item} {i}: {got}, {want}"
                );
            }
        }
    }
}

#[test]
fn batches_equal_single_products() {
    let mut numbers = Numbers(11);
    // Heads of attention as they lie: [batch, time, head, width], no copies.
    let (batch, time, heads, width) = (3, 21, 4, 18);
    let row = heads * width;
    let q: Vec<f32> = numbers.fill(batch * time * row);
    let k: Vec<f32> = numbers.fill(batch * time * row);
    let shared: Vec<f32> = numbers.fill(width * time);
    for isa in Isa::available() {
        for count in [1, 3] {
            let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
            let before = threads();
            set_threads(count);
            for share in [false, true] {
                let strides = [time * row, width];
                let b = if share {
                    MatRef::row_major(&shared, width, time).unwrap()
                } else {
                    MatRef::new(&k, time, width, row, 1).unwrap().t()
                };
                let b_strides = if share { [0, 0] } else { strides };
                let mut scores = vec![0.0f32; batch * heads * time * time];
                gemm_batched_with_isa(
                    *isa,
                    &Batch {
                        dims: &[batch, heads],
                        a: &strides,
                        b: &b_strides,
                        c: &[heads * time * time, time * time],
                    },
                    MatRef::new(&q, time, width, row, 1).unwrap(),
                    b,
                    MatMut::row_major(&mut scores, time, time).unwrap(),
                    &Epilogue::default(),
                )
                .unwrap();
                let mut mixed = vec![0.0f32; q.len()];
                gemm_batched_with_isa(
                    *isa,
                    &Batch {
                        dims: &[batch, heads],
                        a: &[heads * time * time, time * time],
                        b: &strides,
                        c: &strides,
                    },
                    MatRef::row_major(&scores, time, time).unwrap(),
                    MatRef::new(&k, time, width, row, 1).unwrap(),
                    MatMut::new(&mut mixed, time, width, row).unwrap(),
                    &Epilogue::default(),
                )
                .unwrap();
                for item in 0..batch {
                    for head in 0..heads {
                        let at = item * time * row + head * width;
                        let mut want = vec![0.0f32; time * time];
                        let one = if share {
                            b
                        } else {
                            MatRef::new(&k[at..], time, width, row, 1).unwrap().t()
                        };
                        gemm_with_isa(
                            *isa,
                            MatRef::new(&q[at..], time, width, row, 1).unwrap(),
                            one,
                            MatMut::row_major(&mut want, time, time).unwrap(),
                            &Epilogue::default(),
                        )
                        .unwrap();
                        let from = (item * heads + head) * time * time;
                        assert_eq!(scores[from..from + time * time], want[..]);
                        let mut want = vec![0.0f32; time * width];
                        gemm_with_isa(
                            *isa,
                            MatRef::row_major(&scores[from..], time, time).unwrap(),
                            MatRef::new(&k[at..], time, width, row, 1).unwrap(),
                            MatMut::row_major(&mut want, time, width).unwrap(),
                            &Epilogue::default(),
                        )
                        .unwrap();
                        for i in 0..time {
                            assert_eq!(
                                mixed[at + i * row..at + i * row + width],
                                want[i * width..(i + 1) * width]
                            );
                        }
                    }
                }
            }
            set_threads(before);
        }
    }
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let data = [1.0f32; 24];
    let run = |batch: &Batch<'_>| {
        let mut out = [0.0f32; 8];
        gemm_batched(
            batch,
            MatRef::row_major(&data, 2, 3).unwrap(),
            MatRef::row_major(&data, 3, 2).unwrap(),
            MatMut::row_major(&mut out, 2, 2).unwrap(),
            &Epilogue::default(),
        )
    };
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[4]
        }),
        Ok(())
    );
    assert_eq!(
        run(&Batch {
            dims: &[0],
            a: &[6],
            b: &[6],
            c: &[4]
        }),
        Ok(())
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[2]
        }),
        Err(BatchError::Overlap)
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[0]
        }),
        Err(BatchError::Overlap)
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[5]
        }),
        Err(BatchError::OutOfBounds('c'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[19],
            b: &[6],
            c: &[4]
        }),
        Err(BatchError::OutOfBounds('a'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[usize::MAX],
            c: &[4]
        }),
        Err(BatchError::OutOfBounds('b'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[]
        }),
        Err(BatchError::Strides)
    );
}
