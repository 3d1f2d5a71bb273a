//! Whole training steps and single predictions of image networks, as `peers/` takes them with other libraries.

use nn_core::{Context, CrossEntropy, DType, Result, Rng, Shape, Tensor};
use nn_layers::models::Preset;
use nn_layers::{Layer, Sequential};
use nn_optim::{Adam, AdamConfig, Optimizer, Sgd, SgdConfig};

/// Different batches a benchmark goes through in turn.
const BATCHES: usize = 4;
const CLASSES: usize = 10;

/// What is trained on what.
#[derive(Clone, Debug)]
pub struct Job {
    /// The network.
    pub preset: Preset,
    /// Samples in a step.
    pub batch: usize,
    /// `[channels, height, width]`
    pub sample: Shape,
}

/// The job of a network's name: `mnist-cnn`, `resnet20`, `densenet40`.
pub fn job(name: &str) -> Option<Job> {
    let (preset, batch, sample) = match name {
        "mnist-cnn" => (Preset::MnistCnn, 64, [1, 28, 28]),
        "resnet20" => (Preset::Resnet20, 128, [3, 32, 32]),
        "densenet40" => (Preset::Densenet40, 64, [3, 32, 32]),
        _ => return None,
    };
    Some(Job {
        preset,
        batch,
        sample: Shape::from(sample),
    })
}

/// A network, its data and its optimizer.
pub struct Vision {
    network: Sequential,
    batches: Vec<(Tensor, Tensor)>,
    optimizer: Box<dyn Optimizer>,
    settings: CrossEntropy,
    steps: u64,
}

impl Vision {
    /// With fresh weights: Adam at its defaults for the digits, SGD with momentum and weight decay for the others.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn new(job: &Job) -> std::result::Result<Vision, Box<dyn std::error::Error>> {
        let spec = job.preset.spec(&job.sample, CLASSES)?;
        let optimizer: Box<dyn Optimizer> = match job.preset {
            Preset::MnistCnn => Box::new(Adam::new(AdamConfig::default())?),
            _ => Box::new(Sgd::new(SgdConfig {
                lr: 0.05,
                momentum: 0.9,
                weight_decay: 1e-4,
                ..SgdConfig::default()
            })?),
        };
        Ok(Vision {
            network: spec.build(&job.sample, 0, DType::F32)?,
            batches: batches(job)?,
            optimizer,
            settings: CrossEntropy::default(),
            steps: 0,
        })
    }

    /// Samples in a step.
    pub fn batch_size(&self) -> usize {
        self.batches[0].1.len()
    }

    /// Forward, loss, backward, update, running statistics; returns the loss.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn step(&mut self) -> std::result::Result<Tensor, nn_optim::Error> {
        let (x, labels) = &self.batches[self.steps as usize % BATCHES];
        let mut cx = Context::train(0, self.steps);
        let loss = self
            .network
            .forward(x, &mut cx)?
            .cross_entropy(labels, &self.settings)?;
        let gradients = cx.backward(&loss)?;
        self.optimizer.step(&mut self.network, &gradients)?;
        cx.apply_buffer_updates(&mut self.network)?;
        self.steps += 1;
        Ok(loss)
    }

    /// One picture, as a batch.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn picture(&self) -> Result<Tensor> {
        self.batches[0].0.slice(0, ..1)?.contiguous()
    }

    /// The network's output, in evaluation and without a tape.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn predict(&self, x: &Tensor) -> Result<Tensor> {
        self.network.forward(x, &mut Context::evaluate())
    }
}

/// Random but fixed. The second half of a batch repeats the pictures of the first with the next label, so that the loss ends
/// near ln 2 and gradients never become subnormal.
fn batches(job: &Job) -> Result<Vec<(Tensor, Tensor)>> {
    let mut rng = Rng::new(1);
    let mut noise = || rng.uniform_range(-1.0, 1.0) as f32;
    let pixels = job.sample.numel();
    let centres: Vec<f32> = (0..CLASSES * pixels).map(|_| noise()).collect();
    let half = job.batch / 2;
    let make = |_| {
        let mut x = Vec::with_capacity(job.batch * pixels);
        for i in 0..half {
            let centre = &centres[i % CLASSES * pixels..][..pixels];
            x.extend(centre.iter().map(|c| c + noise()));
        }
        x.extend_from_within(..);
        let label = |i: usize| ((i % half) % CLASSES + usize::from(i >= half)) % CLASSES;
        let labels: Vec<u32> = (0..2 * half).map(|i| label(i) as u32).collect();
        let shape: Shape = [2 * half]
            .into_iter()
            .chain(job.sample.iter().copied())
            .collect();
        Ok((
            Tensor::from_vec(x, shape)?,
            Tensor::from_vec(labels, [2 * half])?,
        ))
    };
    (0..BATCHES).map(make).collect()
}
