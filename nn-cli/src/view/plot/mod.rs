//! The learning curve as a picture: two panels side by side, loss and accuracy.

mod axis;
pub mod canvas;
pub mod font;
mod panel;

use image::RgbImage;

pub use panel::{Panel, Series, Tone};

use canvas::{Canvas, INK, PAPER, QUIET};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 560;
const MARGIN: f32 = 28.0;
const TOP: f32 = 76.0;

/// Draws `panels` side by side under a title line.
pub fn draw(title: &str, subtitle: &str, panels: &[Panel]) -> RgbImage {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, PAPER);
    canvas.text(title, MARGIN, 44.0, 15.0, INK, canvas::Anchor::Left);
    canvas.text(
        subtitle,
        WIDTH as f32 - MARGIN,
        44.0,
        11.0,
        QUIET,
        canvas::Anchor::Right,
    );
    let count = panels.len().max(1) as f32;
    let width = (WIDTH as f32 - MARGIN * (count + 1.0)) / count;
    for (at, panel) in panels.iter().enumerate() {
        let left = MARGIN + at as f32 * (width + MARGIN);
        panel.draw(
            &mut canvas,
            left,
            TOP,
            width,
            HEIGHT as f32 - TOP - MARGIN * 0.6,
        );
    }
    canvas.into_image()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str, tone: Tone, values: &[f64]) -> Series {
        let points = values
            .iter()
            .enumerate()
            .map(|(at, &value)| (at as f64 + 1.0, value))
            .collect();
        Series {
            name: name.into(),
            tone,
            points,
            mark: None,
        }
    }

    #[test]
    fn draws_ink_of_each_series() {
        let loss = Panel {
            title: "loss".into(),
            x_label: "epoch".into(),
            percent: false,
            series: vec![
                curve("training", Tone::First, &[2.0, 0.5, 0.1, 0.01]),
                curve("validation", Tone::Second, &[1.5, 0.6, 0.3, 0.2]),
            ],
        };
        let picture = draw("digits", "test accuracy 97.9 %", &[loss]);
        assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
        for colour in [canvas::FIRST, canvas::SECOND, canvas::INK] {
            assert!(
                picture.pixels().filter(|pixel| pixel.0 == colour).count() > 50,
                "{colour:?} is missing"
            );
        }
    }

    #[test]
    fn odd_series_do_no_harm() {
        for values in [
            &[][..],
            &[1.0],
            &[f64::NAN, f64::INFINITY],
            &[0.0, 0.0],
            &[-1.0, 1e30],
            &[1e-300, 1.0],
            &[f64::MAX, f64::MIN],
        ] {
            let panel = Panel {
                title: "loss".into(),
                x_label: "epoch".into(),
                percent: false,
                series: vec![curve("a", Tone::First, values)],
            };
            draw("", "", &[panel]);
        }
        draw("no panel", "", &[]);
    }
}
