use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nn_core::{DType, Tensor};

use super::*;
use crate::dataset::{InMemory, TargetKind, Targets};
use crate::transform::Scaling;

fn numbers(n: usize) -> InMemory {
    let inputs =
        Tensor::from_vec((0..2 * n).map(|v| v as f32).collect::<Vec<_>>(), [n, 2]).unwrap();
    InMemory::new(
        "numbers",
        inputs,
        Targets::classes((0..n as u32).collect(), n),
    )
    .unwrap()
}

fn contents(epoch: Epoch) -> Vec<(Vec<f32>, Vec<u32>, Vec<usize>)> {
    epoch
        .map(|batch| {
            let batch = batch.unwrap();
            (
                batch.inputs.to_vec().unwrap(),
                batch.targets.to_vec().unwrap(),
                batch.indices,
            )
        })
        .collect()
}

fn indices(epoch: Epoch) -> Vec<usize> {
    contents(epoch)
        .into_iter()
        .flat_map(|(_, _, indices)| indices)
        .collect()
}

#[test]
fn every_sample_comes_once_in_an_epoch() {
    let loader = Loader::new(numbers(23)).batch_size(5).unwrap().shuffle(3);
    let mut seen = indices(loader.epoch(0));
    assert_ne!(seen, (0..23).collect::<Vec<_>>());
    seen.sort_unstable();
    assert_eq!(seen, (0..23).collect::<Vec<_>>());
    assert_eq!((loader.batches(), loader.samples()), (5, 23));
    let loader = loader.drop_last(true);
    assert_eq!((loader.batches(), loader.samples()), (4, 20));
    assert_eq!(indices(loader.epoch(0)).len(), 20);
}

#[test]
fn order_depends_on_seed_and_epoch_alone() {
    let loader = |seed| {
        Loader::new(numbers(50))
            .batch_size(8)
            .unwrap()
            .shuffle(seed)
    };
    assert_eq!(indices(loader(1).epoch(4)), indices(loader(1).epoch(4)));
    assert_ne!(indices(loader(1).epoch(4)), indices(loader(1).epoch(5)));
    assert_ne!(indices(loader(1).epoch(4)), indices(loader(2).epoch(4)));
    let plain = Loader::new(numbers(50));
    assert_eq!(indices(plain.epoch(9)), (0..50).collect::<Vec<_>>());
}

#[test]
fn a_sampler_draws_by_weight() {
    use crate::balance::WeightedSampler;
    let weights: Vec<f64> = (0..20).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
    let loader = |count| {
        let sampler = WeightedSampler::new(&weights, count, true).unwrap();
        let loader = Loader::new(numbers(20)).batch_size(4).unwrap();
        loader.sampler(sampler, 3).unwrap()
    };
    let drawn = indices(loader(30).epoch(0));
    assert_eq!((drawn.len(), loader(30).batches()), (30, 8));
    assert!(drawn.iter().all(|i| i % 5 == 0));
    assert_eq!(drawn, indices(loader(30).prefetch(2).epoch(0)));
    assert_ne!(drawn, indices(loader(30).epoch(1)));
    assert_eq!(indices(loader(30).shuffle(1).epoch(0)).len(), 20);
    let sampler = WeightedSampler::new(&weights, 4, true).unwrap();
    assert!(Loader::new(numbers(21)).sampler(sampler, 3).is_err());
}

#[test]
fn prefetching_and_resuming_change_nothing() {
    let loader = Loader::new(numbers(41)).batch_size(4).unwrap().shuffle(11);
    let whole = contents(loader.epoch(2));
    for depth in [1, 2, 7, 100] {
        let ahead = loader.clone().prefetch(depth);
        assert_eq!(contents(ahead.epoch(2)), whole);
        assert_eq!(contents(ahead.epoch_from(2, 6)), whole[6..]);
    }
    assert_eq!(contents(loader.epoch_from(2, 3)), whole[3..]);
    assert!(contents(loader.epoch_from(2, 11)).is_empty());
    assert!(contents(loader.prefetch(2).epoch_from(2, 99)).is_empty());
}

