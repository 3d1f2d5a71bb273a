//! The colours of figures and pages, in a light and a dark scheme.

use super::canvas::Colour;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Behind everything.
    Paper,
    /// Behind the marks of a figure.
    Panel,
    /// Text and axes.
    Ink,
    /// Less important text.
    Quiet,
    /// Lines of a grid, frames.
    Grid,
    /// First series; links.
    First,
    /// Second series.
    Second,
    /// Third series.
    Third,
    /// Cells that are right, or positive.
    Right,
    /// Cells that are wrong, or negative.
    Wrong,
}

/// Shades of a cell between nothing and the full colour.
pub const LEVELS: u8 = 12;

/// All tones with the names that style sheets know them by.
pub const TONES: [(Tone, &str); 10] = [
    (Tone::Paper, "paper"),
    (Tone::Panel, "panel"),
    (Tone::Ink, "ink"),
    (Tone::Quiet, "quiet"),
    (Tone::Grid, "grid"),
    (Tone::First, "first"),
    (Tone::Second, "second"),
    (Tone::Third, "third"),
    (Tone::Right, "right"),
    (Tone::Wrong, "wrong"),
];

impl Tone {
    /// Its name in a style sheet.
    pub fn name(self) -> &'static str {
        TONES
            .iter()
            .find(|(tone, _)| *tone == self)
            .map_or("ink", |(_, name)| name)
    }

    /// In the light scheme.
    pub const fn light(self) -> Colour {
        match self {
            Tone::Paper => [255, 255, 255],
            Tone::Panel => [246, 247, 250],
            Tone::Ink => [27, 35, 48],
            Tone::Quiet => [86, 96, 111],
            Tone::Grid => [221, 226, 233],
            Tone::First => [37, 99, 235],
            Tone::Second => [217, 95, 2],
            Tone::Third => [15, 138, 109],
            Tone::Right => [29, 78, 216],
            Tone::Wrong => [176, 58, 6],
        }
    }

    /// In the dark scheme.
    pub const fn dark(self) -> Colour {
        match self {
            Tone::Paper => [15, 20, 27],
            Tone::Panel => [23, 30, 40],
            Tone::Ink => [230, 235, 243],
            Tone::Quiet => [158, 170, 186],
            Tone::Grid => [44, 54, 68],
            Tone::First => [122, 176, 255],
            Tone::Second => [255, 157, 92],
            Tone::Third => [79, 209, 165],
            Tone::Right => [122, 176, 255],
            Tone::Wrong => [250, 156, 95],
        }
    }
}

/// From this shade on, text on a cell is white in the light scheme.
const LIGHT_SWITCH: u8 = 10;
/// From this shade on, text on a cell is black in the dark scheme.
const DARK_SWITCH: u8 = 8;

/// Text on a cell of this shade, in the light scheme.
pub const fn on_cell(level: u8) -> Colour {
    if level >= LIGHT_SWITCH {
        [255, 255, 255]
    } else {
        [0, 0, 0]
    }
}

/// The custom properties of both schemes and the classes of shapes, as CSS; `root` is the selector that gets them.
pub fn css(root: &str) -> String {
    let variables = |colour: fn(Tone) -> Colour| -> String {
        let of = |(tone, name): &(Tone, &str)| {
            let [r, g, b] = colour(*tone);
            format!("--{name}:#{r:02x}{g:02x}{b:02x};")
        };
        TONES.iter().map(of).collect()
    };
    let on = |switch: u8, below: &str, above: &str| -> String {
        let name = |level: u8| format!(".on{level}");
        let low: Vec<String> = (0..switch).map(name).collect();
        let high: Vec<String> = (switch..=LEVELS).map(name).collect();
        format!(
            "{}{{fill:{below}}}{}{{fill:{above}}}",
            low.join(","),
            high.join(",")
        )
    };
    let mut text = format!(
        "{root}{{color-scheme:light dark;{}}}{}",
        variables(Tone::light),
        on(LIGHT_SWITCH, "#000", "#fff"),
    );
    text.push_str(&format!(
        "@media screen and (prefers-color-scheme:dark){{{root}{{{}}}{}}}",
        variables(Tone::dark),
        on(DARK_SWITCH, "#fff", "#000"),
    ));
    for (_, name) in TONES {
        text.push_str(&format!(
            ".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name});fill:none}}"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = |c: f64| {
            let c = c / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    }

    /// Contrast by WCAG 2.
    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    fn wide(colour: Colour) -> [f64; 3] {
        colour.map(f64::from)
    }

    #[test]
    fn text_can_be_read_and_marks_be_seen_in_both_schemes() {
        for colour in [Tone::light as fn(Tone) -> Colour, Tone::dark] {
            for ground in [Tone::Paper, Tone::Panel] {
                let ground = wide(colour(ground));
                for text in [Tone::Ink, Tone::Quiet] {
                    assert!(contrast(wide(colour(text)), ground) >= 4.5, "{text:?}");
                }
                for mark in [Tone::First, Tone::Second, Tone::Third] {
                    assert!(contrast(wide(colour(mark)), ground) >= 3.0, "{mark:?}");
                }
            }
            assert!(contrast(wide(colour(Tone::First)), wide(colour(Tone::Paper))) >= 4.5);
        }
    }

    #[test]
    fn numbers_on_cells_of_every_shade_can_be_read() {
        let schemes = [
            (Tone::light as fn(Tone) -> Colour, LIGHT_SWITCH, 0.0, 255.0),
            (Tone::dark, DARK_SWITCH, 255.0, 0.0),
        ];
        for (colour, switch, below, above) in schemes {
            let ground = wide(colour(Tone::Panel));
            for tone in [Tone::Right, Tone::Wrong] {
                for level in 0..=LEVELS {
                    let share = f64::from(level) / f64::from(LEVELS);
                    let full = wide(colour(tone));
                    let cell: [f64; 3] =
                        std::array::from_fn(|c| ground[c] + (full[c] - ground[c]) * share);
                    let text = if level < switch { below } else { above };
                    let ratio = contrast([text; 3], cell);
                    assert!(ratio >= 4.5, "{tone:?} {level}: {ratio:.2}");
                }
            }
        }
    }
}
