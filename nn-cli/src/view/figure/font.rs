//! A small stroke font, drawn for this program.
//!
//! A glyph is a list of strokes on a grid 8 wide and 12 high, the origin at the top left of the capitals: the baseline is row `c`
//! (12), small letters begin at row 4, tails end at row `g` (16). A stroke is a list of points, each two digits of base 36 (column,
//! row). A stroke that begins with `~` is a curve: its points are the control points of a quadratic B-spline that begins and ends in
//! the first and last point; when these are the same point, the curve is closed and smooth everywhere.

/// Columns between two glyphs.
const SPACING: f32 = 3.2;
/// Width of a blank.
const BLANK: f32 = 4.0;

/// Bowl of a, b, d, g, o, p, q.
const BOWL: &str = "~04 84 8c 0c 04";

fn glyph(c: char) -> Vec<&'static str> {
    match c {
        '0' => vec!["~00 80 8c 0c 00"],
        '1' => vec!["13 50 5c"],
        '2' => vec!["~03 00 80 85 0c", "0c 8c"],
        '3' => vec!["~02 00 80 86 36", "~36 86 8c 0c 0a"],
        '4' => vec!["6c 60 08 88"],
        '5' => vec!["70 10 06", "~06 14 84 8c 0c 0a"],
        '6' => vec!["~71 50 00 08", BOWL],
        '7' => vec!["00 80 3c"],
        '8' => vec!["~10 70 76 16 10", "~06 86 8c 0c 06"],
        '9' => vec!["~1b 3c 8c 84", "~00 80 88 08 00"],
        '.' => vec!["0c 0c"],
        ',' => vec!["1b 0e"],
        ':' => vec!["06 06", "0c 0c"],
        ';' => vec!["16 16", "1b 0e"],
        '!' => vec!["00 08", "0c 0c"],
        '-' | '−' | '–' => vec!["07 67"],
        '+' => vec!["07 87", "43 4b"],
        '=' => vec!["05 85", "09 89"],
        '×' => vec!["14 7a", "74 1a"],
        '·' => vec!["07 07"],
        '/' => vec!["60 0d"],
        '_' => vec!["0e 8e"],
        '\'' => vec!["00 03"],
        '%' => vec!["~00 40 45 05 00", "~57 97 9c 5c 57", "80 1c"],
        '[' => vec!["30 00 0e 3e"],
        ']' => vec!["00 30 3e 0e"],
        '<' => vec!["83 07 8b"],
        '>' => vec!["03 87 0b"],
        '→' => vec!["07 b7", "84 b7 8a"],
        '±' => vec!["06 86", "42 4a", "0c 8c"],
        '…' => vec!["0c 0c", "4c 4c", "8c 8c"],
        '?' => vec!["~02 00 80 85 46 48", "4c 4c"],
        '"' => vec!["00 03", "30 33"],
        '#' => vec!["30 1c", "70 5c", "04 84", "08 88"],
        '*' => vec!["41 47", "12 76", "72 16"],
        '&' => vec!["~8c 15 12 20 50 62 55 07 0c 5c 88"],
        '|' => vec!["00 0e"],
        '~' => vec!["~08 05 35 58 88 85"],
        '(' => vec!["~30 03 0b 3e"],
        ')' => vec!["~00 33 3b 0e"],
        '²' => vec!["~01 00 40 43 06", "06 46"],
        'a' => vec![BOWL, "84 8c"],
        'b' => vec!["00 0c", BOWL],
        'c' => vec!["~85 74 04 0c 7c 8b"],
        'd' => vec!["80 8c", BOWL],
        'e' => vec!["08 88", "~88 84 04 0c 7c 8a"],
        'f' => vec!["~60 20 25", "25 2c", "04 54"],
        'g' => vec![BOWL, "84 8c", "~8c 8g 0g 0f"],
        'h' => vec!["00 0c", "~08 04 84 88", "88 8c"],
        'i' => vec!["04 0c", "01 01"],
        'j' => vec!["34 3d", "~3d 3g 0g", "31 31"],
        'k' => vec!["00 0c", "74 09", "37 8c"],
        'l' => vec!["00 0c"],
        'm' => vec!["04 0c", "~08 04 54 58", "58 5c", "~58 54 a4 a8", "a8 ac"],
        'n' => vec!["04 0c", "~08 04 84 88", "88 8c"],
        'o' => vec![BOWL],
        'p' => vec!["04 0g", BOWL],
        'q' => vec!["84 8g", BOWL],
        'r' => vec!["04 0c", "~08 04 54"],
        's' => vec!["~75 64 04 08 48", "~48 88 8c 1c 0b"],
        't' => vec!["21 29", "~29 2c 6c", "04 54"],
        'u' => vec!["04 08", "~08 0c 8c 88", "84 8c"],
        'v' => vec!["04 4c 84"],
        'w' => vec!["04 3c 64 9c c4"],
        'x' => vec!["04 8c", "84 0c"],
        'y' => vec!["04 4c", "84 2g"],
        'z' => vec!["04 84 0c 8c"],
        'A' => vec!["0c 40 8c", "18 78"],
        'B' => vec![
            "00 0c",
            "00 40",
            "~40 80 86 46",
            "06 46",
            "~46 86 8c 4c",
            "0c 4c",
        ],
        'C' => vec!["~83 70 00 0c 7c 89"],
        'D' => vec!["00 0c", "00 30", "~30 80 8c 3c", "0c 3c"],
        'E' => vec!["80 00 0c 8c", "06 66"],
        'F' => vec!["80 00 0c", "06 66"],
        'G' => vec!["~83 70 00 0c 8c 87", "87 57"],
        'H' => vec!["00 0c", "80 8c", "06 86"],
        'I' => vec!["00 0c"],
        'J' => vec!["60 68", "~68 6c 0c 09"],
        'K' => vec!["00 0c", "80 07", "35 8c"],
        'L' => vec!["00 0c 8c"],
        'M' => vec!["0c 00 58 a0 ac"],
        'N' => vec!["0c 00 8c 80"],
        'O' => vec!["~00 90 9c 0c 00"],
        'P' => vec!["00 0c", "00 40", "~40 80 87 47", "07 47"],
        'Q' => vec!["~00 90 9c 0c 00", "69 9d"],
        'R' => vec!["00 0c", "00 40", "~40 80 87 47", "07 47", "47 8c"],
        'S' => vec!["~82 70 00 06 46", "~46 86 8c 0c 0a"],
        'T' => vec!["00 80", "40 4c"],
        'U' => vec!["00 08", "~08 0c 8c 88", "88 80"],
        'V' => vec!["00 4c 80"],
        'W' => vec!["00 3c 62 9c c0"],
        'X' => vec!["00 8c", "80 0c"],
        'Y' => vec!["00 46 80", "46 4c"],
        'Z' => vec!["00 80 0c 8c"],
        _ => vec!["00 80 8c 0c 00"],
    }
}

