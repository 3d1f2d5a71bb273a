//! Optimizers on parameters: convergence, groups, penalties, states, and what they refuse.

use nn_core::kernels::buffer::blocks_from_system;
use nn_core::store::checkpoint;
use nn_core::{Context, DType, Gradients, Parameter, Parameters, Path, Purpose, Rng, Tensor};
use nn_optim::*;

fn specs() -> Vec<OptimizerSpec> {
    [
        r#"{"type": "sgd", "lr": 0.05}"#,
        r#"{"type": "sgd", "lr": 0.05, "momentum": 0.9, "dampening": 0.2}"#,
        r#"{"type": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": true}"#,
        r#"{"type": "sgd", "lr": 0.2, "momentum": 0.9, "momentum_form": "average"}"#,
        r#"{"type": "sgd", "lr": 0.2, "momentum": 0.9, "momentum_form": "average", "nesterov": true}"#,
        r#"{"type": "adagrad", "lr": 0.5}"#,
        r#"{"type": "rmsprop", "lr": 0.01}"#,
        r#"{"type": "rmsprop", "lr": 0.01, "momentum": 0.5}"#,
        r#"{"type": "adam", "lr": 0.05}"#,
        r#"{"type": "adamw", "lr": 0.05, "weight_decay": 0.001}"#,
    ]
    .map(|json| serde_json::from_str(json).unwrap())
    .to_vec()
}

fn values(param: &Parameter) -> Vec<f64> {
    param
        .value()
        .to_dtype(DType::F64)
        .unwrap()
        .to_vec()
        .unwrap()
}

fn vector(values: &[f64]) -> Parameter {
    Parameter::new(Tensor::from_slice(values, [values.len()]).unwrap())
}

fn with_gradient(params: &dyn Parameters, gradient: impl Fn(&str) -> Option<Tensor>) -> Gradients {
    let mut gradients = Gradients::default();
    for (name, param) in params.named_parameters() {
        if let Some(gradient) = gradient(&name) {
            gradients.set_param(param.id(), gradient);
        }
    }
    gradients
}

fn ones(len: usize) -> Tensor {
    Tensor::ones([len], DType::F64).unwrap()
}

/// A layer by its parameters: `weight` `[2, 2]` and `bias` `[2]`.
struct Affine {
    weight: Parameter,
    bias: Parameter,
}

impl Affine {
    fn new() -> Affine {
        Affine {
            weight: Parameter::new(Tensor::full([2, 2], 0.5, DType::F64).unwrap()),
            bias: vector(&[0.5, -0.5]),
        }
    }
}

impl Parameters for Affine {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        path.scoped("weight", |path| f(path, &self.weight));
        path.scoped("bias", |path| f(path, &self.bias));
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        path.scoped("weight", |path| f(path, &mut self.weight));
        path.scoped("bias", |path| f(path, &mut self.bias));
    }
}

/// `(x − 1)² + 10·(y + 2)²`, whose minimum is at (1, −2).
fn bowl(at: &Tensor) -> nn_core::Result<Tensor> {
    let target = Tensor::from_vec(vec![1.0f64, -2.0], [2])?;
    let scale = Tensor::from_vec(vec![1.0f64, 10.0], [2])?;
    at.sub(&target)?.square()?.mul(&scale)?.sum(..)
}

/// Rosenbrock's valley `(1 − x)² + 5·(y − x²)²`, whose minimum is at (1, 1).
fn valley(at: &Tensor) -> nn_core::Result<Tensor> {
    let (x, y) = (at.slice(0, 0..1)?, at.slice(0, 1..2)?);
    let along = x.neg()?.add_scalar(1.0)?.square()?;
    along
        .add(&y.sub(&x.square()?)?.square()?.mul_scalar(5.0)?)?
        .sum(..)
}

