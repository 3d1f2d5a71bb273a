//! From the outline of a character to the share of each pixel that it covers.

use ab_glyph::{Font, OutlineCurve, Point};
use ab_glyph_rasterizer::{Rasterizer, point};
use nn_core::random::Rng;

use super::font::Typeface;
use super::settings::SynthSettings;

/// The most of a picture's side that a character takes, however it is scaled.
const MOST: f64 = 0.98;

/// How a character lies in a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    /// Height of a capital as a share of the picture's smaller side.
    size: f64,
    /// Radians.
    angle: f64,
    /// Horizontal step per vertical one.
    slant: f64,
    /// Off the middle, as shares of the smaller side.
    shift: [f64; 2],
}

impl Placement {
    pub(super) fn draw(settings: &SynthSettings, rng: &mut Rng) -> Placement {
        let mut either_way = |limit: f64| limit * (2.0 * rng.uniform() - 1.0);
        let angle = either_way(settings.rotation).to_radians();
        let slant = either_way(settings.shear).to_radians().tan();
        let shift = [either_way(settings.shift), either_way(settings.shift)];
        Placement {
            size: rng.uniform_range(settings.size.0, settings.size.1),
            angle,
            slant,
            shift,
        }
    }
}

/// The curves of a character, in the font's units, y upwards.
pub(super) struct Outline {
    curves: Vec<OutlineCurve>,
    /// Height of a capital in the same units.
    capital: f64,
}

fn points(curve: &OutlineCurve) -> impl Iterator<Item = Point> {
    let (known, count) = match *curve {
        OutlineCurve::Line(a, b) => ([a, b, b, b], 2),
        OutlineCurve::Quad(a, b, c) => ([a, b, c, c], 3),
        OutlineCurve::Cubic(a, b, c, d) => ([a, b, c, d], 4),
    };
    known.into_iter().take(count)
}

/// The box around curves: least and largest x and y; none without points.
fn bounds(curves: &[OutlineCurve]) -> Option<[f64; 4]> {
    let mut all = curves.iter().flat_map(points);
    let first = all.next()?;
    let start = [first.x, first.y, first.x, first.y].map(f64::from);
    Some(all.fold(start, |[x0, y0, x1, y1], p| {
        let (x, y) = (f64::from(p.x), f64::from(p.y));
        [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]
    }))
}

impl Outline {
    pub(super) fn of(face: &Typeface, character: char) -> Outline {
        let curves = |c: char| {
            let outline = face.font.outline(face.font.glyph_id(c));
            outline.map(|o| o.curves).unwrap_or_default()
        };
        let own = curves(character);
        // Characters keep their sizes relative to each other: an o is no O.
        let height = |c: char| bounds(&curves(c)).map(|[_, y0, _, y1]| y1 - y0);
        let capital = ['H', '0']
            .into_iter()
            .find_map(height)
            .or_else(|| bounds(&own).map(|[_, y0, _, y1]| y1 - y0))
            .filter(|h| *h > 0.0)
            .unwrap_or(1.0);
        Outline {
            curves: own,
            capital,
        }
    }

    /// How much of each pixel is covered, 0 to 1, row by row.
    pub(super) fn render(&self, placement: &Placement, height: usize, width: usize) -> Vec<f32> {
        let mut coverage = vec![0.0; height * width];
        let Some([x0, y0, x1, y1]) = bounds(&self.curves) else {
            return coverage;
        };
        let side = height.min(width) as f64;
        let wanted = placement.size * side / self.capital;
        let room = (MOST * width as f64 / (x1 - x0).max(1e-9))
            .min(MOST * height as f64 / (y1 - y0).max(1e-9));
        let scale = wanted.min(room);
        let (sin, cos) = placement.angle.sin_cos();
        let middle = [(x0 + x1) / 2.0, (y0 + y1) / 2.0];
        let center = [
            width as f64 / 2.0 + placement.shift[0] * side,
            height as f64 / 2.0 + placement.shift[1] * side,
        ];
        let place = |p: Point| {
            let (x, y) = (f64::from(p.x) - middle[0], f64::from(p.y) - middle[1]);
            // Upright in the font, downwards in the picture.
            let (x, y) = (scale * (x + placement.slant * y), -scale * y);
            let (x, y) = (cos * x - sin * y + center[0], sin * x + cos * y + center[1]);
            point(x as f32, y as f32)
        };
        let mut raster = Rasterizer::new(width, height);
        for curve in &self.curves {
            match *curve {
                OutlineCurve::Line(a, b) => raster.draw_line(place(a), place(b)),
                OutlineCurve::Quad(a, b, c) => raster.draw_quad(place(a), place(b), place(c)),
                OutlineCurve::Cubic(a, b, c, d) => {
                    raster.draw_cubic(place(a), place(b), place(c), place(d));
                }
            }
        }
        raster.for_each_pixel(|at, cover| {
            if let Some(pixel) = coverage.get_mut(at) {
                *pixel = cover.clamp(0.0, 1.0);
            }
        });
        coverage
    }
}
