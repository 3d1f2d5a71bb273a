//! Marks between two axes.

use super::super::axis::Axis;
use super::super::canvas::Anchor;
use super::super::font;
use super::super::palette::Tone;
use super::super::scene::{Ink, Scene, Shape};
use super::super::{Axes, Dimension, Look, Mark, Rule, Scale};
use super::{LABEL, legend};

/// A value that ranges further than this is shown on a logarithmic scale where that is left open.
const LOG_FROM: f64 = 12.0;
/// Up to so many points of a plain curve get a dot each.
const DOTS: usize = 40;

/// What turns values into places.
struct Frame {
    x: Axis,
    y: Axis,
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl Frame {
    fn across(&self, x: f64) -> Option<f32> {
        self.x
            .place(x)
            .map(|share| self.left + self.width * share as f32)
    }

    fn down(&self, y: f64) -> Option<f32> {
        self.y
            .place(y)
            .map(|share| self.top + self.height * (1.0 - share as f32))
    }

    fn place(&self, (x, y): (f64, f64)) -> Option<(f32, f32)> {
        Some((self.across(x)?, self.down(y)?))
    }

    /// Within the frame, wherever the value lies.
    fn clamped_down(&self, y: f64) -> f32 {
        let share = self.y.share(y).clamp(0.0, 1.0);
        self.top + self.height * (1.0 - share as f32)
    }

    fn clamped_across(&self, x: f64) -> f32 {
        self.left + self.width * self.x.share(x).clamp(0.0, 1.0) as f32
    }
}

pub fn draw(axes: &Axes, scene: &mut Scene, (left, top, width, height): (f32, f32, f32, f32)) {
    let (xs, ys) = extents(&axes.marks);
    let vertical = scaled(&axes.y, ys, 6);
    let horizontal = scaled(&axes.x, xs, 8);
    let percent = axes.y.scale == Scale::Percent;
    let labels: Vec<String> = vertical
        .ticks
        .iter()
        .map(|&tick| vertical.label(tick, percent))
        .collect();
    let gutter = labels
        .iter()
        .map(|label| font::width(label, LABEL))
        .fold(0.0, f32::max)
        + 10.0;
    let entries = legend::legend(&axes.marks);
    let y_label = if vertical.is_log() && !axes.y.label.is_empty() {
        format!("{} (logarithmic)", axes.y.label)
    } else {
        axes.y.label.clone()
    };
    let name = font::width(&y_label, LABEL) + 18.0;
    // The first line has what the vertical axis shows; the legend goes on from its other end.
    let lines = legend::wrapped(&entries, width, name);
    let head = if y_label.is_empty() && entries.is_empty() {
        6.0
    } else {
        6.0 + legend::LINE * lines.len().max(1) as f32
    };
    let foot = if axes.x.label.is_empty() { 20.0 } else { 40.0 };
    let frame = Frame {
        x: horizontal,
        y: vertical,
        left: left + gutter,
        top: top + head,
        width: (width - gutter - 10.0).max(1.0),
        height: (height - head - foot).max(1.0),
    };
    scene.text(
        &y_label,
        (left, top + LABEL + 2.0),
        LABEL,
        Tone::Quiet,
        Anchor::Left,
    );
    legend::draw(scene, &lines, left + width, top + LABEL + 2.0);
    let (x0, y0, w, h) = (frame.left, frame.top, frame.width, frame.height);
    scene.rect((x0, y0, w, h), Tone::Panel);
    for (&tick, label) in frame.y.ticks.iter().zip(&labels) {
        if let Some(y) = frame.down(tick) {
            scene.rect((x0, y - 0.5, w, 1.0), Tone::Grid);
            scene.text(
                label,
                (x0 - 6.0, y + LABEL / 2.0),
                LABEL,
                Tone::Quiet,
                Anchor::Right,
            );
        }
    }
    for &tick in &frame.x.ticks {
        if let Some(x) = frame.across(tick) {
            scene.rect((x - 0.5, y0, 1.0, h), Tone::Grid);
            let label = frame.x.label(tick, axes.x.scale == Scale::Percent);
            // A label at the end must not hang over it.
            let half = font::width(&label, LABEL) / 2.0;
            let middle = x.min(left + width - half).max(left + half);
            scene.text(
                &label,
                (middle, y0 + h + 15.0),
                LABEL,
                Tone::Quiet,
                Anchor::Centre,
            );
        }
    }
    if !axes.x.label.is_empty() {
        let at = (x0 + w / 2.0, y0 + h + 33.0);
        scene.text(&axes.x.label, at, LABEL, Tone::Quiet, Anchor::Centre);
    }
    for mark in &axes.marks {
        draw_mark(mark, &frame, scene);
    }
    scene.rect((x0, y0 + h - 0.5, w, 1.0), Tone::Quiet);
}

/// Least and greatest of what the marks show along each axis.
fn extents(marks: &[Mark]) -> (Vec<f64>, Vec<f64>) {
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for mark in marks {
        match mark {
            Mark::Line { points, .. } | Mark::Dots { points, .. } => {
                xs.extend(points.iter().map(|p| p.0));
                ys.extend(points.iter().map(|p| p.1));
            }
            Mark::Band { points, .. } => {
                xs.extend(points.iter().map(|p| p.0));
                ys.extend(points.iter().flat_map(|p| [p.1, p.2]));
            }
            Mark::Ring { at, .. } => {
                xs.push(at.0);
                ys.push(at.1);
            }
            Mark::Bars { bars, .. } => {
                xs.extend(bars.iter().flat_map(|bar| [bar.0, bar.1]));
                ys.extend(bars.iter().map(|bar| bar.2));
                ys.push(0.0);
            }
            Mark::Rule {
                rule: Rule::Level(y),
                ..
            } => ys.push(*y),
            Mark::Rule {
                rule: Rule::Upright(x),
                ..
            } => xs.push(*x),
            Mark::Rule {
                rule: Rule::Diagonal,
                ..
            } => {}
        }
    }
    (xs, ys)
}

fn scaled(dimension: &Dimension, values: Vec<f64>, most_ticks: usize) -> Axis {
    let mut axis = match dimension.range {
        Some((low, high)) => Axis::exactly(low, high, most_ticks),
        None => {
            let finite = || values.iter().copied().filter(|v| v.is_finite());
            let low = finite().fold(f64::INFINITY, f64::min);
            let high = finite().fold(f64::NEG_INFINITY, f64::max);
            let log = dimension.scale == Scale::Auto && low > 0.0 && high / low > LOG_FROM;
            Axis::new(values.into_iter(), log, most_ticks)
        }
    };
    if dimension.scale == Scale::Whole {
        axis.ticks.retain(|tick| tick.fract() == 0.0);
    }
    axis
}

fn draw_mark(mark: &Mark, frame: &Frame, scene: &mut Scene) {
    match mark {
        Mark::Line {
            tone, points, look, ..
        } => draw_line(*tone, points, *look, frame, scene),
        Mark::Band { tone, points } => {
            let inside: Vec<&(f64, f64, f64)> = points
                .iter()
                .filter(|p| p.1.is_finite() && p.2.is_finite() && frame.across(p.0).is_some())
                .collect();
            let x = |p: &(f64, f64, f64)| frame.clamped_across(p.0);
            let upper = inside.iter().map(|p| (x(p), frame.clamped_down(p.2)));
            let lower = inside.iter().rev().map(|p| (x(p), frame.clamped_down(p.1)));
            let points = upper.chain(lower).collect();
            scene.shapes.push(Shape::Area {
                points,
                ink: Ink::share(*tone, 0.17),
            });
        }
        Mark::Dots { tone, points, .. } => {
            let places: Vec<(f32, f32)> = points
                .iter()
                .filter_map(|&point| frame.place(point))
                .collect();
            // A thick cloud is shown by how dark it is.
            let (radius, share) = match places.len() {
                0..=100 => (3.0, 0.75),
                101..=600 => (2.4, 0.5),
                _ => (2.0, 0.34),
            };
            scene.shapes.push(Shape::Dots {
                points: places,
                radius,
                ink: Ink::share(*tone, share),
            });
        }
        Mark::Ring { tone, at, .. } => {
            if let Some(at) = frame.place(*at) {
                for (radius, tone) in [(6.5, *tone), (4.2, Tone::Panel), (2.2, *tone)] {
                    let points = vec![at];
                    scene.shapes.push(Shape::Dots {
                        points,
                        radius,
                        ink: tone.into(),
                    });
                }
            }
        }
        Mark::Bars { tone, bars, .. } => {
            let zero = frame.clamped_down(0.0);
            for &(from, to, value) in bars {
                if !value.is_finite() || value == 0.0 {
                    continue;
                }
                let (x0, x1) = (frame.clamped_across(from), frame.clamped_across(to));
                let y = frame.clamped_down(value);
                let gap = if x1 - x0 > 4.0 { 1.0 } else { 0.0 };
                let place = (
                    x0 + gap / 2.0,
                    y.min(zero),
                    (x1 - x0 - gap).max(0.5),
                    (zero - y).abs().max(0.8),
                );
                scene.shapes.push(Shape::Rect {
                    place,
                    ink: Ink::share(*tone, 0.85),
                    hint: String::new(),
                });
            }
        }
        Mark::Rule { rule, .. } => {
            let points = match rule {
                Rule::Level(y) => frame
                    .down(*y)
                    .map(|y| vec![(frame.left, y), (frame.left + frame.width, y)]),
                Rule::Upright(x) => frame
                    .across(*x)
                    .map(|x| vec![(x, frame.top), (x, frame.top + frame.height)]),
                Rule::Diagonal => diagonal(frame),
            };
            if let Some(points) = points {
                scene.shapes.push(Shape::Path {
                    points,
                    width: 1.4,
                    ink: Tone::Quiet.into(),
                    dashed: true,
                });
            }
        }
    }
}

/// From the first to the last value that both axes have.
fn diagonal(frame: &Frame) -> Option<Vec<(f32, f32)>> {
    let (low, high) = (
        frame.x.low().max(frame.y.low()),
        frame.x.high().min(frame.y.high()),
    );
    (low < high).then(|| {
        [low, high]
            .into_iter()
            .filter_map(|value| frame.place((value, value)))
            .collect()
    })
}

fn draw_line(tone: Tone, points: &[(f64, f64)], look: Look, frame: &Frame, scene: &mut Scene) {
    let (width, ink) = match look {
        Look::Faint => (1.1, Ink::share(tone, 0.34)),
        _ => (2.1, tone.into()),
    };
    let dotted = look == Look::Plain && points.len() <= DOTS;
    let mut run: Vec<(f32, f32)> = Vec::new();
    let mut runs = Vec::new();
    for &point in points {
        match frame.place(point) {
            Some(place) => {
                if look == Look::Steps
                    && let Some(&(_, y)) = run.last()
                {
                    run.push((place.0, y));
                }
                run.push(place);
            }
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    for run in runs.into_iter().filter(|run| !run.is_empty()) {
        if dotted {
            scene.shapes.push(Shape::Dots {
                points: run.clone(),
                radius: 2.8,
                ink: tone.into(),
            });
        }
        scene.shapes.push(Shape::Path {
            points: run,
            width,
            ink,
            dashed: false,
        });
    }
}
