use super::palette::Tone;
use super::*;

fn curve(name: &str, tone: Tone, values: &[f64]) -> Mark {
    let points = values
        .iter()
        .enumerate()
        .map(|(at, &value)| (at as f64 + 1.0, value))
        .collect();
    Mark::Line {
        name: name.into(),
        tone,
        points,
        look: Look::Plain,
    }
}

fn axes(marks: Vec<Mark>) -> Figure {
    Figure {
        name: "loss".into(),
        title: "Loss".into(),
        about: "falls".into(),
        plot: Plot::Axes(Axes {
            x: Dimension {
                label: "epoch".into(),
                scale: Scale::Whole,
                range: None,
            },
            y: Dimension {
                label: "loss".into(),
                scale: Scale::Auto,
                range: None,
            },
            marks,
        }),
    }
}

fn matrix(names: Vec<String>) -> Figure {
    let count = names.len();
    let cell = |at: usize| Cell {
        share: at as f64 / (count * count) as f64,
        text: at.to_string(),
        tone: if at.is_multiple_of(count + 1) {
            Tone::Right
        } else {
            Tone::Wrong
        },
        hint: format!("\"{at}\" & <more>"),
    };
    Figure {
        name: "confusion".into(),
        title: "Confusion".into(),
        about: "what was taken for what".into(),
        plot: Plot::Matrix(Matrix {
            row_label: "true".into(),
            column_label: "said".into(),
            cells: (0..count * count).map(cell).collect(),
            names,
        }),
    }
}

fn rows() -> Figure {
    let row = |name: &str, length: f64| Row {
        name: name.into(),
        parts: vec![(Tone::First, length), (Tone::Second, 1.0)],
        text: length.to_string(),
    };
    Figure {
        name: "classes".into(),
        title: "Classes".into(),
        about: "how many of each".into(),
        plot: Plot::Rows(Rows {
            label: "samples".into(),
            rows: vec![
                row("cat", 4.0),
                row(&"dog".repeat(40), f64::NAN),
                row("owl", 0.0),
            ],
            legend: vec![
                (Tone::First, "training".into()),
                (Tone::Second, "test".into()),
            ],
        }),
    }
}

/// Every mark there is.
fn everything() -> Figure {
    axes(vec![
        Mark::Band {
            tone: Tone::First,
            points: vec![(1.0, 0.1, 0.4), (4.0, 0.5, 2.5)],
        },
        Mark::Bars {
            name: "bars".into(),
            tone: Tone::Third,
            bars: vec![(1.0, 2.0, 0.5), (2.0, 3.0, -0.2)],
        },
        curve("training", Tone::First, &[2.0, 0.5, f64::NAN, 0.1, 0.01]),
        curve("validation", Tone::Second, &[1.5, 0.6, 0.3, 0.2]),
        Mark::Line {
            name: "steps".into(),
            tone: Tone::Third,
            points: vec![(1.0, 1.0), (3.0, 2.0)],
            look: Look::Steps,
        },
        Mark::Dots {
            name: "dots".into(),
            tone: Tone::Second,
            points: vec![(2.0, 1.0), (2.5, 1.5)],
        },
        Mark::Ring {
            name: "best".into(),
            tone: Tone::Second,
            at: (3.0, 0.3),
        },
        Mark::Rule {
            name: "limit".into(),
            rule: Rule::Level(1.2),
        },
        Mark::Rule {
            name: String::new(),
            rule: Rule::Upright(2.0),
        },
        Mark::Rule {
            name: "same".into(),
            rule: Rule::Diagonal,
        },
    ])
}

#[test]
fn both_drawings_show_every_series() {
    let figure = axes(vec![
        curve("training", Tone::First, &[2.0, 0.5, 0.1, 0.01]),
        curve("validation", Tone::Second, &[1.5, 0.6, 0.3, 0.2]),
    ]);
    let picture = figure.image();
    let svg = figure.svg();
    for tone in [Tone::First, Tone::Second, Tone::Ink] {
        let count = picture
            .pixels()
            .filter(|pixel| pixel.0 == tone.light())
            .count();
        assert!(count > 50, "{tone:?} is missing");
        assert!(
            svg.contains(&format!("-{}\"", tone.name())),
            "{tone:?} is missing"
        );
    }
    for word in ["training", "validation", "loss (logarithmic)", "epoch"] {
        assert!(svg.contains(word), "{word} is missing");
    }
    let wide = side_by_side("digits", "test accuracy 97.9 %", &[figure.clone(), figure]);
    assert_eq!((wide.width(), wide.height()), (1280, 560));
    assert!(
        wide.pixels()
            .filter(|pixel| pixel.0 == Tone::Second.light())
            .count()
            > 100
    );
}

/// Text may speak of what is not a number; places may not.
fn numbers_are_finite(svg: &str) -> bool {
    [
        "\"NaN", "\"inf", "\"-inf", " NaN", "LNaN", "MNaN", "Linf", " inf",
    ]
    .iter()
    .all(|wrong| !svg.contains(wrong))
}

#[test]
fn an_svg_says_what_it_shows_and_loads_nothing() {
    let names = vec!["<b>&\"'".to_string(), "שלום".into(), "🦊".into()];
    for figure in [everything(), matrix(names), rows()] {
        let svg = figure.svg();
        crate::view::page::tests::well_formed(&svg);
        assert!(svg.contains("role=\"img\"") && svg.contains("<title") && svg.contains("<desc"));
        assert!(
            !svg.replace("http://www.w3.org/2000/svg", "")
                .contains("http")
        );
        assert!(numbers_are_finite(&svg), "{svg}");
        crate::view::page::tests::well_formed(&figure.inline_svg("x"));
        let picture = figure.image();
        assert!(picture.width() > 200 && picture.height() > 50);
    }
}

#[test]
fn odd_numbers_do_no_harm() {
    for values in [
        &[][..],
        &[1.0],
        &[f64::NAN, f64::INFINITY],
        &[0.0, 0.0],
        &[-1.0, 1e30],
        &[1e-300, 1.0],
        &[f64::MAX, f64::MIN],
    ] {
        let figure = axes(vec![curve("a", Tone::First, values)]);
        figure.image();
        let svg = figure.svg();
        assert!(numbers_are_finite(&svg), "{values:?}: {svg}");
    }
    side_by_side("no figure", "", &[]);
    matrix(Vec::new()).svg();
    for count in [1, 2, 7, 20, 100] {
        let figure = matrix((0..count).map(|at| format!("class {at}")).collect());
        let picture = figure.image();
        assert!(picture.width() < 2200, "{count}: {}", picture.width());
        figure.svg();
    }
}