type Point = (f32, f32);

fn points(stroke: &str) -> Vec<Point> {
    let place = |c: char| c.to_digit(36).unwrap_or(0) as f32;
    let pairs = stroke.trim_start_matches('~').split(' ');
    pairs
        .map(|pair| {
            let mut digits = pair.chars().map(place);
            (digits.next().unwrap_or(0.0), digits.next().unwrap_or(0.0))
        })
        .collect()
}

/// Cuts corners four times (Chaikin 1974): the limit is the quadratic B-spline of the control points.
fn smooth(mut line: Vec<Point>) -> Vec<Point> {
    let mix = |a: Point, b: Point, t: f32| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
    let closed = line.len() > 2 && line.first() == line.last();
    for _ in 0..4 {
        let mut finer = Vec::with_capacity(2 * line.len() + 2);
        for (at, pair) in line.windows(2).enumerate() {
            let first = !closed && at == 0;
            let last = !closed && at + 2 == line.len();
            finer.push(if first {
                pair[0]
            } else {
                mix(pair[0], pair[1], 0.25)
            });
            finer.push(if last {
                pair[1]
            } else {
                mix(pair[0], pair[1], 0.75)
            });
        }
        if closed && let Some(&start) = finer.first() {
            finer.push(start);
        }
        line = finer;
    }
    line
}

fn shape(c: char) -> (Vec<Vec<Point>>, f32) {
    if c == ' ' {
        return (Vec::new(), BLANK);
    }
    let lines: Vec<Vec<Point>> = glyph(c)
        .into_iter()
        .map(|stroke| {
            if stroke.starts_with('~') {
                smooth(points(stroke))
            } else {
                points(stroke)
            }
        })
        .collect();
    // Digits all advance alike, so that numbers line up.
    let width = if c.is_ascii_digit() {
        8.0
    } else {
        lines.iter().flatten().map(|p| p.0).fold(0.0, f32::max)
    };
    (lines, width + SPACING)
}

/// Width in pixels of `text` at a capital height of `size` pixels.
pub fn width(text: &str, size: f32) -> f32 {
    let columns: f32 = text.chars().map(|c| shape(c).1).sum();
    (columns - SPACING).max(0.0) * size / 12.0
}

/// Width of the pen in pixels at this size.
pub fn weight(size: f32) -> f32 {
    0.75 + size / 14.0
}

/// The lines to draw for `text`, in pixels, its left end at `x` and its baseline at `y`.
pub fn strokes(text: &str, x: f32, y: f32, size: f32) -> Vec<Vec<Point>> {
    let unit = size / 12.0;
    let mut column = 0.0;
    let mut all = Vec::new();
    for c in text.chars() {
        let (lines, advance) = shape(c);
        let place = |p: &Point| (x + (column + p.0) * unit, y + (p.1 - 12.0) * unit);
        all.extend(lines.iter().map(|line| line.iter().map(place).collect()));
        column += advance;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_stays_on_its_grid() {
        for c in ('!'..='~').chain("²×·−".chars()) {
            for (px, py) in shape(c).0.into_iter().flatten() {
                assert!(
                    (0.0..=12.0).contains(&px) && (0.0..=16.0).contains(&py),
                    "{c}: {px}, {py}"
                );
            }
        }
    }

    #[test]
    fn digits_line_up() {
        assert_eq!(width("111", 12.0), width("888", 12.0));
        assert_eq!(width("", 12.0), 0.0);
        assert!(width("a b", 12.0) > width("ab", 12.0));
    }

    #[test]
    fn closed_curves_close_and_open_ones_keep_their_ends() {
        let bowl = smooth(points(BOWL));
        assert_eq!(bowl.first(), bowl.last());
        let open = smooth(points("~03 00 80 85 0c"));
        assert_eq!(
            (open.first(), open.last()),
            (Some(&(0.0, 3.0)), Some(&(0.0, 12.0)))
        );
    }
}
