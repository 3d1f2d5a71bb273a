//! Changes of place, against the definition carried out pixel by pixel in f64.

use super::super::geometry::Map;
use super::super::picture::{Beyond, Frame, Picture};
use super::super::settings::Interpolation;
use super::*;

const SHAPES: [[usize; 3]; 7] = [
    [1, 1, 1],
    [3, 1, 1],
    [1, 5, 4],
    [3, 4, 7],
    [2, 3, 3],
    [4, 6, 2],
    [6, 5, 5],
];

/// A pixel of a channel, or what lies beyond its edge.
fn pixel(
    plane: &[f32],
    height: usize,
    width: usize,
    x: i64,
    y: i64,
    beyond: Beyond,
    c: usize,
) -> f64 {
    let mirror = |i: i64, n: usize| {
        if n == 1 {
            return 0;
        }
        let mut at = i;
        while at < 0 || at >= n as i64 {
            at = if at < 0 { -at } else { 2 * (n as i64 - 1) - at };
        }
        at
    };
    let inside = (0..width as i64).contains(&x) && (0..height as i64).contains(&y);
    let (x, y) = match beyond {
        _ if inside => (x, y),
        Beyond::Level(levels) => return f64::from(levels[c.min(3)]),
        Beyond::Edge => (x.clamp(0, width as i64 - 1), y.clamp(0, height as i64 - 1)),
        Beyond::Reflect => (mirror(x, width), mirror(y, height)),
    };
    f64::from(plane[y as usize * width + x as usize])
}

/// Every pixel by itself, from where `place` says.
fn naive(
    pixels: &[f32],
    shape: [usize; 3],
    beyond: Beyond,
    interpolation: Interpolation,
    place: impl Fn(usize, usize) -> (f64, f64),
) -> Vec<f32> {
    let [_, height, width] = shape;
    let mut out = Vec::new();
    for (c, plane) in pixels.chunks_exact(height * width).enumerate() {
        let at = |x: i64, y: i64| pixel(plane, height, width, x, y, beyond, c);
        for y in 0..height {
            for x in 0..width {
                let (x, y) = place(x, y);
                out.push(match interpolation {
                    Interpolation::Nearest => {
                        at((x + 0.5).floor() as i64, (y + 0.5).floor() as i64)
                    }
                    Interpolation::Bilinear => {
                        let (left, top) = (x.floor() as i64, y.floor() as i64);
                        let (u, v) = (x - x.floor(), y - y.floor());
                        (1.0 - v) * ((1.0 - u) * at(left, top) + u * at(left + 1, top))
                            + v * ((1.0 - u) * at(left, top + 1) + u * at(left + 1, top + 1))
                    }
                } as f32);
            }
        }
    }
    out
}

fn near(got: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(got.len(), wanted.len());
    for (at, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!(
            (got - wanted).abs() < 4e-3,
            "{what}: {at} is {got}, not {wanted}"
        );
    }
}

fn frame(shape: [usize; 3]) -> Frame {
    let [channels, height, width] = shape;
    Frame {
        channels,
        height,
        width,
        white: 255.0,
    }
}

const BEYONDS: [Beyond; 3] = [
    Beyond::Level([10.0, 20.0, 30.0, 40.0]),
    Beyond::Edge,
    Beyond::Reflect,
];

#[test]
fn any_map_is_what_the_definition_says() {
    let mut rng = Rng::new(4);
    for shape in SHAPES {
        let pixels = pictures(1, shape, 8);
        for round in 0..40 {
            let mut number = |low, high| rng.uniform_range(low, high);
            let map = match round % 4 {
                // Whole moves and mirrors are copied row by row; some leave nothing in view.
                0 => Map::scaling(
                    1.0,
                    number(-6.0, 6.0).round(),
                    1.0,
                    number(-6.0, 6.0).round(),
                ),
                1 => Map::scaling(
                    -1.0,
                    number(-2.0, 9.0).round(),
                    1.0,
                    number(-3.0, 3.0).round(),
                ),
                2 => Map::scaling(
                    1.0,
                    number(-2.0, 9.0).round(),
                    -1.0,
                    number(-3.0, 9.0).round(),
                ),
                _ => Map {
                    a: number(-2.0, 2.0),
                    b: number(-2.0, 2.0),
                    c: number(-5.0, 5.0),
                    d: number(-2.0, 2.0),
                    e: number(-2.0, 2.0),
                    f: number(-5.0, 5.0),
                },
            };
            for beyond in BEYONDS {
                for interpolation in [Interpolation::Bilinear, Interpolation::Nearest] {
                    let mut picture = Picture::new();
                    picture.load(&frame(shape), &pixels);
                    picture.place(map, Some(beyond), Some(interpolation));
                    let mut got = vec![0.0f32; pixels.len()];
                    picture.store(&mut got);
                    let wanted = naive(&pixels, shape, beyond, interpolation, |x, y| {
                        let (x, y) = (x as f64, y as f64);
                        (map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f)
                    });
                    near(
                        &got,
                        &wanted,
                        &format!("{shape:?} {map:?} {beyond:?} {interpolation:?}"),
                    );
                }
            }
        }
    }
}

