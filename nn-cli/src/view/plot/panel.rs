//! One pair of axes with its curves and legend.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Colour, FIRST, GRID, INK, PANEL, QUIET, SECOND};
use super::font;

/// The look of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Blue.
    First,
    /// Orange.
    Second,
    /// Thin pale blue, behind the others: single steps.
    Faint,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Its look.
    pub tone: Tone,
    /// Points from left to right; those that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// A point to ring, with a word for the legend.
    pub mark: Option<((f64, f64), String)>,
}

/// One panel of the picture.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What the vertical axis shows.
    pub title: String,
    /// What the horizontal axis shows.
    pub x_label: String,
    /// Whether values are shares, to be labelled in percent.
    pub percent: bool,
    /// The curves; later ones are drawn over earlier ones.
    pub series: Vec<Series>,
}

/// A loss that falls further than this is shown on a logarithmic scale.
const LOG_FROM: f64 = 12.0;
/// Up to so many points each gets a dot.
const DOTS: usize = 40;
const LABEL: f32 = 9.5;

impl Panel {
    fn colour(tone: Tone) -> (Colour, f32, f32) {
        match tone {
            Tone::First => (FIRST, 2.4, 1.0),
            Tone::Second => (SECOND, 2.4, 1.0),
            Tone::Faint => (FIRST, 1.1, 0.28),
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, left: f32, top: f32, width: f32, height: f32) {
        let values = || {
            self.series
                .iter()
                .flat_map(|series| series.points.iter().copied())
        };
        let finite = || values().map(|(_, y)| y).filter(|y| y.is_finite());
        let (low, high) = (
            finite().fold(f64::INFINITY, f64::min),
            finite().fold(f64::NEG_INFINITY, f64::max),
        );
        let log = !self.percent && low > 0.0 && high / low > LOG_FROM;
        let vertical = Axis::new(values().map(|(_, y)| y), log, 7);
        let mut horizontal = Axis::new(values().map(|(x, _)| x), false, 9);
        horizontal.ticks.retain(|tick| tick.fract() == 0.0);
        let labels: Vec<String> = vertical
            .ticks
            .iter()
            .map(|&tick| vertical.label(tick, self.percent))
            .collect();
        let gutter = labels
            .iter()
            .map(|label| font::width(label, LABEL))
            .fold(0.0, f32::max)
            + 14.0;
        let (x0, y0) = (left + gutter, top + 30.0);
        let (w, h) = (width - gutter - 6.0, height - 30.0 - 46.0);
        let across = |x: f64| horizontal.place(x).map(|share| x0 + w * share as f32);
        let down = |y: f64| vertical.place(y).map(|share| y0 + h * (1.0 - share as f32));

        let title = if vertical.is_log() {
            format!("{} (logarithmic)", self.title)
        } else {
            self.title.clone()
        };
        canvas.text(&title, x0, top + 14.0, 11.5, INK, Anchor::Left);
        canvas.fill(x0, y0, w, h, PANEL);
        for (&tick, label) in vertical.ticks.iter().zip(&labels) {
            if let Some(y) = down(tick) {
                canvas.fill(x0, y, w, 1.0, GRID);
                canvas.text(
                    label,
                    x0 - 9.0,
                    y + LABEL / 2.0,
                    LABEL,
                    QUIET,
                    Anchor::Right,
                );
            }
        }
        for &tick in &horizontal.ticks {
            if let Some(x) = across(tick) {
                canvas.fill(x, y0, 1.0, h, GRID);
                canvas.text(
                    &horizontal.label(tick, false),
                    x,
                    y0 + h + 20.0,
                    LABEL,
                    QUIET,
                    Anchor::Centre,
                );
            }
        }
        canvas.text(
            &self.x_label,
            x0 + w / 2.0,
            y0 + h + 41.0,
            LABEL,
            QUIET,
            Anchor::Centre,
        );
        canvas.fill(x0, y0 + h, w, 1.5, INK);
        canvas.fill(x0 - 1.5, y0, 1.5, h + 1.5, INK);

        for series in &self.series {
            let (colour, pen, opacity) = Self::colour(series.tone);
            let place = |&(x, y): &(f64, f64)| Some((across(x)?, down(y)?));
            let line: Vec<(f32, f32)> = series.points.iter().filter_map(place).collect();
            canvas.stroke(&line, pen, colour, opacity);
            if series.tone != Tone::Faint && line.len() <= DOTS {
                line.iter()
                    .for_each(|&(x, y)| canvas.dot(x, y, 3.2, colour));
            }
            if let Some((x, y)) = series.mark.as_ref().and_then(|(point, _)| place(point)) {
                canvas.dot(x, y, 7.0, colour);
                canvas.dot(x, y, 4.6, PANEL);
                canvas.dot(x, y, 2.4, colour);
            }
        }
        self.legend(canvas, x0 + w, top + 14.0);
    }

    /// Above the panel, from the right.
    fn legend(&self, canvas: &mut Canvas, right: f32, baseline: f32) {
        let mut x = right;
        for series in self.series.iter().rev() {
            let (colour, pen, opacity) = Self::colour(series.tone);
            let text = match &series.mark {
                Some((_, word)) => format!("{} ({word})", series.name),
                None => series.name.clone(),
            };
            canvas.text(&text, x, baseline, LABEL, QUIET, Anchor::Right);
            x -= font::width(&text, LABEL) + 8.0;
            let y = baseline - LABEL / 2.0;
            canvas.stroke(&[(x - 22.0, y), (x, y)], pen, colour, opacity.max(0.45));
            x -= 22.0 + 20.0;
        }
    }
}
