use super::*;
use crate::dataset::{InMemory, Targets};
use nn_core::{DType, Tensor};
use proptest::prelude::*;

fn all(parts: &PartIndices) -> Vec<usize> {
    let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
    all.sort_unstable();
    all
}

proptest! {
    #[test]
    fn parts_are_disjoint_and_complete(
        labels in prop::collection::vec(0u32..5, 20..200),
        (validation, test) in (0.05f64..0.45, 0.05f64..0.45),
        seed: u64,
        stratified: bool,
    ) {
        let n = labels.len();
        let split = Split::fractions(1.0 - validation - test, validation, test).unwrap().seed(seed);
        let parts = split.indices(n, stratified.then_some(&labels[..])).unwrap();
        prop_assert_eq!(all(&parts), (0..n).collect::<Vec<_>>());
        prop_assert_eq!(&parts, &split.indices(n, stratified.then_some(&labels[..])).unwrap());
        prop_assert!((parts.test.len() as f64 - test * n as f64).abs() <= 0.5);
        prop_assert!((parts.validation.len() as f64 - validation * n as f64).abs() <= 0.5);
        if stratified {
            for class in 0..5 {
                let count = |part: &[usize]| part.iter().filter(|&&i| labels[i] == class).count();
                let size = labels.iter().filter(|&&l| l == class).count() as f64;
                for part in [&parts.train, &parts.validation, &parts.test] {
                    let ideal = size * part.len() as f64 / n as f64;
                    prop_assert!((count(part) as f64 - ideal).abs() < 2.0);
                }
                let ideal = size * parts.test.len() as f64 / n as f64;
                prop_assert!((count(&parts.test) as f64 - ideal).abs() < 1.0);
                prop_assert!(size == 0.0 || count(&parts.train) > 0 || parts.train.len() < 5);
            }
        }
    }

    #[test]
    fn apportioning_gives_exact_sums_and_nearest_shares(
        sizes in prop::collection::vec(0usize..50, 1..12),
        fraction in 0.0f64..=1.0,
    ) {
        let total: usize = sizes.iter().sum();
        let count = (total as f64 * fraction) as usize;
        let shares = apportion(&sizes, count);
        prop_assert_eq!(shares.iter().sum::<usize>(), count);
        for (share, size) in shares.iter().zip(&sizes) {
            prop_assert!(share <= size);
            let ideal = *size as f64 * count as f64 / total.max(1) as f64;
            prop_assert!((*share as f64 - ideal).abs() < 1.0);
        }
    }
}

#[test]
fn the_seed_decides() {
    let indices = |seed| Split::counts(6, 2, 2).seed(seed).indices(10, None).unwrap();
    assert_eq!(indices(1), indices(1));
    assert_ne!(indices(1), indices(2));
}

#[test]
fn counts_may_leave_samples_unused_but_not_exceed_them() {
    let parts = Split::counts(3, 2, 1).indices(10, None).unwrap();
    assert_eq!(all(&parts).len(), 6);
    let error = Split::counts(9, 1, 1)
        .indices(10, None)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "split: 9 + 1 + 1 samples were asked of 10");
    assert!(Split::counts(usize::MAX, 1, 1).indices(10, None).is_err());
}

#[test]
fn fractions_are_checked() {
    for (a, b, c) in [(0.9, 0.2, 0.0), (-0.1, 0.5, 0.5), (f64::NAN, 0.5, 0.5)] {
        assert!(Split::fractions(a, b, c).is_err());
    }
    let error = Split::fractions(0.8, 0.1, 0.1)
        .unwrap()
        .indices(3, None)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("leaves the validation part empty"),
        "{error}"
    );
    let parts = Split::fractions(0.8, 0.0, 0.2)
        .unwrap()
        .indices(10, None)
        .unwrap();
    assert_eq!(
        (parts.train.len(), parts.validation.len(), parts.test.len()),
        (8, 0, 2)
    );
    let parts = Split::fractions(0.0, 0.0, 0.25)
        .unwrap()
        .indices(10, None)
        .unwrap();
    assert_eq!((parts.train.len(), parts.test.len()), (0, 3));
}

