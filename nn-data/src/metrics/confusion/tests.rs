use super::*;

fn matrix() -> ConfusionMatrix {
    let mut matrix = ConfusionMatrix::with_classes(3).unwrap();
    matrix
        .add(&[0u32, 0, 1, 1, 1, 2], &[0, 1, 1, 1, 0, 2])
        .unwrap();
    matrix
}

#[test]
fn counts_and_sums() {
    let m = matrix();
    assert_eq!(
        m.rows().map(<[u64]>::to_vec).collect::<Vec<_>>(),
        [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
    );
    assert_eq!(
        (
            m.truth_count(1),
            m.predicted_count(1),
            m.total(),
            m.correct()
        ),
        (3, 3, 6, 4)
    );
    assert_eq!(m.confusions(), [(0, 1, 1), (1, 0, 1)]);
    let mut twice = m.clone();
    twice.merge(&m).unwrap();
    assert_eq!(twice.total(), 12);
    assert_eq!(twice.accuracy(), m.accuracy());
}

#[test]
fn shares() {
    let mut m = matrix();
    m.add(&[0u32], &[0]).unwrap();
    let by_truth = m.normalized(Normalize::Truth).unwrap();
    assert_eq!(by_truth[..2], [2.0 / 3.0, 1.0 / 3.0]);
    let by_prediction = m.normalized(Normalize::Predicted).unwrap();
    assert_eq!((by_prediction[0], by_prediction[3]), (2.0 / 3.0, 1.0 / 3.0));
    let all = m.normalized(Normalize::All).unwrap();
    assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    let empty = ConfusionMatrix::with_classes(2).unwrap();
    assert_eq!(empty.normalized(Normalize::Truth).unwrap(), [0.0; 4]);
}

#[test]
fn a_label_out_of_range_counts_nothing() {
    let mut m = matrix();
    assert!(m.add(&[0u32, 3], &[0, 0]).is_err());
    assert!(m.add(&[0i64, 0], &[0, -1]).is_err());
    assert_eq!(m, matrix());
    assert!(ConfusionMatrix::with_classes(0).is_err());
}

#[test]
fn a_million_classes_take_what_their_samples_need() {
    let mut m = ConfusionMatrix::with_classes(1_000_000).unwrap();
    let mut twin = ConfusionMatrix::with_classes(10).unwrap();
    for (truth, predicted) in [(7u32, 7), (7, 3), (9, 9), (3, 9)] {
        m.add(&[truth], &[predicted]).unwrap();
        twin.add(&[truth], &[predicted]).unwrap();
    }
    assert!(m.add(&[1_000_000u32], &[0]).is_err());
    assert_eq!(m.accuracy(), Some(0.5));
    assert_eq!(
        m.cells().collect::<Vec<_>>(),
        twin.cells().collect::<Vec<_>>()
    );
    assert_eq!((m.truth_count(7), m.predicted_count(9)), (2, 2));
    assert_eq!(m.rows().count(), 0);
    assert!(m.normalized(Normalize::All).is_err());
    let scores = crate::metrics::precision_recall_f1(&m);
    assert_eq!((scores[9].precision, scores[9].recall), (0.5, 1.0));
    assert!(m.to_string().contains("1  3 taken for 9"), "{m}");
}

#[test]
fn is_drawn_as_a_table() {
    let mut m = ConfusionMatrix::new(vec!["cat".into(), "dog".into()]).unwrap();
    m.add(&[0u32, 0, 0, 1], &[0, 0, 1, 1]).unwrap();
    let expected = "\
truth     │ predicted
          │    cat    dog │ recall
──────────┼───────────────┼───────
cat       │      2      1 │  66.7%
dog       │      ·      1 │ 100.0%
──────────┼───────────────┼───────
precision │ 100.0%  50.0% │  75.0%
";
    assert_eq!(m.to_string(), expected);
}

#[test]
fn many_classes_become_a_list() {
    let mut m = ConfusionMatrix::with_classes(100).unwrap();
    m.add(&[7u32, 7, 8], &[9, 9, 8]).unwrap();
    let text = m.to_string();
    assert!(
        text.starts_with("100 classes, 1 of 3 samples right"),
        "{text}"
    );
    assert!(text.contains("       2  7 taken for 9"), "{text}");
}

#[test]
fn survives_json() {
    let text = serde_json::to_string(&matrix()).unwrap();
    assert_eq!(
        text,
        r#"{"classes":["0","1","2"],"counts":[[1,1,0],[1,2,0],[0,0,1]]}"#
    );
    assert_eq!(
        serde_json::from_str::<ConfusionMatrix>(&text).unwrap(),
        matrix()
    );
    let mut wide = ConfusionMatrix::with_classes(3000).unwrap();
    wide.add(&[2999u32, 5], &[5, 5]).unwrap();
    let text = serde_json::to_string(&wide).unwrap();
    assert_eq!(
        serde_json::from_str::<ConfusionMatrix>(&text).unwrap(),
        wide
    );
    let ragged = r#"{"classes":["0","1"],"counts":[[1,1],[1]]}"#;
    assert!(serde_json::from_str::<ConfusionMatrix>(ragged).is_err());
}