#[test]
fn transforms_are_applied_to_every_batch() {
    let data = numbers(6);
    let scaling = Pipeline::fit(
        &[Scaling::Fixed {
            factor: 0.5,
            offset: 1.0,
        }],
        &data,
    )
    .unwrap();
    let loader = Loader::new(data).transform(scaling).full_batch();
    let batch = loader.epoch(0).next().unwrap().unwrap();
    assert_eq!(batch.inputs.to_vec::<f32>().unwrap()[..3], [1.0, 1.5, 2.0]);
    assert_eq!(batch.len(), 6);
}

#[test]
fn no_samples_give_no_batches() {
    for prefetch in [0, 2] {
        let loader = Loader::new(numbers(0)).prefetch(prefetch).full_batch();
        assert_eq!((loader.batches(), loader.epoch(0).count()), (0, 0));
    }
    assert!(Loader::new(numbers(1)).batch_size(0).is_err());
}

/// Fails or panics at a given batch, and counts what it was asked for.
struct Troubled {
    kind: TargetKind,
    at: usize,
    panics: bool,
    calls: Arc<AtomicUsize>,
    dropped: Arc<AtomicBool>,
}

impl Troubled {
    fn new(at: usize, panics: bool) -> Self {
        Troubled {
            kind: TargetKind::None,
            at,
            panics,
            calls: Arc::default(),
            dropped: Arc::default(),
        }
    }
}

impl Drop for Troubled {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

impl Dataset for Troubled {
    fn name(&self) -> &str {
        "troubled"
    }
    fn len(&self) -> usize {
        1000
    }
    fn input_shape(&self) -> &[usize] {
        &[1]
    }
    fn target_kind(&self) -> &TargetKind {
        &self.kind
    }
    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call == self.at && self.panics {
            panic!("the disk is on fire");
        }
        if call == self.at {
            return Err(Error::data("troubled", "a sample is broken", "repair it"));
        }
        let inputs = Tensor::zeros([indices.len(), 1], DType::F32)?;
        let targets = Tensor::zeros([indices.len(), 0], DType::F32)?;
        Ok(Batch {
            inputs,
            targets,
            indices: indices.to_vec(),
        })
    }
}

#[test]
fn an_error_reaches_the_caller_and_ends_the_epoch() {
    for prefetch in [0, 3] {
        let loader = Loader::new(Troubled::new(2, false))
            .batch_size(10)
            .unwrap()
            .prefetch(prefetch);
        let results: Vec<_> = loader.epoch(0).collect();
        assert_eq!(results.len(), 3);
        let error = results[2].as_ref().unwrap_err().to_string();
        assert_eq!(error, "troubled: a sample is broken; repair it");
    }
}

#[test]
fn a_panic_in_the_worker_becomes_an_error() {
    let loader = Loader::new(Troubled::new(1, true))
        .batch_size(10)
        .unwrap()
        .prefetch(2);
    let results: Vec<_> = loader.epoch(0).collect();
    assert_eq!(results.len(), 2);
    let error = results[1].as_ref().unwrap_err().to_string();
    assert_eq!(
        error,
        "the thread that prepares batches stopped: the disk is on fire"
    );
}

#[test]
fn dropping_midway_stops_the_worker_and_frees_everything() {
    let data = Troubled::new(usize::MAX, false);
    let (calls, dropped) = (data.calls.clone(), data.dropped.clone());
    let loader = Loader::new(data).batch_size(1).unwrap().prefetch(3);
    let mut epoch = loader.epoch(0);
    assert!(epoch.next().unwrap().is_ok());
    drop(epoch);
    // At most: one taken, the queue full, one finished and one begun.
    let after = calls.load(Ordering::SeqCst);
    assert!(after <= 6, "{after} batches were prepared");
    drop(loader);
    assert!(
        dropped.load(Ordering::SeqCst),
        "the worker still holds the data set"
    );
    assert_eq!(calls.load(Ordering::SeqCst), after);
}
