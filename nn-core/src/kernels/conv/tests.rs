use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

/// Sizes of a test: batch, groups, channels, filters, and per axis input, kernel, stride, dilation, before, after.
type Case = ([usize; 4], [[usize; 6]; 3]);

const ONE: [usize; 6] = [1, 1, 1, 1, 0, 0];

fn geometry((sizes, axes): Case) -> Geometry {
    let [batch, groups, channels, filters] = sizes;
    Geometry {
        batch,
        groups,
        channels,
        filters,
        axes: axes.map(|[input, kernel, stride, dilation, before, after]| Axis {
            input,
            kernel,
            stride,
            dilation,
            before,
            after,
        }),
    }
}

fn cases() -> Vec<Geometry> {
    let plain = |n, k| [n, k, 1, 1, 0, 0];
    let same = |n| [n, 3, 1, 1, 1, 1];
    [
        ([2, 1, 1, 4], [ONE, plain(6, 3), plain(7, 3)]),
        ([1, 1, 3, 5], [ONE, same(5), same(6)]),
        ([2, 1, 16, 16], [ONE, same(8), same(8)]),
        ([3, 1, 5, 33], [ONE, same(9), same(4)]),
        ([2, 1, 17, 48], [ONE, same(3), plain(5, 2)]),
        ([2, 1, 4, 20], [ONE, [9, 3, 2, 1, 1, 1], [8, 3, 2, 1, 1, 1]]),
        (
            [1, 1, 4, 6],
            [ONE, [11, 3, 3, 2, 2, 1], [10, 2, 2, 3, 0, 3]],
        ),
        ([2, 1, 3, 7], [ONE, [7, 1, 2, 1, 0, 0], [8, 1, 3, 1, 0, 0]]),
        ([2, 1, 6, 9], [ONE, plain(4, 1), plain(5, 1)]),
        ([2, 3, 4, 5], [ONE, same(6), same(5)]),
        ([2, 2, 1, 3], [ONE, same(4), [9, 3, 2, 2, 2, 2]]),
        ([2, 19, 1, 1], [ONE, same(6), same(9)]),
        ([1, 32, 1, 1], [ONE, [7, 3, 2, 1, 1, 1], [9, 5, 2, 1, 2, 2]]),
        ([1, 1, 2, 3], [same(4), [5, 2, 2, 1, 0, 1], same(6)]),
        ([2, 1, 3, 4], [ONE, ONE, [13, 4, 1, 2, 3, 2]]),
        ([1, 1, 2, 2], [ONE, [2, 5, 1, 1, 4, 4], [3, 3, 4, 1, 2, 2]]),
        ([1, 1, 1, 1], [ONE, plain(3, 3), plain(3, 3)]),
        ([3, 1, 16, 16], [ONE, same(12), same(8)]),
        ([2, 1, 9, 21], [ONE, same(10), plain(7, 3)]),
        ([40, 1, 20, 35], [ONE, plain(6, 3), [5, 3, 1, 1, 2, 0]]),
        ([2, 1, 8, 8], [plain(3, 1), same(4), same(5)]),
        // Wide enough for copies to be cut into bands.
        ([1, 1, 24, 3], [ONE, same(90), same(61)]),
        ([70, 1, 2, 3], [ONE, same(3), same(3)]),
    ]
    .map(geometry)
    .into()
}

fn numbers(len: usize, salt: usize) -> Vec<f64> {
    let value = |i: usize| ((i * 7919 + salt * 104_729 + 31) % 1009) as f64 / 504.5 - 1.0;
    (0..len).map(value).collect()
}

/// Calls `f` with (input element, weight element, output element) for every multiply-add, by the definition.
fn for_each_product(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    let outputs = g.outputs();
    let place = |axis: usize, o: usize, k: usize| {
        let a = &g.axes[axis];
        (o * a.stride + k * a.dilation)
            .checked_sub(a.before)
            .filter(|&i| i < a.input)
    };
    let kernel = g.axes.map(|a| a.kernel);
    let three = |sizes: [usize; 3]| {
        (0..sizes[0]).flat_map(move |a| {
            (0..sizes[1]).flat_map(move |b| (0..sizes[2]).map(move |c| [a, b, c]))
        })
    };
    for image in 0..g.batch {
        for o in three(outputs) {
            for k in three(kernel) {
                let at: Vec<usize> = (0..3)
                    .filter_map(|axis| place(axis, o[axis], k[axis]))
                    .collect();
                let &[d, h, w] = at.as_slice() else { continue };
                let pixel =
                    ((image * g.axes[0].input + d) * g.axes[1].input + h) * g.axes[2].input + w;
                let out = ((image * outputs[0] + o[0]) * outputs[1] + o[1]) * outputs[2] + o[2];
                for filter in 0..g.groups * g.filters {
                    for c in 0..g.channels {
                        let channel = filter / g.filters * g.channels + c;
                        let tap = (k[0] * kernel[1] + k[1]) * kernel[2] + k[2];
                        f(
                            pixel * g.groups * g.channels + channel,
                            (filter * g.channels + c) * kernel.iter().product::<usize>() + tap,
                            out * g.groups * g.filters + filter,
                        );
                    }
                }
            }
        }
    }
}

