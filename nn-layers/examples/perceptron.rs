//! Rosenblatt's perceptron on Fisher's irises: it ends where a plane can tell the classes apart, and only there.
//!
//! `cargo run --release -p nn-layers --example perceptron`

use nn_core::{Rng, Tensor};
use nn_data::transform::{Pipeline, Preparation};
use nn_data::{Dataset, Parts, Split, dataset, metrics};
use nn_layers::models::Perceptron;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// All samples of the two groups of classes, with label 1 for the second.
fn two_groups(
    data: &dyn Dataset,
    scaling: &Pipeline,
    zero: &[u32],
    one: &[u32],
) -> Result<(Tensor, Tensor)> {
    let indices: Vec<usize> = (0..data.len()).collect();
    let batch = data.batch(&indices)?;
    let mut inputs = batch.inputs;
    nn_data::transform::Transform::apply(scaling, &mut inputs)?;
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for (i, class) in batch.targets.to_vec::<u32>()?.into_iter().enumerate() {
        if zero.contains(&class) || one.contains(&class) {
            rows.push(i as u32);
            labels.push(u32::from(one.contains(&class)));
        }
    }
    let n = rows.len();
    Ok((
        inputs.index_select(0, &Tensor::from_vec(rows, [n])?)?,
        Tensor::from_vec(labels, [n])?,
    ))
}

fn learn(title: &str, parts: &Parts, zero: &[u32], one: &[u32]) -> Result<()> {
    let scaling = Pipeline::fit(&[Preparation::standard()], &parts.train)?;
    let (x, y) = two_groups(&parts.train, &scaling, zero, one)?;
    let (test_x, test_y) = two_groups(&parts.test, &scaling, zero, one)?;
    let mut perceptron = Perceptron::new(4)?;
    let mut rng = Rng::new(1);
    let mut ended = None;
    for epoch in 1..=1000 {
        if perceptron.train_epoch(&x, &y, &mut rng)? == 0 {
            ended = Some(epoch);
            break;
        }
    }
    let accuracy = |x: &Tensor, y: &Tensor| -> Result<f64> {
        Ok(metrics::accuracy(
            &y.to_vec::<u32>()?,
            &perceptron.predict(x)?.to_vec::<u32>()?,
        )?)
    };
    println!("{title}");
    match ended {
        Some(epoch) => {
            println!("  no mistake left in epoch {epoch}: a plane separates the training samples")
        }
        None => println!("  still making mistakes after 1000 epochs: no plane separates them"),
    }
    let (train, test) = (accuracy(&x, &y)?, accuracy(&test_x, &test_y)?);
    println!(
        "  accuracy {:.1} % on {} training, {:.1} % on {} test samples",
        100.0 * train,
        y.len(),
        100.0 * test,
        test_y.len()
    );
    Ok(())
}

fn main() -> Result<()> {
    let parts = Split::fractions(0.7, 0.0, 0.3)?
        .seed(1)
        .stratified()
        .apply(dataset::iris()?)?;
    learn(
        "setosa against the other two species",
        &parts,
        &[1, 2],
        &[0],
    )?;
    learn("versicolor against virginica", &parts, &[1], &[2])
}