fn descend(
    optimizer: &mut dyn Optimizer,
    start: [f64; 2],
    steps: u64,
    f: fn(&Tensor) -> nn_core::Result<Tensor>,
) -> Vec<f64> {
    let mut at = vector(&start);
    for step in 0..steps {
        let mut cx = Context::train(0, step);
        let loss = f(&cx.param(&at)).unwrap();
        let gradients = cx.backward(&loss).unwrap();
        // As schedules do: adaptive steps do not shrink by themselves.
        if step == steps / 2 {
            optimizer.set_learning_rate(optimizer.learning_rate() / 20.0);
        }
        optimizer.step(&mut at, &gradients).unwrap();
    }
    values(&at)
}

#[test]
fn every_optimizer_finds_the_bottom_of_a_bowl() {
    for spec in specs() {
        let end = descend(&mut *spec.build().unwrap(), [-1.0, 2.0], 2000, bowl);
        let distance = (end[0] - 1.0).hypot(end[1] + 2.0);
        assert!(distance < 0.02, "{spec:?} ends at {end:?}");
    }
}

#[test]
fn every_optimizer_follows_a_curved_valley() {
    for spec in specs() {
        let mut optimizer = spec.build().unwrap();
        // The valley is steep: plain descent needs smaller steps there.
        if optimizer.name() == "sgd" {
            optimizer.set_learning_rate(0.01);
        }
        let end = descend(&mut *optimizer, [-1.0, 0.5], 6000, valley);
        let distance = (end[0] - 1.0).hypot(end[1] - 1.0);
        assert!(distance < 0.05, "{spec:?} ends at {end:?}");
    }
}

#[test]
fn nesterov_of_the_average_looks_ahead() {
    let config = SgdConfig {
        lr: 0.1,
        momentum: 0.8,
        momentum_form: MomentumForm::Average,
        nesterov: true,
        ..SgdConfig::default()
    };
    let mut optimizer = Sgd::new(config).unwrap();
    let mut param = vector(&[1.0]);
    let (mut p, mut m) = (1.0, 0.0);
    for g in [1.0, -0.5, 2.0, 0.25] {
        let gradients = with_gradient(&param, |_| Some(ones(1).mul_scalar(g).unwrap()));
        optimizer.step(&mut param, &gradients).unwrap();
        m = 0.8 * m + 0.2 * g;
        p -= 0.1 * (0.8 * m + 0.2 * g);
        assert!((values(&param)[0] - p).abs() < 1e-14);
    }
}

#[test]
fn penalties_are_added_to_the_gradient() {
    // Rate 0.1, gradient 1, weight 0.5·θ, L1 0.25·sign(θ).
    let config = SgdConfig {
        lr: 0.1,
        weight_decay: 0.5,
        l1: 0.25,
        ..SgdConfig::default()
    };
    let mut fused = vector(&[2.0, -2.0, 0.0]);
    let gradients = with_gradient(&fused, |_| Some(ones(3)));
    Sgd::new(config)
        .unwrap()
        .step(&mut fused, &gradients)
        .unwrap();
    let expected = [
        2.0 - 0.1 * (1.0 + 1.0 + 0.25),
        -2.0 - 0.1 * (1.0 - 1.0 - 0.25),
        0.0 - 0.1 * 1.0,
    ];
    for (value, expected) in values(&fused).into_iter().zip(expected) {
        assert!(
            (value - expected).abs() < 1e-14,
            "{value} is not {expected}"
        );
    }

    // The separate form comes to the same.
    let mut separate = vector(&[2.0, -2.0, 0.0]);
    let penalty = Penalty {
        l1: 0.25,
        l2: 0.5,
        ..Penalty::default()
    };
    let mut gradients = with_gradient(&separate, |_| Some(ones(3)));
    penalty.add_gradient(&separate, &mut gradients).unwrap();
    Sgd::with_lr(0.1)
        .unwrap()
        .step(&mut separate, &gradients)
        .unwrap();
    assert_eq!(values(&separate), values(&fused));
    assert!((penalty.value(&vector(&[2.0, -2.0, 0.0])).unwrap() - 3.0).abs() < 1e-14);
}

