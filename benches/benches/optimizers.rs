//! One step of each optimizer over the parameters of two networks: the MLP 784-512-256-10 (535 818 numbers) and
//! the tiny one, 4-16-3 (131 numbers); and what the training loop adds to a step.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::{Context, DType, Gradients, Parameter, Rng, Tensor};
use nn_optim::{
    Adam, Optimizer, OptimizerSpec, StepOutput, Stop, Trainer, clip_by_global_norm, global_norm,
};

fn network(sizes: &[usize]) -> (Vec<Parameter>, Gradients) {
    let mut rng = Rng::new(1);
    let mut model = Vec::new();
    let mut gradients = Gradients::default();
    for pair in sizes.windows(2) {
        for shape in [vec![pair[1], pair[0]], vec![pair[1]]] {
            let mut random =
                |std| Tensor::rand_normal(shape.clone(), 0.0, std, DType::F32, &mut rng).unwrap();
            let param = Parameter::new(random(0.05));
            gradients.set_param(param.id(), random(1e-3));
            model.push(param);
        }
    }
    (model, gradients)
}

fn steps(c: &mut Criterion) {
    for (name, sizes) in [("mlp", &[784, 512, 256, 10][..]), ("tiny", &[4, 16, 3])] {
        let (mut model, mut gradients) = network(sizes);
        let count: usize = model.iter().map(|p| p.value().len()).sum();
        let mut group = c.benchmark_group(format!("optimizer/{name}"));
        group.throughput(Throughput::Elements(count as u64));
        for (label, json) in [
            ("sgd", r#"{"type": "sgd"}"#),
            ("momentum", r#"{"type": "sgd", "momentum": 0.9}"#),
            (
                "nesterov",
                r#"{"type": "sgd", "momentum": 0.9, "nesterov": true}"#,
            ),
            ("adagrad", r#"{"type": "adagrad"}"#),
            ("rmsprop", r#"{"type": "rmsprop"}"#),
            ("adam", r#"{"type": "adam"}"#),
            ("adamw", r#"{"type": "adamw"}"#),
        ] {
            let spec: OptimizerSpec = serde_json::from_str(json).unwrap();
            let mut optimizer = spec.build().unwrap();
            group.bench_function(label, |b| {
                b.iter(|| optimizer.step(black_box(&mut model), &gradients).unwrap());
            });
        }
        group.bench_function("global_norm", |b| {
            b.iter(|| global_norm(black_box(&gradients)).unwrap());
        });
        group.bench_function("clip_by_global_norm", |b| {
            b.iter(|| clip_by_global_norm(black_box(&mut gradients), 1e-9).unwrap());
        });
    }
}

/// A loop around the cheapest possible loss, by hand and by the trainer.
fn overhead(c: &mut Criterion) {
    let mut group = c.benchmark_group("training_loop");
    let loss = |w: &Parameter, cx: &mut Context| cx.param(w).square()?.sum(..);
    let start = || Parameter::new(Tensor::full([8], 1.0, DType::F32).unwrap());
    const STEPS: u64 = 1000;
    group.throughput(Throughput::Elements(STEPS));
    group.bench_function("by_hand", |b| {
        b.iter(|| {
            let (mut w, mut adam) = (start(), Adam::with_lr(1e-3).unwrap());
            for step in 0..STEPS {
                let mut cx = Context::train(0, step);
                let loss = loss(&w, &mut cx).unwrap();
                let gradients = cx.backward(&loss).unwrap();
                adam.step(&mut w, &gradients).unwrap();
            }
            w
        });
    });
    group.bench_function("trainer", |b| {
        b.iter(|| {
            let mut w = start();
            let mut trainer =
                Trainer::new(Adam::with_lr(1e-3).unwrap()).stop(Stop::after_epochs(1));
            let batches = |_| (0..STEPS).map(Ok::<_, nn_core::Error>);
            let step =
                |w: &Parameter, _: &u64, cx: &mut Context| Ok(StepOutput::new(loss(w, cx)?, 1));
            trainer.fit(&mut w, batches, step).unwrap();
            w
        });
    });
}

criterion_group!(benches, steps, overhead);
criterion_main!(benches);
