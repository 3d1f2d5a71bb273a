//! Bilinear resampling with a filter that widens when a picture shrinks, so that no pixel is passed over.
//!
//! The arithmetic is Pillow's, to the bit: weights rounded to 22 fractional bits, one pass along the rows and one
//! along the columns, first the one that leaves the smaller picture, each rounded to bytes. That is also what
//! torchvision's `Resize` does with a PIL image.

/// Fractional bits of a weight: with eight bits of pixel and a sign a sum stays within 32 bits.
const BITS: u32 = 22;

/// The pixels that one output pixel is made of.
struct Span {
    first: usize,
    weights: std::ops::Range<usize>,
}

/// The spans of `to` output pixels over `from` input pixels, and all their weights.
fn spans(from: usize, to: usize) -> (Vec<Span>, Vec<i32>) {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    let (mut all, mut spans) = (Vec::new(), Vec::with_capacity(to));
    let mut weights: Vec<f64> = Vec::new();
    for at in 0..to {
        let center = (at as f64 + 0.5) * scale;
        let first = (center - reach + 0.5).max(0.0) as usize;
        let last = ((center + reach + 0.5) as usize).min(from);
        weights.clear();
        weights.extend((first..last).map(|pixel| {
            let distance = (pixel as f64 - center + 0.5) * (1.0 / reach);
            (1.0 - distance.abs()).max(0.0)
        }));
        let sum: f64 = weights.iter().sum();
        let start = all.len();
        all.extend(
            (weights.iter()).map(|w| (w / sum * f64::from(1u32 << BITS) + 0.5).floor() as i32),
        );
        spans.push(Span {
            first,
            weights: start..all.len(),
        });
    }
    (spans, all)
}

/// Brings a picture of interleaved bytes from one `(height, width)` to another.
///
/// `pixels` holds `height × width × channels` bytes; `channels` is 1 to 4, and no side may be 0.
///
/// # Panics
/// If `pixels` has another length.
pub fn resize(pixels: &[u8], from: (usize, usize), to: (usize, usize), channels: usize) -> Vec<u8> {
    assert_eq!(
        pixels.len(),
        from.0 * from.1 * channels,
        "bytes of the picture"
    );
    let ((h0, w0), (h1, w1)) = (from, to);
    let rows_first = h0 * w1 <= h1 * w0;
    let mut now = std::borrow::Cow::Borrowed(pixels);
    let mut rows_now = h0;
    for along_the_rows in [rows_first, !rows_first] {
        if along_the_rows && w0 != w1 {
            now = along_rows(&now, w0, w1, channels).into();
        } else if !along_the_rows && h0 != h1 {
            let width = now.len() / rows_now;
            now = along_columns(&now, h0, h1, width).into();
            rows_now = h1;
        }
    }
    now.into_owned()
}

fn along_rows(pixels: &[u8], from: usize, to: usize, channels: usize) -> Vec<u8> {
    match channels {
        1 => rows::<1>(pixels, from, to),
        3 => rows::<3>(pixels, from, to),
        2 => rows::<2>(pixels, from, to),
        _ => rows::<4>(pixels, from, to),
    }
}

fn rows<const C: usize>(pixels: &[u8], from: usize, to: usize) -> Vec<u8> {
    let (spans, weights) = spans(from, to);
    let mut out = Vec::with_capacity(pixels.len() / from * to);
    for row in pixels.chunks_exact(from * C) {
        let row = row.as_chunks::<C>().0;
        for span in &spans {
            let weights = &weights[span.weights.clone()];
            let mut sums = [1i32 << (BITS - 1); C];
            for (pixel, &weight) in row[span.first..].iter().zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            out.extend(sums.map(byte));
        }
    }
    out
}

/// `width` is that of a row in bytes.
fn along_columns(pixels: &[u8], from: usize, to: usize, width: usize) -> Vec<u8> {
    let (spans, weights) = spans(from, to);
    debug_assert_eq!(pixels.len(), from * width);
    let mut out = Vec::with_capacity(to * width);
    let mut sums = vec![0i32; width];
    for span in &spans {
        sums.fill(1 << (BITS - 1));
        let rows = pixels[span.first * width..].chunks_exact(width);
        for (row, &weight) in rows.zip(&weights[span.weights.clone()]) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        out.extend(sums.iter().map(|&sum| byte(sum)));
    }
    out
}

fn byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// Cuts a picture of size `from` to the largest part in its middle that has the proportions of `to`, and gives that
/// part's size.
pub(super) fn crop(
    pixels: &mut Vec<u8>,
    from: (usize, usize),
    to: (usize, usize),
    channels: usize,
) -> (usize, usize) {
    let (height, width) = from;
    let share = |side: usize, wanted: usize, other: usize| {
        // side · wanted / other, to the nearest.
        let (side, wanted, other) = (side as u128, wanted as u128, other as u128);
        ((2 * side * wanted + other) / (2 * other)) as usize
    };
    let (h, w) = if (width as u128) * (to.0 as u128) > (height as u128) * (to.1 as u128) {
        (height, share(height, to.1, to.0).clamp(1, width))
    } else {
        (share(width, to.0, to.1).clamp(1, height), width)
    };
    let (top, left) = ((height - h) / 2, (width - w) / 2);
    for row in 0..h {
        let start = ((top + row) * width + left) * channels;
        pixels.copy_within(start..start + w * channels, row * w * channels);
    }
    pixels.truncate(h * w * channels);
    (h, w)
}
