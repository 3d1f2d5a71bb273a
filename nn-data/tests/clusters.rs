//! k-means and t-SNE against scikit-learn; `golden/clusters.py` says how the values were made.

use nn_core::{DType, Tensor};
use nn_data::cluster::{KMeans, KMeansOptions, Start};
use nn_data::dataset;
use nn_data::project::{Tsne, TsneOptions};
use nn_data::{Dataset, InMemory};
use serde_json::Value;

fn golden(group: &str) -> Vec<Value> {
    let path = format!("{}/tests/golden/clusters.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file[group].as_array().unwrap().clone()
}

/// The rows `[samples, width]` of the data set that a case names.
fn rows(case: &Value) -> Tensor {
    let data: InMemory = match case["name"].as_str().unwrap() {
        "iris" => dataset::iris().unwrap(),
        "wine" => dataset::wine().unwrap(),
        _ => dataset::digits().unwrap(),
    };
    let count = data.len().min(300);
    let batch = data.batch(&(0..count).collect::<Vec<_>>()).unwrap();
    let width: usize = data.input_shape().iter().product();
    batch.inputs.reshape([count, width]).unwrap()
}

#[test]
fn k_means_from_the_same_start_ends_as_scikit_learns() {
    for case in golden("kmeans") {
        let rows = rows(&case);
        let start = case["start"].as_array().unwrap().iter().map(|at| {
            let at = at.as_u64().unwrap() as usize;
            rows.slice(0, at..at + 1).unwrap()
        });
        let start: Vec<Tensor> = start.collect();
        let options = KMeansOptions {
            start: Start::Given(Tensor::concat(&start.iter().collect::<Vec<_>>(), 0).unwrap()),
            tolerance: 0.0,
            ..KMeansOptions::new(start.len())
        };
        let found = KMeans::fit_rows(&rows, &options).unwrap();
        let inertia = case["inertia"].as_f64().unwrap();
        assert!(
            (found.inertia() / inertia - 1.0).abs() < 1e-5,
            "{}: {} is not {inertia}",
            case["name"],
            found.inertia()
        );
        let labels = case["labels"].as_array().unwrap();
        assert_eq!(labels.len(), found.labels().len());
        for (at, (label, found)) in labels.iter().zip(found.labels()).enumerate() {
            assert_eq!(
                label.as_u64().unwrap() as u32,
                *found,
                "{}, sample {at}",
                case["name"]
            );
        }
    }
}

#[test]
fn maps_keep_as_much_as_scikit_learns() {
    for case in golden("tsne") {
        let exact = case["method"] == "exact";
        let options = TsneOptions {
            perplexity: case["perplexity"].as_f64().unwrap(),
            exact_to: if exact { 2000 } else { 0 },
            ..TsneOptions::default()
        };
        let map = Tsne::fit_rows(&rows(&case).to_dtype(DType::F32).unwrap(), &options).unwrap();
        let wanted = case["divergence"].as_f64().unwrap();
        println!(
            "{} {}: {} (scikit-learn {wanted})",
            case["name"],
            case["method"],
            map.divergence()
        );
        // Both end in one of several valleys: ours is not to be the shallower one.
        let ratio = map.divergence() / wanted;
        assert!((0.8..1.05).contains(&ratio), "{case}: {}", map.divergence());
    }
}
