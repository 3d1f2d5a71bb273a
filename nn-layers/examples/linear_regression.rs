//! Linear regression on 442 diabetes patients, by gradient descent, and beside it the exact least squares.
//!
//! `cargo run --release -p nn-layers --example linear_regression`

use nn_core::{Context, DType, Tensor, linalg};
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Batch, Dataset, Loader, Split, Subset, dataset, metrics};
use nn_layers::{Layer, loss::Mse, models::linear_regression};
use nn_optim::{Sgd, StepOutput, Stop, Trainer};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let parts = Split::fractions(0.8, 0.0, 0.2)?
        .seed(1)
        .apply(dataset::diabetes()?)?;
    let scaling = Pipeline::fit(&[Preparation::standard()], &parts.train)?;
    // Gradient descent proper: one batch is the whole training set.
    let all = |part: &Subset| {
        Loader::new(part.clone())
            .full_batch()
            .transform(scaling.clone())
    };
    let (train, test) = (all(&parts.train), all(&parts.test));

    let mut model = linear_regression(parts.train.input_shape()[0], 1)?;
    let mut trainer = Trainer::new(Sgd::with_lr(0.2)?).stop(Stop::after_epochs(3000));
    let report = trainer.fit(
        &mut model,
        |epoch| train.epoch(epoch),
        |model, batch: &Batch, cx| {
            let prediction = model.forward(&batch.inputs, cx)?;
            Ok(StepOutput::new(
                Mse::default().forward(&prediction, &batch.targets)?,
                batch.len(),
            ))
        },
    )?;
    println!("{report}");

    let train = train.epoch(0).next().ok_or("no samples")??;
    let test = test.epoch(0).next().ok_or("no samples")??;
    let r2 = |batch: &Batch, prediction: Tensor| -> Result<f64> {
        Ok(metrics::r2_score(
            &batch.targets.to_vec::<f32>()?,
            &prediction.to_vec::<f32>()?,
        )?)
    };
    let learned = |batch: &Batch| {
        r2(
            batch,
            model.forward(&batch.inputs, &mut Context::evaluate())?,
        )
    };

    // The exact solution, with a column of ones for the bias.
    let with_ones = |batch: &Batch| {
        Tensor::concat(
            &[&batch.inputs, &Tensor::ones([batch.len(), 1], DType::F32)?],
            1,
        )
    };
    let targets = train.targets.reshape([train.len(), 1])?;
    let exact_weights = linalg::lstsq(&with_ones(&train)?, &targets)?.solution;
    let exact = |batch: &Batch| r2(batch, with_ones(batch)?.matmul(&exact_weights)?);

    println!("R²                 training  test");
    println!(
        "gradient descent   {:.4}    {:.4}",
        learned(&train)?,
        learned(&test)?
    );
    println!(
        "least squares (QR) {:.4}    {:.4}",
        exact(&train)?,
        exact(&test)?
    );
    Ok(())
}
