//! Whole training steps of two networks, as `peers/` takes them with other libraries.

use nn_core::{Activation, Context, CrossEntropy, Parameters, Rng, Tensor};
use nn_layers::{ActivationLayer, Layer, Linear, Sequential};
use nn_optim::{Adam, AdamConfig, Optimizer, Sgd};

/// Different batches a benchmark goes through in turn.
const BATCHES: usize = 16;

/// A network, its data and its optimizer.
pub struct Training {
    network: Sequential,
    batches: Vec<(Tensor, Tensor)>,
    optimizer: Box<dyn Optimizer>,
    settings: CrossEntropy,
    steps: u64,
}

/// The layer widths of the tiny network; batch 16, SGD.
pub const TINY: &[usize] = &[4, 16, 3];
/// The layer widths of the digit network; batch 128, Adam.
pub const MLP: &[usize] = &[784, 512, 256, 10];

impl Training {
    /// The tiny network or the digit network, by its widths.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn new(widths: &[usize]) -> Result<Training, nn_optim::Error> {
        let mut rng = Rng::new(0);
        let mut network = Sequential::new();
        for (i, pair) in widths.windows(2).enumerate() {
            if i > 0 {
                network.push(ActivationLayer::new(Activation::Relu));
            }
            network.push(Linear::new(pair[0], pair[1], &mut rng)?);
        }
        let (batch, optimizer): (usize, Box<dyn Optimizer>) = match widths {
            TINY => (16, Box::new(Sgd::with_lr(0.1)?)),
            _ => (128, Box::new(Adam::new(AdamConfig::default())?)),
        };
        Ok(Training {
            network,
            batches: batches(widths, batch, &mut rng)?,
            optimizer,
            settings: CrossEntropy::default(),
            steps: 0,
        })
    }

    /// Samples in a step.
    pub fn batch_size(&self) -> usize {
        self.batches[0].1.len()
    }

    /// The weights by name.
    pub fn weights(&self) -> Vec<(String, Tensor)> {
        self.network.state()
    }

    /// Forward, loss, backward, update; returns the loss.
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn step(&mut self) -> Result<Tensor, nn_optim::Error> {
        let (x, labels) = &self.batches[self.steps as usize % BATCHES];
        let mut cx = Context::train(0, self.steps);
        let loss = self
            .network
            .forward(x, &mut cx)?
            .cross_entropy(labels, &self.settings)?;
        let gradients = cx.backward(&loss)?;
        self.optimizer.step(&mut self.network, &gradients)?;
        self.steps += 1;
        Ok(loss)
    }
}

/// Each class has a random centre, each sample is its centre plus noise. The second half of a batch repeats the
/// inputs of the first with the next label, so that the loss ends near ln 2 and gradients never become
/// subnormal, on which processors are slow.
fn batches(
    widths: &[usize],
    batch: usize,
    rng: &mut Rng,
) -> Result<Vec<(Tensor, Tensor)>, nn_optim::Error> {
    let (inputs, classes) = (widths[0], widths[widths.len() - 1]);
    let mut noise = || rng.uniform_range(-1.0, 1.0) as f32;
    let centres: Vec<f32> = (0..classes * inputs).map(|_| noise()).collect();
    let half = batch / 2;
    let make = |_| {
        let mut x = Vec::with_capacity(batch * inputs);
        for i in 0..half {
            let centre = &centres[i % classes * inputs..][..inputs];
            x.extend(centre.iter().map(|c| c + noise()));
        }
        x.extend_from_within(..);
        let label = |i: usize| ((i % half) % classes + usize::from(i >= half)) % classes;
        let labels = (0..batch).map(|i| label(i) as u32).collect();
        let x = Tensor::from_vec(x, [batch, inputs])?;
        Ok((x, Tensor::from_vec::<u32>(labels, [batch])?))
    };
    (0..BATCHES).map(make).collect()
}
