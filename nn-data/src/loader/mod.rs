//! Mini-batches: shuffled by (seed, epoch), prepared ahead on a thread of their own if asked.

mod prefetch;

use std::fmt;
use std::sync::Arc;

use nn_core::random::{Purpose, Rng};

use crate::balance::WeightedSampler;
use crate::batch::Batch;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::transform::augment::Augmenter;
use crate::transform::{Pipeline, Transform};
use prefetch::Prefetch;

/// Divides a data set into mini-batches, epoch after epoch.
///
/// The order of an epoch is a function of seed and epoch alone, so training can resume at any batch
/// and prefetching changes nothing but the time.
///
/// ```
/// use nn_data::{Loader, dataset};
///
/// let loader = Loader::new(dataset::iris()?).batch_size(32)?.shuffle(42);
/// assert_eq!(loader.batches(), 5);
/// for batch in loader.epoch(0) {
///     let batch = batch?;
///     assert_eq!(batch.inputs.dims(), [batch.len(), 4]);
/// }
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Clone)]
pub struct Loader {
    source: Arc<Source>,
    order: Order,
    prefetch: usize,
}

/// What makes a batch out of sample numbers; shared with the prefetching thread.
#[derive(Clone)]
struct Source {
    dataset: Arc<dyn Dataset>,
    augment: Option<Augmenter>,
    inputs: Pipeline,
    targets: Pipeline,
}

impl Source {
    fn batch(&self, epoch: u64, indices: &[usize]) -> Result<Batch> {
        let mut batch = self.dataset.batch(indices)?;
        if let Some(augment) = &self.augment {
            augment.apply(epoch, &mut batch, self.dataset.target_kind())?;
        }
        self.inputs.apply(&mut batch.inputs)?;
        self.targets.apply(&mut batch.targets)?;
        Ok(batch)
    }
}

/// Which samples make up which batch.
#[derive(Debug, Clone, PartialEq)]
struct Order {
    samples: usize,
    batch_size: usize,
    drawing: Drawing,
    drop_last: bool,
}

/// How the samples of an epoch are chosen.
#[derive(Debug, Clone, PartialEq)]
enum Drawing {
    InOrder,
    /// Each once, with this seed.
    Shuffled(u64),
    /// By their weights, with this seed.
    Weighted(WeightedSampler, u64),
}

impl Order {
    fn batches(&self) -> usize {
        match self.drop_last {
            true => self.samples / self.batch_size,
            false => self.samples.div_ceil(self.batch_size),
        }
    }

    fn samples(&self, epoch: u64) -> Vec<usize> {
        match &self.drawing {
            Drawing::InOrder => (0..self.samples).collect(),
            Drawing::Shuffled(seed) => {
                Rng::addressed(*seed, Purpose::Shuffle, epoch, 0).permutation(self.samples)
            }
            Drawing::Weighted(sampler, seed) => sampler.draw(*seed, epoch),
        }
    }
}

impl Loader {
    /// A loader of batches of 32 in the order of the data set, with nothing prefetched.
    pub fn new(dataset: impl Dataset + 'static) -> Self {
        let samples = dataset.len();
        let source = Source {
            dataset: Arc::new(dataset),
            augment: None,
            inputs: Pipeline::new(),
            targets: Pipeline::new(),
        };
        let order = Order {
            samples,
            batch_size: 32,
            drawing: Drawing::InOrder,
            drop_last: false,
        };
        Loader {
            source: Arc::new(source),
            order,
            prefetch: 0,
        }
    }

    /// Sets the number of samples in a batch; default 32.
    ///
    /// # Errors
    /// If it is 0.
    pub fn batch_size(mut self, batch_size: usize) -> Result<Self> {
        if batch_size == 0 {
            return Err(Error::argument(
                "batch size",
                "0 samples make no batch, use 1 or more",
            ));
        }
        self.order.batch_size = batch_size;
        Ok(self)
    }

    /// Puts all samples into one batch, as for gradient descent over the full data set.
    pub fn full_batch(mut self) -> Self {
        self.order.batch_size = self.order.samples.max(1);
        self
    }