#[test]
fn a_rare_class_is_found_in_the_training_part() {
    let mut labels = vec![0u32; 99];
    labels.push(1);
    for seed in 0..20 {
        let split = Split::fractions(0.5, 0.25, 0.25).unwrap().seed(seed);
        assert!(
            split
                .indices(100, Some(&labels))
                .unwrap()
                .train
                .contains(&99)
        );
    }
}

#[test]
fn stratifying_needs_classes() {
    let inputs = Tensor::zeros([10, 1], DType::F32).unwrap();
    let data = InMemory::new("t", inputs, Targets::regression(vec![0.0; 10], "y")).unwrap();
    let split = Split::counts(5, 3, 2).stratified();
    assert!(
        split
            .apply(data)
            .unwrap_err()
            .to_string()
            .contains("needs classes")
    );
}

proptest! {
    #[test]
    fn groups_stay_together(
        groups in prop::collection::vec(0u32..12, 30..120),
        seed: u64,
    ) {
        let split = Split::fractions(0.6, 0.2, 0.2).unwrap().seed(seed);
        let Ok(parts) = split.indices_grouped(&groups) else {
            return Ok(());
        };
        prop_assert_eq!(all(&parts), (0..groups.len()).collect::<Vec<_>>());
        let of = |part: &[usize]| part.iter().map(|&i| groups[i]).collect::<std::collections::BTreeSet<_>>();
        let (a, b, c) = (of(&parts.train), of(&parts.validation), of(&parts.test));
        prop_assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
        // Within the size of the largest group of what was asked.
        let largest = (0..12).map(|g| groups.iter().filter(|&&x| x == g).count()).max().unwrap();
        prop_assert!(parts.test.len().abs_diff(groups.len() / 5) <= largest);
    }

    #[test]
    fn time_runs_from_part_to_part(times in prop::collection::vec(0i32..40, 10..80)) {
        let times: Vec<f64> = times.into_iter().map(f64::from).collect();
        let Ok(parts) = Split::fractions(0.6, 0.2, 0.2).unwrap().indices_in_time(&times) else {
            return Ok(());
        };
        prop_assert_eq!(all(&parts), (0..times.len()).collect::<Vec<_>>());
        let last = |part: &[usize]| part.iter().map(|&i| times[i]).fold(f64::MIN, f64::max);
        let first = |part: &[usize]| part.iter().map(|&i| times[i]).fold(f64::MAX, f64::min);
        prop_assert!(last(&parts.train) < first(&parts.validation));
        prop_assert!(last(&parts.validation) < first(&parts.test));
    }

    #[test]
    fn folds_judge_every_sample_once(
        labels in prop::collection::vec(0u32..3, 24..100),
        folds in 2usize..7,
        seed in prop::option::of(0u64..9),
    ) {
        let mut kfold = KFold::new(folds).unwrap();
        if let Some(seed) = seed {
            kfold = kfold.shuffle(seed);
        }
        let n = labels.len();
        let mut kinds = vec![(kfold.folds(n).unwrap(), 1)];
        if let Ok(stratified) = kfold.stratified(&labels) {
            for fold in &stratified {
                for class in 0..3 {
                    let of = |list: &[usize]| list.iter().filter(|&&i| labels[i] == class).count();
                    let exact = (of(&fold.train) + of(&fold.validation)) as f64 / folds as f64;
                    prop_assert!((of(&fold.validation) as f64 - exact).abs() < 1.0);
                }
            }
            kinds.push((stratified, 1));
        }
        let groups: Vec<u32> = (0..n as u32).map(|i| i / 3).collect();
        kinds.push((kfold.grouped(&groups).unwrap(), 3));
        for (folds, slack) in kinds {
            let mut judged = vec![0; n];
            for fold in &folds {
                fold.validation.iter().for_each(|&i| judged[i] += 1);
                prop_assert_eq!(fold.train.len() + fold.validation.len(), n);
                prop_assert!(fold.train.iter().all(|i| !fold.validation.contains(i)));
                prop_assert!(fold.validation.len().abs_diff(n / folds.len()) <= slack);
            }
            prop_assert!(judged.iter().all(|&count| count == 1));
        }
    }
}

