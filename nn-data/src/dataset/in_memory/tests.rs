use super::*;

fn numbers() -> InMemory {
    let inputs = Tensor::from_vec((0..12).map(|v| v as f32).collect::<Vec<_>>(), [4, 3]).unwrap();
    InMemory::new("numbers", inputs, Targets::classes(vec![0, 1, 1, 2], 3)).unwrap()
}

#[test]
fn batches_pick_rows_in_the_order_asked() {
    let batch = numbers().batch(&[2, 0, 2]).unwrap();
    assert_eq!(batch.inputs.dims(), [3, 3]);
    assert_eq!(
        batch.inputs.to_vec::<f32>().unwrap(),
        [6.0, 7.0, 8.0, 0.0, 1.0, 2.0, 6.0, 7.0, 8.0]
    );
    assert_eq!(batch.targets.to_vec::<u32>().unwrap(), [1, 0, 1]);
    assert_eq!(batch.indices, [2, 0, 2]);
    let empty = numbers().batch(&[]).unwrap();
    assert_eq!((empty.inputs.dims(), empty.len()), (&[0, 3][..], 0));
}

#[test]
fn indices_out_of_range_are_refused() {
    let error = numbers().batch(&[4]).unwrap_err().to_string();
    assert_eq!(
        error,
        "batch: sample 4 was asked of a data set of 4 samples"
    );
}

#[test]
fn every_stored_type_is_handed_out() {
    let check = |inputs: nn_core::Result<Tensor>, to: DType| {
        let inputs = inputs.unwrap().reshape([2, 1]).unwrap();
        let data = InMemory::new("t", inputs, Targets::None).unwrap();
        data.with_input_dtype(to)
            .unwrap()
            .batch(&[1, 0])
            .unwrap()
            .inputs
    };
    assert_eq!(
        check(Tensor::from_vec(vec![1u8, 2], [2]), DType::F32)
            .to_vec::<f32>()
            .unwrap(),
        [2.0, 1.0]
    );
    assert_eq!(
        check(Tensor::from_vec(vec![1u32, 2], [2]), DType::U32)
            .to_vec::<u32>()
            .unwrap(),
        [2, 1]
    );
    assert_eq!(
        check(Tensor::from_vec(vec![1i64, -2], [2]), DType::F64)
            .to_vec::<f64>()
            .unwrap(),
        [-2.0, 1.0]
    );
    assert_eq!(
        check(Tensor::from_vec(vec![0.1f64, 0.2], [2]), DType::F64)
            .to_vec::<f64>()
            .unwrap(),
        [0.2, 0.1]
    );
    let inputs = Tensor::from_vec(vec![1.0f32], [1, 1]).unwrap();
    let data = InMemory::new("t", inputs, Targets::None).unwrap();
    assert!(data.with_input_dtype(DType::U8).is_err());
}

#[test]
fn regression_targets_have_a_column_per_output() {
    let inputs = Tensor::zeros([2, 1], DType::F32).unwrap();
    let targets = Targets::Regression {
        values: vec![1.0, 2.0, 3.0, 4.0],
        names: vec!["a".into(), "b".into()],
    };
    let batch = InMemory::new("t", inputs, targets)
        .unwrap()
        .batch(&[1])
        .unwrap();
    assert_eq!(batch.targets.dims(), [1, 2]);
    assert_eq!(batch.targets.to_vec::<f32>().unwrap(), [3.0, 4.0]);
}

#[test]
fn a_misfit_of_inputs_and_targets_is_refused() {
    let inputs = || Tensor::zeros([2, 1], DType::F32).unwrap();
    let error = |targets| {
        InMemory::new("t", inputs(), targets)
            .unwrap_err()
            .to_string()
    };
    assert!(error(Targets::classes(vec![0], 1)).contains("2 inputs but 1 labels"));
    assert!(error(Targets::classes(vec![0, 5], 3)).contains("sample 1"));
    assert!(error(Targets::regression(vec![0.0; 3], "y")).contains("3 target values"));
    assert!(InMemory::new("t", Tensor::scalar(1.0f32).unwrap(), Targets::None).is_err());
}

#[test]
fn reshaping_keeps_the_values() {
    let data = numbers().with_input_shape(&[3, 1]).unwrap();
    assert_eq!(data.batch(&[1]).unwrap().inputs.dims(), [1, 3, 1]);
    assert!(numbers().with_input_shape(&[2]).is_err());
}

#[test]
fn a_huge_shape_without_samples_is_harmless() {
    let empty = |shape: &[usize]| {
        let mut whole = vec![0];
        whole.extend(shape);
        InMemory::new(
            "t",
            Tensor::zeros(whole, DType::F32).unwrap(),
            Targets::None,
        )
    };
    assert!(empty(&[usize::MAX, 3]).is_err());
    let wide = empty(&[1_000_000, 1_000_000]).unwrap();
    assert_eq!(
        crate::describe::Description::of(&wide).unwrap().warnings,
        ["There are no samples."]
    );
    assert!(crate::transform::Statistics::of(&wide, Default::default()).is_err());
    assert!(crate::transform::Statistics::new(&[1 << 40], Default::default()).is_err());
}
