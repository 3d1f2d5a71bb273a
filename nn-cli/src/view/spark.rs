//! A curve in one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws `values` as bars between their least and greatest, at most `width` of them (means of equal stretches beyond that).
/// Values that are not finite leave a gap.
pub fn spark(values: &[f64], width: usize) -> String {
    let width = width.max(1).min(values.len());
    let points: Vec<f64> = (0..width)
        .map(|at| {
            let stretch = &values[at * values.len() / width..(at + 1) * values.len() / width];
            stretch.iter().sum::<f64>() / stretch.len() as f64
        })
        .collect();
    let finite = || points.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    points
        .iter()
        .map(|&value| {
            if !value.is_finite() {
                return ' ';
            }
            let level = if high > low {
                (value - low) / (high - low) * 7.0
            } else {
                3.0
            };
            BARS[(level.round() as usize).min(7)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::spark;

    #[test]
    fn rises_and_falls() {
        assert_eq!(
            spark(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8),
            "▁▂▃▄▅▆▇█"
        );
        assert_eq!(spark(&[3.0, 3.0], 10), "▄▄");
        assert_eq!(spark(&[0.0, f64::NAN, 1.0], 10), "▁ █");
        assert_eq!(spark(&[0.0, 0.0, 7.0, 7.0], 2), "▁█");
        assert_eq!(spark(&[], 10), "");
    }
}
