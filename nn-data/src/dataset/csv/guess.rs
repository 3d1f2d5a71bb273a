//! Telling numbers, missing values, delimiter and header from what stands there.

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Whether a cell stands for "no value".
pub(crate) fn is_missing(text: &str) -> bool {
    matches!(
        text,
        "" | "NA" | "N/A" | "n/a" | "na" | "null" | "NULL" | "?" | "NaN" | "nan" | "NAN"
    )
}

/// A finite number, or nothing.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// The text as a whole number: "3", "3.0", "3e0".
pub(super) fn whole_number(text: &str) -> Option<i64> {
    number(text)
        .filter(|v| v.fract() == 0.0 && v.abs() < 1e15)
        .map(|v| v as i64)
}

/// The delimiter that occurs most often in the first line, outside quotes.
pub(super) fn delimiter_of(content: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in content {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.iter().any(|&c| c > 0) => break,
            _ if quoted => {}
            _ => {
                if let Some(which) = DELIMITERS.iter().position(|&d| d == byte) {
                    counts[which] += 1;
                }
            }
        }
    }
    // The comma wins a tie: it is the first, and only a larger count replaces it.
    let mut best = 0;
    for which in 1..counts.len() {
        if counts[which] > counts[best] {
            best = which;
        }
    }
    DELIMITERS[best]
}

/// A first row is a header when it holds no number and differs from the rows below: some cell below
/// is a number, or (in a table of text only) no cell of it occurs again in its column.
pub(super) fn looks_like_header(sample: &[Vec<String>]) -> bool {
    let Some((first, below)) = sample.split_first() else {
        return false;
    };
    if first.iter().any(|cell| cell.parse::<f64>().is_ok()) || first.iter().all(String::is_empty) {
        return false;
    }
    let mut cells = below.iter().flatten();
    if cells.any(|cell| cell.parse::<f64>().is_ok()) {
        return true;
    }
    let repeated =
        |column: usize, name: &String| below.iter().any(|row| row.get(column) == Some(name));
    !first.iter().enumerate().any(|(c, name)| repeated(c, name))
}
