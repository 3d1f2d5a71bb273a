//! A picture's changes depend on seed, epoch and sample alone.

use super::*;
use crate::dataset::{Dataset, InMemory, Targets};
use crate::loader::Loader;
use crate::transform::{Pipeline, Preparation};

const SHAPE: [usize; 3] = [3, 13, 11];

fn data(count: usize) -> InMemory {
    let [c, h, w] = SHAPE;
    let pixels: Vec<u8> = pictures(count, SHAPE, 12)
        .iter()
        .map(|&v| v as u8)
        .collect();
    let labels = (0..count as u32).map(|at| at % 4).collect();
    InMemory::new(
        "t",
        Tensor::from_vec(pixels, [count, c, h, w]).unwrap(),
        Targets::classes(labels, 4),
    )
    .unwrap()
}

/// The pictures by their numbers, as a loader gives them.
fn by_number(loader: &Loader, epoch: u64, from: usize) -> Vec<Option<Vec<f32>>> {
    let mut all = vec![None; loader.dataset().len()];
    for batch in loader.epoch_from(epoch, from) {
        let batch = batch.unwrap();
        let pixels = batch.inputs.to_vec::<f32>().unwrap();
        for (picture, &index) in pixels
            .chunks_exact(SHAPE.iter().product())
            .zip(&batch.indices)
        {
            all[index] = Some(picture.to_vec());
        }
    }
    all
}

