//! Logistic regression on 569 breast tumours: benign or malignant.
//!
//! `cargo run --release -p nn-layers --example logistic_regression`

use nn_core::Context;
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Batch, Dataset, Loader, Split, Subset, dataset, metrics};
use nn_layers::{Layer, Loss, loss::BinaryCrossEntropy, models::logistic_regression};
use nn_optim::{Adam, StepOutput, Stop, Trainer};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let parts = Split::fractions(0.7, 0.0, 0.3)?
        .seed(1)
        .stratified()
        .apply(dataset::breast_cancer()?)?;
    let scaling = Pipeline::fit(&[Preparation::standard()], &parts.train)?;
    let train = Loader::new(parts.train.clone())
        .batch_size(32)?
        .shuffle(1)
        .transform(scaling.clone());

    let mut model = logistic_regression(parts.train.input_shape()[0])?;
    let loss = Loss::from(BinaryCrossEntropy::default());
    let mut trainer = Trainer::new(Adam::with_lr(0.01)?).stop(Stop::after_epochs(50));
    let report = trainer.fit(
        &mut model,
        |epoch| train.epoch(epoch),
        |model, batch: &Batch, cx| {
            let logits = model.forward(&batch.inputs, cx)?;
            Ok(StepOutput::new(
                loss.forward(&logits, &batch.targets)?,
                batch.len(),
            ))
        },
    )?;
    println!("{report}");

    for (name, part) in [("training", &parts.train), ("test", &parts.test)] {
        let all = |part: &Subset| {
            Loader::new(part.clone())
                .full_batch()
                .transform(scaling.clone())
        };
        let batch = all(part).epoch(0).next().ok_or("no samples")??;
        let logits = model.forward(&batch.inputs, &mut Context::evaluate())?;
        let probabilities = loss.response(&logits)?.to_vec::<f32>()?;
        let answers: Vec<u32> = probabilities.iter().map(|&p| u32::from(p > 0.5)).collect();
        let truth = batch.targets.to_vec::<u32>()?;
        let accuracy = metrics::accuracy(&truth, &answers)?;
        let missed = truth
            .iter()
            .zip(&answers)
            .filter(|&(&t, &a)| t == 1 && a == 0)
            .count();
        let malignant = truth.iter().filter(|&&t| t == 1).count();
        println!(
            "{name}: accuracy {:.1} % of {}; {missed} of {malignant} malignant tumours missed",
            100.0 * accuracy,
            truth.len()
        );
    }
    Ok(())
}