#[test]
fn a_displacement_comes_before_what_is_pending() {
    let mut rng = Rng::new(14);
    for shape in SHAPES {
        let pixels = pictures(1, shape, 8);
        let frame = frame(shape);
        let mut picture = Picture::new();
        picture.load(&frame, &pixels);
        let map = Map::about_middle([0.8, -0.3, 0.4, 1.1], frame.height, frame.width);
        picture.place(map, None, None);
        picture.field = (0..2 * frame.area())
            .map(|_| rng.uniform_range(-2.0, 2.0) as f32)
            .collect();
        let field = picture.field.clone();
        picture.displace(Beyond::Edge, Interpolation::Bilinear);
        let mut got = vec![0.0f32; pixels.len()];
        picture.store(&mut got);
        let wanted = naive(
            &pixels,
            shape,
            Beyond::Edge,
            Interpolation::Bilinear,
            |x, y| {
                let at = y * frame.width + x;
                let (x, y) = (
                    x as f64 + f64::from(field[at]),
                    y as f64 + f64::from(field[frame.area() + at]),
                );
                (map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f)
            },
        );
        near(&got, &wanted, &format!("{shape:?}"));
    }
}

#[test]
fn what_undoes_itself_leaves_the_picture_as_it_was() {
    for shape in SHAPES {
        let pixels = pictures(3, shape, 2);
        for twice in [
            [r#"{"type": "flip", "p": 1}"#; 2],
            [r#"{"type": "vertical_flip", "p": 1}"#; 2],
            [r#"{"type": "rotate", "degrees": [180, 180]}"#; 2],
            [
                r#"{"type": "rotate", "degrees": [37, 37]}"#,
                r#"{"type": "rotate", "degrees": [-37, -37]}"#,
            ],
        ] {
            assert_eq!(
                changed(steps(&twice), pixels.clone(), shape),
                pixels,
                "{twice:?}"
            );
            // The same when they cannot be joined, but for the corners that a turn of 37 degrees loses.
            if !twice[0].contains("37") {
                let apart = [
                    twice[0],
                    r#"{"type": "brightness", "factor": [1, 1]}"#,
                    twice[1],
                ];
                assert_eq!(changed(steps(&apart), pixels.clone(), shape), pixels);
            }
        }
        let half_turn = changed(
            steps(&[r#"{"type": "rotate", "degrees": [180, 180]}"#]),
            pixels.clone(),
            shape,
        );
        let flips = changed(
            steps(&[
                r#"{"type": "flip", "p": 1}"#,
                r#"{"type": "vertical_flip", "p": 1}"#,
            ]),
            pixels,
            shape,
        );
        assert_eq!(half_turn, flips);
    }
}

#[test]
fn a_quarter_turn_is_exact_and_goes_counter_clockwise() {
    let pixels: Vec<f32> = (0..18).map(|v| v as f32).collect();
    let got = changed(
        steps(&[r#"{"type": "rotate", "degrees": [90, 90]}"#]),
        pixels,
        [2, 3, 3],
    );
    let turned = [2.0, 5.0, 8.0, 1.0, 4.0, 7.0, 0.0, 3.0, 6.0];
    assert_eq!(got[..9], turned);
    assert_eq!(got[9..], turned.map(|v| v + 9.0));
}

#[test]
fn crops_and_moves_reach_every_place_alike() {
    // A single bright pixel in the middle shows the move.
    let mut pixels = vec![0.0f32; 900 * 49];
    (0..900).for_each(|at| pixels[at * 49 + 24] = 255.0);
    for words in [
        r#"{"type": "crop", "padding": [2, 1]}"#,
        r#"{"type": "translate", "pixels": [2, 1]}"#,
        r#"{"type": "shift", "fraction": [0.3, 0.1], "fill": "edge"}"#,
    ] {
        let got = changed(steps(&[words]), pixels.clone(), [1, 7, 7]);
        let mut counts = std::collections::BTreeMap::new();
        for picture in got.chunks_exact(49) {
            let at = picture.iter().position(|&v| v == 255.0).unwrap();
            *counts.entry((at / 7, at % 7)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 15, "{words}: {counts:?}");
        assert!(
            counts
                .keys()
                .all(|(y, x)| (2..5).contains(y) && (1..6).contains(x))
        );
        // 60 expected; the deviation is 7.5.
        assert!(counts.values().all(|n| (25..100).contains(n)), "{counts:?}");
    }
}

#[test]
fn angles_and_factors_are_drawn_evenly_over_their_range() {
    // The slope of a ramp tells the factor; the middle row of a picture of columns tells the slant.
    let shape = [1, 3, 5];
    let ramp: Vec<f32> = (0..3)
        .flat_map(|_| (0..5).map(|x| 50.0 * x as f32))
        .collect();
    let many: Vec<f32> = (0..4000).flat_map(|_| ramp.clone()).collect();
    let zoomed = changed(
        steps(&[r#"{"type": "zoom", "scale": [1.25, 2.5]}"#]),
        many.clone(),
        shape,
    );
    let factors: Vec<f64> = zoomed
        .chunks_exact(15)
        .map(|p| 50.0 / f64::from(p[8] - p[7]))
        .collect();
    let (low, high) = factors
        .iter()
        .fold((9.0f64, 0.0f64), |(l, h), &f| (l.min(f), h.max(f)));
    let mean = factors.iter().sum::<f64>() / 4000.0;
    assert!(
        low > 1.249 && low < 1.26 && high < 2.501 && high > 2.49,
        "{low} {high}"
    );
    assert!(
        (mean - 1.875).abs() < 5.0 * 1.25 / 12f64.sqrt() / 4000f64.sqrt(),
        "{mean}"
    );
    let slanted = changed(steps(&[r#"{"type": "shear", "degrees": 20}"#]), many, shape);
    let angles: Vec<f64> = slanted
        .chunks_exact(15)
        .map(|p| (f64::from(p[12] - p[7]) / 50.0).atan().to_degrees())
        .collect();
    let mean = angles.iter().sum::<f64>() / 4000.0;
    assert!(
        angles.iter().all(|a| a.abs() < 20.01) && mean.abs() < 0.92,
        "{mean}"
    );
    assert!(angles.iter().any(|a| *a > 19.5) && angles.iter().any(|a| *a < -19.5));
}

#[test]
fn a_part_of_a_ramp_is_a_flatter_ramp() {
    // Inside the picture a crop's values are those of the line that the picture is.
    let shape = [1, 16, 16];
    let ramp: Vec<f32> = (0..256)
        .map(|at| (at % 16) as f32 * 3.0 + (at / 16) as f32 * 10.0)
        .collect();
    let many: Vec<f32> = (0..200).flat_map(|_| ramp.clone()).collect();
    let words = r#"{"type": "resized_crop", "scale": [0.2, 0.6], "ratio": [0.5, 2]}"#;
    let got = changed(steps(&[words]), many, shape);
    for picture in got.chunks_exact(256) {
        let across = (picture[8 * 16 + 10] - picture[8 * 16 + 6]) / (4.0 * 3.0);
        let down = (picture[10 * 16 + 8] - picture[6 * 16 + 8]) / (4.0 * 10.0);
        // Steps of a sixteenth, as parts are whole pixels wide.
        for step in [across, down] {
            assert!(
                (step * 16.0 - (step * 16.0).round()).abs() < 1e-3 && step <= 1.0,
                "{step}"
            );
        }
        let (area, proportion) = (across * down, across / down);
        assert!(
            (0.17..0.65).contains(&area) && (0.4..2.4).contains(&proportion),
            "{area} {proportion}"
        );
    }
}

#[test]
fn rubber_moves_as_far_as_its_settings_say() {
    // On a ramp the change of a value is the move, far from the edges.
    let shape = [1, 40, 40];
    let ramp: Vec<f32> = (0..1600).map(|at| (at % 40) as f32).collect();
    let many: Vec<f32> = (0..60).flat_map(|_| ramp.clone()).collect();
    let words = r#"{"type": "elastic", "alpha": 30, "sigma": 4, "fill": "edge"}"#;
    let got = changed(steps(&[words]), many, shape);
    let mut squares = 0.0;
    let mut steps = 0.0;
    let mut count = 0.0;
    for picture in got.chunks_exact(1600) {
        for y in 14..26 {
            for x in 14..26 {
                let here = picture[y * 40 + x] - x as f32;
                let next = picture[y * 40 + x + 1] - (x + 1) as f32;
                squares += f64::from(here * here);
                steps += f64::from((next - here).powi(2));
                count += 1.0;
            }
        }
    }
    // α · √(1/3) / (2σ√π), and a neighbour's difference of √(1 − exp(−1/4σ²)) · √2 of it.
    let deviation = (squares / count).sqrt();
    let expected = 30.0 * (1f64 / 3.0).sqrt() / (2.0 * 4.0 * std::f64::consts::PI.sqrt());
    assert!(
        (deviation / expected - 1.0).abs() < 0.1,
        "{deviation}, not {expected}"
    );
    let difference = (steps / count).sqrt();
    let expected = expected * (2.0 * (1.0 - (-1.0f64 / 64.0).exp())).sqrt();
    assert!(
        (difference / expected - 1.0).abs() < 0.1,
        "{difference}, not {expected}"
    );
}