#[test]
fn groups_that_are_too_few_are_refused() {
    let split = Split::fractions(0.6, 0.2, 0.2).unwrap();
    let error = split.indices_grouped(&[1; 20]).unwrap_err().to_string();
    assert!(error.contains("1 groups are too few"), "{error}");
    let error = KFold::new(3).unwrap().grouped(&[1, 1, 2, 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "k-fold: 2 groups are too few for 3 folds"
    );
}

#[test]
fn a_class_absent_from_a_fold_is_refused() {
    let error = KFold::new(4).unwrap().stratified(&[0, 0, 0, 0, 0, 1, 1, 1]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "k-fold: class 1 has 3 samples, too few for 4 folds; use 3 folds or fewer, or leave the class out"
    );
    assert!(KFold::new(1).is_err());
    assert!(KFold::new(5).unwrap().folds(4).is_err());
}

#[test]
fn times_that_have_no_order_are_refused() {
    let split = Split::counts(2, 1, 1);
    let error = split
        .indices_in_time(&[1.0, f64::NAN, 2.0, 3.0])
        .unwrap_err();
    assert!(
        error.to_string().contains("sample 1 has the time NaN"),
        "{error}"
    );
    let error = split.indices_in_time(&[1.0; 4]).unwrap_err().to_string();
    assert!(error.contains("the same time"), "{error}");
    assert!(time_folds(&[1.0, 2.0], 2, 0).is_err());
    assert!(time_folds(&[1.0; 9], 1, 0).is_err());
    assert!(time_folds(&[1.0; 9], usize::MAX, 0).is_err());
}

#[test]
fn folds_in_time_are_those_of_scikit_learn() {
    // TimeSeriesSplit(n_splits=3, gap=1) on 11 samples.
    let time: Vec<f64> = (0..11).map(f64::from).collect();
    let folds = time_folds(&time, 3, 1).unwrap();
    let expected = [(0..4, 5..7), (0..6, 7..9), (0..8, 9..11)];
    for (fold, (train, validation)) in folds.iter().zip(expected) {
        assert_eq!(fold.train, train.collect::<Vec<_>>());
        assert_eq!(fold.validation, validation.collect::<Vec<_>>());
    }
}

fn table(rows: &[(f32, u32)]) -> InMemory {
    let values: Vec<f32> = rows.iter().flat_map(|r| [r.0, 1.0]).collect();
    let labels = rows.iter().map(|r| r.1).collect();
    let inputs = Tensor::from_vec(values, [rows.len(), 2]).unwrap();
    InMemory::new("t", inputs, Targets::classes(labels, 2)).unwrap()
}

#[test]
fn samples_in_two_parts_are_found() {
    let train = table(&[(1.0, 0), (2.0, 1), (3.0, 0), (2.0, 0), (0.0, 1)]);
    let test = table(&[(9.0, 0), (2.0, 0), (3.0, 1), (-0.0, 1)]);
    let clean = table(&[(5.0, 0), (6.0, 1)]);
    let leakage = duplicates_across(&[
        ("training", &train),
        ("validation", &clean),
        ("test", &test),
    ])
    .unwrap();
    assert_eq!(leakage.overlaps.len(), 1);
    let overlap = &leakage.overlaps[0];
    assert_eq!(
        (overlap.duplicates, overlap.agreeing, overlap.samples),
        (3, 2, 4)
    );
    let pair = |first, second, agree| LeakedPair {
        first,
        second,
        agree,
    };
    assert_eq!(
        overlap.examples,
        [pair(3, 1, true), pair(2, 2, false), pair(4, 3, true)]
    );
    assert_eq!(
        overlap.to_string(),
        "3 of 4 test samples are also in the training part (for one, test 1 = training 3), 1 of which have another target there"
    );
    assert!(
        duplicates_across(&[("training", &train), ("test", &clean)])
            .unwrap()
            .is_clean()
    );
    assert!(duplicates_across(&[]).unwrap().is_clean());
}
