//! Softmax regression on 10 000 handwritten digits: how far one linear layer gets.
//!
//! `cargo run --release -p nn-layers --example softmax_regression`

use nn_core::Context;
use nn_data::metrics::ClassificationMeter;
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Batch, Dataset, Loader, Split, Subset, dataset};
use nn_layers::{Flatten, Layer, Sequential, loss::CrossEntropy, models::softmax_regression};
use nn_optim::{Adam, StepOutput, Stop, Trainer};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let digits = dataset::digits()?;
    let names = digits
        .target_kind()
        .class_names()
        .unwrap_or_default()
        .to_vec();
    let parts = Split::fractions(0.8, 0.0, 0.2)?
        .seed(1)
        .stratified()
        .apply(digits)?;
    let scaling = Pipeline::fit(&[Preparation::pixels()], &parts.train)?;
    let loader = |part: &Subset| -> Result<Loader> {
        Ok(Loader::new(part.clone())
            .batch_size(128)?
            .transform(scaling.clone()))
    };
    let train = loader(&parts.train)?.shuffle(1);

    let mut model = Sequential::new()
        .with(Flatten::default())
        .with(softmax_regression(28 * 28, names.len())?);
    let mut trainer = Trainer::new(Adam::with_lr(0.002)?).stop(Stop::after_epochs(10));
    let report = trainer.fit(
        &mut model,
        |epoch| train.epoch(epoch),
        |model, batch: &Batch, cx| {
            let logits = model.forward(&batch.inputs, cx)?;
            Ok(StepOutput::new(
                CrossEntropy::default().forward(&logits, &batch.targets)?,
                batch.len(),
            ))
        },
    )?;
    println!("{report}");

    for (name, part) in [("training", &parts.train), ("test", &parts.test)] {
        let mut meter = ClassificationMeter::new(names.clone())?;
        for batch in loader(part)?.epoch(0) {
            let batch = batch?;
            let logits = model.forward(&batch.inputs, &mut Context::evaluate())?;
            meter.add_logits(&logits, &batch.targets)?;
        }
        println!(
            "{name}: {:.1} % of {} digits",
            100.0 * meter.accuracy().unwrap_or(0.0),
            part.len()
        );
    }
    Ok(())
}
