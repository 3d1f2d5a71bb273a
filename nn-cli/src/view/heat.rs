//! Numbers as colours: greys for weights and feature maps, heat for importance.

use image::{Rgb, RgbImage, imageops};

/// Which greys stand for which values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Greys {
    low: f32,
    high: f32,
}

impl Greys {
    /// Zero is mid grey; `bound` is white and its negative black.
    pub fn around_zero(bound: f32) -> Greys {
        let bound = if bound > 0.0 { bound } else { 1.0 };
        Greys {
            low: -bound,
            high: bound,
        }
    }

    /// Zero is black and `bound` white.
    pub fn from_zero(bound: f32) -> Greys {
        Greys {
            low: 0.0,
            high: if bound > 0.0 { bound } else { 1.0 },
        }
    }

    /// The scale for these values: from zero if none is below it, else around zero.
    pub fn of(values: &[f32]) -> Greys {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let bound = finite().fold(0.0, |bound: f32, value| bound.max(value.abs()));
        if finite().any(|value| value < 0.0) {
            Greys::around_zero(bound)
        } else {
            Greys::from_zero(bound)
        }
    }

    /// What is black, and what is white.
    pub fn ends(self) -> (f32, f32) {
        (self.low, self.high)
    }

    /// The grey of a value; what is not a number is black.
    pub fn byte(self, value: f32) -> u8 {
        let share = (value - self.low) / (self.high - self.low);
        // `as` takes NaN to 0 and cuts off at the ends.
        (share * 255.0).round() as u8
    }

    /// A picture of one or three channels, `[C, H, W]`.
    pub fn picture(self, values: &[f32], channels: usize, height: usize, width: usize) -> RgbImage {
        let plane = height * width;
        RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            let value = |channel: usize| {
                let channel = if channels == 3 { channel } else { 0 };
                self.byte(values.get(channel * plane + at).copied().unwrap_or(0.0))
            };
            Rgb([value(0), value(1), value(2)])
        })
    }
}

/// Colours from cold to hot, evenly spaced; each is lighter than the one before, so that they also read in grey.
const HEAT: [[f32; 3]; 7] = [
    [6.0, 6.0, 24.0],
    [52.0, 16.0, 92.0],
    [122.0, 28.0, 109.0],
    [190.0, 48.0, 84.0],
    [238.0, 98.0, 43.0],
    [250.0, 172.0, 40.0],
    [252.0, 248.0, 180.0],
];

/// The colour of a share from 0 to 1.
pub fn heat(share: f32) -> [u8; 3] {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let place = share * (HEAT.len() - 1) as f32;
    let from = (place as usize).min(HEAT.len() - 2);
    let part = place - from as f32;
    std::array::from_fn(|c| {
        (HEAT[from][c] + (HEAT[from + 1][c] - HEAT[from][c]) * part).round() as u8
    })
}

/// A map of shares as a picture.
pub fn heat_map(shares: &[f32], height: usize, width: usize) -> RgbImage {
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(heat(shares.get(at).copied().unwrap_or(0.0)))
    })
}

/// A map of shares laid over a picture: clear where cold, so that the picture shows. The map is enlarged smoothly to its size.
pub fn overlay(picture: &RgbImage, shares: &[f32], height: usize, width: usize) -> RgbImage {
    let (w, h) = picture.dimensions();
    RgbImage::from_fn(w, h, |x, y| {
        let share = between(
            shares,
            (height, width),
            (y as f32 + 0.5) / h as f32,
            (x as f32 + 0.5) / w as f32,
        );
        let cover = 0.15 + 0.65 * share.sqrt();
        let hot = heat(share);
        let old = picture.get_pixel(x, y).0;
        Rgb(std::array::from_fn(|c| {
            let (old, hot) = (f32::from(old[c]), f32::from(hot[c]));
            (old + (hot - old) * cover).round() as u8
        }))
    })
}

