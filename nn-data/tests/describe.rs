//! Descriptions against pandas; see `golden/describe.py`.

use std::path::{Path, PathBuf};

use nn_data::dataset::Column;
use nn_data::describe::{Description, TargetDescription};
use serde_json::Value;

fn near(got: f64, wanted: &Value, what: &str) {
    let wanted = wanted
        .as_f64()
        .unwrap_or_else(|| panic!("{what}: {wanted}"));
    let off = (got - wanted).abs() / wanted.abs().max(1e-3);
    assert!(off < 1e-9, "{what}: {got}, pandas has {wanted}");
}

fn check(described: &Description, golden: &Value, name: &str) {
    assert_eq!(
        described.samples as u64,
        golden["samples"].as_u64().unwrap(),
        "{name}"
    );
    for column in &described.columns {
        let wanted = &golden["columns"][&column.name];
        let what = format!("{name}, {}", column.name);
        assert_eq!(
            column.missing,
            wanted["missing"].as_u64().unwrap(),
            "{what}"
        );
        assert_eq!(
            column.distinct,
            wanted["distinct"].as_u64().unwrap(),
            "{what}"
        );
        let Some(numbers) = &column.numbers else {
            assert!(wanted.get("mean").is_none(), "{what}");
            continue;
        };
        near(numbers.min, &wanted["min"], &what);
        near(numbers.mean, &wanted["mean"], &what);
        near(numbers.deviation, &wanted["deviation"], &what);
        near(numbers.max, &wanted["max"], &what);
        for (at, &quartile) in numbers.quartiles.iter().enumerate() {
            near(quartile, &wanted["quartiles"][at], &what);
        }
        assert_eq!(
            numbers.outliers,
            wanted["outliers"].as_u64().unwrap(),
            "{what}"
        );
        let counted: u64 = numbers.histogram.iter().map(|bin| bin.count).sum();
        assert_eq!(counted, column.present, "{what}");
    }
    let correlations = golden["correlations"].as_array().unwrap();
    assert_eq!(
        described.relations.correlations.len(),
        correlations.len(),
        "{name}"
    );
    for (&got, wanted) in described.relations.correlations.iter().zip(correlations) {
        near(got, wanted, name);
    }
    assert_eq!(
        described.relations.with_target.len(),
        golden["with_target"].as_object().unwrap().len()
    );
    for link in &described.relations.with_target {
        near(
            link.strength,
            &golden["with_target"][&link.a],
            &format!("{name}, {}", link.a),
        );
    }
    let found = described.duplicates;
    for (got, key) in [
        (found.copies, "copies"),
        (found.repeated, "repeated"),
        (found.conflicting, "conflicting"),
    ] {
        assert_eq!(got, golden[key].as_u64().unwrap(), "{name}: {key}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

#[test]
fn tables_are_described_as_pandas_does() {
    let text = std::fs::read_to_string(folder().join("tests/golden/describe.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    for (name, target, file) in [
        ("gaps", "ill", folder().join("tests/golden/describe.csv")),
        ("iris", "", folder().join("assets/iris.csv")),
        ("wine", "", folder().join("assets/wine.csv")),
        ("diabetes", "", folder().join("assets/diabetes.csv")),
    ] {
        let header = std::fs::read_to_string(&file).unwrap();
        let last = header
            .lines()
            .next()
            .unwrap()
            .rsplit(',')
            .next()
            .unwrap()
            .to_string();
        let target = Column::Name(if target.is_empty() {
            last
        } else {
            target.into()
        });
        let described = Description::of_csv(&file, Some(&target)).unwrap();
        check(&described, &golden[name], name);
    }
}

#[test]
fn a_file_and_the_set_that_is_read_from_it_are_described_alike() {
    let iris = nn_data::dataset::iris().unwrap();
    let read = Description::of(&iris).unwrap();
    let file = folder().join("assets/iris.csv");
    let seen = Description::of_csv(&file, Some(&Column::Index(4))).unwrap();
    assert_eq!(read.columns.len(), seen.columns.len());
    for (a, b) in read.columns.iter().zip(&seen.columns) {
        let (a, b) = (a.numbers.as_ref().unwrap(), b.numbers.as_ref().unwrap());
        assert!((a.mean - b.mean).abs() < 1e-6 && a.outliers == b.outliers);
    }
    let TargetDescription::Classes(counts) = &seen.target else {
        panic!("{:?}", seen.target)
    };
    assert_eq!(counts.iter().map(|c| c.1).collect::<Vec<_>>(), [50, 50, 50]);
    assert_eq!(read.duplicates, seen.duplicates);
}
