//! The classic network on the full MNIST.

use std::path::PathBuf;

use nn_core::{Activation, Context, DType, Shape};
use nn_data::metrics::ClassificationMeter;
use nn_data::transform::{Pipeline, Scaling};
use nn_data::{Batch, Dataset, Loader, dataset};
use nn_layers::loss::CrossEntropy;
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

fn accuracy_after_five_epochs(seed: u64) -> f64 {
    let Some(folder) = folder() else {
        unreachable!("asked for only where there is a folder")
    };
    let mnist = dataset::image_family(&folder).unwrap();
    let scaling = Pipeline::fit(&[Scaling::pixels()], &mnist.train).unwrap();
    let sample = Shape::from(mnist.train.input_shape());
    let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    let spec = NetworkSpec {
        layers: vec![
            Flatten::default().into(),
            LayerSpec::linear(512),
            Activation::Relu.into(),
            LayerSpec::linear(256),
            Activation::Relu.into(),
            LayerSpec::linear(10),
        ],
    };
    let mut network = spec.build(&sample, seed, DType::F32).unwrap();
    let train = Loader::new(mnist.train)
        .batch_size(128)
        .unwrap()
        .shuffle(seed)
        .transform(scaling.clone());
    let mut trainer = Trainer::new(Adam::with_lr(1e-3).unwrap()).stop(Stop::after_epochs(5));
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

#[test]
#[ignore = "takes a minute even optimised; .ci/run calls it in release"]
fn five_epochs_reach_97_8_percent() {
    if folder().is_none() {
        println!("SKIPPED: there is no MNIST; name its folder in NN_MNIST");
        return;
    }
    let accuracies: Vec<f64> = [1, 2, 3].map(accuracy_after_five_epochs).to_vec();
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    println!("test accuracy {accuracies:.2?}, mean {mean:.2} %");
    assert!(mean >= 97.8, "{accuracies:?}");
}
