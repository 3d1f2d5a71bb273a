//! A diagnosis for people.

use nn_data::diagnose::{
    Advice, ErrorAnalysis, Errors, Estimate, Finding, LabelNoise, LearningCurve, Slice,
    ValidationCurve, Verdict,
};

use super::number::{grouped, percent};
use super::spark::spark;
use super::style::{Style, columns, fit};
use super::table::{Align, Table};

/// Rows of a table; the rest is in the files.
const ROWS: usize = 8;

/// The errors, the verdict, its reasons and the advice.
pub fn verdict(
    title: &str,
    (measure, reason): (&str, Option<&str>),
    guess: &str,
    errors: &Errors,
    verdict: &Verdict,
    style: Style,
) -> String {
    let mut text = format!("diagnosis of {}\n\n", style.bold(title));
    let mut line = |name: &str, value: f64, note: String| {
        let name = format!("{name} {measure}");
        text.push_str(&format!(
            "  {name:<32} {:>9}  {}\n",
            percent(value),
            style.dim(&note)
        ));
    };
    let interval = |error: &Estimate| {
        format!(
            "{} to {}, {} samples",
            percent(error.low),
            percent(error.high),
            grouped(error.samples as u64)
        )
    };
    line("training", errors.train.value, interval(&errors.train));
    line(
        "validation",
        errors.validation.value,
        interval(&errors.validation),
    );
    if let Some(test) = &errors.test {
        line("test", test.value, interval(test));
    }
    match errors.baseline {
        Some(baseline) => line("baseline", baseline, "stated".into()),
        None => line(
            "baseline",
            0.0,
            "none stated: state what people or others reach with --baseline".into(),
        ),
    }
    line("a guess's", errors.guess, guess.into());
    if let Some(reason) = reason {
        text.push_str(&format!("\n{}", item(reason, style)));
    }

    let name = verdict.finding.name();
    let name = match verdict.finding {
        Finding::Fine => style.good(name),
        _ => style.bad(name),
    };
    text.push_str(&format!(
        "\n{}{}\n",
        style.bold("verdict: "),
        style.bold(&name)
    ));
    for sentence in &verdict.sentences {
        text.push_str(&item(sentence, style));
    }
    for (title, list) in [
        ("try next", &verdict.try_next),
        ("would be wasted", &verdict.would_waste),
    ] {
        if list.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", style.bold(title)));
        for Advice { action, why } in list {
            text.push_str(&item(&format!("{}: {why}", action.name()), style));
        }
    }
    text
}

/// The learning curve, and what it says.
pub fn learning(curve: &LearningCurve, target_gap: f64, style: Style) -> String {
    let rows = curve.points.iter();
    let rows = rows.map(|point| (grouped(point.samples as u64), point.train, point.validation));
    let mut text = heading("learning curve", style);
    text.push_str(&errors_table("samples", rows.collect(), None, style));
    for sentence in curve.sentences(target_gap) {
        text.push_str(&item(&sentence, style));
    }
    text
}

/// The validation curve, and what it says.
pub fn varied(curve: &ValidationCurve, style: Style) -> String {
    let rows = curve.points.iter();
    let rows = rows.map(|point| (point.value.clone(), point.train, point.validation));
    let fits = curve.fits().iter().map(|fit| fit.name()).collect();
    let mut text = heading("validation curve", style);
    text.push_str(&errors_table(
        &curve.setting,
        rows.collect(),
        Some(fits),
        style,
    ));
    for sentence in curve.sentences() {
        text.push_str(&item(&sentence, style));
    }
    text
}

fn heading(title: &str, style: Style) -> String {
    format!("\n{}\n", style.bold(title))
}

fn errors_table(
    what: &str,
    rows: Vec<(String, Estimate, Estimate)>,
    notes: Option<Vec<&str>>,
    style: Style,
) -> String {
    let mut table = Table::with_columns(vec![
        (what.into(), Align::Right),
        ("training".into(), Align::Right),
        ("validation".into(), Align::Right),
        ("could be".into(), Align::Left),
        (String::new(), Align::Left),
    ]);
    for (at, (name, train, validation)) in rows.iter().enumerate() {
        table.row([
            fit(name, 40),
            percent(train.value),
            percent(validation.value),
            format!(
                "{} to {}",
                percent(validation.low),
                percent(validation.high)
            ),
            notes.as_ref().map_or("", |notes| notes[at]).to_string(),
        ]);
    }
    let line = |name: &str, values: Vec<f64>| {
        format!("  {name:<11} {}\n", style.good(&spark(&values, 40)))
    };
    table.render()
        + &line("training", rows.iter().map(|row| row.1.value).collect())
        + &line("validation", rows.iter().map(|row| row.2.value).collect())
}

