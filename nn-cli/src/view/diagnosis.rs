//! A diagnosis for people.

use nn_data::diagnose::{Advice, Errors, Estimate, Finding, Verdict};

use super::number::{grouped, percent};
use super::style::{Style, columns};

/// The errors, the verdict, its reasons and the advice.
pub fn verdict(
    title: &str,
    measure: &str,
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

/// A point of a list, broken into lines between words.
pub fn item(sentence: &str, style: Style) -> String {
    let room = style.width().min(110).saturating_sub(4);
    let (mut text, mut line) = (String::new(), String::from("  •"));
    for word in sentence.split(' ') {
        if columns(&line) + 1 + columns(word) > room && line.len() > 4 {
            text.push_str(&line);
            text.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
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