#[test]
fn the_gradient_of_a_penalty_is_that_of_its_value() {
    let penalty = Penalty {
        l1: 0.3,
        l2: 0.7,
        params: vec!["*weight".into()],
        min_rank: 2,
    };
    let mut model = vec![Affine::new(), Affine::new()];
    let start = [0.3, -1.2, 0.7, 2.0];
    model[1]
        .weight
        .set_value(&Tensor::from_slice(&start, [2, 2]).unwrap())
        .unwrap();
    let zero = |name: &str| match name.ends_with("weight") {
        true => Some(Tensor::zeros([2, 2], DType::F64).unwrap()),
        false => Some(Tensor::zeros([2], DType::F64).unwrap()),
    };
    let mut gradients = with_gradient(&model, zero);
    penalty.add_gradient(&model, &mut gradients).unwrap();
    let gradient = gradients
        .param(model[1].weight.id())
        .unwrap()
        .to_vec::<f64>()
        .unwrap();
    let bias = gradients
        .param(model[1].bias.id())
        .unwrap()
        .to_vec::<f64>()
        .unwrap();
    assert_eq!(bias, [0.0, 0.0]);
    for i in 0..4 {
        let slope = nn_core::autograd::numeric_derivative(
            |x| {
                let mut moved = start;
                moved[i] = x;
                let mut model = vec![Affine::new(), Affine::new()];
                let moved = Tensor::from_slice(&moved, [2, 2]).unwrap();
                model[1].weight.set_value(&moved).unwrap();
                penalty.value(&model).unwrap()
            },
            start[i],
            1e-5,
        );
        assert!(
            (slope - gradient[i]).abs() < 1e-8,
            "{slope} is not {}",
            gradient[i]
        );
    }
}

#[test]
fn groups_have_their_own_settings() {
    let step = |optimizer: &mut dyn Optimizer| {
        let mut model = vec![Affine::new(), Affine::new()];
        let gradient = |name: &str| match name.ends_with("weight") {
            true => Some(Tensor::ones([2, 2], DType::F64).unwrap()),
            false => Some(ones(2)),
        };
        let gradients = with_gradient(&model, gradient);
        optimizer.step(&mut model, &gradients).unwrap();
        model
            .iter()
            .map(|l| [values(&l.weight)[0], values(&l.bias)[0]])
            .collect::<Vec<_>>()
    };
    let spec: OptimizerSpec = serde_json::from_str(
        r#"{"type": "sgd", "lr": 0.1, "weight_decay": 1.0, "groups": [
            {"params": ["1.*"], "max_rank": 1, "lr_scale": 0.5, "weight_decay": 0.0},
            {"max_rank": 1, "weight_decay": 0.0},
            {"params": ["1.*"], "lr_scale": 0.0}
        ]}"#,
    )
    .unwrap();
    let close = |got: Vec<[f64; 2]>, expected: [[f64; 2]; 2]| {
        for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
            assert!((got - expected).abs() < 1e-14, "{got} is not {expected}");
        }
    };
    // Weights: 0.5 − 0.1·(1 + 0.5); the first group that fits decides.
    close(
        step(&mut *spec.build().unwrap()),
        [[0.35, 0.4], [0.5, 0.45]],
    );

    let mut by_function = Sgd::with_lr(0.1)
        .unwrap()
        .group(ParamGroup::of(|name, value| name.starts_with("0.") && value.rank() == 2).l1(2.0))
        .group(ParamGroup::named("*bias").lr_scale(2.0));
    close(step(&mut by_function), [[0.2, 0.3], [0.4, 0.3]]);

    let mut wrong = Sgd::with_lr(0.1)
        .unwrap()
        .group(ParamGroup::named("*").lr_scale(-1.0));
    let mut model = Affine::new();
    let error = wrong
        .step(&mut model, &Gradients::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("lr_scale of a group is -1"), "{error}");
}