/// Confused pairs, and how errors go with confidence.
pub fn errors(errors: &ErrorAnalysis, classes: &[String], style: Style) -> String {
    if errors.mistakes.is_empty() {
        return String::new();
    }
    let name = |class: usize| fit(classes.get(class).map_or("?", String::as_str), 24);
    let mut text = heading("what is confused (validation)", style);
    let mut table = Table::new([
        ("class", Align::Left),
        ("taken for", Align::Left),
        ("times", Align::Right),
        ("of", Align::Right),
    ]);
    for pair in errors.pairs.iter().take(ROWS) {
        table.row([
            name(pair.truth),
            name(pair.said),
            grouped(pair.count),
            grouped(pair.of),
        ]);
    }
    text.push_str(&table.render());
    if errors.pairs.len() > ROWS {
        text.push_str(&format!("  and {} more pairs\n", errors.pairs.len() - ROWS));
    }
    text.push_str(&heading("how sure it was (validation)", style));
    let mut table = Table::new([
        ("confidence", Align::Left),
        ("samples", Align::Right),
        ("wrong", Align::Right),
        ("error", Align::Right),
    ]);
    for band in &errors.bands {
        table.row([
            format!("{:.0} to {:.0} %", 100.0 * band.low, 100.0 * band.high),
            grouped(band.samples as u64),
            grouped(band.wrong as u64),
            percent(band.wrong as f64 / band.samples.max(1) as f64),
        ]);
    }
    text + &table.render()
}

/// Slices that go wrong more often.
pub fn slices(slices: &[Slice], style: Style) -> String {
    if slices.is_empty() {
        return String::new();
    }
    let mut text = heading(
        "what goes wrong more often than the rest (validation)",
        style,
    );
    let mut table = Table::new([
        ("column", Align::Left),
        ("values", Align::Left),
        ("samples", Align::Right),
        ("error", Align::Right),
        ("rest", Align::Right),
        ("by chance", Align::Right),
    ]);
    for slice in slices.iter().take(ROWS) {
        table.row([
            fit(&slice.column, 30),
            fit(&slice.values, 30),
            grouped(slice.samples as u64),
            percent(slice.error),
            percent(slice.rest),
            format!("{:.1e}", slice.p_value),
        ]);
    }
    text.push_str(&table.render());
    text
}

/// Labels that may be wrong.
pub fn label_noise(
    noise: &LabelNoise,
    classes: &[String],
    number: impl Fn(usize) -> usize,
    style: Style,
) -> String {
    if noise.suspects.is_empty() {
        return String::new();
    }
    let name = |class: usize| fit(classes.get(class).map_or("?", String::as_str), 24);
    let mut text = heading("labels to look at again (validation)", style);
    let mut table = Table::new([
        ("sample", Align::Right),
        ("labelled", Align::Left),
        ("looks like", Align::Left),
        ("sure", Align::Right),
    ]);
    for suspect in noise.suspects.iter().take(ROWS) {
        table.row([
            number(suspect.sample).to_string(),
            name(suspect.given),
            name(suspect.suggested),
            format!("{:.0} %", 100.0 * suspect.suggested_probability),
        ]);
    }
    text.push_str(&table.render());
    text.push_str(&item(
        &format!(
            "{} candidates: at most {} of the labels; each is either a wrong label or a mistake of the network, which only looking tells",
            grouped(noise.suspects.len() as u64),
            percent(noise.share)
        ),
        style,
    ));
    text
}

/// Inputs, their mean rise of the error when shuffled, and its deviation.
pub fn importance(inputs: &[(&str, f64, f64)], style: Style) -> String {
    let largest = inputs.first().map_or(0.0, |input| input.1);
    if largest <= 0.0 {
        return String::new();
    }
    let mut text = heading(
        "what it looks at: rise of the error when an input is shuffled (validation)",
        style,
    );
    for (name, mean, deviation) in inputs.iter().take(2 * ROWS) {
        let bar = "▇".repeat((24.0 * mean.max(0.0) / largest).round() as usize);
        text.push_str(&format!(
            "  {:<28} {:>9} ± {:<9} {}\n",
            fit(name, 28),
            percent(*mean),
            percent(*deviation),
            style.good(&bar)
        ));
    }
    if inputs.len() > 2 * ROWS {
        text.push_str(&format!("  and {} more inputs\n", inputs.len() - 2 * ROWS));
    }
    text
}

/// A point of a list, broken into lines between words.
pub fn item(sentence: &str, style: Style) -> String {
    let room = style.width().min(110).saturating_sub(4);
    let (mut text, mut line) = (String::new(), String::from("  •"));
    // A number and its unit stay together.
    let joined = sentence
        .replace(" %", "\u{a0}%")
        .replace(" points", "\u{a0}points");
    for word in joined.split(' ') {
        if columns(&line) + 1 + columns(word) > room && line.len() > 4 {
            text.push_str(&line);
            text.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    (text + &line + "\n").replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_points_are_broken_between_words() {
        let text = item(&"word ".repeat(60), Style::PLAIN);
        assert!(
            text.lines().count() > 2 && text.lines().all(|line| columns(line) <= 110),
            "{text}"
        );
        assert!(
            text.starts_with("  • word")
                && text
                    .lines()
                    .nth(1)
                    .is_some_and(|l| l.starts_with("    word"))
        );
    }
}
