//! What stands beyond the border of an image.

use serde::{Deserialize, Serialize};

/// What a filter takes for the pixels beyond the border. For a row `a b c d`:
///
/// | | beyond the left | | beyond the right | OpenCV | scipy.ndimage |
/// |---|---|---|---|---|---|
/// | [`Zero`](Border::Zero) | `0 0 0` | `a b c d` | `0 0 0` | `BORDER_CONSTANT` | `constant` |
/// | [`Replicate`](Border::Replicate) | `a a a` | `a b c d` | `d d d` | `BORDER_REPLICATE` | `nearest` |
/// | [`Reflect`](Border::Reflect) | `d c b` | `a b c d` | `c b a` | `BORDER_REFLECT_101`, its default | `mirror` |
///
/// Reflection is in the middle of the outermost pixel, which is not repeated. (scipy's `reflect`, which repeats it, is something
/// else.) A kernel that reaches beyond the reflected image meets the image again, and so on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Zeros.
    Zero,
    /// The outermost pixel, again and again.
    Replicate,
    /// The image mirrored at its outermost pixel. The default.
    #[default]
    Reflect,
}

impl Border {
    /// The pixel that stands at place `at` of a line of `size` (at least 1) pixels; `None` for a zero.
    pub(super) fn source(self, at: isize, size: usize) -> Option<usize> {
        let last = size as isize - 1;
        if (0..=last).contains(&at) {
            return Some(at as usize);
        }
        match self {
            Border::Zero => None,
            Border::Replicate => Some(at.clamp(0, last) as usize),
            Border::Reflect if last == 0 => Some(0),
            Border::Reflect => {
                let place = at.rem_euclid(2 * last);
                Some(place.min(2 * last - place) as usize)
            }
        }
    }

    /// Writes `row` with `radius` pixels more at either end to `out`, which is as long.
    pub(super) fn extend(self, row: &[f32], radius: usize, out: &mut [f32]) {
        let beyond = |at: isize| self.source(at, row.len()).map_or(0.0, |place| row[place]);
        let (left, rest) = out.split_at_mut(radius);
        let (middle, right) = rest.split_at_mut(row.len());
        middle.copy_from_slice(row);
        for (at, pixel) in left.iter_mut().enumerate() {
            *pixel = beyond(at as isize - radius as isize);
        }
        for (at, pixel) in right.iter_mut().enumerate() {
            *pixel = beyond((row.len() + at) as isize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Border;

    #[test]
    fn lines_go_on_as_the_table_says_however_far() {
        let extended = |border: Border, row: &[f32], radius: usize| {
            let mut out = vec![f32::NAN; row.len() + 2 * radius];
            border.extend(row, radius, &mut out);
            out
        };
        let row = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(
            extended(Border::Zero, &row, 2),
            [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 0.0]
        );
        assert_eq!(
            extended(Border::Replicate, &row, 2),
            [1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]
        );
        assert_eq!(
            extended(Border::Reflect, &row, 3),
            [4.0, 3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0]
        );
        // numpy.pad([1, 2, 3], 5, mode="reflect")
        assert_eq!(
            extended(Border::Reflect, &row[..3], 5),
            [
                2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0
            ]
        );
        assert_eq!(extended(Border::Reflect, &[7.0], 2), [7.0; 5]);
        assert_eq!(extended(Border::Replicate, &[7.0], 2), [7.0; 5]);
    }
}
