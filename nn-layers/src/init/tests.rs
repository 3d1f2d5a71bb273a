//! Spreads and shapes of first weights, and how recipes name them.

use super::*;

fn statistics(init: &Init, shape: [usize; 2]) -> (f64, f64, f64) {
    let x = init
        .draw(&Shape::from(shape), DType::F64, &mut Rng::new(5))
        .unwrap();
    let x = x.to_vec::<f64>().unwrap();
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (
        mean,
        variance.sqrt(),
        x.iter().fold(0.0, |m, x| m.max(x.abs())),
    )
}

#[test]
fn spreads_are_those_of_the_formulas() {
    // [out, in] = [200, 400]: 80 000 draws know a standard deviation to about 0.25 %.
    let relu = Nonlinearity::Relu;
    let leaky = Nonlinearity::LeakyRelu(0.5);
    let cases = [
        (Init::FanInUniform {}, Some(0.05), 0.05 / 3f64.sqrt()),
        (
            Init::XavierUniform { gain: 1.0 },
            Some(0.1),
            0.1 / 3f64.sqrt(),
        ),
        (
            Init::XavierNormal { gain: 2.0 },
            None,
            2.0 * (2.0f64 / 600.0).sqrt(),
        ),
        (
            Init::HeUniform {
                fan: Fan::In,
                nonlinearity: relu,
            },
            Some((6.0f64 / 400.0).sqrt()),
            (2.0f64 / 400.0).sqrt(),
        ),
        (
            Init::HeNormal {
                fan: Fan::Out,
                nonlinearity: relu,
            },
            None,
            0.1,
        ),
        (
            Init::HeNormal {
                fan: Fan::In,
                nonlinearity: leaky,
            },
            None,
            (2.0f64 / 1.25 / 400.0).sqrt(),
        ),
        (Init::LecunUniform {}, Some((3.0f64 / 400.0).sqrt()), 0.05),
        (Init::LecunNormal {}, None, 0.05),
        (
            Init::Uniform {
                low: -0.2,
                high: 0.2,
            },
            Some(0.2),
            0.2 / 3f64.sqrt(),
        ),
        (
            Init::Normal {
                mean: 0.0,
                std: 0.3,
            },
            None,
            0.3,
        ),
        // A standard normal cut at 2 has the standard deviation 0.87963.
        (
            Init::TruncatedNormal {
                mean: 0.0,
                std: 0.5,
                cut: 2.0,
            },
            Some(1.0),
            0.5 * 0.879_626,
        ),
        (Init::Orthogonal { gain: 1.0 }, None, 0.05),
    ];
    for (init, bound, std) in cases {
        let (mean, spread, largest) = statistics(&init, [200, 400]);
        assert!(mean.abs() < 0.018 * std, "{init:?}: mean {mean}");
        assert!(
            (spread / std - 1.0).abs() < 0.012,
            "{init:?}: std {spread}, not {std}"
        );
        if let Some(bound) = bound {
            assert!(
                largest <= bound && largest > 0.995 * bound,
                "{init:?}: {largest}"
            );
        }
    }
    assert_eq!(
        statistics(&Init::Constant { value: -3.0 }, [2, 3]),
        (-3.0, 0.0, 3.0)
    );
    assert_eq!(statistics(&Init::Zeros {}, [2, 3]), (0.0, 0.0, 0.0));
    assert_eq!(statistics(&Init::Ones {}, [2, 3]), (1.0, 0.0, 1.0));
    let shifted = Init::TruncatedNormal {
        mean: 7.0,
        std: 0.1,
        cut: 1.0,
    };
    assert!((statistics(&shifted, [100, 100]).0 - 7.0).abs() < 0.01);
}

