use nn_core::{DType, Tensor};

use super::*;
use crate::dataset::{self, InMemory, Targets};

fn csv(text: &str, target: &str) -> Description {
    let target = (!target.is_empty()).then(|| Column::Name(target.into()));
    Description::of_csv_bytes("t.csv", text.as_bytes(), target.as_ref()).unwrap()
}

fn suspicions<'a>(described: &'a Description, name: &str) -> &'a [Suspicion] {
    let column = described.columns.iter().find(|column| column.name == name);
    &column
        .unwrap_or_else(|| panic!("no {name}: {described}"))
        .suspicions
}

#[test]
fn counts_and_ranges() {
    let digits = Description::of(&dataset::digits().unwrap()).unwrap();
    assert_eq!(
        (digits.samples, &digits.input_shape[..]),
        (10_000, &[1, 28, 28][..])
    );
    let range = digits.inputs.unwrap();
    assert_eq!((range.min, range.max), (0.0, 255.0));
    let TargetDescription::Classes(counts) = &digits.target else {
        panic!("{digits:?}")
    };
    assert_eq!(counts[1], ("1".to_string(), 1127));
    assert_eq!(digits.warnings, [""; 0]);
    assert!(
        digits
            .to_string()
            .starts_with("digits: 10000 samples of 1×28×28\n")
    );
    let pictures = digits.pictures.unwrap();
    assert_eq!(pictures.shape, [1, 28, 28]);
    assert_eq!((pictures.means.len(), pictures.means[0].len()), (10, 784));
    // A zero is empty in the middle, a one is not.
    let middle = |class: usize| pictures.means[class][14 * 28 + 14];
    assert!(
        middle(0) < 40.0 && middle(1) > 150.0,
        "{} {}",
        middle(0),
        middle(1)
    );
    assert_eq!(
        pictures.brightness.iter().map(|bin| bin.count).sum::<u64>(),
        10_000
    );
    assert!((pictures.channels[0].0 - range.mean).abs() < 1e-9);
    let diabetes = Description::of(&dataset::diabetes().unwrap()).unwrap();
    let TargetDescription::Regression(outputs) = &diabetes.target else {
        panic!("{diabetes:?}")
    };
    assert_eq!(outputs[0].numbers.as_ref().unwrap().max, 346.0);
    assert_eq!(diabetes.relations.with_target[0].a, "bmi");
}

#[test]
fn what_looks_wrong_is_said() {
    let nan = f32::NAN;
    let inputs = Tensor::from_vec(vec![1.0f32, 5.0, nan, 5.0, 2.0, 5.0], [3, 2]).unwrap();
    let data = InMemory::new("t", inputs.clone(), Targets::classes(vec![1, 1, 1], 2)).unwrap();
    let described = Description::of(&data).unwrap();
    assert_eq!(
        (described.not_finite, &described.constant[..]),
        (1, &[1][..])
    );
    assert_eq!(
        described.warnings,
        [
            "1 inputs are NaN or infinite.",
            "All samples are of one class, \"1\".",
            "1 input is the same in all samples."
        ]
    );
    let data = InMemory::new("t", inputs, Targets::regression(vec![1.0; 3], "y")).unwrap();
    let warnings = Description::of(&data).unwrap().warnings;
    assert!(
        warnings.contains(&"The target \"y\" is the same in all samples.".into()),
        "{warnings:?}"
    );
    let none = Tensor::zeros([0, 2], DType::F32).unwrap();
    let described = Description::of(&InMemory::new("t", none, Targets::None).unwrap()).unwrap();
    assert_eq!(described.warnings, ["There are no samples."]);
    let mut labels = vec![0; 100];
    labels[7] = 2;
    let inputs = Tensor::from_vec((0..100).map(|at| at as f32 / 7.0).collect(), [100, 1]).unwrap();
    let data = InMemory::new("t", inputs, Targets::classes(labels, 3)).unwrap();
    let warnings = Description::of(&data).unwrap().warnings.join("\n");
    assert!(warnings.contains("1 class has no sample: 1."), "{warnings}");
    assert!(
        warnings.contains("\"0\" has 99 samples, \"2\" has 1"),
        "{warnings}"
    );
}

