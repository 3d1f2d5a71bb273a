use super::*;
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

/// Sizes of the parameter tensors: empty, odd, and larger than a block.
const SIZES: [usize; 5] = [1, 0, 17, 3, 70_001];

/// Each slot's (learning rate, weight decay, L1).
const HYPER: [(f64, f64, f64); 5] = [
    (0.1, 0.0, 0.0),
    (0.1, 0.0, 0.0),
    (0.02, 0.1, 0.0),
    (0.1, 0.0, 0.05),
    (0.05, 0.01, 0.001),
];

const STEPS: u64 = 4;

fn value(k: usize, i: usize) -> f64 {
    ((k * 1000 + i) as f64 * 0.61).sin()
}

fn gradient(k: usize, i: usize, step: u64) -> f64 {
    ((k * 77 + i) as f64 * 0.37 + step as f64).cos() * 2.0
}

#[derive(Clone, PartialEq)]
struct State<T> {
    params: Vec<Vec<T>>,
    first: Vec<Vec<T>>,
    second: Vec<Vec<T>>,
}

/// Runs the optimizer for some steps.
fn train<T: Float>(step: impl Fn(&mut [Slot<T>], u64)) -> State<T> {
    let make = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<T>> {
        let tensor = |(k, &n): (usize, &usize)| (0..n).map(|i| T::from_f64(f(k, i))).collect();
        SIZES.iter().enumerate().map(tensor).collect()
    };
    let mut state = State {
        params: make(&value),
        first: make(&|_, _| 0.0),
        second: make(&|_, _| 0.0),
    };
    for t in 1..=STEPS {
        let grads = make(&|k, i| gradient(k, i, t));
        let states = state.first.iter_mut().zip(&mut state.second);
        let mut slots: Vec<Slot<T>> = state
            .params
            .iter_mut()
            .zip(states)
            .zip(grads.iter().zip(HYPER))
            .map(
                |((param, (state1, state2)), (grad, (lr, decay, l1)))| Slot {
                    param,
                    grad,
                    state1,
                    state2,
                    weight_decay: T::from_f64(decay),
                    lr: T::from_f64(lr),
                    l1: T::from_f64(l1),
                },
            )
            .collect();
        step(&mut slots, t);
    }
    state
}

/// One element, in `f64`: p, its hyperparameters and what the optimizer keeps.
struct Element {
    p: f64,
    a: f64,
    b: f64,
    lr: f64,
    decay: f64,
    l1: f64,
}

impl Element {
    /// The gradient with L2 and L1 penalties.
    fn penalized(&self, g: f64) -> f64 {
        let sign = if self.p == 0.0 { 0.0 } else { self.p.signum() };
        g + self.decay * self.p + self.l1 * sign
    }
}

/// Checks both precisions, on every instruction set and thread count, against a rule for one
/// element.
fn check(
    name: &str,
    double: impl Fn(&mut [Slot<f64>], u64),
    single: impl Fn(&mut [Slot<f32>], u64),
    rule: impl Fn(&mut Element, f64, u64),
) {
    let double = train(double);
    let mut runs = Vec::new();
    for threads in 1..=3 {
        set_threads(threads);
        runs.push(train(&single));
    }
    assert!(runs.iter().all(|run| *run == runs[0]), "{name}: threads");
    for_each_isa(|_| runs.push(train(&single)));
    for (k, n) in SIZES.into_iter().enumerate() {
        for i in 0..n {
            let (lr, decay, l1) = HYPER[k];
            let mut element = Element {
                p: value(k, i),
                a: 0.0,
                b: 0.0,
                lr,
                decay,
                l1,
            };
            for t in 1..=STEPS {
                rule(&mut element, gradient(k, i, t), t);
            }
            let truth = element.p;
            let p = double.params[k][i];
            assert!((p - truth).abs() < 1e-13, "{name}: {p} not {truth}");
            for run in &runs {
                let p = f64::from(run.params[k][i]);
                assert!((p - truth).abs() < 2e-5, "{name}: {p} not {truth}");
            }
        }
    }
}

#[test]
fn plain_descent() {
    let config = |scale| Sgd {
        momentum: Momentum::None,
        grad_scale: scale,
    };
    check(
        "sgd",
        |slots, _| sgd(slots, &config(0.5)),
        |slots, _| {
            let config = Sgd {
                momentum: Momentum::None,
                grad_scale: 0.5,
            };
            sgd(slots, &config);
        },
        |e, g, _| e.p -= e.lr * e.penalized(0.5 * g),
    );
}

#[test]
fn velocity_is_pytorchs() {
    for (momentum, dampening, nesterov) in [(0.9, 0.0, false), (0.9, 0.3, false), (0.8, 0.0, true)]
    {
        fn config<T: Float>(m: f64, d: f64, nesterov: bool, t: u64) -> Sgd<T> {
            Sgd {
                momentum: Momentum::Velocity {
                    momentum: T::from_f64(m),
                    dampening: T::from_f64(d),
                    nesterov,
                    first_step: t == 1,
                },
                grad_scale: T::ONE,
            }
        }
        check(
            "velocity",
            |slots, t| sgd(slots, &config(momentum, dampening, nesterov, t)),
            |slots, t| sgd(slots, &config(momentum, dampening, nesterov, t)),
            |e, g, t| {
                let g = e.penalized(g);
                e.a = if t == 1 {
                    g
                } else {
                    momentum * e.a + (1.0 - dampening) * g
                };
                e.p -= e.lr * if nesterov { g + momentum * e.a } else { e.a };
            },
        );
    }
}

