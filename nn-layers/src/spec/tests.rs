use nn_core::{Context, Parameters, Tensor};

use super::*;
use crate::prelu::PreluSpec;
use crate::{Dropout, Flatten, LogSoftmax, Softmax};
use crate::{Init, Linear};

const RECIPE: &str = r#"
layers = [
    "flatten",
    { type = "linear", units = 16, weight_init = { type = "he_normal", fan = "out" }, bias_init = "zeros" },
    { type = "leaky_relu", slope = 0.2 },
    { type = "dropout", p = 0.25 },
    { type = "sequential", name = "head", layers = [
        { type = "linear", units = 8, bias = false, name = "hidden" },
        { type = "prelu", per_channel = true },
        "gelu",
        { type = "elu", alpha = 0.5 },
        { type = "linear", out_features = 3 },
    ] },
    { type = "softmax", axis = 1 },
]
"#;

fn recipe() -> NetworkSpec {
    toml::from_str(RECIPE).unwrap()
}

#[test]
fn a_recipe_becomes_a_network_and_a_recipe_again() {
    let spec = recipe();
    let network = spec.build(&Shape::from([4, 5]), 7, DType::F64).unwrap();
    let written = network.network_spec().unwrap();
    assert_eq!(written, spec);

    let as_toml = toml::to_string(&written).unwrap();
    let as_json = serde_json::to_string(&written).unwrap();
    assert_eq!(
        toml::from_str::<NetworkSpec>(&as_toml).unwrap(),
        spec,
        "{as_toml}"
    );
    assert_eq!(
        serde_json::from_str::<NetworkSpec>(&as_json).unwrap(),
        spec,
        "{as_json}"
    );

    let names: Vec<_> = network
        .named_parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "1.weight",
        "1.bias",
        "head.hidden.weight",
        "head.1.weight",
        "head.4.weight",
        "head.4.bias",
    ];
    assert_eq!(names, expected);
    let y = network.forward(
        &Tensor::ones([2, 4, 5], DType::F64).unwrap(),
        &mut Context::evaluate(),
    );
    assert_eq!(y.unwrap().dims(), [2, 3]);
}

#[test]
fn every_kind_survives_both_formats() {
    let mut layers: Vec<LayerSpec> = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.3),
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Elu(0.2),
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Softsign,
        Activation::HardSigmoid,
        Activation::HardTanh,
        Activation::HardSwish,
    ]
    .map(LayerSpec::from)
    .into();
    layers.push(LogSoftmax { axis: -1 }.into());
    layers.push(Softmax::default().into());
    layers.push(Flatten { start: 1, end: 2 }.into());
    layers.push(Dropout::new(0.5).unwrap().into());
    layers.push(
        PreluSpec {
            per_channel: true,
            slope: 0.1,
        }
        .into(),
    );
    let linear = LinearSpec {
        weight_init: Some(Init::Orthogonal { gain: 2.0 }),
        ..LinearSpec::new(4)
    };
    layers.push(LayerSpec::from(linear).named("out"));
    let spec = NetworkSpec { layers };
    let through_toml: NetworkSpec = toml::from_str(&toml::to_string(&spec).unwrap()).unwrap();
    let through_json: NetworkSpec =
        serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
    assert_eq!((&through_toml, &through_json), (&spec, &spec));

    let network = spec.build(&Shape::from([2, 3]), 0, DType::F32).unwrap();
    assert_eq!(network.network_spec().unwrap(), spec);
}

#[test]
fn weights_depend_on_seed_and_name_alone() {
    let weights = |text: &str, seed: u64, name: &str| {
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        let network = spec.build(&Shape::from([3]), seed, DType::F32).unwrap();
        let state = network.state();
        let (_, tensor) = state.into_iter().find(|(n, _)| n == name).unwrap();
        tensor.to_vec::<f32>().unwrap()
    };
    let short =
        "layers = [{type = 'linear', units = 3}, {type = 'linear', units = 3, name = 'out'}]";
    let long = "layers = [{type = 'linear', units = 3}, 'relu', {type = 'linear', units = 3}, {type = 'linear', units = 3, name = 'out'}]";
    assert_eq!(weights(short, 1, "0.weight"), weights(long, 1, "0.weight"));
    assert_eq!(
        weights(short, 1, "out.weight"),
        weights(long, 1, "out.weight")
    );
    assert_ne!(
        weights(short, 1, "0.weight"),
        weights(short, 1, "out.weight")
    );
    assert_ne!(weights(short, 1, "0.weight"), weights(short, 2, "0.weight"));
}

