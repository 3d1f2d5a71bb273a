//! Numbers as a person reads them.

use std::time::Duration;

/// `1234567` → `1 234 567` (thin groups of three).
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with two places, `0.9734` → `97.34 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// About four significant digits, without an exponent where that is readable.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if size == 0.0 {
        "0".into()
    } else if !(1e-4..1e6).contains(&size) {
        format!("{value:.3e}")
    } else {
        let places = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.places$}")
    }
}

/// As [`short`], without zeros at the end: for settings, not for measurements.
pub fn plain(value: f64) -> String {
    let text = short(value);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text.replace(".000e", "e")
    }
}

/// A duration: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        if whole < 3600 {
            format!("{} min {:02} s", whole / 60, whole % 60)
        } else {
            format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
        }
    }
}

/// A number of bytes: `812 B`, `1.2 MB`.
pub fn bytes(count: u64) -> String {
    let mut size = count as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 999.5 {
            return if unit == "B" {
                format!("{size:.0} B")
            } else {
                format!("{size:.1} {unit}")
            };
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, grouped, percent, plain, short};
    use std::time::Duration;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(percent(0.97341), "97.34 %");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(12.34567), "12.35");
        assert_eq!(short(0.012344), "0.01234");
        assert_eq!(short(1.5e-9), "1.500e-9");
        assert_eq!(short(f64::NAN), "NaN");
        assert_eq!(
            (plain(0.002), plain(20.0), plain(1e-5)),
            ("0.002".to_string(), "20".to_string(), "1e-5".to_string())
        );
        assert_eq!(duration(Duration::from_millis(850)), "850 ms");
        assert_eq!(duration(Duration::from_millis(999)), "999 ms");
        assert_eq!(duration(Duration::from_secs(245)), "4 min 05 s");
        assert_eq!(duration(Duration::from_secs(7620)), "2 h 07 min");
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(1_234_567), "1.2 MB");
    }
}
