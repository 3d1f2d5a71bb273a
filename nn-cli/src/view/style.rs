//! Colours and widths, and when to do without them.

use std::io::IsTerminal;

/// How text for one stream is dressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colour: bool,
    width: usize,
}

/// Width used where there is no terminal to ask.
const PLAIN_WIDTH: usize = 140;

impl Style {
    /// No colours, for tests.
    #[cfg(test)]
    pub const PLAIN: Style = Style {
        colour: false,
        width: PLAIN_WIDTH,
    };

    /// The style for what is printed to stdout.
    pub fn stdout() -> Self {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0);
        Self::of(std::io::stdout().is_terminal(), width)
    }

    /// The style for what is printed to stderr.
    pub fn stderr() -> Self {
        let width = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0);
        Self::of(std::io::stderr().is_terminal(), width)
    }

    fn of(terminal: bool, width: Option<u16>) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = width.filter(|_| terminal).map_or(PLAIN_WIDTH, usize::from);
        Style {
            colour: terminal && !refused,
            width: width.clamp(40, 160),
        }
    }

    /// Whether colours may be used.
    pub fn colour(self) -> bool {
        self.colour
    }

    /// Columns to fill.
    pub fn width(self) -> usize {
        self.width
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_string()
        }
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Text that stands back.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Text about something that went well.
    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// Text about something that went wrong.
    pub fn bad(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// Text on a grey of the 256-colour ramp, `level` from 0 (black) to 1 (white); `below` is the ink, `None` leaves it.
    pub fn grey(self, text: &str, background: f64, ink: Option<f64>) -> String {
        let code = |level: f64| 232 + (level.clamp(0.0, 1.0) * 23.0).round() as u8;
        match ink {
            Some(ink) => self.wrap(
                &format!("38;5;{};48;5;{}", code(ink), code(background)),
                text,
            ),
            None => self.wrap(&format!("48;5;{}", code(background)), text),
        }
    }

    /// Text on a background of the 256-colour palette.
    pub fn on(self, text: &str, background: u8, ink: u8) -> String {
        self.wrap(&format!("38;5;{ink};48;5;{background}"), text)
    }
}

/// Number of columns `text` takes, escape sequences not counted.
pub fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut escape = false;
    for c in text.chars() {
        match (escape, c) {
            (false, '\u{1b}') => escape = true,
            (true, 'm') => escape = false,
            (true, _) => {}
            // Combining marks take no column of their own.
            (false, '\u{300}'..='\u{36f}') => {}
            (false, _) => count += 1,
        }
    }
    count
}

/// `text` shortened to `width` columns with `…` where it is longer (plain text only).
pub fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::{Style, columns, fit};

    #[test]
    fn columns_ignore_escapes() {
        let style = Style {
            colour: true,
            width: 80,
        };
        assert_eq!(columns(&style.bold("größe")), 5);
        assert_eq!(columns(&style.grey("ab", 0.2, Some(0.9))), 2);
        assert_eq!(Style::PLAIN.bold("x"), "x");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(fit("versicolor", 6), "versi…");
        assert_eq!(fit("short", 6), "short");
    }
}
