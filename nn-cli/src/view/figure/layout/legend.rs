//! What the marks between two axes stand for, in lines above them.

use super::super::canvas::Anchor;
use super::super::font;
use super::super::palette::Tone;
use super::super::scene::{Ink, Scene, Shape};
use super::super::{Look, Mark};
use super::LABEL;

/// Height of a line of the legend.
pub const LINE: f32 = 17.0;
/// Length of a sample in the legend.
const SAMPLE: f32 = 20.0;

/// A line of the legend: name, and what stands for it.
pub struct Entry {
    name: String,
    sample: Sample,
}

#[derive(Clone, Copy)]
enum Sample {
    Line(Ink, f32),
    Dot(Ink),
    Box(Ink),
    Rule,
}

/// The marks that have a name.
pub fn legend(marks: &[Mark]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for mark in marks {
        let (name, sample) = match mark {
            Mark::Line {
                name,
                tone,
                look: Look::Faint,
                ..
            } => (name, Sample::Line(Ink::share(*tone, 0.5), 1.4)),
            Mark::Line { name, tone, .. } => (name, Sample::Line((*tone).into(), 2.1)),
            Mark::Dots { name, tone, .. } => (name, Sample::Dot(Ink::share(*tone, 0.75))),
            Mark::Ring { name, tone, .. } => (name, Sample::Dot((*tone).into())),
            Mark::Bars { name, tone, .. } => (name, Sample::Box(Ink::share(*tone, 0.85))),
            Mark::Rule { name, .. } => (name, Sample::Rule),
            Mark::Band { .. } => continue,
        };
        if !name.is_empty() {
            entries.push(Entry {
                name: name.clone(),
                sample,
            });
        }
    }
    entries
}

fn entry_width(entry: &Entry) -> f32 {
    // The fonts of a page may be wider than the one that is drawn here.
    let letters = entry.name.chars().count() as f32 * LABEL * 0.92;
    font::width(&entry.name, LABEL).max(letters) + SAMPLE + 8.0 + 14.0
}

/// The entries line by line; `taken` pixels of the first line are in use.
pub fn wrapped(entries: &[Entry], width: f32, taken: f32) -> Vec<Vec<&Entry>> {
    let mut lines: Vec<Vec<&Entry>> = vec![Vec::new()];
    let mut used = taken;
    for entry in entries {
        let wide = entry_width(entry);
        if used + wide > width && used > 0.0 {
            lines.push(Vec::new());
            used = 0.0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.push(entry);
        }
    }
    lines
}

/// Draws the lines, each ending at `right`.
pub fn draw(scene: &mut Scene, lines: &[Vec<&Entry>], right: f32, top: f32) {
    for (at, line) in lines.iter().enumerate() {
        let baseline = top + LINE * at as f32;
        let mut x = right - line.iter().map(|entry| entry_width(entry)).sum::<f32>() + 14.0;
        for entry in line {
            let middle = baseline - LABEL / 2.0;
            let line = |ink: Ink, width: f32, dashed: bool| Shape::Path {
                points: vec![(x, middle), (x + SAMPLE, middle)],
                width,
                ink,
                dashed,
            };
            scene.shapes.push(match entry.sample {
                Sample::Line(ink, width) => line(ink, width, false),
                Sample::Rule => line(Tone::Quiet.into(), 1.4, true),
                Sample::Dot(ink) => Shape::Dots {
                    points: vec![(x + SAMPLE - 6.0, middle)],
                    radius: 4.0,
                    ink,
                },
                Sample::Box(ink) => Shape::Rect {
                    place: (x + SAMPLE - 11.0, middle - 5.5, 11.0, 11.0),
                    ink,
                    hint: String::new(),
                },
            });
            scene.text(
                &entry.name,
                (x + SAMPLE + 8.0, baseline),
                LABEL,
                Tone::Quiet,
                Anchor::Left,
            );
            x += entry_width(entry);
        }
    }
}
