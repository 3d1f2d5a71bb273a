//! Networks on the full MNIST.

use std::path::PathBuf;

use nn_core::{Activation, Context, DType, Shape};
use nn_data::metrics::ClassificationMeter;
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Batch, Dataset, Loader, dataset};
use nn_layers::loss::CrossEntropy;
use nn_layers::models::Preset;
use nn_layers::{Flatten, Layer, LayerSpec, NetworkSpec};
use nn_optim::{Adam, StepOutput, Stop, Trainer};

/// The folder of the four IDX files: `NN_MNIST`, or `shared/data/mnist` beside any folder above.
fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("NN_MNIST") {
        return Some(folder.into());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let places = here.ancestors().map(|dir| dir.join("shared/data/mnist"));
    places.into_iter().find(|dir| dir.is_dir())
}

/// What to train, on what batches, for how long.
struct Training {
    layers: NetworkSpec,
    batch_size: usize,
    epochs: u64,
}

/// Test accuracy in per cent.
fn accuracy_after(training: &Training, seed: u64) -> f64 {
    let Some(folder) = folder() else {
        unreachable!("asked for only where there is a folder")
    };
    let mnist = dataset::image_family(&folder).unwrap();
    let scaling = Pipeline::fit(&[Preparation::pixels()], &mnist.train).unwrap();
    let sample = Shape::from(mnist.train.input_shape());
    let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    let mut network = training.layers.build(&sample, seed, DType::F32).unwrap();
    let train = Loader::new(mnist.train)
        .batch_size(training.batch_size)
        .unwrap()
        .shuffle(seed)
        .transform(scaling.clone());
    let stop = Stop::after_epochs(training.epochs);
    let mut trainer = Trainer::new(Adam::with_lr(1e-3).unwrap()).stop(stop);
    trainer
        .fit(
            &mut network,
            |epoch| train.epoch(epoch),
            |network, batch: &Batch, cx| {
                let logits = network.forward(&batch.inputs, cx)?;
                let loss = CrossEntropy::default().forward(&logits, &batch.targets)?;
                Ok(StepOutput::new(loss, batch.len()))
            },
        )
        .unwrap();
    let mut meter = ClassificationMeter::new(names).unwrap();
    let test = Loader::new(mnist.test)
        .batch_size(500)
        .unwrap()
        .transform(scaling);
    for batch in test.epoch(0) {
        let batch = batch.unwrap();
        let logits = network
            .forward(&batch.inputs, &mut Context::evaluate())
            .unwrap();
        meter.add_logits(&logits, &batch.targets).unwrap();
    }
    100.0 * meter.accuracy().unwrap()
}

fn mlp() -> NetworkSpec {
    NetworkSpec {
        layers: vec![
            Flatten::default().into(),
            LayerSpec::linear(512),
            Activation::Relu.into(),
            LayerSpec::linear(256),
            Activation::Relu.into(),
            LayerSpec::linear(10),
        ],
    }
}

#[test]
#[ignore = "takes a minute even optimised; .ci/run calls it in release"]
fn five_epochs_reach_97_8_percent() {
    if folder().is_none() {
        println!("SKIPPED: there is no MNIST; name its folder in NN_MNIST");
        return;
    }
    let training = Training {
        layers: mlp(),
        batch_size: 128,
        epochs: 5,
    };
    let accuracies = [1, 2, 3].map(|seed| accuracy_after(&training, seed));
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    println!("test accuracy {accuracies:.2?}, mean {mean:.2} %");
    assert!(mean >= 97.8, "{accuracies:?}");
}

/// PyTorch reaches 98.4 % with the same network, batches and optimizer.
#[test]
#[ignore = "takes half a minute even optimised; .ci/run calls it in release"]
fn one_epoch_of_convolutions_reaches_98_percent() {
    if folder().is_none() {
        println!("SKIPPED: there is no MNIST; name its folder in NN_MNIST");
        return;
    }
    let training = Training {
        layers: Preset::MnistCnn
            .spec(&Shape::from([1, 28, 28]), 10)
            .unwrap(),
        batch_size: 64,
        epochs: 1,
    };
    let accuracy = accuracy_after(&training, 1);
    println!("test accuracy {accuracy:.2} %");
    assert!(accuracy >= 98.0, "{accuracy}");
}
