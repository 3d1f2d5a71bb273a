use super::maximum::{maximum, maximum_backward, window};
use super::resample::resample;
use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

const CHANNELS: [usize; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 33, 64, 70];

fn data(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| ((i * 7919) % 1013) as f64 / 100.0 - 5.0)
        .collect()
}

/// Windows of different lengths, some empty, that overlap and leave places out.
fn axes() -> [Axis; 3] {
    [
        Axis::new(3, 2, |o| [(o, 0.5), (o + 1, 1.0)]),
        Axis::new(5, 4, |o| {
            (0..o)
                .map(|i| (2 * i % 5, 1.0 + i as f64 / 4.0))
                .collect::<Vec<_>>()
        }),
        Axis::new(6, 5, |o| [(o + 1, 0.75), (5 - o, -0.5), (0, 0.25)]),
    ]
}

/// Every product of links: (output element, input element, weight, code) in plain loops.
fn each(map: Map<'_>, mut f: impl FnMut(usize, usize, f64, u32)) {
    let [d, h, w] = map.axes;
    let size = |of: fn(&Axis) -> usize| [of(d), of(h), of(w)];
    let (from, to) = (size(Axis::inputs), size(Axis::outputs));
    let at = |size: [usize; 3], n, p: [usize; 3], c| {
        (((n * size[0] + p[0]) * size[1] + p[1]) * size[2] + p[2]) * map.channels + c
    };
    for n in 0..map.samples {
        for (od, oh) in (0..to[0]).flat_map(|d| (0..to[1]).map(move |h| (d, h))) {
            for (ow, c) in (0..to[2]).flat_map(|w| (0..map.channels).map(move |c| (w, c))) {
                for (a, b) in d
                    .links(od)
                    .iter()
                    .flat_map(|a| h.links(oh).iter().map(move |b| (a, b)))
                {
                    for e in w.links(ow) {
                        let code = (a.tap * h.most() + b.tap) * w.most() + e.tap;
                        let input = at(from, n, [a.place, b.place, e.place], c);
                        let weight = a.weight * b.weight * e.weight;
                        f(at(to, n, [od, oh, ow], c), input, weight, code as u32);
                    }
                }
            }
        }
    }
}

#[test]
fn sums_and_their_way_back_agree_with_plain_loops() {
    let axes = axes();
    let back = axes.each_ref().map(Axis::transposed);
    for channels in CHANNELS {
        let map = Map {
            samples: 2,
            channels,
            axes: &axes,
        };
        let (x, dy) = (data(map.inputs()), data(map.outputs()));
        let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
        each(map, |o, i, weight, _| {
            y[o] += weight * x[i];
            dx[i] += weight * dy[o];
        });
        for_each_isa(|isa| {
            let back = Map { axes: &back, ..map };
            let (mut found, mut found_dx) = (vec![9.0; y.len()], vec![9.0; x.len()]);
            resample(&x, map, &mut found);
            resample(&dy, back, &mut found_dx);
            let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
            let mut found32 = vec![9.0; y.len()];
            resample(&single(&x), map, &mut found32);
            for (i, truth) in y.iter().enumerate() {
                let what = format!("{channels} {isa:?} {i}");
                assert!((found[i] - truth).abs() < 1e-12, "{what}");
                assert!((f64::from(found32[i]) - truth).abs() < 1e-4, "{what}");
            }
            for (found, truth) in found_dx.iter().zip(&dx) {
                assert!((found - truth).abs() < 1e-12, "{channels} {isa:?}");
            }
        });
    }
}

