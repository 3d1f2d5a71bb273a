//! Tables with box drawing.

use super::style::columns;

/// Which side a column's text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table: a header, rows, and optionally a footer below a rule.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
    footer: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new<const N: usize>(header: [(&str, Align); N]) -> Self {
        Self::with_columns(
            header
                .iter()
                .map(|(name, align)| (name.to_string(), *align))
                .collect(),
        )
    }

    /// A table whose columns are known only when the program runs.
    pub fn with_columns(header: Vec<(String, Align)>) -> Self {
        let (header, align) = header.into_iter().unzip();
        Table {
            header,
            align,
            rows: Vec::new(),
            footer: Vec::new(),
        }
    }

    /// Adds a row; missing cells stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> &mut Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Adds a row below the rule at the bottom.
    pub fn foot(&mut self, cells: impl IntoIterator<Item = String>) -> &mut Self {
        self.footer.push(cells.into_iter().collect());
        self
    }

    /// The table as lines of text, each ended by a newline.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|at| {
                let cells = self
                    .rows
                    .iter()
                    .chain(&self.footer)
                    .filter_map(|row| row.get(at));
                cells
                    .map(|cell| columns(cell))
                    .chain([columns(&self.header[at])])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let rule = |left: char, middle: char, right: char| {
            let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            format!("{left}{}{right}\n", parts.join(&middle.to_string()))
        };
        let line = |cells: &[String]| {
            let mut text = String::from("│");
            for (at, width) in widths.iter().enumerate() {
                let cell = cells.get(at).map_or("", String::as_str);
                let pad = " ".repeat(width - columns(cell));
                match self.align[at] {
                    Align::Left => text.push_str(&format!(" {cell}{pad} │")),
                    Align::Right => text.push_str(&format!(" {pad}{cell} │")),
                }
            }
            text + "\n"
        };
        let mut text = rule('┌', '┬', '┐');
        text.push_str(&line(&self.header));
        text.push_str(&rule('├', '┼', '┤'));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        if !self.footer.is_empty() {
            text.push_str(&rule('├', '┼', '┤'));
            self.footer.iter().for_each(|row| text.push_str(&line(row)));
        }
        text + &rule('└', '┴', '┘')
    }
}

#[cfg(test)]
mod tests {
    use super::{Align, Table};

    #[test]
    fn a_table_lines_up() {
        let mut table = Table::new([("layer", Align::Left), ("parameters", Align::Right)]);
        table
            .row(["Linear".into(), "1 024".into()])
            .row(["ReLU".into()]);
        table.foot(["total".into(), "1 024".into()]);
        assert_eq!(
            table.render(),
            "┌────────┬────────────┐\n\
             │ layer  │ parameters │\n\
             ├────────┼────────────┤\n\
             │ Linear │      1 024 │\n\
             │ ReLU   │            │\n\
             ├────────┼────────────┤\n\
             │ total  │      1 024 │\n\
             └────────┴────────────┘\n"
        );
    }
}
