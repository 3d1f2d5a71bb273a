//! From what decoders give to grey or RGB bytes.

use image::DynamicImage;

use super::Color;

/// Grey or RGB bytes, as the picture is, with the channels of a pixel side by side.
pub(super) fn interleaved(picture: DynamicImage) -> (Color, Vec<u8>) {
    let color = picture.color();
    let (colored, alpha) = (color.has_color(), color.has_alpha());
    let pixels = match (colored, alpha) {
        (false, false) => picture.into_luma8().into_raw(),
        (false, true) => on_white::<2>(&picture.into_luma_alpha8().into_raw()),
        (true, false) => picture.into_rgb8().into_raw(),
        (true, true) => on_white::<4>(&picture.into_rgba8().into_raw()),
    };
    (if colored { Color::Rgb } else { Color::Grey }, pixels)
}

/// Pixels of `N` channels, the last of which is opacity, on white.
fn on_white<const N: usize>(pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / N * (N - 1));
    for pixel in pixels.as_chunks::<N>().0 {
        let alpha = u32::from(pixel[N - 1]);
        for &value in &pixel[..N - 1] {
            let mixed = u32::from(value) * alpha + 255 * (255 - alpha);
            out.push(((mixed + 127) / 255) as u8);
        }
    }
    out
}

/// `0.299 R + 0.587 G + 0.114 B`, rounded, in 16-bit fixed point.
fn luma(rgb: &[u8]) -> Vec<u8> {
    let weigh = |&[r, g, b]: &[u8; 3]| {
        let sum = 19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b);
        ((sum + (1 << 15)) >> 16) as u8
    };
    rgb.as_chunks::<3>().0.iter().map(weigh).collect()
}

/// Channel after channel, in the channels that are wanted.
pub(super) fn planar(pixels: Vec<u8>, have: Color, wanted: Color) -> Vec<u8> {
    match (have, wanted) {
        (Color::Grey, Color::Grey) => pixels,
        (Color::Grey, Color::Rgb) => pixels.repeat(3),
        (Color::Rgb, Color::Grey) => luma(&pixels),
        (Color::Rgb, Color::Rgb) => {
            let size = pixels.len() / 3;
            let mut out = vec![0; size * 3];
            let (red, rest) = out.split_at_mut(size);
            let (green, blue) = rest.split_at_mut(size);
            let channels = red.iter_mut().zip(green).zip(blue);
            for (((r, g), b), pixel) in channels.zip(pixels.as_chunks::<3>().0) {
                [*r, *g, *b] = *pixel;
            }
            out
        }
    }
}
