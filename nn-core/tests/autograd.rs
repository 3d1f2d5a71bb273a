//! Tape, gradients, parameters and contexts.

use nn_core::autograd::{GradCheck, gradient_check, numeric_derivative, numeric_gradient};
use nn_core::{
    Context, DType, Error, Gradients, Mode, Parameter, Parameters, Path, Purpose, Result, Tape,
    Tensor,
};

fn vector(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, [values.len()]).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_vec().unwrap()
}

#[test]
fn paths_that_meet_add_up() {
    // y = Σ (x² + 3x)·x = Σ x³ + 3x², by three ways from x.
    let tape = Tape::new();
    let x = tape.watch(&vector(&[1.0, -2.0, 0.5]));
    let square = x.square().unwrap();
    let sum = square.add(&x.mul_scalar(3.0).unwrap()).unwrap();
    let loss = sum.mul(&x).unwrap().sum(..).unwrap();
    // Work that the loss does not depend on costs nothing and harms nothing.
    let _aside = x.exp().unwrap().sum(..).unwrap();
    let gradients = tape.backward(&loss).unwrap();
    let expected: Vec<f64> = values(&x).iter().map(|x| 3.0 * x * x + 6.0 * x).collect();
    assert_eq!(values(gradients.get(&x).unwrap()), expected);
}

#[test]
fn a_gradient_taken_is_not_changed_by_another() {
    // The same gradient flows to both operands of a sum; adding to one must leave the other alone.
    let tape = Tape::new();
    let (a, b) = (
        tape.watch(&vector(&[1.0, 2.0])),
        tape.watch(&vector(&[3.0, 4.0])),
    );
    let sum = a.add(&b).unwrap();
    let loss = sum
        .add(&a)
        .unwrap()
        .add(&a.add(&b).unwrap())
        .unwrap()
        .sum(..)
        .unwrap();
    let gradients = tape.backward(&loss).unwrap();
    assert_eq!(values(gradients.get(&a).unwrap()), [3.0, 3.0]);
    assert_eq!(values(gradients.get(&b).unwrap()), [2.0, 2.0]);

    // Nor may backward write into the gradient it was started from, nor into the inputs.
    let tape = Tape::new();
    let start = vector(&[1.0, 1.0]);
    let x = tape.watch(&a);
    let y = x.mul_scalar(2.0).unwrap().tanh().unwrap();
    tape.backward_from(&y, start.clone()).unwrap();
    assert_eq!(
        (values(&start), values(&a)),
        (vec![1.0, 1.0], vec![1.0, 2.0])
    );
}

#[test]
fn only_what_is_watched_and_used_has_a_gradient() {
    let tape = Tape::new();
    let used = tape.watch(&vector(&[2.0]));
    let unused = tape.watch(&vector(&[5.0]));
    let constant = vector(&[3.0]);
    let labels = tape.watch(&Tensor::from_vec(vec![1u32], [1]).unwrap());
    assert!(!labels.is_recorded(), "integers have no gradient");
    let frozen = used.detach().exp().unwrap();
    assert!(!frozen.is_recorded());
    let loss = used
        .mul(&constant)
        .unwrap()
        .mul(&frozen)
        .unwrap()
        .sum(..)
        .unwrap();
    let gradients = tape.backward(&loss).unwrap();
    assert_eq!(values(gradients.get(&used).unwrap()), [3.0 * 2f64.exp()]);
    for none in [&unused, &constant, &labels, &frozen, &loss] {
        assert!(gradients.get(none).is_none());
    }
    // A gradient belongs to its own tape.
    let other = Tape::new();
    assert!(gradients.get(&other.watch(&vector(&[2.0]))).is_none());
}

#[test]
fn nothing_is_recorded_without_a_tape_or_after_it() {
    let tape = Tape::new();
    let x = tape.watch(&vector(&[1.0]));
    let y = x.exp().unwrap();
    assert_eq!(tape.len(), 2);
    let gradients = tape.backward(&y.sum(..).unwrap()).unwrap();
    assert!(!x.is_recorded() && !y.is_recorded());
    assert!(!x.exp().unwrap().is_recorded());
    assert!(
        gradients.get(&x).is_some(),
        "asking works after the tape is gone"
    );
}

