//! Where it comes from, and how to get it again.

use std::time::Duration;

use serde_json::Value;

use crate::commands::report::material::Material;
use crate::environment::date;
use crate::view::number::{duration, grouped, plain};
use crate::view::page::{Block, Section};

/// Environment, commands and recipe.
pub fn section(material: &Material) -> Section {
    let mut blocks = vec![Block::Facts(facts(material))];
    let run = material.named.display().to_string();
    let recipe = material.run.recipe();
    match std::fs::read_to_string(&recipe) {
        Ok(text) => {
            blocks.push(Block::Text("The same data, recipe and seed give the same weights to the last bit on the same kind of processor, whatever the number of threads.".into()));
            blocks.push(Block::Code(format!(
                "nn train {}      # the same again\nnn eval {}       # the same numbers\nnn report {}     # this page",
                quoted(&recipe.display().to_string()),
                quoted(&run),
                quoted(&run),
            )));
            blocks.push(Block::Fold(
                "The recipe, with everything filled in".into(),
                vec![Block::Code(text)],
            ));
        }
        Err(e) => blocks.push(Block::Text(format!(
            "The recipe cannot be read ({}), so that the run cannot be repeated from its folder.",
            crate::view::page::escape(&e.to_string()),
        ))),
    }
    Section {
        id: "origin",
        title: "How to get it again".into(),
        blocks,
    }
}

fn facts(material: &Material) -> Vec<(String, String)> {
    let header = &material.model.plan.header;
    let start = material.log.start.as_ref();
    let end = material.log.end.as_ref();
    let text = |key: &str| start.and_then(|start| start.get(key)?.as_str().map(str::to_string));
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| (name.to_string(), value)))
    };
    fact("run", Some(material.run.folder().display().to_string()));
    let begun = text("date").or_else(|| {
        let written = std::fs::metadata(material.run.model_of(&material.named))
            .ok()?
            .modified()
            .ok()?;
        Some(format!("saved {}", date(written)))
    });
    fact("date", begun);
    let epochs = end
        .and_then(|end| end.get("epochs")?.as_f64())
        .unwrap_or(header.epochs);
    fact(
        "length",
        Some(format!(
            "{} epochs, {} steps",
            plain(epochs),
            grouped(header.steps)
        )),
    );
    let seconds = end
        .and_then(|end| end.get("seconds")?.as_f64())
        .unwrap_or_else(|| {
            material
                .log
                .epochs
                .iter()
                .filter_map(|epoch| epoch.seconds)
                .sum()
        });
    if seconds > 0.0 {
        fact(
            "took",
            Some(duration(Duration::from_secs_f64(seconds.min(1e10)))),
        );
    }
    let ended = end.and_then(|end| end.get("reason")?.as_str().map(str::to_string));
    fact(
        "ended",
        Some(ended.unwrap_or_else(|| "not by itself: stopped, or still going on".into())),
    );
    fact(
        "program",
        text("version").map(|version| format!("nn {version}")),
    );
    fact("processor", text("processor"));
    fact("system", text("system"));
    let number = |key: &str| start.and_then(|start| start.get(key).and_then(Value::as_u64));
    let threads = number("threads").map(|threads| match number("cores") {
        Some(cores) => format!("{threads} of {cores} cores"),
        None => threads.to_string(),
    });
    fact("threads", threads);
    fact("seed", Some(header.seed.to_string()));
    facts
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=+:,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
