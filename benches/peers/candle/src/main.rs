//! The two benchmark networks trained with candle: `--net tiny|mlp --threads N --seconds S`, one JSON line out.

#[path = "../../common.rs"]
mod common;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{
    AdamW, Linear, Module, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap, linear,
    loss::cross_entropy,
};
use common::{Job, Net};

enum Rule {
    Sgd(SGD),
    Adam(AdamW),
}

struct Trainer {
    layers: Vec<Linear>,
    rule: Rule,
    batches: Vec<(Tensor, Tensor)>,
}

impl Trainer {
    fn new(net: &Net) -> Result<Self> {
        let device = Device::Cpu;
        let variables = VarMap::new();
        let builder = VarBuilder::from_varmap(&variables, DType::F32, &device);
        let layers = net
            .widths()
            .windows(2)
            .enumerate()
            .map(|(i, w)| linear(w[0], w[1], builder.pp(i)))
            .collect::<Result<_>>()?;
        let batches = common::batches(net)
            .into_iter()
            .map(|(x, y)| {
                let y = y.into_iter().map(|class| class as u32).collect();
                let x = Tensor::from_vec(x, (net.batch(), net.widths()[0]), &device)?;
                Ok((x, Tensor::from_vec(y, net.batch(), &device)?))
            })
            .collect::<Result<_>>()?;
        let rule = match net {
            Net::Tiny => Rule::Sgd(SGD::new(variables.all_vars(), common::SGD_LEARNING_RATE)?),
            // Without weight decay AdamW is Adam; candle has no separate one.
            Net::Mlp => Rule::Adam(AdamW::new(
                variables.all_vars(),
                ParamsAdamW {
                    lr: common::ADAM_LEARNING_RATE,
                    weight_decay: 0.0,
                    ..Default::default()
                },
            )?),
        };
        Ok(Self {
            layers,
            rule,
            batches,
        })
    }

    fn try_step(&mut self, batch: usize, want_loss: bool) -> Result<Option<f64>> {
        let (x, y) = &self.batches[batch];
        let last = self.layers.len() - 1;
        let mut h = self.layers[0].forward(x)?;
        for i in 0..last {
            h = self.layers[i + 1].forward(&h.relu()?)?;
        }
        let loss = cross_entropy(&h, y)?;
        match &mut self.rule {
            Rule::Sgd(rule) => rule.backward_step(&loss)?,
            Rule::Adam(rule) => rule.backward_step(&loss)?,
        }
        if want_loss {
            Ok(Some(f64::from(loss.to_scalar::<f32>()?)))
        } else {
            Ok(None)
        }
    }
}

impl common::Trainer for Trainer {
    fn step(&mut self, batch: usize, want_loss: bool) -> Option<f64> {
        self.try_step(batch, want_loss).expect("shapes are fixed")
    }
}

fn main() {
    let job = Job::from_args();
    let trainer = Trainer::new(&job.net).expect("shapes are fixed");
    common::run("candle", &job, trainer);
}