#[test]
fn a_tape_may_be_used_from_another_thread() {
    let tape = Tape::new();
    let x = tape.watch(&vector(&[0.3, 0.7]));
    let inner = x.clone();
    let loss = std::thread::spawn(move || inner.sin().unwrap().sum(..).unwrap())
        .join()
        .unwrap();
    let gradients = tape.backward(&loss).unwrap();
    assert_eq!(
        values(gradients.get(&x).unwrap()),
        [0.3f64.cos(), 0.7f64.cos()]
    );
}

#[test]
fn wrong_slopes_are_caught() {
    let x = vector(&[0.5, 1.5, 2.5]);
    let honest = gradient_check(
        |x| x[0].mul(&x[0]),
        std::slice::from_ref(&x),
        &GradCheck::default(),
    )
    .unwrap();
    assert_eq!(honest.compared, 3);
    assert!(honest.largest_error < 1e-6);
    // Half of the product rule is hidden from the tape.
    let lie = gradient_check(
        |x| x[0].mul(&x[0].detach()),
        std::slice::from_ref(&x),
        &GradCheck::default(),
    );
    let message = lie.unwrap_err().to_string();
    assert!(message.contains("input 0, element 0"), "{message}");
    let single = [x.to_dtype(DType::F32).unwrap()];
    let refused = gradient_check(|x| x[0].exp(), &single, &GradCheck::default());
    assert!(refused.is_err());

    let slopes = numeric_gradient(|x| x[0].exp()?.sum(..), std::slice::from_ref(&x), 1e-5).unwrap();
    for (slope, x) in values(&slopes[0]).iter().zip(values(&x)) {
        assert!((slope - x.exp()).abs() < 1e-8);
    }
    assert!((numeric_derivative(|x| x.powi(3), 2.0, 1e-4) - 12.0).abs() < 1e-7);
}

/// `y = w·x + b`, with a running count.
struct Layer {
    w: Parameter,
    b: Parameter,
    calls: Parameter,
}

impl Layer {
    fn new(w: f64, b: f64) -> Layer {
        Layer {
            w: Parameter::new(vector(&[w])),
            b: Parameter::new(vector(&[b])),
            calls: Parameter::buffer(vector(&[0.0])),
        }
    }

    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        if cx.is_training() {
            cx.update_buffer(&self.calls, &self.calls.value().add_scalar(1.0)?);
        }
        x.mul(&cx.param(&self.w))?.add(&cx.param(&self.b))
    }
}

impl Parameters for Layer {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        path.scoped("w", |path| f(path, &self.w));
        path.scoped("b", |path| f(path, &self.b));
        path.scoped("calls", |path| f(path, &self.calls));
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        path.scoped("w", |path| f(path, &mut self.w));
        path.scoped("b", |path| f(path, &mut self.b));
        path.scoped("calls", |path| f(path, &mut self.calls));
    }
}

#[test]
fn a_step_trains_what_learns_and_updates_buffers() {
    let mut layers = vec![Layer::new(2.0, 1.0), Layer::new(3.0, -1.0)];
    layers[1].b.set_requires_grad(false);
    assert_eq!(layers.parameter_count(), 4);
    let names: Vec<String> = layers
        .named_parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["0.w", "0.b", "0.calls", "1.w", "1.b", "1.calls"]);

    let mut cx = Context::train(1, 0);
    let x = vector(&[0.5]);
    let y = layers[0].forward(&x, &mut cx).unwrap();
    let y = layers[1].forward(&y, &mut cx).unwrap();
    let gradients = cx.backward(&y).unwrap();
    let slope = |p: &Parameter| gradients.param(p.id()).map(|g| g.item().unwrap());
    assert_eq!(slope(&layers[0].w), Some(1.5));
    assert_eq!(slope(&layers[0].b), Some(3.0));
    assert_eq!(slope(&layers[1].w), Some(2.0));
    assert_eq!(slope(&layers[1].b), None, "frozen");
    assert_eq!(slope(&layers[0].calls), None, "a buffer");
    assert_eq!(gradients.params().count(), 3);
    assert!((gradients.global_norm().unwrap() - (2.25f64 + 9.0 + 4.0).sqrt()).abs() < 1e-12);

    cx.apply_buffer_updates(&mut layers).unwrap();
    assert_eq!(layers[0].calls.value().item().unwrap(), 1.0);
    assert!(cx.backward(&y).is_err(), "the tape is consumed");

    let mut cx = Context::evaluate();
    let y = layers[0].forward(&x, &mut cx).unwrap();
    assert_eq!((y.item().unwrap(), y.is_recorded()), (2.0, false));
    assert!(cx.backward(&y).is_err());
    layers[1].b.set_requires_grad(true);
    assert!(layers[1].b.requires_grad());
    layers[0].calls.set_requires_grad(true);
    assert!(!layers[0].calls.requires_grad(), "a buffer stays one");
}

