use super::*;

fn errors(train: (usize, usize), validation: (usize, usize)) -> Errors {
    Errors::new(
        Estimate::rate(train.0, train.1).unwrap(),
        Estimate::rate(validation.0, validation.1).unwrap(),
        0.9,
    )
}

fn finding(train: (usize, usize), validation: (usize, usize), baseline: Option<f64>) -> Finding {
    let errors = Errors {
        baseline,
        ..errors(train, validation)
    };
    Verdict::of(&errors).unwrap().finding
}

#[test]
fn the_textbook_cases_are_named() {
    // Ng's examples: training 15 %, 16 %; 1 %, 11 %; 15 %, 30 %; 0.5 %, 1 %, against people who are perfect.
    let of = |train, validation| finding((train, 10_000), (validation, 2_000), Some(0.0));
    assert_eq!(of(1500, 320), Finding::HighBias);
    assert_eq!(of(100, 220), Finding::HighVariance);
    assert_eq!(of(1500, 600), Finding::Both);
    assert_eq!(of(50, 20), Finding::Fine);
    // The same training error is no bias where 14 % is the best that can be had.
    assert_eq!(
        finding((1500, 10_000), (320, 2_000), Some(0.14)),
        Finding::Fine
    );
}

#[test]
fn gaps_within_noise_are_not_called_variance() {
    let few = Verdict::of(&errors((4, 200), (3, 40))).unwrap();
    assert!(few.gap.value > few.target_gap && !few.variance);
    assert!(few.sentences[1].contains("40 samples leave"), "{few}");
    assert_eq!(few.try_next[0].action, Action::MoreValidation);
    assert_eq!(
        finding((0, 2_000), (200, 2_000), None),
        Finding::HighVariance
    );
}

#[test]
fn leakage_comes_before_everything_else() {
    assert_eq!(
        finding((2_000, 10_000), (100, 2_000), None),
        Finding::Leaking
    );
    // A little better by chance is not suspicious.
    assert_eq!(finding((200, 10_000), (30, 2_000), None), Finding::Fine);
    let mut copied = errors((0, 1_000), (1, 200));
    copied.leaks.push(Leak::Copies {
        samples: 90,
        of: 200,
        others: Some(Estimate::rate(40, 110).unwrap()),
    });
    let verdict = Verdict::of(&copied).unwrap();
    assert_eq!(verdict.finding, Finding::Leaking);
    assert!(
        verdict.sentences[0].contains("on the others the error is 36 %"),
        "{verdict}"
    );
    assert_eq!(verdict.try_next[0].action, Action::MendTheData);
}

#[test]
fn advice_fits_the_finding() {
    let actions = |list: &[Advice]| list.iter().map(|a| a.action).collect::<Vec<_>>();
    let mut bias = errors((3_000, 10_000), (640, 2_000));
    bias.still_falling = true;
    let verdict = Verdict::of(&bias).unwrap();
    assert_eq!(verdict.try_next[0].action, Action::TrainLonger);
    assert!(actions(&verdict.would_waste).contains(&Action::MoreData));
    assert!(!actions(&verdict.try_next).contains(&Action::MoreData));
    let variance = Verdict::of(&errors((0, 10_000), (400, 2_000))).unwrap();
    assert!(actions(&variance.try_next).contains(&Action::MoreData));
    assert!(actions(&variance.would_waste).contains(&Action::BiggerNetwork));
}

#[test]
fn a_test_part_that_is_worse_is_said() {
    let mut errors = errors((10, 1_000), (20, 1_000));
    errors.test = Some(Estimate::rate(150, 1_000).unwrap());
    let text = Verdict::of(&errors).unwrap().to_string();
    assert!(
        text.contains("choices were fitted to the validation part"),
        "{text}"
    );
    assert!(
        Verdict::of(&Errors {
            baseline: Some(2.0),
            ..errors
        })
        .is_err()
    );
}