#[test]
fn batch_size_order_prefetching_and_restarts_change_nothing() {
    let data = data(50);
    let scaling = Pipeline::fit(&[Preparation::pixels()], &data).unwrap();
    let loader = |size: usize| {
        let augmenter = Augmenter::new(one_of_each(), &SHAPE, 5).unwrap();
        let loader = Loader::new(data.clone()).batch_size(size).unwrap();
        loader.augment(augmenter).transform(scaling.clone())
    };
    let plain = by_number(&loader(50), 3, 0);
    assert!(plain.iter().all(Option::is_some));
    assert_eq!(by_number(&loader(1), 3, 0), plain);
    assert_eq!(by_number(&loader(7).shuffle(8), 3, 0), plain);
    assert_eq!(by_number(&loader(7).shuffle(9).prefetch(3), 3, 0), plain);
    let resumed = by_number(&loader(7), 3, 4);
    assert!(resumed[..28].iter().all(Option::is_none) && resumed[28..] == plain[28..]);
    let other = by_number(&loader(50), 4, 0);
    assert!(
        other.iter().zip(&plain).all(|(a, b)| a != b),
        "every picture is new in each epoch"
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    use nn_core::kernels::threads::{set_threads, threads};
    let before = threads();
    let pixels = pictures(64, SHAPE, 1);
    set_threads(1);
    let alone = changed(one_of_each(), pixels.clone(), SHAPE);
    for n in [2, 3, 7] {
        set_threads(n);
        assert_eq!(changed(one_of_each(), pixels.clone(), SHAPE), alone);
    }
    set_threads(before);
}

#[test]
fn another_seed_draws_otherwise() {
    let pixels = pictures(20, SHAPE, 1);
    let with = |seed| {
        let augmenter = Augmenter::new(one_of_each(), &SHAPE, seed).unwrap();
        let mut batch = batch_of(pixels.clone(), SHAPE, (0..20).collect());
        augmenter.apply(1, &mut batch, &classes()).unwrap();
        batch.inputs.to_vec::<f32>().unwrap()
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

#[test]
fn bytes_are_rounded_once_after_all_steps() {
    let shape = [3, 9, 9];
    let pixels = pictures(10, shape, 21);
    let floats = changed(one_of_each(), pixels.clone(), shape);
    let bytes: Vec<u8> = pixels.iter().map(|&v| v as u8).collect();
    let augmenter = Augmenter::new(one_of_each(), &shape, 9)
        .unwrap()
        .white(3.0)
        .unwrap();
    let mut batch = batch_of(pixels, shape, (0..10).collect());
    batch.inputs = Tensor::from_vec(bytes, [10, 3, 9, 9]).unwrap();
    augmenter.apply(1, &mut batch, &classes()).unwrap();
    for (byte, float) in batch.inputs.to_vec::<u8>().unwrap().iter().zip(&floats) {
        assert_eq!(*byte, (float + 0.5).floor() as u8);
    }
}

#[test]
fn pictures_of_every_size_and_number_of_channels_survive_everything() {
    for shape in [[3, 1, 1], [3, 1, 9], [3, 9, 1], [3, 2, 2], [3, 17, 5]] {
        let small = one_of_each()
            .into_iter()
            .filter(|step| !matches!(step, Augment::Crop(_) | Augment::Translate(_)));
        let got = changed(small.collect(), pictures(20, shape, 1), shape);
        assert!(got.iter().all(|v| (0.0..=255.0).contains(v)), "{shape:?}");
    }
    for shape in [[1, 8, 9], [2, 9, 8], [5, 8, 8]] {
        let grey = one_of_each()
            .into_iter()
            .filter(|step| !matches!(step, Augment::Saturation(_) | Augment::Hue(_)));
        let got = changed(grey.collect(), pictures(20, shape, 1), shape);
        assert!(got.iter().all(|v| (0.0..=255.0).contains(v)), "{shape:?}");
    }
    // Height and width alone are one channel.
    let augmenter = Augmenter::new(steps(&[r#"{"type": "flip", "p": 1}"#]), &[2, 3], 1).unwrap();
    let mut batch = batch_of(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 2, 3], vec![0]);
    batch.inputs = batch.inputs.reshape([1, 2, 3]).unwrap();
    augmenter.apply(0, &mut batch, &classes()).unwrap();
    assert_eq!(
        batch.inputs.to_vec::<f32>().unwrap(),
        [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]
    );
}

#[test]
fn places_beyond_all_numbers_do_no_harm() {
    // Each factor is within its range; all of them together are beyond that of 32-bit floats.
    let far = vec![r#"{"type": "zoom", "scale": [0.01, 0.01]}"#; 30];
    let got = changed(steps(&far), pictures(2, SHAPE, 1), SHAPE);
    assert!(got.iter().all(|v| (0.0..=255.0).contains(v)));
}

#[test]
fn the_data_set_itself_stays_as_it_is() {
    let data = data(4);
    let before = data.inputs().to_vec::<u8>().unwrap();
    let stored = data.clone().with_input_dtype(nn_core::DType::U8).unwrap();
    let augmenter = Augmenter::new(one_of_each(), &SHAPE, 5).unwrap();
    for batch in Loader::new(stored).augment(augmenter).epoch(0) {
        assert_eq!(batch.unwrap().inputs.dtype(), nn_core::DType::U8);
    }
    assert_eq!(data.inputs().to_vec::<u8>().unwrap(), before);
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let augmenter = Augmenter::new(one_of_each(), &SHAPE, 5).unwrap();
    let mut other = batch_of(vec![0.0; 3 * 13 * 12], [3, 13, 12], vec![0]);
    let error = augmenter
        .apply(0, &mut other, &classes())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("1 samples of 3×13×11 were expected, not [1, 3, 13, 12]"),
        "{error}"
    );
    let mut doubles = batch_of(vec![0.0; 3 * 13 * 11], SHAPE, vec![0]);
    doubles.inputs = doubles.inputs.to_dtype(nn_core::DType::F64).unwrap();
    let error = augmenter
        .apply(0, &mut doubles, &classes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("u8 or f32, not of f64"), "{error}");
    assert!(
        Augmenter::new(vec![], &SHAPE, 5)
            .unwrap()
            .white(0.0)
            .is_err()
    );
    let mut none = batch_of(vec![], SHAPE, vec![]);
    augmenter.apply(0, &mut none, &classes()).unwrap();
}
