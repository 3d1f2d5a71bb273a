//! The full MNIST files, where they are at hand; skipped visibly where they are not.

use std::path::Path;

use nn_data::transform::{Over, Preparation, Statistics, Step};
use nn_data::{Dataset, dataset, describe::Description, transform::Pipeline};

#[test]
fn mnist_is_what_the_literature_says() {
    // Beside the repository, wherever that was cloned to.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let Some(folder) = above
        .map(|a| a.join("shared/data/mnist"))
        .find(|f| f.is_dir())
    else {
        eprintln!("SKIPPED: there is no folder shared/data/mnist beside the repository");
        return;
    };
    let sets = dataset::image_family(&folder).unwrap();
    assert_eq!((sets.train.len(), sets.test.len()), (60_000, 10_000));
    assert_eq!(sets.train.input_shape(), [1, 28, 28]);
    // The usual constants: mean 0.1307, standard deviation 0.3081 of pixels in [0, 1].
    let statistics = Statistics::of(&sets.train, Over::Global).unwrap();
    assert!((statistics.mean()[0] / 255.0 - 0.1307).abs() < 5e-5);
    assert!((statistics.variance()[0].sqrt() / 255.0 - 0.3081).abs() < 5e-5);
    let steps = [
        Preparation::pixels(),
        Preparation::Standard { over: Over::Global },
    ];
    let pipeline = Pipeline::fit(&steps, &sets.train).unwrap();
    let Step::Standard(standard) = &pipeline.steps()[1] else {
        panic!("{pipeline:?}")
    };
    assert!((standard.mean[0] - 0.1307).abs() < 5e-5);
    assert_eq!(Description::of(&sets.test).unwrap().warnings, [""; 0]);
}