fn compare<T: Float>(what: &str, g: &Geometry, got: &[T], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(1.0, |m: f64, e| m.max(e.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let off = (got.to_f64() - expected).abs();
        assert!(
            off <= tolerance * largest,
            "{what} {i} of {g:?}: {} not {expected}",
            got.to_f64()
        );
    }
}

fn check<T: ConvElement>(g: &Geometry, tolerance: f64) {
    let narrow = |v: &[f64]| v.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
    let (x, w) = (numbers(g.input_len(), 1), numbers(g.weight_len(), 2));
    let dy = numbers(g.output_len(), 3);
    let mut y = vec![0.0; dy.len()];
    let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    for_each_product(g, |i, j, o| {
        y[o] += x[i] * w[j];
        dx[i] += dy[o] * w[j];
        dw[j] += dy[o] * x[i];
    });
    let (xt, wt, dyt) = (narrow(&x), narrow(&w), narrow(&dy));
    let dirty = |len: usize| vec![T::from_f64(f64::NAN); len];
    {
        let mut got = dirty(y.len());
        forward(g, &xt, &wt, &mut got, &Finish::default()).unwrap();
        compare("y", g, &got, &y, tolerance);
        let mut got = dirty(dx.len());
        input_gradient(g, &dyt, &wt, &mut got, &Finish::default()).unwrap();
        compare("dx", g, &got, &dx, tolerance);
        let mut got = dirty(dw.len());
        weight_gradient(g, &xt, &dyt, &mut got).unwrap();
        compare("dw", g, &got, &dw, tolerance);

        // Everything that can follow a sum.
        let filters = g.groups * g.filters;
        let (scale, shift) = (numbers(filters, 4), numbers(filters, 5));
        let residual = numbers(y.len(), 6);
        for activation in [Activation::Relu, Activation::Tanh] {
            let finished: Vec<f64> = (0..y.len())
                .map(|o| {
                    let f = o % filters;
                    let sum = y[o] * scale[f] + shift[f] + residual[o];
                    if activation == Activation::Relu {
                        sum.max(0.0)
                    } else {
                        sum.tanh()
                    }
                })
                .collect();
            let finish = Finish {
                scale: Some(&narrow(&scale)),
                shift: Some(&narrow(&shift)),
                residual: Some(&narrow(&residual)),
                activation,
            };
            let mut got = dirty(y.len());
            forward(g, &xt, &wt, &mut got, &finish).unwrap();
            compare("finished y", g, &got, &finished, tolerance);
        }
    }
}

#[test]
fn all_passes_are_sums_by_the_definition() {
    for g in cases() {
        check::<f64>(&g, 1e-13);
        for_each_isa(|_| check::<f32>(&g, 1e-5));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let g = geometry((
        [37, 1, 9, 20],
        [ONE, [17, 3, 1, 1, 1, 1], [15, 3, 2, 1, 1, 1]],
    ));
    let narrow = |v: Vec<f64>| v.into_iter().map(|x| x as f32).collect::<Vec<f32>>();
    let x = narrow(numbers(g.input_len(), 1));
    let w = narrow(numbers(g.weight_len(), 2));
    let dy = narrow(numbers(g.output_len(), 3));
    let run = |threads: usize| {
        set_threads(threads);
        let mut all = [vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]];
        forward(&g, &x, &w, &mut all[0], &Finish::default()).unwrap();
        input_gradient(&g, &dy, &w, &mut all[1], &Finish::default()).unwrap();
        weight_gradient(&g, &x, &dy, &mut all[2]).unwrap();
        all
    };
    let one = run(1);
    for threads in [2, 3, 5] {
        assert!(run(threads) == one, "{threads} threads");
    }
    set_threads(2);
}
