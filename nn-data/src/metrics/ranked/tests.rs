use super::*;
use crate::metrics::{Binning, brier_score, calibration_curve, expected_calibration_error};
use proptest::prelude::*;

/// Precision and recall written out at a threshold.
fn naive(truth: &[bool], scores: &[f64], threshold: f64) -> (u64, u64) {
    let flagged = scores.iter().zip(truth).filter(|(s, _)| **s >= threshold);
    flagged.fold((0, 0), |(hits, all), (_, &t)| {
        (hits + u64::from(t), all + 1)
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(1.0)
}

fn samples() -> impl Strategy<Value = Vec<(bool, f64)>> {
    let score = prop_oneof![
        (-3i32..4).prop_map(f64::from),
        -1e3f64..1e3,
        Just(-0.0),
        Just(1e300),
    ];
    prop::collection::vec((any::<bool>(), score), 1..60)
}

proptest! {
    #[test]
    fn areas_and_curves_are_their_definitions(samples in samples()) {
        let (truth, scores): (Vec<bool>, Vec<f64>) = samples.iter().copied().unzip();
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        let positives = truth.iter().filter(|t| **t).count();
        prop_assert_eq!(ranked.positives(), positives);
        prop_assert!(ranked.thresholds().windows(2).all(|w| w[0] > w[1]));
        let mut average = 0.0;
        let mut before = 0;
        for (at, &threshold) in ranked.thresholds().iter().enumerate() {
            let (hits, flagged) = naive(&truth, &scores, threshold);
            let counts = ranked.counts_at(threshold);
            prop_assert_eq!((counts.true_positives, counts.flagged()), (hits, flagged));
            prop_assert_eq!(counts, BinaryCounts::at(&truth, &scores, threshold).unwrap());
            average += (hits - before) as f64 / positives.max(1) as f64 * hits as f64 / flagged as f64;
            before = hits;
            let curve = ranked.precision_recall();
            let point = ranked.thresholds().len() - 1 - at;
            prop_assert_eq!(curve.thresholds[point], threshold);
            prop_assert_eq!(curve.precision[point], hits as f64 / flagged as f64);
        }
        prop_assert!(close(ranked.average_precision(), average));
        let pairs = |f: fn(f64, f64) -> f64| -> f64 {
            let of = |class: bool| samples.iter().filter(move |s| s.0 == class);
            of(true).flat_map(|p| of(false).map(move |n| f(p.1, n.1))).sum()
        };
        if positives > 0 && positives < truth.len() {
            let wins = pairs(|p, n| if p > n { 1.0 } else if p == n { 0.5 } else { 0.0 });
            let auc = ranked.roc_auc().unwrap();
            prop_assert!(close(auc, wins / (positives * (truth.len() - positives)) as f64));
            let curve = ranked.roc().unwrap();
            let area: f64 = (1..curve.thresholds.len()).map(|i| {
                (curve.false_positive_rate[i] - curve.false_positive_rate[i - 1])
                    * (curve.true_positive_rate[i] + curve.true_positive_rate[i - 1]) / 2.0
            }).sum();
            prop_assert!(close(auc, area));
        } else {
            prop_assert!(ranked.roc_auc().is_err() && ranked.roc().is_err());
        }
    }

    #[test]
    fn the_best_threshold_is_the_best_of_all(samples in samples(), beta in 0.3f64..3.0, wanted in 0.05f64..=1.0) {
        let (truth, scores): (Vec<bool>, Vec<f64>) = samples.iter().copied().unzip();
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        let all: Vec<BinaryCounts> = scores.iter()
            .map(|&t| BinaryCounts::at(&truth, &scores, t).unwrap())
            .collect();
        let rule = ThresholdRule::FBeta(beta);
        if ranked.positives() == 0 {
            prop_assert!(ranked.best_threshold(&rule).is_err());
            return Ok(());
        }
        let most = |f: &dyn Fn(&BinaryCounts) -> Option<f64>| {
            all.iter().filter_map(f).fold(f64::NEG_INFINITY, f64::max)
        };
        let best = ranked.best_threshold(&rule).unwrap();
        prop_assert_eq!(best.f_beta, most(&|c| Some(c.f_beta(beta))));
        prop_assert_eq!(best.counts, BinaryCounts::at(&truth, &scores, best.value).unwrap());
        let best = ranked.best_threshold(&ThresholdRule::Recall(wanted)).unwrap();
        prop_assert!(best.recall >= wanted);
        prop_assert_eq!(best.precision, most(&|c| (c.recall() >= wanted).then(|| c.precision())));
        let reachable = most(&|c| (c.precision() >= wanted).then(|| c.recall()));
        match ranked.best_threshold(&ThresholdRule::Precision(wanted)) {
            Ok(best) => prop_assert_eq!(best.recall, reachable),
            Err(e) => {
                prop_assert_eq!(reachable, f64::NEG_INFINITY);
                prop_assert!(e.to_string().contains("highest precision"), "{}", e);
            }
        }
        let rule = ThresholdRule::Cost { false_positive: beta, false_negative: 1.0 };
        let best = ranked.best_threshold(&rule).unwrap();
        let nothing = ranked.positives() as f64;
        prop_assert_eq!(best.counts.cost(beta, 1.0), -most(&|c| Some(-c.cost(beta, 1.0))).max(-nothing));
        prop_assert_eq!(best.counts, BinaryCounts::at(&truth, &scores, best.value).unwrap());
    }

    #[test]
    fn bins_hold_every_sample_once(
        samples in prop::collection::vec((any::<bool>(), 0.0f64..=1.0), 1..80),
        bins in 1usize..12,
    ) {
        let (truth, scores): (Vec<bool>, Vec<f64>) = samples.into_iter().unzip();
        for binning in [Binning::Uniform, Binning::Quantile] {
            let curve = calibration_curve(&truth, &scores, bins, binning).unwrap();
            prop_assert_eq!(curve.iter().map(|b| b.count).sum::<u64>(), truth.len() as u64);
            for bin in &curve {
                prop_assert!(bin.low - 1e-12 <= bin.mean_score && bin.mean_score <= bin.high + 1e-12);
            }
        }
    }
}

/// Scores of many kinds, enough of them for many buckets and blocks.
fn many(n: usize, f: impl Fn(f64) -> f64) -> (Vec<bool>, Vec<f64>) {
    let mut rng = nn_core::Rng::new(7);
    let truth: Vec<bool> = (0..n).map(|_| rng.bernoulli(0.3)).collect();
    let scores = truth
        .iter()
        .map(|&t| f(rng.normal() + f64::from(u8::from(t))));
    let scores = scores.collect();
    (truth, scores)
}

#[test]
fn long_lists_are_sorted_right_whatever_their_spread() {
    let kinds: [fn(f64) -> f64; 7] = [
        |z| z,
        |z| 1.0 / (1.0 + (-z).exp()),
        |z| z.round(),
        |_| 0.25,
        |z| z.exp().powi(40),
        |z| if z > 3.0 { 1e300 } else { 0.5 + z * 1e-9 },
        |z| f64::from(z as f32),
    ];
    for f in kinds {
        let (truth, scores) = many(70_000, f);
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        let mut pairs: Vec<(f64, bool)> = scores.iter().copied().zip(truth.clone()).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut groups, mut hits) = (Vec::new(), 0u32);
        for (i, &(score, truth)) in pairs.iter().enumerate() {
            hits += u32::from(truth);
            if pairs.get(i + 1).is_none_or(|next| next.0 != score) {
                groups.push((score, i as u32 + 1, hits));
            }
        }
        let got: Vec<(f64, u32, u32)> = (ranked.thresholds.iter().zip(&ranked.flagged))
            .zip(&ranked.hits)
            .map(|((&t, &f), &h)| (t, f, h))
            .collect();
        assert!(got == groups);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (truth, scores) = many(150_000, |z| 1.0 / (1.0 + (-z).exp()));
    let judge = || {
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        let rule = ThresholdRule::FBeta(1.0);
        let values = [
            ranked.roc_auc().unwrap(),
            ranked.average_precision(),
            ranked.best_threshold(&rule).unwrap().value,
            brier_score(&truth, &scores).unwrap(),
            expected_calibration_error(&truth, &scores, 15, Binning::Uniform).unwrap(),
        ];
        (values, ranked.roc().unwrap(), ranked.precision_recall())
    };
    let before = nn_core::kernels::threads::threads();
    nn_core::kernels::threads::set_threads(1);
    let alone = judge();
    nn_core::kernels::threads::set_threads(3);
    let together = judge();
    nn_core::kernels::threads::set_threads(before);
    assert!(alone == together);
}

#[test]
fn curves_can_be_thinned() {
    let (truth, scores) = many(20_000, |z| z);
    let ranked = RankedScores::new(&truth, &scores).unwrap();
    let roc = ranked.roc().unwrap();
    for points in [0, 2, 50, 200] {
        let thin = roc.thinned(points);
        assert!(thin.thresholds.len() <= points.max(2), "{points}");
        assert_eq!(thin.true_positive_rate.first(), Some(&0.0));
        assert_eq!(thin.true_positive_rate.last(), Some(&1.0));
        let curve = ranked.precision_recall().thinned(points);
        assert!(curve.recall.len() <= points.max(2), "{points}");
        assert_eq!((curve.recall[0], curve.recall.last()), (1.0, Some(&0.0)));
        assert_eq!(curve.thresholds.len() + 1, curve.recall.len());
    }
    assert!(roc.thinned(200).thresholds.len() > 50);
    assert_eq!(roc.thinned(usize::MAX), roc);
}

#[test]
fn what_is_no_score_is_refused() {
    let error =
        |truth: &[bool], scores: &[f64]| RankedScores::new(truth, scores).unwrap_err().to_string();
    assert_eq!(
        error(&[true, false], &[0.5, f64::NAN]),
        "ranking by scores: sample 1 has the score NaN, which is not a finite number"
    );
    assert!(error(&[true], &[f64::INFINITY]).contains("sample 0 has the score inf"));
    assert!(error(&[], &[]).contains("no samples"));
    assert!(error(&[true], &[]).contains("1 true values but 0 predictions"));
    assert!(brier_score(&[true], &[1.5]).is_err());
    assert!(calibration_curve(&[true], &[-0.1], 5, Binning::Uniform).is_err());
    assert!(calibration_curve(&[true], &[0.1], 0, Binning::Uniform).is_err());
    assert!(calibration_curve(&[true], &[0.1], usize::MAX, Binning::Uniform).is_err());
    let ranked = RankedScores::new(&[false, false], &[0.5f32, 0.25]).unwrap();
    assert_eq!(ranked.average_precision(), 0.0);
    let error = ranked.roc_auc().unwrap_err().to_string();
    assert!(
        error.contains("none of the 2 samples is positive"),
        "{error}"
    );
    for rule in [
        ThresholdRule::FBeta(f64::NAN),
        ThresholdRule::Precision(0.0),
        ThresholdRule::Recall(1.5),
        ThresholdRule::Cost {
            false_positive: -1.0,
            false_negative: 1.0,
        },
    ] {
        assert!(ranked.best_threshold(&rule).is_err());
    }
}
