//! The confusion matrix, shaded where the terminal can.

use super::number::grouped;
use super::style::{Style, fit};

/// Most classes for which the whole matrix is drawn; beyond that the most frequent confusions are listed.
const WHOLE: usize = 20;

/// Draws `counts[true][predicted]`.
pub fn confusion(counts: &[Vec<u64>], names: &[String], style: Style) -> String {
    if names.len() > WHOLE {
        listed(counts, names)
    } else {
        drawn(counts, names, style)
    }
}

fn drawn(counts: &[Vec<u64>], names: &[String], style: Style) -> String {
    let largest = counts.iter().flatten().copied().max().unwrap_or(0);
    let label = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(1)
        .clamp(4, 16);
    let room = style.width().saturating_sub(label + 8) / names.len().max(1);
    let cell = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(1)
        .min(room.saturating_sub(1))
        .max(grouped(largest).chars().count())
        + 1;
    let inner = cell * names.len() + 1;
    let mut text = format!("{:label$}  {}\n", "", style.dim("said"));
    text.push_str(&format!("{:>label$}  ", "true"));
    for name in names {
        text.push_str(&format!("{:>cell$}", fit(name, cell - 1)));
    }
    text.push_str(&format!("\n{:label$} ┌{}┐\n", "", "─".repeat(inner)));
    for (at, (row, name)) in counts.iter().zip(names).enumerate() {
        let total: u64 = row.iter().sum();
        text.push_str(&format!("{:>label$} │", fit(name, label)));
        for (column, &count) in row.iter().enumerate() {
            let share = if total == 0 {
                0.0
            } else {
                count as f64 / total as f64
            };
            let shown = if count == 0 {
                "·".to_string()
            } else {
                grouped(count)
            };
            let padded = format!("{shown:>cell$}");
            text.push_str(&shade(&padded, share, column == at, style));
        }
        text.push_str(" │\n");
    }
    text + &format!("{:label$} └{}┘\n", "", "─".repeat(inner))
}

/// Green where it is right, red where it is wrong, stronger with the share of the row.
fn shade(text: &str, share: f64, right: bool, style: Style) -> String {
    if !style.colour() {
        return text.to_string();
    }
    const GREENS: [u8; 4] = [22, 28, 34, 40];
    const REDS: [u8; 4] = [52, 88, 124, 160];
    if share == 0.0 {
        return style.dim(text);
    }
    if right {
        style.on(
            text,
            GREENS[((share * 4.0) as usize).min(3)],
            if share > 0.75 { 16 } else { 231 },
        )
    } else {
        style.on(text, REDS[((share * 20.0) as usize).min(3)], 231)
    }
}

fn listed(counts: &[Vec<u64>], names: &[String]) -> String {
    let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
    for (truth, row) in counts.iter().enumerate() {
        for (said, &count) in row.iter().enumerate() {
            if truth != said && count > 0 {
                pairs.push((count, truth, said));
            }
        }
    }
    pairs.sort_by_key(|&(count, truth, said)| (std::cmp::Reverse(count), truth, said));
    let mut text = format!("most frequent confusions of {} classes\n", names.len());
    for &(count, truth, said) in pairs.iter().take(15) {
        text.push_str(&format!(
            "{:>8} × {} taken for {}\n",
            grouped(count),
            names[truth],
            names[said]
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Style, confusion};

    #[test]
    fn small_matrix_is_drawn_whole() {
        let names = vec!["cat".to_string(), "dog".to_string()];
        let text = confusion(&[vec![8, 2], vec![0, 1000]], &names, Style::PLAIN);
        assert!(text.contains("cat │     8     2 │"), "{text}");
        assert!(text.contains("dog │     · 1 000 │"), "{text}");
    }

    #[test]
    fn large_matrix_lists_the_worst() {
        let names: Vec<String> = (0..30).map(|at| format!("c{at}")).collect();
        let mut counts = vec![vec![0; 30]; 30];
        counts[3][7] = 12;
        counts[4][4] = 99;
        let text = confusion(&counts, &names, Style::PLAIN);
        assert!(
            text.contains("12 × c3 taken for c7") && !text.contains("99"),
            "{text}"
        );
    }
}
