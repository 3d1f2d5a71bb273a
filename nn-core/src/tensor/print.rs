//! Printing tensors for people.

use std::fmt;

use super::Tensor;
use crate::dtype::for_any;
use crate::{DType, Element};

/// Axes longer than this are shortened…
const LONG: usize = 10;
/// …to this many entries at each end.
const EDGE: usize = 4;

/// The indices of an axis that are shown; `None` stands for the gap.
fn shown(size: usize) -> impl Iterator<Item = Option<usize>> {
    let cut = size > LONG;
    let head = if cut { EDGE } else { size };
    let tail = if cut { size - EDGE..size } else { 0..0 };
    (0..head)
        .map(Some)
        .chain(cut.then_some(None))
        .chain(tail.map(Some))
}

/// How the shown numbers are written so that all of them are told apart and aligned.
enum Format {
    Integer,
    Fixed(usize),
    Scientific,
}

impl Format {
    fn of(values: &[f64], dtype: DType) -> Format {
        if !dtype.is_float() {
            return Format::Integer;
        }
        let finite = || {
            values
                .iter()
                .map(|x| x.abs())
                .filter(|x| x.is_finite() && *x > 0.0)
        };
        let largest = finite().fold(0.0, f64::max);
        let smallest = finite().fold(f64::INFINITY, f64::min);
        if finite().all(|x| x.fract() == 0.0) && largest < 1e7 {
            Format::Fixed(1)
        } else if largest >= 1e6 || smallest < 1e-4 || largest / smallest > 1e7 {
            Format::Scientific
        } else {
            Format::Fixed(4)
        }
    }

    fn write(&self, x: f64) -> String {
        match self {
            _ if x.is_nan() => "NaN".into(),
            _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.into(),
            Format::Integer => format!("{x:.0}"),
            Format::Fixed(digits) => format!("{x:.digits$}"),
            Format::Scientific => format!("{x:.3e}"),
        }
    }
}

impl Tensor {
    fn collect_shown(&self, axis: usize, at: usize, out: &mut Vec<f64>) {
        if axis == self.rank() {
            for_any!(self.dtype, T => out.push(self.raw::<T>()[at].to_f64()));
            return;
        }
        for i in shown(self.shape[axis]).flatten() {
            self.collect_shown(axis + 1, at + i * self.strides[axis], out);
        }
    }

    fn write_axis(
        &self,
        f: &mut fmt::Formatter<'_>,
        axis: usize,
        cells: &mut impl Iterator<Item = String>,
    ) -> fmt::Result {
        if axis == self.rank() {
            return f.write_str(&cells.next().unwrap_or_default());
        }
        let innermost = axis + 1 == self.rank();
        f.write_str("[")?;
        for (place, index) in shown(self.shape[axis]).enumerate() {
            if place > 0 && innermost {
                f.write_str(", ")?;
            } else if place > 0 {
                // Blocks of higher rank are set apart by blank lines.
                let breaks = self.rank() - axis - 1;
                write!(f, ",{}{}", "\n".repeat(breaks), " ".repeat(axis + 1))?;
            }
            match index {
                None => f.write_str("…")?,
                Some(_) => self.write_axis(f, axis + 1, cells)?,
            }
        }
        f.write_str("]")
    }
}

/// Type, shape and elements, aligned in columns; long axes are shortened in the middle.
///
/// ```
/// # use nn_core::Tensor;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, -2.5, 3.25, 100.0], [2, 2])?;
/// assert_eq!(x.to_string(), "\
/// f32 [2, 2]
/// [[  1.0000,  -2.5000],
///  [  3.2500, 100.0000]]");
/// # Ok(())
/// # }
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.dtype, self.shape)?;
        if self.is_empty() {
            return f.write_str("[]");
        }
        let mut values = Vec::new();
        self.collect_shown(0, 0, &mut values);
        let format = Format::of(&values, self.dtype);
        let cells: Vec<String> = values.iter().map(|&x| format.write(x)).collect();
        let width = cells.iter().map(|cell| cell.len()).max().unwrap_or(0);
        let mut cells = cells.into_iter().map(|cell| format!("{cell:>width$}"));
        self.write_axis(f, 0, &mut cells)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        if self.is_recorded() {
            f.write_str(" (recorded)")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{DType, Tensor};

    #[test]
    fn long_axes_are_shortened_and_blocks_set_apart() {
        let x = Tensor::arange(0.0, 24.0, 1.0, DType::U32).unwrap();
        assert_eq!(
            x.to_string(),
            "u32 [24]\n[ 0,  1,  2,  3, …, 20, 21, 22, 23]"
        );
        let x = x.slice(0, ..8).unwrap().reshape([2, 2, 2]).unwrap();
        assert_eq!(
            x.to_string(),
            "u32 [2, 2, 2]\n[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]"
        );
    }

    #[test]
    fn odd_numbers_stay_readable() {
        let x = Tensor::from_vec(vec![1e-9f32, f32::NAN, f32::NEG_INFINITY], [3]).unwrap();
        assert_eq!(x.to_string(), "f32 [3]\n[1.000e-9,      NaN,     -inf]");
        assert_eq!(Tensor::scalar(3i64).unwrap().to_string(), "i64 []\n3");
        assert_eq!(
            Tensor::zeros([0, 3], DType::F32).unwrap().to_string(),
            "f32 [0, 3]\n[]"
        );
    }
}