#[test]
fn what_does_not_learn_stays() {
    for spec in specs() {
        let mut model = vec![
            vector(&[1.0, 2.0]),
            Parameter::buffer(ones(2)),
            vector(&[3.0, 4.0]),
            vector(&[5.0, 6.0]),
        ];
        model[2].set_requires_grad(false);
        // Gradients for the first three; the loss does not depend on the last.
        let gradients = with_gradient(&model, |name| (name != "3").then(|| ones(2)));
        let mut optimizer = spec.build().unwrap();
        optimizer.step(&mut model, &gradients).unwrap();
        assert_ne!(values(&model[0]), [1.0, 2.0]);
        assert_eq!(values(&model[1]), [1.0, 1.0]);
        assert_eq!(values(&model[2]), [3.0, 4.0]);
        assert_eq!(values(&model[3]), [5.0, 6.0]);

        // A parameter that joins later starts its own count: its first step is like that of any other.
        model[2].set_requires_grad(true);
        let gradients = with_gradient(&model, |name| (name == "2").then(|| ones(2)));
        optimizer.step(&mut model, &gradients).unwrap();
        if let OptimizerSpec::Adam(config) = &spec {
            assert!((values(&model[2])[0] - (3.0 - config.lr)).abs() < 1e-6);
        }
    }
}

#[test]
fn single_and_double_precision_live_together() {
    for spec in specs() {
        let single = Tensor::from_vec(vec![1.0f32, -2.0], [2]).unwrap();
        let mut model = vec![vector(&[1.0, -2.0]), Parameter::new(single)];
        let mut optimizer = spec.build().unwrap();
        for _ in 0..5 {
            let gradients = with_gradient(&model, |name| {
                let dtype = if name == "0" { DType::F64 } else { DType::F32 };
                Some(ones(2).to_dtype(dtype).unwrap())
            });
            optimizer.step(&mut model, &gradients).unwrap();
        }
        for (double, single) in values(&model[0]).into_iter().zip(values(&model[1])) {
            assert!(
                (double - single).abs() < 1e-5,
                "{spec:?}: {double} {single}"
            );
        }
    }
}

#[test]
fn gradients_may_be_views() {
    let mut plain = Affine::new();
    let mut viewed = Affine::new();
    let column = Tensor::from_vec(vec![1.0f64, 2.0, 3.0, 4.0], [2, 2]).unwrap();
    let transposed = column.t().unwrap();
    let broadcast = Tensor::scalar(2.0f64).unwrap().broadcast_to([2]).unwrap();
    let gradients = with_gradient(&viewed, |name| match name {
        "weight" => Some(transposed.clone()),
        _ => Some(broadcast.clone()),
    });
    Sgd::with_lr(0.1)
        .unwrap()
        .step(&mut viewed, &gradients)
        .unwrap();
    let gradients = with_gradient(&plain, |name| match name {
        "weight" => Some(Tensor::from_vec(vec![1.0f64, 3.0, 2.0, 4.0], [2, 2]).unwrap()),
        _ => Some(ones(2).mul_scalar(2.0).unwrap()),
    });
    Sgd::with_lr(0.1)
        .unwrap()
        .step(&mut plain, &gradients)
        .unwrap();
    assert_eq!(values(&plain.weight), values(&viewed.weight));
    assert_eq!(values(&plain.bias), values(&viewed.bias));
}

