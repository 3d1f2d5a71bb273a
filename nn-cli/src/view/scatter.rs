//! Points of the plane in the colours of their classes, or shaded by a value.

use image::RgbImage;

use super::figure::Tone;
use super::figure::canvas::{Anchor, Canvas, Colour, FIRST, INK, PAPER, QUIET};
use super::figure::font;
use super::style::fit;

/// The ground that points lie on.
const PANEL: Colour = Tone::Panel.light();
const SECOND: Colour = Tone::Second.light();
const SIDE: f32 = 880.0;
const MARGIN: f32 = 28.0;
const TOP: f32 = 76.0;
/// Heights of capitals.
const TITLE: f32 = 15.0;
const NOTE: f32 = 10.0;
const LABEL: f32 = 9.5;
/// Width of the legend, height of its lines, and how many of them there may be.
const LEGEND: f32 = 210.0;
const LINE: f32 = 24.0;
const LINES: usize = 36;
/// The first classes are told apart by colours of any kind of vision (Okabe and Ito 2008), further ones by hue.
const COLOURS: [Colour; 11] = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [213, 94, 0],
    [204, 121, 167],
    [86, 180, 233],
    [120, 94, 60],
    [150, 140, 20],
    [190, 30, 60],
    [70, 70, 80],
    [110, 64, 190],
];

/// What the colours say.
pub enum Colours<'a> {
    /// The class of each point, and the names of the classes.
    Classes(&'a [u32], &'a [String]),
    /// A value of each point, and its name.
    Values(&'a [f32], &'a str),
    /// Nothing.
    None,
}

/// Draws points in equal scales on both axes; those that are not finite are left out.
pub fn scatter(title: &str, subtitle: &str, points: &[[f32; 2]], colours: &Colours) -> RgbImage {
    let legend = match colours {
        Colours::None => 0.0,
        _ => LEGEND,
    };
    let (width, height) = (SIDE + 2.0 * MARGIN + legend, TOP + SIDE + MARGIN);
    let mut canvas = Canvas::new(width as u32, height as u32, PAPER);
    canvas.text(title, MARGIN, 36.0, TITLE, INK, Anchor::Left);
    canvas.text(subtitle, MARGIN, 60.0, NOTE, QUIET, Anchor::Left);
    canvas.fill(MARGIN, TOP, SIDE, SIDE, PANEL);
    let finite = || {
        points
            .iter()
            .filter(|p| p[0].is_finite() && p[1].is_finite())
    };
    let bounds = |axis: usize| {
        finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), p| {
            (low.min(p[axis]), high.max(p[axis]))
        })
    };
    let (x, y) = (bounds(0), bounds(1));
    let extent = (x.1 - x.0).max(y.1 - y.0).max(f32::MIN_POSITIVE);
    let scale = 0.94 * SIDE / extent;
    let place = |p: &[f32; 2]| {
        (
            MARGIN + 0.5 * SIDE + (p[0] - 0.5 * (x.0 + x.1)) * scale,
            TOP + 0.5 * SIDE - (p[1] - 0.5 * (y.0 + y.1)) * scale,
        )
    };
    let radius = match points.len() {
        0..=500 => 4.0,
        501..=3000 => 3.0,
        _ => 2.0,
    };
    let values = match colours {
        Colours::Values(values, _) => range(values),
        _ => (0.0, 1.0),
    };
    for (at, point) in points.iter().enumerate() {
        if !(point[0].is_finite() && point[1].is_finite()) {
            continue;
        }
        let colour = match colours {
            Colours::Classes(labels, _) => of_class(labels.get(at).map_or(0, |l| *l as usize)),
            Colours::Values(all, _) => {
                let value = all.get(at).copied().unwrap_or(values.0);
                between((value - values.0) / (values.1 - values.0).max(f32::MIN_POSITIVE))
            }
            Colours::None => FIRST,
        };
        let (x, y) = place(point);
        canvas.stroke(&[(x, y)], 2.0 * radius, colour, 1.0);
    }
    let left = MARGIN + SIDE + 22.0;
    let mut line = |at: usize, colour: Option<Colour>, text: &str| {
        let y = TOP + 18.0 + at as f32 * LINE;
        if let Some(colour) = colour {
            canvas.stroke(&[(left + 5.0, y - LABEL / 2.0)], 10.0, colour, 1.0);
        }
        canvas.text(text, left + 20.0, y, LABEL, INK, Anchor::Left);
    };
    match colours {
        Colours::Classes(_, names) => {
            for (at, name) in names.iter().take(LINES).enumerate() {
                line(at, Some(of_class(at)), &shortened(name));
            }
            if names.len() > LINES {
                line(LINES, None, &format!("and {} more", names.len() - LINES));
            }
        }
        Colours::Values(_, name) => {
            line(0, None, &shortened(name));
            for (at, share) in [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().enumerate() {
                let value = values.0 + share * (values.1 - values.0);
                let text = super::number::short(f64::from(value));
                line(at + 1, Some(between(share)), &text);
            }
        }
        Colours::None => {}
    }
    canvas.into_image()
}

