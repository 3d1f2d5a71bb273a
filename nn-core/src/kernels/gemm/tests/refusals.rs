//! What must be refused.

use super::*;

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let data = [1.0f32; 100];
    let mut out = [7.0f32; 100];
    let a = MatRef::row_major(&data, 3, 4).unwrap();
    let b = MatRef::row_major(&data, 5, 6).unwrap();
    let got = gemm(
        a,
        b,
        MatMut::row_major(&mut out, 3, 6).unwrap(),
        &Epilogue::default(),
    );
    assert_eq!(
        got,
        Err(ShapeMismatch {
            a: (3, 4),
            b: (5, 6),
            c: (3, 6),
            bias: None
        })
    );
    assert_eq!(
        got.unwrap_err().to_string(),
        "[3, 4] x [5, 6] does not give [3, 6]"
    );
    let b = MatRef::row_major(&data, 4, 6).unwrap();
    let epilogue = Epilogue {
        bias: Some(&data[..5]),
        ..Epilogue::default()
    };
    assert!(gemm(a, b, MatMut::row_major(&mut out, 3, 6).unwrap(), &epilogue).is_err());
    assert!(
        gemm(
            a,
            b,
            MatMut::row_major(&mut out, 2, 6).unwrap(),
            &Epilogue::default()
        )
        .is_err()
    );
    assert!(out.iter().all(|x| *x == 7.0));
}

#[test]
fn views_are_checked() {
    let data = [0.0f32; 10];
    assert!(MatRef::new(&data, 2, 5, 5, 1).is_some());
    assert!(MatRef::new(&data, 2, 5, 6, 1).is_none());
    assert!(MatRef::new(&data, usize::MAX, 2, usize::MAX, 1).is_none());
    assert!(MatRef::new(&data, 1000, 5, 0, 1).is_some());
    assert!(MatRef::new(&data, 0, 5, usize::MAX, usize::MAX).is_some());
    let mut data = [0.0f32; 10];
    assert!(MatMut::new(&mut data, 2, 5, 4).is_none());
    assert!(MatMut::new(&mut data, 1, 10, 0).is_some());
    assert!(MatMut::new(&mut data, 3, 3, 4).is_none());
}