#[test]
fn the_global_norm_is_that_of_all_numbers() {
    // Views, both precisions, and tensors larger than a block of the kernel.
    let mut rng = Rng::new(5);
    let mut random =
        |shape: &[usize], dtype| Tensor::rand_normal(shape, 0.0, 1.0, dtype, &mut rng).unwrap();
    let all = [
        random(&[300, 401], DType::F32),
        random(&[20, 30], DType::F64).t().unwrap(),
        random(&[1], DType::F32).broadcast_to([7]).unwrap(),
        random(&[70_000], DType::F64),
    ];
    let mut gradients = Gradients::default();
    let mut squares = 0.0;
    for gradient in &all {
        gradients.set_param(vector(&[0.0]).id(), gradient.clone());
        let numbers = gradient
            .to_dtype(DType::F64)
            .unwrap()
            .to_vec::<f64>()
            .unwrap();
        squares += numbers.iter().map(|x| x * x).sum::<f64>();
    }
    let norm = global_norm(&gradients).unwrap();
    assert!((norm / squares.sqrt() - 1.0).abs() < 1e-6);
    assert!((norm / gradients.global_norm().unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(global_norm(&Gradients::default()).unwrap(), 0.0);
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let mut model = Affine::new();
    let gradients = with_gradient(&model, |name| match name {
        "weight" => Some(Tensor::ones([2, 2], DType::F64).unwrap()),
        _ => Some(ones(3)),
    });
    let mut optimizer = Adam::with_lr(0.1).unwrap();
    let error = optimizer
        .step(&mut model, &gradients)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "parameter bias: the gradient is f64 [3], the parameter f64 [2]"
    );
    assert_eq!(values(&model.weight), [0.5; 4]);
    assert_eq!(optimizer.steps(), 0);

    optimizer.set_learning_rate(f64::NAN);
    let error = optimizer
        .step(&mut model, &Gradients::default())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("adam: lr is NaN"), "{error}");
}

/// A list that calls all its parameters the same.
struct Nameless(Vec<Parameter>);

impl Parameters for Nameless {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        self.0
            .iter()
            .for_each(|p| path.scoped("same", |path| f(path, p)));
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        self.0
            .iter_mut()
            .for_each(|p| path.scoped("same", |path| f(path, p)));
    }
}

#[test]
fn two_parameters_of_one_name_are_refused() {
    let mut model = Nameless(vec![vector(&[1.0]), vector(&[2.0])]);
    let gradients = with_gradient(&model, |_| Some(ones(1)));
    let error = Adam::with_lr(0.1)
        .unwrap()
        .step(&mut model, &gradients)
        .unwrap_err();
    assert!(error.to_string().contains("two parameters"), "{error}");
    assert_eq!(values(&model.0[0]), [1.0]);
}

/// Gradients that are a function of the step alone.
fn noise(model: &dyn Parameters, step: u64) -> Gradients {
    let mut gradients = Gradients::default();
    for (index, param) in model.parameters().into_iter().enumerate() {
        let mut rng = Rng::addressed(1, Purpose::Other(index as u64), step, 0);
        let shape = param.value().shape().clone();
        let gradient = Tensor::rand_normal(shape, 0.0, 1.0, param.value().dtype(), &mut rng);
        gradients.set_param(param.id(), gradient.unwrap());
    }
    gradients
}

#[test]
fn a_resumed_optimizer_goes_on_bit_by_bit() {
    for spec in specs() {
        let start = |model: &mut Vec<Affine>,
                     optimizer: &mut dyn Optimizer,
                     steps: std::ops::Range<u64>| {
            for step in steps {
                let gradients = noise(model, step);
                optimizer.set_learning_rate(0.1 / (step + 1) as f64);
                optimizer.step(model, &gradients).unwrap();
            }
        };
        let mut straight = vec![Affine::new(), Affine::new()];
        let mut optimizer = spec.build().unwrap();
        start(&mut straight, &mut *optimizer, 0..10);

        let mut first = vec![Affine::new(), Affine::new()];
        let mut before = spec.build().unwrap();
        start(&mut first, &mut *before, 0..4);
        let written = checkpoint::to_bytes("state", &before.state()).unwrap();
        let weights = first.state();
        // A network built again has the same names and other identities.
        let mut second = vec![Affine::new(), Affine::new()];
        second.load_state(&weights).unwrap();
        let mut after = spec.build().unwrap();
        after
            .load_state(&checkpoint::from_bytes(&written, "state").unwrap())
            .unwrap();
        assert_eq!(after.learning_rate(), before.learning_rate());
        start(&mut second, &mut *after, 4..10);

        for (a, b) in straight.parameters().iter().zip(second.parameters()) {
            assert_eq!(values(a), values(b), "{spec:?}");
        }
        let bytes = |o: &dyn Optimizer| checkpoint::to_bytes("state", &o.state()).unwrap();
        assert_eq!(bytes(&*after), bytes(&*optimizer));
        assert_eq!(after.steps(), 10);
    }
}

