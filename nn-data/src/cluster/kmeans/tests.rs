use super::*;
use crate::dataset::{InMemory, Targets};

/// Clouds about the corners of a square.
fn clouds(count: usize, seed: u64) -> Tensor {
    let mut rng = Rng::addressed(seed, Purpose::Other(8), 0, 0);
    let values = (0..count).flat_map(|at| {
        let corner = [(at % 2) as f64 * 10.0, (at / 2 % 2) as f64 * 10.0, 0.0];
        corner.map(|c| (c + rng.normal()) as f32)
    });
    Tensor::from_vec(values.collect::<Vec<f32>>(), [count, 3]).unwrap()
}

#[test]
fn clouds_are_told_apart() {
    let rows = clouds(3000, 1);
    let found = KMeans::fit_rows(&rows, &KMeansOptions::new(4)).unwrap();
    for at in 0..3000 {
        assert_eq!(found.labels()[at], found.labels()[at % 4], "sample {at}");
    }
    assert!(found.converged() && (found.inertia() / 9000.0 - 1.0).abs() < 0.05);
    assert_eq!(found.predict(&rows).unwrap(), found.labels());
    assert!(
        found
            .predict(&Tensor::zeros([2, 4], DType::F32).unwrap())
            .is_err()
    );
    assert!(
        found
            .predict(&Tensor::zeros([0, 3], DType::F32).unwrap())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn more_iterations_never_raise_the_inertia() {
    let rows = clouds(2000, 2);
    let start = rows.slice(0, 0..7).unwrap();
    let inertia = |iterations| {
        let options = KMeansOptions {
            start: Start::Given(start.clone()),
            iterations,
            tolerance: 0.0,
            ..KMeansOptions::new(7)
        };
        KMeans::fit_rows(&rows, &options).unwrap().inertia()
    };
    let steps: Vec<f64> = (1..20).map(inertia).collect();
    assert!(
        steps
            .windows(2)
            .all(|pair| pair[1] <= pair[0] * (1.0 + 1e-6)),
        "{steps:?}"
    );
}

#[test]
fn threads_change_nothing() {
    let rows = clouds(9000, 3);
    let with = |threads| {
        nn_core::kernels::threads::set_threads(threads);
        let found = KMeans::fit_rows(&rows, &KMeansOptions::new(9)).unwrap();
        (
            found.inertia().to_bits(),
            found.centres().to_vec::<f32>().unwrap(),
            found.labels,
        )
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(one, with(2));
}

#[test]
fn empty_clusters_get_a_sample() {
    let rows = clouds(400, 4);
    // Far from all samples: these centres would stay empty.
    let start = Tensor::from_vec(
        vec![
            0.0f32, 0.0, 0.0, 1e3, 1e3, 1e3, -1e3, 0.0, 0.0, 10.0, 10.0, 0.0,
        ],
        [4, 3],
    )
    .unwrap();
    let options = KMeansOptions {
        start: Start::Given(start),
        ..KMeansOptions::new(4)
    };
    let found = KMeans::fit_rows(&rows, &options).unwrap();
    for cluster in 0..4 {
        assert!(found.labels().contains(&cluster), "{cluster}");
    }
    // Fewer different points than clusters: all is still well.
    let same = Tensor::ones([5, 2], DType::F32).unwrap();
    let found = KMeans::fit_rows(&same, &KMeansOptions::new(3)).unwrap();
    assert_eq!(found.inertia(), 0.0);
}

#[test]
fn batches_come_close() {
    let rows = clouds(4000, 5);
    let data = InMemory::new("clouds", rows.clone(), Targets::None).unwrap();
    let whole = KMeans::fit(&data, &KMeansOptions::new(4)).unwrap();
    let batches = KMeans::fit_batches(&data, &KMeansOptions::new(4), 256, 2).unwrap();
    assert!(
        batches.inertia() < 1.01 * whole.inertia(),
        "{} {}",
        batches.inertia(),
        whole.inertia()
    );
    assert_eq!(batches.labels().len(), 4000);
    assert!(KMeans::fit_batches(&data, &KMeansOptions::new(4), 3, 1).is_err());
}

#[test]
fn bad_input_is_refused() {
    let fit = |values: Vec<f32>, options: KMeansOptions| {
        let rows = Tensor::from_vec(values, [2, 2]).unwrap();
        KMeans::fit_rows(&rows, &options).unwrap_err().to_string()
    };
    let good = vec![0.0, 1.0, 2.0, 3.0];
    assert!(fit(good.clone(), KMeansOptions::new(3)).contains("3 clusters of 2 samples"));
    assert!(fit(good.clone(), KMeansOptions::new(0)).contains("0 clusters"));
    assert!(
        fit(vec![0.0, f32::NAN, 2.0, 3.0], KMeansOptions::new(1))
            .contains("sample 0, value 1 is NaN")
    );
    let none = KMeansOptions {
        restarts: 0,
        ..KMeansOptions::new(1)
    };
    assert!(fit(good.clone(), none).contains("at least 1"));
    let start = Tensor::zeros([2, 3], DType::F32).unwrap();
    let other = KMeansOptions {
        start: Start::Given(start),
        ..KMeansOptions::new(2)
    };
    assert!(fit(good, other).contains("2 of 2 are needed"));
}