#[test]
fn maxima_and_their_way_back_agree_with_plain_loops() {
    let axes = axes();
    let back = axes.each_ref().map(Axis::transposed);
    for channels in CHANNELS {
        let map = Map {
            samples: 2,
            channels,
            axes: &axes,
        };
        let mut x = data(map.inputs());
        x[5] = f64::NAN;
        x[7] = f64::NEG_INFINITY;
        let dy = data(map.outputs());
        let mut y = vec![f64::NEG_INFINITY; dy.len()];
        let mut chosen = vec![None; dy.len()];
        each(map, |o, i, _, code| {
            if chosen[o].is_none() || x[i] > y[o] || x[i].is_nan() {
                (y[o], chosen[o]) = (x[i], Some((code, i)));
            }
        });
        let mut dx = vec![0.0; x.len()];
        for (chosen, dy) in chosen.iter().zip(&dy) {
            if let Some((_, i)) = chosen {
                dx[*i] += dy;
            }
        }
        for_each_isa(|isa| {
            let what = format!("{channels} {isa:?}");
            let back = Map { axes: &back, ..map };
            let mut found = vec![9.0; y.len()];
            let (mut codes, mut wide) = (vec![9u8; y.len()], vec![9u32; y.len()]);
            maximum(&x, map, &mut found, &mut codes);
            assert!(
                found
                    .iter()
                    .zip(&y)
                    .all(|(a, b)| a == b || a.is_nan() && b.is_nan()),
                "{what}"
            );
            maximum(&x, map, &mut found, &mut wide);
            maximum::<f64, u8>(&x, map, &mut found, &mut []);
            assert!(
                found
                    .iter()
                    .zip(&y)
                    .all(|(a, b)| a == b || a.is_nan() && b.is_nan()),
                "{what}"
            );
            for (i, chosen) in chosen.iter().enumerate() {
                if let Some((code, _)) = chosen {
                    assert_eq!((u32::from(codes[i]), wide[i]), (*code, *code), "{what}");
                }
            }
            let mut found_dx = vec![9.0; x.len()];
            maximum_backward(&dy, &codes, map, back, &mut found_dx);
            assert!(
                found_dx.iter().zip(&dx).all(|(a, b)| (a - b).abs() < 1e-12),
                "{what}"
            );
            maximum_backward(&dy, &wide, map, back, &mut found_dx);
            assert!(
                found_dx.iter().zip(&dx).all(|(a, b)| (a - b).abs() < 1e-12),
                "{what}"
            );

            let x: Vec<f32> = x.iter().map(|&x| x as f32).collect();
            let dy: Vec<f32> = dy.iter().map(|&x| x as f32).collect();
            let (mut found, mut found_dx) = (vec![9.0; y.len()], vec![9.0; x.len()]);
            maximum(&x, map, &mut found, &mut codes);
            let same = |a: f32, b: f64| a == b as f32 || a.is_nan() && b.is_nan();
            assert!(found.iter().zip(&y).all(|(&a, &b)| same(a, b)), "{what}");
            maximum_backward(&dy, &codes, map, back, &mut found_dx);
            let close = |a: f32, b: f64| (f64::from(a) - b).abs() < 1e-5;
            assert!(
                found_dx.iter().zip(&dx).all(|(&a, &b)| close(a, b)),
                "{what}"
            );
        });
    }
}

#[test]
fn links_are_the_same_from_either_end() {
    for axis in axes() {
        let twice = axis.transposed().transposed();
        for output in 0..axis.outputs() {
            let sorted = |axis: &Axis| {
                let mut links = axis.links(output).to_vec();
                links.sort_by_key(|link| (link.place, link.tap));
                links
            };
            assert_eq!(sorted(&twice), sorted(&axis));
        }
    }
    let axes = [Axis::single(), axes()[1].clone(), axes()[2].clone()];
    assert_eq!(
        window(Map {
            samples: 1,
            channels: 1,
            axes: &axes
        }),
        9
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let half = |size: usize| Axis::new(size, size / 2, |o| [(2 * o, 0.5), (2 * o + 1, 0.5)]);
    let axes = [Axis::single(), half(64), half(48)];
    let back = axes.each_ref().map(Axis::transposed);
    let map = Map {
        samples: 3,
        channels: 16,
        axes: &axes,
    };
    let x: Vec<f32> = data(map.inputs()).iter().map(|&x| x as f32).collect();
    let all = || {
        let (mut y, mut codes) = (vec![0.0; map.outputs()], vec![0u8; map.outputs()]);
        let (mut mean, mut dx) = (y.clone(), vec![0.0; x.len()]);
        maximum(&x, map, &mut y, &mut codes);
        resample(&x, map, &mut mean);
        maximum_backward(&y, &codes, map, Map { axes: &back, ..map }, &mut dx);
        (y, codes, mean, dx)
    };
    set_threads(1);
    let one = all();
    for count in [2, 3] {
        set_threads(count);
        assert!(one == all());
    }
}
