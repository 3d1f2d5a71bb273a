//! `nn diagnose` named rightly: small networks, really trained on data made to go wrong in a known way, and what is said of them.

use serde_json::Value;

use crate::support::Place;

/// Numbers that look random, the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// A table whose last column is what `target` makes of the others.
fn table(
    rows: usize,
    columns: usize,
    seed: u64,
    mut target: impl FnMut(&mut [f64], &mut Numbers) -> String,
) -> String {
    let mut numbers = Numbers(seed * 1_000_003);
    let mut text: String = (0..columns).map(|column| format!("c{column},")).collect();
    text.push_str("y\n");
    for _ in 0..rows {
        let mut row: Vec<f64> = (0..columns).map(|_| numbers.normal()).collect();
        let y = target(&mut row, &mut numbers);
        row.iter()
            .for_each(|value| text.push_str(&format!("{value:.6},")));
        text.push_str(&y);
        text.push('\n');
    }
    text
}

fn class(yes: bool) -> String {
    if yes { "yes" } else { "no" }.into()
}

/// One way to go wrong: the table of a seed, the layers, the loss, and the epochs.
struct Case {
    name: &'static str,
    finding: &'static str,
    table: fn(u64) -> String,
    layers: &'static str,
    loss: &'static str,
    epochs: usize,
    validation: f64,
}

const WIDE: &str = r#"["linear 64", "relu", "linear 64", "relu", "linear 2"]"#;
const WIDE_NUMBER: &str = r#"["linear 64", "relu", "linear 64", "relu", "linear 1"]"#;

const CASES: [Case; 10] = [
    Case {
        name: "a straight line around a circle",
        finding: "high_bias",
        table: |seed| table(1200, 2, seed, |x, _| class(x[0] * x[0] + x[1] * x[1] < 1.4)),
        layers: r#"["linear 2"]"#,
        loss: "cross_entropy",
        epochs: 20,
        validation: 0.25,
    },
    Case {
        name: "a straight line through a parabola",
        finding: "high_bias",
        table: |seed| {
            table(900, 3, seed, |x, n| {
                format!("{:.6}", x[0] + x[1] * x[1] + 0.1 * n.normal())
            })
        },
        layers: r#"["linear 1"]"#,
        loss: "mse",
        epochs: 30,
        validation: 0.25,
    },
    Case {
        name: "a wide network on few rows with many columns",
        finding: "high_variance",
        table: |seed| {
            table(300, 40, seed, |x, n| {
                class(x[0] + x[1] + 1.5 * n.normal() > 0.0)
            })
        },
        layers: WIDE,
        loss: "cross_entropy",
        epochs: 60,
        validation: 0.25,
    },
    Case {
        name: "a wide network through noisy numbers",
        finding: "high_variance",
        table: |seed| {
            table(160, 30, seed, |x, n| {
                format!("{:.6}", x[0] - x[1] + 1.5 * n.normal())
            })
        },
        layers: WIDE_NUMBER,
        loss: "mse",
        epochs: 300,
        validation: 0.25,
    },
    Case {
        name: "a straight line through an exclusive or in many columns",
        finding: "both",
        table: |seed| table(500, 50, seed, |x, _| class(x[0] * x[1] > 0.0)),
        layers: r#"["linear 2"]"#,
        loss: "cross_entropy",
        epochs: 150,
        validation: 0.7,
    },
    Case {
        name: "a straight line through steps in many columns",
        finding: "both",
        table: |seed| {
            table(500, 80, seed, |x, _| {
                format!("{:.6}", (x[0] * x[1]).signum() + 0.5 * x[2])
            })
        },
        layers: r#"["linear 1"]"#,
        loss: "mse",
        epochs: 150,
        validation: 0.7,
    },
    Case {
        name: "two clouds and a line between them",
        finding: "fine",
        table: |seed| {
            table(2400, 6, seed, |x, n| {
                let yes = n.uniform() < 0.5;
                x.iter_mut()
                    .for_each(|value| *value += if yes { 1.0 } else { -1.0 });
                class(yes)
            })
        },
        layers: r#"["linear 2"]"#,
        loss: "cross_entropy",
        epochs: 20,
        validation: 0.25,
    },
    Case {
        name: "a plane through a plane",
        finding: "fine",
        table: |seed| {
            table(1200, 4, seed, |x, n| {
                format!("{:.6}", 2.0 * x[0] - x[1] + 0.5 * x[2] + 0.1 * n.normal())
            })
        },
        layers: r#"["linear 1"]"#,
        loss: "mse",
        epochs: 30,
        validation: 0.25,
    },
    Case {
        name: "every row three times",
        finding: "leaking",
        table: |seed| {
            let once = table(200, 20, seed, |x, n| class(x[0] + 1.5 * n.normal() > 0.0));
            let (head, rows) = once.split_once('\n').expect("a header");
            format!("{head}\n{rows}{rows}{rows}")
        },
        layers: WIDE,
        loss: "cross_entropy",
        epochs: 60,
        validation: 0.25,
    },
    Case {
        name: "a column made from the answer",
        finding: "leaking",
        table: |seed| {
            table(600, 8, seed, |x, n| {
                let ill = x[0] + n.normal() > 0.5;
                // The dose that only the ill are given.
                x[5] = if ill { 20.0 + n.uniform() } else { 0.0 };
                class(ill)
            })
        },
        layers: r#"["linear 16", "relu", "linear 2"]"#,
        loss: "cross_entropy",
        epochs: 30,
        validation: 0.25,
    },
];

/// Each case is built and trained anew so many times.
const SEEDS: u64 = 3;

fn diagnosed(place: &Place, case: &Case, seed: u64) -> Value {
    place.file("data.csv", (case.table)(seed));
    place.file(
        "case.toml",
        format!(
            "seed = {seed}\n[data]\nsource = \"data.csv\"\ntarget = \"y\"\nvalidation = {}\ntest = 0.0\n\
             [network]\nlayers = {}\n[loss]\ntype = \"{}\"\n[optimizer]\ntype = \"adam\"\nlearning_rate = 0.01\n\
             [train]\nepochs = {}\nbatch_size = 32\n",
            case.validation, case.layers, case.loss, case.epochs
        ),
    );
    place.good(["diagnose", "case.toml", "--json"]).json()
}

#[test]
fn ten_cases_are_named_rightly() {
    let place = Place::new();
    let mut wrong = Vec::new();
    for case in &CASES {
        for seed in 1..=SEEDS {
            let said = diagnosed(&place, case, seed);
            if said["verdict"]["finding"] != case.finding {
                wrong.push(format!(
                    "{}, seed {seed}: {}",
                    case.name, said["verdict"]["sentences"]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