/// The value at a place given as shares of height and width, between the middles of the cells (bilinear); beyond the outermost
/// middles it stays as it is.
fn between(values: &[f32], (height, width): (usize, usize), y: f32, x: f32) -> f32 {
    let axis = |place: f32, size: usize| {
        let place = (place * size as f32 - 0.5).clamp(0.0, (size.max(1) - 1) as f32);
        let from = place as usize;
        (from, (from + 1).min(size.max(1) - 1), place - from as f32)
    };
    let at = |row: usize, column: usize| values.get(row * width + column).copied().unwrap_or(0.0);
    let ((top, bottom, down), (left, right, along)) = (axis(y, height), axis(x, width));
    let row = |row: usize| at(row, left) + (at(row, right) - at(row, left)) * along;
    row(top) + (row(bottom) - row(top)) * down
}

/// The values as shares of the largest, which stay between 0 and 1.
pub fn shares(values: &[f32], largest: f32) -> Vec<f32> {
    let unit = if largest > 0.0 && largest.is_finite() {
        largest
    } else {
        1.0
    };
    values
        .iter()
        .map(|value| (value / unit).clamp(0.0, 1.0))
        .collect()
}

/// A picture whose longer side is about `side`: pixels repeated a whole number of times, or smoothly made smaller.
pub fn enlarged(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height).max(1);
    if longer <= side {
        let times = side / longer;
        return RgbImage::from_fn(width * times, height * times, |x, y| {
            *picture.get_pixel(x / times, y / times)
        });
    }
    let scaled = |size: u32| (size as u64 * u64::from(side) / u64::from(longer)).max(1) as u32;
    imageops::resize(
        picture,
        scaled(width),
        scaled(height),
        imageops::FilterType::Triangle,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_mid_grey_where_there_are_negative_values() {
        let greys = Greys::of(&[-2.0, 1.0, f32::NAN]);
        assert_eq!(greys.ends(), (-2.0, 2.0));
        assert_eq!(
            [-2.0, 0.0, 2.0, 9.0, f32::NAN].map(|v| greys.byte(v)),
            [0, 128, 255, 255, 0]
        );
        assert_eq!(Greys::of(&[0.0, 4.0]).byte(2.0), 128);
        for flat in [&[][..], &[0.0], &[f32::NAN]] {
            assert_eq!(Greys::of(flat).byte(0.0), 0);
        }
        let colours = greys.picture(&[2.0, 0.0, -2.0], 3, 1, 1);
        assert_eq!(colours.get_pixel(0, 0).0, [255, 128, 0]);
    }

    #[test]
    fn heat_grows_lighter() {
        let light = |share: f32| heat(share).iter().map(|&c| u32::from(c)).sum::<u32>();
        for step in 0..50 {
            assert!(light(step as f32 / 50.0) <= light((step + 1) as f32 / 50.0));
        }
        assert_eq!(heat(f32::NAN), heat(0.0));
        assert_eq!(heat(7.0), heat(1.0));
    }

    #[test]
    fn maps_are_enlarged_between_the_middles_of_their_cells() {
        // torch.nn.functional.interpolate([[0, 1], [2, 3]], size=4, mode="bilinear")
        let expected = [
            0.0, 0.25, 0.75, 1.0, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2.0, 2.25, 2.75, 3.0,
        ];
        for (at, expected) in expected.into_iter().enumerate() {
            let (y, x) = ((at / 4) as f32 + 0.5, (at % 4) as f32 + 0.5);
            let got = between(&[0.0, 1.0, 2.0, 3.0], (2, 2), y / 4.0, x / 4.0);
            assert!((got - expected).abs() < 1e-6, "{at}: {got}");
        }
        let picture = RgbImage::from_pixel(5, 3, Rgb([9, 9, 9]));
        assert_eq!(overlay(&picture, &[], 0, 0).dimensions(), (5, 3));
        assert_eq!(enlarged(&picture, 12).dimensions(), (10, 6));
        assert_eq!(enlarged(&picture, 2).dimensions(), (2, 1));
        assert_eq!(enlarged(&RgbImage::new(0, 0), 9).dimensions(), (0, 0));
    }
}