#[test]
fn a_parameter_used_twice_is_one_leaf() {
    let w = Parameter::new(vector(&[3.0]));
    let mut cx = Context::with_tape(Mode::Evaluate, 0, 0);
    let (one, two) = (cx.param(&w), cx.param(&w));
    assert_eq!(cx.tape().unwrap().len(), 1);
    let loss = one.mul(&two).unwrap();
    assert_eq!(
        cx.backward(&loss)
            .unwrap()
            .param(w.id())
            .unwrap()
            .item()
            .unwrap(),
        6.0
    );
    // A copy is another parameter.
    assert_ne!(w.clone().id(), w.id());
}

#[test]
fn gradients_of_several_batches_add_up() {
    let w = Parameter::new(vector(&[1.0, 2.0]));
    let gradients = |x: &[f64]| -> Gradients {
        let mut cx = Context::train(0, 0);
        let loss = cx.param(&w).mul(&vector(x)).unwrap().sum(..).unwrap();
        cx.backward(&loss).unwrap()
    };
    let mut sum = gradients(&[1.0, 10.0]);
    sum.accumulate(gradients(&[2.0, 20.0])).unwrap();
    assert_eq!(values(sum.param(w.id()).unwrap()), [3.0, 30.0]);
    for (_, grad) in sum.params_mut() {
        *grad = grad.mul_scalar(0.5).unwrap();
    }
    assert_eq!(values(sum.param(w.id()).unwrap()), [1.5, 15.0]);
}

#[test]
fn state_moves_between_networks_wholly_or_not_at_all() {
    let source = vec![Layer::new(2.0, 1.0), Layer::new(3.0, -1.0)];
    let mut target = vec![Layer::new(0.0, 0.0), Layer::new(0.0, 0.0)];
    let state = source.state();
    target.load_state(&state).unwrap();
    assert_eq!(target[1].w.value().item().unwrap(), 3.0);

    type State = Vec<(String, Tensor)>;
    let mut broken = |change: &dyn Fn(&mut State), words: &[&str]| {
        let mut state = state.clone();
        for (_, tensor) in &mut state {
            *tensor = vector(&[7.0]);
        }
        change(&mut state);
        let error = target.load_state(&state).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        assert_eq!(
            target[0].w.value().item().unwrap(),
            2.0,
            "nothing was taken"
        );
    };
    broken(&|s| drop(s.pop()), &["1.calls"]);
    broken(&|s| s.push(("2.w".into(), vector(&[0.0]))), &["2.w"]);
    broken(&|s| s[4].1 = vector(&[1.0, 2.0]), &["1.b", "[1]", "[2]"]);
    broken(
        &|s| s[4].1 = Tensor::ones([1], DType::F32).unwrap(),
        &["1.b", "f32", "f64"],
    );
}

#[test]
fn random_streams_are_addressed() {
    let draw = |seed, step, skip| {
        let mut cx = Context::train(seed, step);
        for _ in 0..skip {
            cx.rng(Purpose::Dropout);
        }
        cx.rng(Purpose::Dropout).next_u64()
    };
    assert_eq!(draw(1, 2, 0), draw(1, 2, 0));
    let different = [draw(1, 2, 0), draw(1, 2, 1), draw(1, 3, 0), draw(2, 2, 0)];
    for (i, a) in different.iter().enumerate() {
        assert!(different[i + 1..].iter().all(|b| a != b));
    }
}

#[test]
fn a_checking_pass_names_what_is_not_finite() {
    let nan = vector(&[1.0, f64::NAN]);
    assert!(Context::evaluate().checked(nan.clone()).is_ok());
    let error = Context::evaluate()
        .checking_finite()
        .checked(nan)
        .unwrap_err();
    assert!(matches!(error, Error::NonFinite { .. }));
}
