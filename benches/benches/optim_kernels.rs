//! The fused optimizer passes alone, over the parameters of the MLP 784-512-256-10 and of the tiny
//! network 4-16-3. What `nn-optim` adds to them is in `optimizers`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::kernels::optim::{
    Adagrad, Adam, Momentum, RmsProp, Sgd, Slot, adagrad, adam, rmsprop, sgd, sum_of_squares,
};

const MLP: [usize; 6] = [784 * 512, 512, 512 * 256, 256, 256 * 10, 10];
const TINY: [usize; 4] = [4 * 16, 16, 16 * 3, 3];

/// Parameters, gradients and two states.
struct Network {
    tensors: [Vec<Vec<f32>>; 4],
}

impl Network {
    fn new(sizes: &[usize]) -> Self {
        let tensors = [0.1, 0.01, 0.0, 0.0];
        Self {
            tensors: tensors.map(|value| sizes.iter().map(|&n| vec![value; n]).collect()),
        }
    }

    fn slots(&mut self) -> Vec<Slot<'_, f32>> {
        let [params, grads, first, second] = &mut self.tensors;
        let states = first.iter_mut().zip(second);
        params
            .iter_mut()
            .zip(grads)
            .zip(states)
            .map(|((param, grad), (state1, state2))| Slot {
                param,
                grad,
                state1,
                state2,
                weight_decay: 0.0,
                lr: 1e-9,
                l1: 0.0,
            })
            .collect()
    }
}

fn steps(c: &mut Criterion) {
    for (name, sizes) in [("mlp", &MLP[..]), ("tiny", &TINY)] {
        let mut network = Network::new(sizes);
        let mut group = c.benchmark_group(format!("optimizer kernel/{name}"));
        group.throughput(Throughput::Elements(sizes.iter().sum::<usize>() as u64));
        let mut bench = |label: &str, step: &dyn Fn(&mut [Slot<f32>])| {
            group.bench_function(label, |b| b.iter(|| step(&mut network.slots())));
        };
        let grad_scale = 1.0;
        bench("sgd", &|slots| {
            let momentum = Momentum::None;
            sgd(
                slots,
                &Sgd {
                    momentum,
                    grad_scale,
                },
            );
        });
        bench("momentum", &|slots| {
            let momentum = Momentum::Velocity {
                momentum: 0.9,
                dampening: 0.0,
                nesterov: false,
                first_step: false,
            };
            sgd(
                slots,
                &Sgd {
                    momentum,
                    grad_scale,
                },
            );
        });
        bench("adagrad", &|slots| {
            let (eps, lr_decay, step) = (1e-10, 0.0, 10);
            adagrad(
                slots,
                &Adagrad {
                    eps,
                    lr_decay,
                    step,
                    grad_scale,
                },
            );
        });
        bench("rmsprop", &|slots| {
            let (alpha, eps, momentum) = (0.99, 1e-8, 0.0);
            rmsprop(
                slots,
                &RmsProp {
                    alpha,
                    eps,
                    momentum,
                    grad_scale,
                },
            );
        });
        for (label, decoupled) in [("adam", false), ("adamw", true)] {
            let config = Adam {
                beta1: 0.9,
                beta2: 0.999,
                eps: 1e-8,
                step: 10,
                decoupled,
                grad_scale,
            };
            bench(label, &|slots| adam(slots, &config));
        }
        let grads = network.tensors[1].clone();
        let grads: Vec<&[f32]> = grads.iter().map(|g| &g[..]).collect();
        group.bench_function("sum of squares", |b| {
            b.iter(|| sum_of_squares(black_box(&grads)));
        });
        group.finish();
    }
}

criterion_group!(benches, steps);
criterion_main!(benches);