#[test]
fn wrong_names_are_answered_with_the_nearest_right_one() {
    let message = |layer: &str| {
        toml::from_str::<NetworkSpec>(&format!("layers = [{layer}]"))
            .unwrap_err()
            .message()
            .to_string()
    };
    assert_eq!(
        message("'linaer'"),
        r#"unknown layer "linaer": did you mean "linear"?"#
    );
    assert_eq!(
        message("'ReLU'"),
        r#"unknown layer "ReLU": did you mean "relu"?"#
    );
    assert_eq!(
        message("{type = 'log-softmax'}"),
        r#"unknown layer "log-softmax": did you mean "log_softmax"?"#
    );
    assert!(
        message("'warp'")
            .starts_with(r#"unknown layer "warp": expected one of linear, sequential"#)
    );
    assert_eq!(
        message("{type = 'linear', unit = 3}"),
        r#"layer "linear": unknown key "unit": did you mean "units"?"#
    );
    assert_eq!(
        message("'linear'"),
        r#"layer "linear": the key "units" is missing"#
    );
    assert_eq!(
        message("{type = 'relu', slope = 1}"),
        r#"layer "relu": unknown key "slope": there are none here"#
    );
    assert_eq!(
        message("{units = 3}"),
        r#"this layer has no "type", which says what kind it is"#
    );
    assert_eq!(
        message("{type = 3}"),
        r#"the "type" of a layer must be a string"#
    );
    assert_eq!(
        message("3"),
        r#"a layer is a name or a table with the key "type""#
    );
    assert_eq!(
        message("{type = 'linear', units = -3}"),
        r#"layer "linear": invalid value: integer `-3`, expected usize"#
    );
    assert_eq!(
        message("{type = 'linear', units = 3, weight_init = 'xavier_uniforn'}"),
        r#"layer "linear": unknown initialiser "xavier_uniforn": did you mean "xavier_uniform"?"#
    );
    assert_eq!(
        message("{type = 'sequential', layers = [{type = 'dropout', q = 0.1}]}"),
        r#"layer "sequential": layer "dropout": unknown key "q": did you mean "p"?"#
    );
    assert_eq!(
        message("{type = 'dropout', p = 1.5}"),
        r#"layer "dropout": dropout: p = 1.5 must be at least 0 and less than 1"#
    );
}

#[test]
fn a_network_that_does_not_fit_says_which_layer() {
    let message = |text: &str, sample: Shape| {
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        spec.build(&sample, 0, DType::F32).unwrap_err().to_string()
    };
    assert_eq!(
        message(
            "layers = ['relu', {type = 'softmax', axis = 2, name = 'last'}]",
            Shape::from([4])
        ),
        "last (Softmax over axis 2): softmax: axis 2 does not exist in [1, 4], which has 2 axes"
    );
    assert_eq!(
        message("layers = [{type = 'linear', units = 0}]", Shape::from([4])),
        "0 (Linear →0): linear: 4 inputs and 0 units were asked for; both must be at least 1"
    );
    assert_eq!(
        message(
            "layers = [{type = 'sequential', layers = ['relu', {type='prelu', per_channel=true}]}]",
            Shape::from(())
        ),
        "0.1 (PReLU): prelu: input is [1] and has no channel axis 1"
    );
    assert_eq!(
        message(
            "layers = [{type = 'relu', name = 'a'}, {type = 'relu', name = 'a'}]",
            Shape::from([4])
        ),
        "\"a\" cannot name a layer: another layer has this name"
    );
}

#[test]
fn a_foreign_layer_cannot_be_described() {
    #[derive(Debug)]
    struct Foreign;
    crate::parameters!(Foreign {});
    impl Layer for Foreign {
        fn forward(&self, x: &Tensor, _: &mut Context) -> nn_core::Result<Tensor> {
            Ok(x.clone())
        }
        fn output_shape(&self, input: &Shape) -> nn_core::Result<Shape> {
            Ok(input.clone())
        }
        fn describe(&self) -> String {
            "Foreign".into()
        }
        fn spec(&self) -> Option<LayerSpec> {
            None
        }
    }
    let linear = Linear::new(2, 2, &mut Rng::new(0)).unwrap();
    let network = Sequential::new().with(linear).with(Foreign);
    assert_eq!(
        network.network_spec().unwrap_err().to_string(),
        "layer 1 (Foreign) has no description: its type is not one of this crate's"
    );
}