#[test]
fn orthogonal_rows_or_columns_are_orthogonal() {
    for shape in [
        Shape::from([20, 20]),
        Shape::from([7, 30]),
        Shape::from([30, 7]),
        Shape::from([8, 3, 2, 2]),
    ] {
        let w = Init::Orthogonal { gain: 3.0 }
            .draw(&shape, DType::F64, &mut Rng::new(2))
            .unwrap();
        assert_eq!(w.shape(), &shape);
        let w = w.reshape([shape[0], shape.numel() / shape[0]]).unwrap();
        let w = if w.dims()[0] <= w.dims()[1] {
            w
        } else {
            w.t().unwrap()
        };
        let product = w.matmul(&w.t().unwrap()).unwrap();
        let n = product.dims()[0];
        for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let expected = if i == j { 9.0 } else { 0.0 };
            assert!((product.get(&[i, j]).unwrap() - expected).abs() < 1e-13);
        }
    }
}

#[test]
fn fans_count_the_kernel() {
    assert_eq!(
        Fans::of(&Shape::from([8, 3, 5, 5])),
        Fans {
            input: 75,
            output: 200
        }
    );
    assert_eq!(
        Fans::of(&Shape::from([8, 3])),
        Fans {
            input: 3,
            output: 8
        }
    );
    assert_eq!(
        Fans::of(&Shape::from([8])),
        Fans {
            input: 8,
            output: 1
        }
    );
}

#[test]
fn a_name_is_enough_and_arguments_make_a_table() {
    #[derive(Deserialize)]
    struct Recipe {
        init: Init,
    }
    let read = |text: &str| toml::from_str::<Recipe>(text).map(|r| r.init);
    let he = Init::HeNormal {
        fan: Fan::In,
        nonlinearity: Nonlinearity::Relu,
    };
    assert_eq!(read("init = 'he_normal'").unwrap(), he);
    assert_eq!(read("init = 'kaiming_normal'").unwrap(), he);
    assert_eq!(
        read("init = { type = 'he_uniform', fan = 'out', nonlinearity = { leaky_relu = 0.2 } }")
            .unwrap(),
        Init::HeUniform {
            fan: Fan::Out,
            nonlinearity: Nonlinearity::LeakyRelu(0.2)
        }
    );
    assert_eq!(
        read("init = { type = 'constant', value = 1 }").unwrap(),
        Init::Constant { value: 1.0 }
    );
    let message = |text: &str| read(text).unwrap_err().message().to_string();
    assert_eq!(
        message("init = 'he_norm'"),
        "unknown initialiser \"he_norm\": did you mean \"he_normal\"?"
    );
    assert_eq!(
        message("init = { type = 'normal', sdt = 1 }"),
        "initialiser \"normal\": unknown key \"sdt\": did you mean \"std\"?"
    );
    assert_eq!(
        message("init = 'constant'"),
        "initialiser \"constant\": the key \"value\" is missing"
    );
}

#[test]
fn every_initialiser_is_written_back_as_it_was() {
    for init in [
        Init::Zeros {},
        Init::Uniform {
            low: -1.0,
            high: 2.0,
        },
        Init::TruncatedNormal {
            mean: 0.5,
            std: 2.0,
            cut: 3.0,
        },
        Init::HeNormal {
            fan: Fan::Out,
            nonlinearity: Nonlinearity::LeakyRelu(0.1),
        },
        Init::Orthogonal { gain: 1.5 },
    ] {
        let json = serde_json::to_string(&init).unwrap();
        assert_eq!(serde_json::from_str::<Init>(&json).unwrap(), init, "{json}");
    }
}

#[test]
fn senseless_arguments_are_refused() {
    let message = |init: Init| {
        init.draw(&Shape::from([2, 2]), DType::F32, &mut Rng::new(0))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(Init::TruncatedNormal {
            mean: 0.0,
            std: 1.0,
            cut: 0.0
        }),
        "truncated_normal: mean 0, std 1, cut 0: the mean must be finite, std at least 0, cut at least 0.1"
    );
    assert_eq!(
        message(Init::Normal {
            mean: 0.0,
            std: -1.0
        }),
        "rand_normal: there is no normal distribution with mean 0 and standard deviation -1"
    );
    assert_eq!(
        message(Init::Orthogonal { gain: f64::NAN }),
        "orthogonal: gain NaN must be finite"
    );
    let error = Init::Zeros {}
        .draw(&Shape::from([2]), DType::U8, &mut Rng::new(0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "init: expected f32 or f64 elements, got u8"
    );
}