#[test]
fn states_that_do_not_fit_are_refused() {
    let mut model = Affine::new();
    let mut adam = Adam::with_lr(0.1).unwrap();
    let gradients = noise(&model, 0);
    adam.step(&mut model, &gradients).unwrap();
    let state = adam.state();

    let error = Sgd::with_lr(0.1)
        .unwrap()
        .load_state(&state)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot resume: the state was written by adam, the optimizer is now sgd"
    );

    let mut broken = state.clone();
    broken
        .params
        .get_mut("bias")
        .unwrap()
        .tensors
        .remove("exp_avg_sq");
    let error = Adam::with_lr(0.1)
        .unwrap()
        .load_state(&broken)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot resume: the state of parameter bias holds no exp_avg_sq"
    );

    // Another network under the same names.
    let mut other = Affine::new();
    other.bias = vector(&[1.0, 2.0, 3.0]);
    let mut optimizer = Adam::with_lr(0.1).unwrap();
    optimizer.load_state(&state).unwrap();
    let gradients = noise(&other, 0);
    let error = optimizer
        .step(&mut other, &gradients)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "parameter bias: the optimizer remembers it as f64 [2], it is f64 [3]"
    );

    // PyTorch's momentum of another optimizer is not mistaken for ours.
    let mut momentum = state.clone();
    momentum.optimizer = "sgd".into();
    let config = SgdConfig {
        momentum: 0.9,
        ..SgdConfig::default()
    };
    assert!(Sgd::new(config).unwrap().load_state(&momentum).is_err());
}

#[test]
fn settings_outside_their_domain_are_refused() {
    for (json, says) in [
        (
            r#"{"type": "adam", "lr": -1}"#,
            "adam: lr is -1, it must be a finite number, not negative",
        ),
        (
            r#"{"type": "adam", "betas": [1.0, 0.9]}"#,
            "adam: betas[0] is 1, it must be in [0, 1)",
        ),
        (
            r#"{"type": "adamw", "betas": [0.9, -0.1]}"#,
            "adamw: betas[1] is -0.1",
        ),
        (
            r#"{"type": "rmsprop", "alpha": 1.5}"#,
            "rmsprop: alpha is 1.5",
        ),
        (
            r#"{"type": "adagrad", "eps": -1e-3}"#,
            "adagrad: eps is -0.001",
        ),
        (
            r#"{"type": "sgd", "nesterov": true}"#,
            "sgd: nesterov needs a momentum above 0",
        ),
        (
            r#"{"type": "sgd", "momentum": 0.9, "momentum_form": "average", "dampening": 0.1}"#,
            "sgd: dampening has no meaning",
        ),
        (
            r#"{"type": "sgd", "groups": [{"params": [""]}]}"#,
            "sgd: a group has an empty pattern",
        ),
        (
            r#"{"type": "sgd", "groups": [{"l1": -2}]}"#,
            "sgd: l1 of a group is -2",
        ),
    ] {
        let spec: OptimizerSpec = serde_json::from_str(json).unwrap();
        let error = spec.build().err().unwrap().to_string();
        assert!(error.starts_with(says), "{json}: {error}");
    }
}

#[test]
fn a_warm_step_takes_no_memory_from_the_system() {
    for spec in specs() {
        let big = |n: usize| Parameter::new(Tensor::full([n, n], 0.1, DType::F32).unwrap());
        let mut model = vec![big(64), big(200), big(128)];
        let mut optimizer = spec.build().unwrap();
        let gradients = noise(&model, 0);
        optimizer.step(&mut model, &gradients).unwrap();
        let before = blocks_from_system();
        for _ in 0..5 {
            optimizer.step_scaled(&mut model, &gradients, 0.5).unwrap();
        }
        // The tests beside this one only have small tensors, which are not counted.
        assert_eq!(blocks_from_system(), before, "{spec:?}");
    }
}
