//! The confusion matrix as text.

use std::fmt;

use super::super::quotient;
use super::ConfusionMatrix;

/// With more classes than this the largest confusions are listed instead of a table.
const MAX_DRAWN: usize = 26;
/// A name is cut to this many characters in the drawing.
const NAME_WIDTH: usize = 14;
/// How many confusions are listed where the table would be too wide.
const LISTED: usize = 20;

impl ConfusionMatrix {
    fn draw_list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let confusions = self.confusions();
        writeln!(
            f,
            "{} classes, {} of {} samples right; the most frequent mistakes:",
            self.classes(),
            self.correct(),
            self.total()
        )?;
        for &(truth, predicted, count) in confusions.iter().take(LISTED) {
            let (truth, predicted) = (short(&self.names[truth]), short(&self.names[predicted]));
            writeln!(f, "{count:>8}  {truth} taken for {predicted}")?;
        }
        if confusions.len() > LISTED {
            writeln!(
                f,
                "{:>8}  further kinds of mistakes",
                confusions.len() - LISTED
            )?;
        }
        Ok(())
    }
}

/// A name cut to the width of the drawing.
pub(in crate::metrics) fn short(name: &str) -> String {
    if name.chars().count() <= NAME_WIDTH {
        return name.to_string();
    }
    name.chars().take(NAME_WIDTH - 1).chain(['…']).collect()
}

fn percent(share: f64, undefined: bool) -> String {
    if undefined {
        "–".to_string()
    } else {
        format!("{:.1}%", share * 100.0)
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = self.classes();
        if classes > MAX_DRAWN {
            return self.draw_list(f);
        }
        let names: Vec<String> = self.names.iter().map(|n| short(n)).collect();
        let chars = |text: &String| text.chars().count();
        let label = names
            .iter()
            .map(chars)
            .max()
            .unwrap_or(0)
            .max("precision".len());
        let largest = self.cells().map(|cell| cell.2).max();
        let largest = largest.map_or(1, |count| count.to_string().len());
        // Precision stands under each column and needs up to six characters.
        let width = names
            .iter()
            .map(chars)
            .max()
            .unwrap_or(0)
            .clamp(6, NAME_WIDTH)
            .max(largest)
            + 1;
        writeln!(f, "{:label$} │ predicted", "truth")?;
        write!(f, "{:label$} │", "")?;
        names
            .iter()
            .try_for_each(|name| write!(f, "{name:>width$}"))?;
        writeln!(f, " │ recall")?;
        let rule = |f: &mut fmt::Formatter<'_>| {
            writeln!(
                f,
                "{}─┼{}─┼───────",
                "─".repeat(label),
                "─".repeat(width * classes)
            )
        };
        rule(f)?;
        for (truth, row) in self.rows().enumerate() {
            write!(f, "{:label$} │", names[truth])?;
            for &count in row {
                match count {
                    0 => write!(f, "{:>width$}", "·")?,
                    n => write!(f, "{n:>width$}")?,
                }
            }
            let (recall, none) = quotient(
                self.count(truth, truth) as f64,
                self.truth_count(truth) as f64,
            );
            writeln!(f, " │ {:>6}", percent(recall, none))?;
        }
        rule(f)?;
        write!(f, "{:label$} │", "precision")?;
        for c in 0..classes {
            let (precision, none) =
                quotient(self.count(c, c) as f64, self.predicted_count(c) as f64);
            write!(f, "{:>width$}", percent(precision, none))?;
        }
        let (accuracy, none) = quotient(self.correct() as f64, self.total() as f64);
        writeln!(f, " │ {:>6}", percent(accuracy, none))
    }
}
