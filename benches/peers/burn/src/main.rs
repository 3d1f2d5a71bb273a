//! The two benchmark networks trained with burn: `--net tiny|mlp --threads N --seconds S`, one JSON line out.

#[path = "../../common.rs"]
mod common;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};
use common::{Job, Net};

#[derive(Module, Debug)]
struct Mlp {
    layers: Vec<Linear>,
}

impl Mlp {
    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        let last = self.layers.len() - 1;
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i < last {
                x = relu(x);
            }
        }
        x
    }
}

struct Trainer {
    // An `Option` because burn's step takes the model by value and gives it back.
    model: Option<Mlp>,
    optimizer: ModuleOptimizer,
    learning_rate: f64,
    loss: CrossEntropyLoss,
    batches: Vec<(Tensor<2>, Tensor<1, Int>)>,
}

impl common::Trainer for Trainer {
    fn step(&mut self, batch: usize, want_loss: bool) -> Option<f64> {
        let (x, y) = self.batches[batch].clone();
        let model = self
            .model
            .take()
            .expect("the model is put back at the end of each step");
        let loss = self.loss.forward(model.forward(x), y);
        let value = want_loss.then(|| f64::from(loss.clone().into_scalar::<f32>()));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.optimizer.step(self.learning_rate, model, gradients));
        value
    }
}

fn main() {
    let job = Job::from_args();
    let device = Device::flex().autodiff();
    device.seed(0);
    let layers = job
        .net
        .widths()
        .windows(2)
        .map(|w| LinearConfig::new(w[0], w[1]).init(&device))
        .collect();
    let batches = common::batches(&job.net)
        .into_iter()
        .map(|(x, y)| {
            let x = TensorData::new(x, [job.net.batch(), job.net.widths()[0]]);
            (
                Tensor::from_data(x, &device),
                Tensor::from_data(TensorData::new(y, [job.net.batch()]), &device),
            )
        })
        .collect();
    let (optimizer, learning_rate) = match job.net {
        Net::Tiny => (SgdConfig::new().init(), common::SGD_LEARNING_RATE),
        Net::Mlp => (
            AdamConfig::new().with_epsilon(1e-8).init(),
            common::ADAM_LEARNING_RATE,
        ),
    };
    let loss = CrossEntropyLossConfig::new().init(&device);
    common::run(
        "burn",
        &job,
        Trainer {
            model: Some(Mlp { layers }),
            optimizer,
            learning_rate,
            loss,
            batches,
        },
    );
}