#[test]
fn average_starts_from_nothing() {
    for nesterov in [false, true] {
        fn config<T: Float>(nesterov: bool) -> Sgd<T> {
            Sgd {
                momentum: Momentum::Average {
                    beta: T::from_f64(0.9),
                    nesterov,
                },
                grad_scale: T::ONE,
            }
        }
        check(
            "average",
            |slots, _| sgd(slots, &config(nesterov)),
            |slots, _| sgd(slots, &config(nesterov)),
            |e, g, _| {
                let g = e.penalized(g);
                e.a = 0.9 * e.a + 0.1 * g;
                e.p -= e.lr * if nesterov { 0.9 * e.a + 0.1 * g } else { e.a };
            },
        );
    }
}

#[test]
fn adagrad_is_pytorchs() {
    fn config<T: Float>(step: u64) -> Adagrad<T> {
        Adagrad {
            eps: T::from_f64(1e-10),
            lr_decay: T::from_f64(0.1),
            step,
            grad_scale: T::ONE,
        }
    }
    check(
        "adagrad",
        |slots, t| adagrad(slots, &config(t)),
        |slots, t| adagrad(slots, &config(t)),
        |e, g, t| {
            let g = e.penalized(g);
            e.a += g * g;
            e.p -= e.lr / (1.0 + (t - 1) as f64 * 0.1) * g / (e.a.sqrt() + 1e-10);
        },
    );
}

#[test]
fn rmsprop_is_pytorchs() {
    for momentum in [0.0, 0.9] {
        fn config<T: Float>(momentum: f64) -> RmsProp<T> {
            RmsProp {
                alpha: T::from_f64(0.95),
                eps: T::from_f64(1e-6),
                momentum: T::from_f64(momentum),
                grad_scale: T::ONE,
            }
        }
        check(
            "rmsprop",
            |slots, _| rmsprop(slots, &config(momentum)),
            |slots, _| rmsprop(slots, &config(momentum)),
            |e, g, _| {
                let g = e.penalized(g);
                e.a = 0.95 * e.a + 0.05 * g * g;
                e.b = momentum * e.b + g / (e.a.sqrt() + 1e-6);
                e.p -= e.lr * e.b;
            },
        );
    }
}

#[test]
fn adam_and_adamw_are_pytorchs() {
    for decoupled in [false, true] {
        fn config<T: Float>(step: u64, decoupled: bool) -> Adam<T> {
            Adam {
                beta1: T::from_f64(0.9),
                beta2: T::from_f64(0.99),
                eps: T::from_f64(1e-6),
                step,
                decoupled,
                grad_scale: T::from_f64(2.0),
            }
        }
        check(
            "adam",
            |slots, t| adam(slots, &config(t, decoupled)),
            |slots, t| adam(slots, &config(t, decoupled)),
            |e, g, t| {
                let decay = e.decay;
                if decoupled {
                    e.decay = 0.0;
                }
                let g = e.penalized(2.0 * g);
                e.decay = decay;
                if decoupled {
                    e.p *= 1.0 - e.lr * decay;
                }
                e.a = 0.9 * e.a + 0.1 * g;
                e.b = 0.99 * e.b + 0.01 * g * g;
                let m = e.a / (1.0 - 0.9_f64.powi(t as i32));
                let v = e.b / (1.0 - 0.99_f64.powi(t as i32));
                e.p -= e.lr * m / (v.sqrt() + 1e-6);
            },
        );
    }
}

#[test]
fn the_global_norm_is_accurate_and_the_same_for_every_thread_count() {
    let grads: Vec<Vec<f32>> = SIZES
        .iter()
        .enumerate()
        .map(|(k, &n)| (0..n).map(|i| gradient(k, i, 1) as f32).collect())
        .collect();
    let views: Vec<&[f32]> = grads.iter().map(|g| &g[..]).collect();
    let truth: f64 = grads.iter().flatten().map(|&g| f64::from(g).powi(2)).sum();
    let sums: Vec<f64> = (1..=3)
        .map(|threads| {
            set_threads(threads);
            sum_of_squares(&views)
        })
        .collect();
    assert!((sums[0] / truth - 1.0).abs() < 1e-6);
    assert!(sums[0] == sums[1] && sums[0] == sums[2]);
    assert_eq!(sum_of_squares::<f32>(&[]), 0.0);
    assert!(sum_of_squares(&[&[1.0, f32::NAN][..]]).is_nan());
}

#[test]
fn gradients_are_clipped_and_scaled() {
    let (mut a, mut b) = ([-3.0, 0.5, f64::NAN], [9.0; 2]);
    clip_by_value(&mut [&mut a, &mut b], 1.0);
    assert_eq!(([a[0], a[1]], b), ([-1.0, 0.5], [1.0; 2]));
    assert!(a[2].is_nan());
    scale_all(&mut [&mut a, &mut b], 0.5);
    assert_eq!(([a[0], a[1]], b), ([-0.5, 0.25], [0.5; 2]));
}
