//! The scale of an axis: its range, its ticks and how they are written.

use crate::view::number;

/// A linear or logarithmic scale from a range of values to 0…1.
#[derive(Clone, Debug)]
pub struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Values with a line and a label.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// A scale for `values`; ones that are not finite do not count. Logarithmic when asked for and all values are above zero.
    pub fn new(values: impl Iterator<Item = f64>, log: bool, most_ticks: usize) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        // Beyond this range a scale would overflow or its labels make no sense.
        for value in values.filter(|value| value.is_finite() && value.abs() < 1e200) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if log && low > 1e-200 {
            Self::logarithmic(low, high, most_ticks)
        } else {
            Self::linear(low, high, most_ticks)
        }
    }

    /// A linear scale from `low` to `high` and no further.
    pub fn exactly(low: f64, high: f64, most_ticks: usize) -> Self {
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Self::new([low, high].into_iter(), false, most_ticks);
        }
        Axis {
            low,
            high,
            log: false,
            ticks: linear_ticks(low, high, most_ticks),
        }
    }

    fn linear(low: f64, high: f64, most: usize) -> Self {
        let pad = if high > low {
            0.04 * (high - low)
        } else {
            low.abs().max(1e-6) * 0.5
        };
        let (low, high) = (
            if low >= 0.0 {
                (low - pad).max(0.0)
            } else {
                low - pad
            },
            high + pad,
        );
        Axis {
            low,
            high,
            log: false,
            ticks: linear_ticks(low, high, most),
        }
    }

    fn logarithmic(low: f64, high: f64, most: usize) -> Self {
        let (from, to) = (low.log10(), high.log10());
        let pad = (0.04 * (to - from)).max(0.02);
        let (from, to) = (from - pad, to + pad);
        let at = |multiples: &[f64], every: i32| {
            let (first, last) = (from.floor() as i32, to.ceil() as i32);
            (first..=last)
                .filter(|decade| decade.rem_euclid(every) == 0)
                .flat_map(|decade| {
                    multiples
                        .iter()
                        .map(move |multiple| multiple * 10f64.powi(decade))
                })
                .filter(|tick| (from..=to).contains(&tick.log10()))
                .collect::<Vec<f64>>()
        };
        let mut ticks = at(&[1.0, 2.0, 5.0], 1);
        for (multiples, every) in [
            (&[1.0, 3.0][..], 1),
            (&[1.0], 1),
            (&[1.0], 2),
            (&[1.0], 5),
            (&[1.0], 20),
            (&[1.0], 100),
        ] {
            if ticks.len() <= most {
                break;
            }
            ticks = at(multiples, every);
        }
        Axis {
            low: from,
            high: to,
            log: true,
            ticks,
        }
    }

    /// Whether this scale is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// The value at the low end.
    pub fn low(&self) -> f64 {
        if self.log {
            10f64.powf(self.low)
        } else {
            self.low
        }
    }

    /// The value at the high end.
    pub fn high(&self) -> f64 {
        if self.log {
            10f64.powf(self.high)
        } else {
            self.high
        }
    }

    /// Where `value` lies, 0 at the low end and 1 at the high end, and beyond.
    pub fn share(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// Where `value` lies; `None` for what cannot be shown.
    pub fn place(&self, value: f64) -> Option<f64> {
        let share = self.share(value);
        (share.is_finite() && (-0.01..=1.01).contains(&share)).then_some(share)
    }

    /// A tick as text.
    pub fn label(&self, tick: f64, percent: bool) -> String {
        let step = match self.ticks.as_slice() {
            [first, second, ..] if !self.log => (second - first).abs(),
            _ => tick.abs(),
        };
        if percent {
            let places = if step > 0.0 {
                (-(step * 100.0 * 1.000_001).log10().floor()).clamp(0.0, 3.0) as usize
            } else {
                0
            };
            return format!("{:.places$} %", tick * 100.0 + 0.0);
        }
        let largest = self
            .ticks
            .iter()
            .fold(0.0_f64, |most, tick| most.max(tick.abs()));
        let size = if self.log { tick.abs() } else { largest };
        if size > 0.0 && !(1e-4..1e6).contains(&size) {
            if tick == 0.0 {
                return "0".into();
            }
            return format!("{tick:.0e}");
        }
        let places = if step > 0.0 {
            (-(step * 1.000_001).log10().floor()).clamp(0.0, 6.0) as usize
        } else {
            0
        };
        // Adding zero makes of minus zero zero.
        let text = format!("{:.places$}", tick + 0.0);
        match text.split_once('.') {
            None if tick.abs() >= 1e4 => grouped(tick.abs() as u64, tick < 0.0),
            _ => text,
        }
    }
}

fn grouped(size: u64, negative: bool) -> String {
    let digits = number::grouped(size);
    if negative {
        format!("-{digits}")
    } else {
        digits
    }
}

/// Multiples of a round number from `low` to `high`.
fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let step = nice_step((high - low) / most.max(1) as f64);
    // A tick that rounding puts just outside is meant to be at the end.
    let first = (low / step - 1e-9).ceil();
    let count = ((high / step + 1e-9).floor() - first).clamp(0.0, 100.0) as usize;
    (0..=count).map(|at| (first + at as f64) * step).collect()
}

/// The least of 1, 2, 5 × 10^k that is not under `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|multiple| multiple * power)
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn linear_ticks_are_round_and_inside() {
        let axis = Axis::new([0.913, 0.982].into_iter(), false, 6);
        let labels: Vec<String> = axis
            .ticks
            .iter()
            .map(|&tick| axis.label(tick, true))
            .collect();
        assert_eq!(labels, ["92 %", "94 %", "96 %", "98 %"]);
        let axis = Axis::new([1.0, 5.0].into_iter(), false, 8);
        assert_eq!(
            axis.ticks
                .iter()
                .map(|&tick| axis.label(tick, false))
                .collect::<Vec<_>>(),
            ["1", "2", "3", "4", "5"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_few() {
        let axis = Axis::new([1e-9, 10.0].into_iter(), true, 8);
        assert!(
            axis.ticks.len() <= 8 && axis.ticks.len() >= 3,
            "{:?}",
            axis.ticks
        );
        let axis = Axis::new([0.05, 2.0].into_iter(), true, 8);
        assert_eq!(
            axis.ticks
                .iter()
                .map(|&tick| axis.label(tick, false))
                .collect::<Vec<_>>(),
            ["0.05", "0.1", "0.2", "0.5", "1", "2"]
        );
    }

    #[test]
    fn ends_are_inside() {
        for log in [false, true] {
            let axis = Axis::new([0.5, 3.0].into_iter(), log, 6);
            let (low, high) = (
                axis.place(0.5).unwrap_or(-1.0),
                axis.place(3.0).unwrap_or(2.0),
            );
            assert!(low > 0.0 && low < 0.1 && high > 0.9 && high < 1.0);
            assert_eq!(axis.place(f64::NAN), None);
        }
    }
}
