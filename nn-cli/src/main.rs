//! The `nn` command.
#![forbid(unsafe_code)]
#![allow(dead_code)]

mod args;
//mod error;
mod recipe;
mod view;

use clap::Parser;

fn main() {
    let cli = args::Cli::parse();
    let args::Command::Train(train) = cli.command else {
        return;
    };
    match recipe::load(
        train.recipe.as_deref(),
        &recipe::Overrides {
            set: train.overrides,
            ..Default::default()
        },
    ) {
        Ok(r) => println!("{}", toml::to_string(&r).unwrap()),
        Err(e) => eprintln!("error: {e}"),
    }
    let curve = |name: &str, tone, k: f64, v: f64| view::plot::Series {
        name: name.into(),
        tone,
        points: (1..=10)
            .map(|x| (x as f64, v + 2.0 * (-k * x as f64).exp()))
            .collect(),
        mark: (v > 0.09).then(|| ((7.0, v + 2.0 * (-k * 7.0).exp()), "best at 7".to_string())),
    };
    let acc = |name: &str, tone, k: f64, v: f64| view::plot::Series {
        name: name.into(),
        tone,
        points: (1..=10)
            .map(|x| (x as f64, v - 0.4 * (-k * x as f64).exp()))
            .collect(),
        mark: None,
    };
    let p1 = view::plot::Panel {
        title: "loss".into(),
        x_label: "epoch".into(),
        percent: false,
        series: vec![
            curve("training", view::plot::Tone::First, 0.6, 0.02),
            curve("validation", view::plot::Tone::Second, 0.5, 0.1),
        ],
    };
    let p2 = view::plot::Panel {
        title: "accuracy".into(),
        x_label: "epoch".into(),
        percent: true,
        series: vec![
            acc("training", view::plot::Tone::First, 0.6, 0.995),
            acc("validation", view::plot::Tone::Second, 0.5, 0.98),
        ],
    };
    view::plot::draw(
        "digits · 784-128-64-10",
        "test accuracy 97.93 % · The quick brown fox jumps over (lazy) dogs, VWXYZ 0123456789",
        &[p1, p2],
    )
    .save("/tmp/curve.png")
    .unwrap();
}