fn shortened(name: &str) -> String {
    let mut length = name.chars().count();
    while length > 1 && font::width(&fit(name, length), LABEL) > LEGEND - 50.0 {
        length -= 1;
    }
    fit(name, length)
}

/// The least and the largest of nine tenths of the values: a few far ones would take the colours from all others.
fn range(values: &[f32]) -> (f32, f32) {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let at = |share: f64| {
        sorted
            .get((share * sorted.len() as f64) as usize)
            .or(sorted.last())
    };
    match (at(0.05), at(0.95)) {
        (Some(&low), Some(&high)) => (low, high),
        _ => (0.0, 1.0),
    }
}

fn of_class(class: usize) -> Colour {
    if let Some(colour) = COLOURS.get(class) {
        return *colour;
    }
    // Each next hue lies far from those before it.
    let hue = (class as f32 * 0.618_034).fract() * 6.0;
    let part = |shift: f32| {
        let distance = ((hue + shift) % 6.0 - 3.0).abs();
        (40.0 + 165.0 * (distance - 1.0).clamp(0.0, 1.0)) as u8
    };
    [part(0.0), part(4.0), part(2.0)]
}

/// From blue over grey to orange.
fn between(share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let middle = [200, 200, 200];
    let (from, to, part) = match share < 0.5 {
        true => (FIRST, middle, 2.0 * share),
        false => (middle, SECOND, 2.0 * share - 1.0),
    };
    std::array::from_fn(|at| {
        (f32::from(from[at]) + part * (f32::from(to[at]) - f32::from(from[at]))) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_colour() {
        let points = [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]];
        let names = ["a", "b", "c"].map(String::from);
        let picture = scatter("t", "", &points, &Colours::Classes(&[0, 1, 2], &names));
        for colour in &COLOURS[..3] {
            let count = picture.pixels().filter(|pixel| pixel.0 == *colour).count();
            assert!(count > 60, "{colour:?}: {count}");
        }
        let all: std::collections::HashSet<Colour> = (0..40).map(of_class).collect();
        assert_eq!(all.len(), 40);
    }

    #[test]
    fn odd_points_do_no_harm() {
        let names: Vec<String> = (0..500).map(|at| "long name ".repeat(at % 9)).collect();
        scatter("", "", &[], &Colours::None);
        scatter(
            "a",
            "b",
            &[[f32::NAN, 0.0], [f32::INFINITY, 1.0]],
            &Colours::Values(&[f32::NAN], "x"),
        );
        scatter(
            "a",
            "b",
            &[[1.0, 1.0]; 4],
            &Colours::Classes(&[499, 0, 0, 0], &names),
        );
        scatter(
            "a",
            "b",
            &[[-3e38, 0.0], [3e38, 0.0]],
            &Colours::Values(&[1.0, 1.0], "x"),
        );
        assert_eq!((between(0.0), between(1.0)), (FIRST, SECOND));
    }
}
