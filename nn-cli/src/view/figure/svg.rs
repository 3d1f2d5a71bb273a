//! A scene as SVG.

use std::fmt::Write;

use super::canvas::Anchor;
use super::palette::{self, LEVELS};
use super::scene::{Ink, Scene, Shape, TextLook};
use crate::view::page::escape;

/// Height of the capitals of a sans serif in parts of its size.
const CAPITALS: f32 = 0.72;

/// A part of a page; the page's style sheet has [`palette::css`].
pub fn inline(scene: &Scene, id: &str, title: &str, about: &str) -> String {
    document(scene, id, title, about, "")
}

/// A file of its own.
pub fn standalone(scene: &Scene, title: &str, about: &str) -> String {
    let css = palette::css("svg");
    let family = "text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}";
    let style = format!("<style>{css}{family}</style>");
    document(scene, "figure", title, about, &style)
}

fn document(scene: &Scene, id: &str, title: &str, about: &str, style: &str) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"{id}-title {id}-about\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-about\">{}</desc>{style}",
        escape(title),
        escape(about),
    );
    if !style.is_empty() {
        text.push_str("<rect width=\"100%\" height=\"100%\" class=\"f-paper\"/>");
    }
    for shape in &scene.shapes {
        // Writing to a string cannot fail.
        let _ = draw(&mut text, shape);
    }
    text.push_str("</svg>");
    text
}

fn draw(text: &mut String, shape: &Shape) -> std::fmt::Result {
    match shape {
        Shape::Path {
            points,
            width,
            ink,
            dashed,
        } => {
            if points.is_empty() {
                return Ok(());
            }
            write!(
                text,
                "<path class=\"s-{}\" d=\"{}\" stroke-width=\"{}\"",
                ink.tone.name(),
                line(points),
                number(*width)
            )?;
            text.push_str(if *dashed {
                " stroke-dasharray=\"5 4\""
            } else {
                " stroke-linecap=\"round\" stroke-linejoin=\"round\""
            });
            faded(text, *ink)?;
            text.push_str("/>");
        }
        Shape::Area { points, ink } => {
            if points.is_empty() {
                return Ok(());
            }
            write!(
                text,
                "<path class=\"f-{}\" d=\"{}Z\"",
                ink.tone.name(),
                line(points)
            )?;
            faded(text, *ink)?;
            text.push_str("/>");
        }
        Shape::Rect {
            place: (x, y, w, h),
            ink,
            hint,
        } => {
            write!(
                text,
                "<rect class=\"f-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                ink.tone.name(),
                number(*x),
                number(*y),
                number(w.max(0.0)),
                number(h.max(0.0))
            )?;
            faded(text, *ink)?;
            if hint.is_empty() {
                text.push_str("/>");
            } else {
                write!(text, "><title>{}</title></rect>", escape(hint))?;
            }
        }
        Shape::Dots {
            points,
            radius,
            ink,
        } => {
            if points.is_empty() {
                return Ok(());
            }
            // Lines without length and with round ends are discs, and take a third of the room.
            write!(text, "<path class=\"s-{}\" d=\"", ink.tone.name())?;
            for &(x, y) in points {
                write!(text, "M{} {}h0", number(x), number(y))?;
            }
            write!(
                text,
                "\" stroke-width=\"{}\" stroke-linecap=\"round\"",
                number(2.0 * radius)
            )?;
            faded(text, *ink)?;
            text.push_str("/>");
        }
        Shape::Text {
            text: words,
            at: (x, y),
            size,
            look,
            anchor,
            turned,
        } => {
            let (x, y) = (number(*x), number(*y));
            match look {
                TextLook::Tone(tone) => write!(text, "<text class=\"f-{}\"", tone.name())?,
                TextLook::OnCell(level) => write!(text, "<text class=\"on{level}\"")?,
            }
            write!(
                text,
                " x=\"{x}\" y=\"{y}\" font-size=\"{}\"",
                number(size / CAPITALS)
            )?;
            match anchor {
                Anchor::Left => {}
                Anchor::Centre => text.push_str(" text-anchor=\"middle\""),
                Anchor::Right => text.push_str(" text-anchor=\"end\""),
            }
            if *turned {
                write!(text, " transform=\"rotate(-90 {x} {y})\"")?;
            }
            write!(text, ">{}</text>", escape(words))?;
        }
    }
    Ok(())
}

fn faded(text: &mut String, ink: Ink) -> std::fmt::Result {
    if ink.level < LEVELS {
        write!(
            text,
            " opacity=\"{}\"",
            (ink.opacity() * 1000.0).round() / 1000.0
        )?;
    }
    Ok(())
}

/// A tenth of a pixel is more than anyone sees.
fn number(value: f32) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded == 0.0 {
        "0".into()
    } else {
        rounded.to_string()
    }
}

fn line(points: &[(f32, f32)]) -> String {
    let mut text = String::with_capacity(12 * points.len());
    for (at, &(x, y)) in points.iter().enumerate() {
        text.push_str(if at == 0 { "M" } else { "L" });
        text.push_str(&number(x));
        text.push(' ');
        text.push_str(&number(y));
    }
    text
}
