//! What belongs to a saved model survives the native checkpoint, which knows no self-describing values.

use nn_core::store::checkpoint;
use nn_data::dataset::{CsvOptions, CsvSchema, CsvTarget};
use nn_data::metrics::ClassificationReport;
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Dataset, TargetKind, dataset, describe::Description};
use serde::{Serialize, de::DeserializeOwned};

fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let bytes = checkpoint::to_bytes("test", value).unwrap();
    checkpoint::from_bytes(&bytes, "test").unwrap()
}

#[test]
fn everything_a_model_stores_comes_back_equal() {
    let iris = dataset::iris().unwrap();
    assert_eq!(&again(iris.target_kind()), iris.target_kind());
    assert_eq!(again(&TargetKind::None), TargetKind::None);
    let steps = [
        Preparation::pixels(),
        Preparation::mean(),
        Preparation::min_max(),
        Preparation::standard(),
    ];
    let pipeline = Pipeline::fit(&steps, &iris).unwrap();
    assert_eq!(again(&pipeline), pipeline);
    for target in [
        CsvTarget::None,
        CsvTarget::Classes("y".into()),
        CsvTarget::Regression(vec!["x".into(), "y".into()]),
    ] {
        let options = CsvOptions::new()
            .target(target)
            .categorical("x", Default::default());
        let schema = options
            .parse("t", b"c,x,y\nred,1,1\nblue,2,0\n")
            .unwrap()
            .schema;
        assert_eq!(again::<CsvSchema>(&schema), schema);
    }
    let names = vec!["a".to_string(), "b".to_string()];
    let report = ClassificationReport::from_labels(&[0u32, 1], &[0, 0], names).unwrap();
    assert_eq!(again(&report), report);
    let summary = Description::of(&iris).unwrap();
    assert_eq!(again(&summary), summary);
}