    /// Shuffles the samples anew in each epoch.
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.order.samples = self.source.dataset.len();
        self.order.drawing = Drawing::Shuffled(seed);
        self
    }

    /// Draws the samples of each epoch by weight, in place of shuffling: an epoch has as many samples as the sampler draws.
    ///
    /// # Errors
    /// If there are not as many weights as samples.
    pub fn sampler(mut self, sampler: WeightedSampler, seed: u64) -> Result<Self> {
        let samples = self.source.dataset.len();
        if sampler.population() != samples {
            let problem = format!("{} weights for {samples} samples", sampler.population());
            return Err(Error::argument("weighted sampler", problem));
        }
        self.order.samples = sampler.samples();
        self.order.drawing = Drawing::Weighted(sampler, seed);
        Ok(self)
    }

    /// Leaves out a last batch that is smaller than the others.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.order.drop_last = drop_last;
        self
    }

    /// Prepares up to `batches` batches ahead on a thread of its own; 0 (the default) prepares each
    /// batch when it is asked for. It pays where a batch takes long to prepare (decoding,
    /// augmentation) and a processor core is free; batches are the same either way.
    pub fn prefetch(mut self, batches: usize) -> Self {
        self.prefetch = batches;
        self
    }

    /// Changes the pictures of every batch, differently in each epoch, before they are scaled. For training data only.
    ///
    /// Steps that mix samples turn class numbers into probabilities `[batch, classes]`.
    pub fn augment(mut self, augmenter: Augmenter) -> Self {
        self.change_source(|source| source.augment = Some(augmenter));
        self
    }

    /// Applies fitted transforms to the inputs of every batch.
    pub fn transform(mut self, transform: Pipeline) -> Self {
        self.change_source(|source| source.inputs = transform);
        self
    }

    /// Applies fitted transforms to the targets of every batch, for regression.
    pub fn transform_targets(mut self, transform: Pipeline) -> Self {
        self.change_source(|source| source.targets = transform);
        self
    }

    fn change_source(&mut self, change: impl FnOnce(&mut Source)) {
        change(Arc::make_mut(&mut self.source));
    }

    /// The data set behind.
    pub fn dataset(&self) -> &Arc<dyn Dataset> {
        &self.source.dataset
    }

    /// Number of batches in an epoch.
    pub fn batches(&self) -> usize {
        self.order.batches()
    }

    /// Number of samples in an epoch, without those that `drop_last` leaves out.
    pub fn samples(&self) -> usize {
        (self.batches().saturating_mul(self.order.batch_size)).min(self.order.samples)
    }

    /// The batches of an epoch.
    pub fn epoch(&self, epoch: u64) -> Epoch {
        self.epoch_from(epoch, 0)
    }

    /// The batches of an epoch from number `batch` on, the same as the whole epoch would yield there.
    pub fn epoch_from(&self, epoch: u64, batch: usize) -> Epoch {
        let plan = Plan {
            epoch,
            samples: self.order.samples(epoch),
            order: self.order.clone(),
            next: batch,
        };
        let remaining = plan.order.batches().saturating_sub(batch);
        let inner = match self.prefetch {
            0 => Inner::Direct {
                plan,
                source: self.source.clone(),
            },
            depth => match Prefetch::start(plan.clone(), self.source.clone(), depth) {
                Ok(prefetch) => Inner::Prefetch(prefetch),
                // A thread too many for the system: the same batches without it.
                Err(_) => Inner::Direct {
                    plan,
                    source: self.source.clone(),
                },
            },
        };
        Epoch { inner, remaining }
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("dataset", &self.source.dataset.name())
            .field("order", &self.order)
            .field("transform", &self.source.inputs)
            .field("prefetch", &self.prefetch)
            .finish()
    }
}

/// The batches of one epoch that are still to come.
#[derive(Clone)]
struct Plan {
    epoch: u64,
    samples: Vec<usize>,
    order: Order,
    next: usize,
}

impl Plan {
    /// The samples of the next batch, or nothing at the end of the epoch.
    fn advance(&mut self) -> Option<&[usize]> {
        if self.next >= self.order.batches() {
            return None;
        }
        let start = self.next * self.order.batch_size;
        let end = (start + self.order.batch_size).min(self.order.samples);
        self.next += 1;
        Some(&self.samples[start..end])
    }
}

/// Iterator over the batches of an epoch. It ends after an error.
pub struct Epoch {
    inner: Inner,
    remaining: usize,
}

enum Inner {
    Direct { plan: Plan, source: Arc<Source> },
    Prefetch(Prefetch),
}

impl Iterator for Epoch {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.remaining == 0 {
            return None;
        }
        let batch = match &mut self.inner {
            Inner::Direct { plan, source } => {
                let epoch = plan.epoch;
                source.batch(epoch, plan.advance()?)
            }
            Inner::Prefetch(prefetch) => prefetch.next(),
        };
        self.remaining = if batch.is_ok() { self.remaining - 1 } else { 0 };
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.remaining))
    }
}

#[cfg(test)]
mod tests;