#[test]
fn suspicious_columns_are_named() {
    let mut text = String::from("id,leak,town,same,mostly,size,double,empty,y\n");
    for row in 0..200 {
        let y = usize::from(row % 7 < 3);
        let size = (row * 37 % 100) as f64 / 10.0;
        text.push_str(&format!(
            "{},{},{},3,{},{size},{},,{}\n",
            1000 + row,
            y * 10 + row % 3,
            ["a", "b", "c"][row % 3],
            u8::from(row == 5),
            2.0 * size + 1.0,
            ["no", "yes"][y]
        ));
    }
    let described = csv(&text, "y");
    assert_eq!(suspicions(&described, "id"), [Suspicion::Identifier]);
    assert_eq!(suspicions(&described, "leak"), [Suspicion::DecidesTarget]);
    assert_eq!(suspicions(&described, "town"), []);
    assert_eq!(suspicions(&described, "same"), [Suspicion::Constant]);
    assert_eq!(
        suspicions(&described, "mostly"),
        [Suspicion::NearlyConstant(0.995)]
    );
    assert_eq!(suspicions(&described, "size"), []);
    assert_eq!(
        suspicions(&described, "double"),
        [Suspicion::Repeats("size".into())]
    );
    assert_eq!(suspicions(&described, "empty"), [Suspicion::Empty]);
    let warnings = described.warnings.join("\n");
    for part in [
        "leak tells the target",
        "id has no value twice",
        "empty has no value",
    ] {
        assert!(warnings.contains(part), "{part}: {warnings}");
    }
    assert_eq!(described.missing, 200);
    assert_eq!(described.not_finite, 0);
    // A target of numbers that a column gives away.
    let mut text = String::from("x,noise,y\n");
    (0..50).for_each(|row| {
        text.push_str(&format!(
            "{},{},{}\n",
            row * row,
            row * 31 % 17,
            3 * row * row + 1
        ))
    });
    let described = csv(&text, "y");
    assert!(
        suspicions(&described, "x").contains(&Suspicion::DecidesTarget),
        "{described}"
    );
    assert!(matches!(described.target, TargetDescription::Regression(_)));
}

#[test]
fn odd_tables_are_described() {
    let described = csv("a,b\n1,x\n,y\nthree,x\n4,\n1e999,x\n", "");
    let a = &described.columns[0];
    assert_eq!(
        (a.kind, a.present, a.missing, a.stray, a.infinite),
        (ColumnType::Number, 4, 1, 1, 1)
    );
    let b = &described.columns[1];
    assert_eq!(
        (b.kind, b.distinct, b.frequent[0].clone()),
        (ColumnType::Text, 2, ("x".into(), 3))
    );
    assert_eq!(described.target, TargetDescription::None);
    assert!(
        described
            .warnings
            .iter()
            .any(|w| w.contains("words in columns of numbers")),
        "{described}"
    );
    // One row, one column, and numbers at the ends of what there is.
    csv("a\n1\n", "");
    csv("a,y\n1e308,0\n-1e308,1\n1e-308,0\n", "y");
    csv("a,y\n1,a\n1,b\n", "y");
    // Every cell of the target missing, and a target with gaps.
    csv("a,y\n1,\n2,\n", "y");
    let described = csv("a,y\n1,p\n2,\n3,q\n", "y");
    let TargetDescription::Classes(counts) = &described.target else {
        panic!("{described}")
    };
    assert_eq!(counts.len(), 2);
    assert!(Description::of_csv_bytes("t", b"a,b\n1\n", None).is_err());
    let missing = Description::of_csv_bytes("t", b"a,b\n1,2\n", Some(&Column::Name("c".into())));
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("there is no column \"c\"")
    );
}

#[test]
fn repeated_samples_are_found() {
    let described = csv("a,b,y\n1,2,p\n1,2,q\n3,4,p\n3,4,p\n3,4,p\n5,6,q\n", "y");
    let found = described.duplicates;
    assert_eq!(
        (
            found.copies,
            found.repeated,
            found.conflicting,
            found.compared
        ),
        (3, 2, 1, 6)
    );
    assert!(
        described
            .warnings
            .iter()
            .any(|w| w.starts_with("1 sample occurs more than once with different targets"))
    );
}

#[test]
fn long_columns_are_sampled_evenly() {
    let count = 150_000;
    let values: Vec<f32> = (0..count).map(|at| at as f32).collect();
    let inputs = Tensor::from_vec(values, [count, 1]).unwrap();
    let described = Description::of(&InMemory::new("t", inputs, Targets::None).unwrap()).unwrap();
    let column = &described.columns[0];
    let numbers = column.numbers.as_ref().unwrap();
    for (quartile, share) in numbers.quartiles.iter().zip([0.25, 0.5, 0.75]) {
        assert!((quartile / count as f64 - share).abs() < 0.01, "{quartile}");
    }
    assert!((numbers.mean - 74_999.5).abs() < 1e-6);
    assert!(
        !column.distinct_is_exact && (column.distinct as f64 / count as f64 - 1.0).abs() < 0.03
    );
    assert_eq!(column.suspicions, [Suspicion::Identifier]);
}
