use super::*;
use crate::testing::{check_layer, grid};

fn check<const D: usize>(spec: ConvSpec<D>, input: &[usize])
where
    LayerSpec: From<ConvSpec<D>>,
{
    let mut layer = spec.build(input[1], DType::F64, &mut Rng::new(1)).unwrap();
    check_layer(&mut layer, &Shape::from(input));
}

#[test]
fn shapes_and_gradients() {
    check(ConvSpec::<1>::new(3, 2), &[2, 2, 5]);
    check(
        ConvSpec {
            padding: Padding::Same,
            bias: false,
            ..ConvSpec::<1>::new(2, 4)
        },
        &[1, 3, 6],
    );
    check(
        ConvSpec {
            stride: [2, 1].into(),
            padding: [1, 0].into(),
            ..ConvSpec::<2>::new(4, 3)
        },
        &[2, 3, 5, 4],
    );
    check(
        ConvSpec {
            dilation: 2.into(),
            padding: 2.into(),
            groups: 2,
            ..ConvSpec::<2>::new(4, 3)
        },
        &[1, 2, 5, 4],
    );
    check(
        ConvSpec {
            groups: 3,
            padding: 1.into(),
            ..ConvSpec::<2>::new(3, 3)
        },
        &[2, 3, 4, 3],
    );
    check(
        ConvSpec {
            stride: [1, 2, 1].into(),
            ..ConvSpec::<3>::new(2, 2)
        },
        &[1, 2, 3, 4, 3],
    );
}

#[test]
fn transposed_shapes_and_gradients() {
    let check2 = |spec: ConvTransposeSpec<2>, input: &[usize]| {
        let mut layer = spec.build(input[1], DType::F64, &mut Rng::new(1)).unwrap();
        check_layer(&mut layer, &Shape::from(input));
    };
    check2(ConvTransposeSpec::new(2, 3), &[2, 3, 3, 2]);
    check2(
        ConvTransposeSpec {
            stride: 2.into(),
            padding: 1.into(),
            output_padding: [1, 0].into(),
            ..ConvTransposeSpec::new(4, 3)
        },
        &[1, 3, 3, 4],
    );
    check2(
        ConvTransposeSpec {
            groups: 2,
            dilation: [1, 2].into(),
            bias: false,
            ..ConvTransposeSpec::new(4, 2)
        },
        &[1, 2, 3, 3],
    );
    let spec = ConvTransposeSpec::<1> {
        stride: 3.into(),
        ..ConvTransposeSpec::new(2, 2)
    };
    let mut layer = spec.build(2, DType::F64, &mut Rng::new(1)).unwrap();
    check_layer(&mut layer, &Shape::from([2, 2, 4]));
}

#[test]
fn an_activation_is_part_of_the_pass() {
    let layer = ConvSpec::<2>::new(3, 3)
        .build(2, DType::F64, &mut Rng::new(1))
        .unwrap();
    let x = grid([2, 2, 5, 5]);
    let apart = layer.forward(&x, &mut Context::evaluate()).unwrap();
    for activation in [Activation::Relu, Activation::Gelu] {
        let together = layer
            .forward_activated(&x, activation, &mut Context::evaluate())
            .unwrap();
        let expected = apart.activate(activation).unwrap();
        assert_eq!(
            together.to_vec::<f64>().unwrap(),
            expected.to_vec::<f64>().unwrap()
        );
    }
}

#[test]
fn descriptions_say_what_is_not_the_default() {
    let layer = |spec: ConvSpec<2>| {
        spec.build(4, DType::F32, &mut Rng::new(1))
            .unwrap()
            .describe()
    };
    assert_eq!(layer(ConvSpec::new(8, 3)), "Conv2d 4→8, 3×3");
    assert_eq!(
        layer(ConvSpec {
            kernel: [1, 5].into(),
            stride: 2.into(),
            padding: [0, 2].into(),
            groups: 4,
            ..ConvSpec::new(8, 3)
        }),
        "Conv2d 4→8, 1×5, stride 2, padding 0×2, depthwise"
    );
}

#[test]
fn what_cannot_be_is_refused_with_sizes_and_rule() {
    let layer = ConvSpec::<2>::new(8, 5)
        .build(3, DType::F32, &mut Rng::new(1))
        .unwrap();
    let message = |shape: &[usize]| {
        layer
            .output_shape(&Shape::from(shape))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&[1, 3, 9, 4]),
        "conv2d: an input of 4 places with padding 0 and 0 is smaller than its kernel, which spans 5 \
         (the output has O = ⌊(W − K + 2P)/S⌋ + 1 places)"
    );
    assert_eq!(
        message(&[1, 1, 9, 9]),
        "conv2d: input is [1, 1, 9, 9], it must have 3 channels (axis 1), not 1"
    );
    assert!(message(&[1, 3, 9]).contains("both have 4 axes"));
    let refused = |spec: ConvSpec<2>| {
        spec.build(6, DType::F32, &mut Rng::new(1))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(ConvSpec {
            groups: 4,
            ..ConvSpec::new(8, 3)
        }),
        "conv2d: 4 groups must divide both the 6 channels and the 8 filters"
    );
    assert!(refused(ConvSpec::new(0, 3)).contains("each must be at least 1"));
    assert_eq!(
        refused(ConvSpec {
            kernel: [3, 3, 3].into(),
            ..ConvSpec::new(8, 3)
        }),
        "conv2d: kernel has 3 numbers for 2 axes"
    );
    assert!(
        refused(ConvSpec {
            stride: 2.into(),
            padding: Padding::Same,
            ..ConvSpec::new(8, 3)
        })
        .contains("needs stride 1, not 2")
    );
}

#[test]
fn settings_are_read_as_one_number_or_one_for_each_axis() {
    let read = |text: &str| toml::from_str::<ConvSpec<2>>(text);
    let spec = read("filters = 8\nkernel = [3, 5]\nstride = 2\npadding = 'same'").unwrap();
    assert_eq!(spec.kernel, [3, 5].into());
    assert_eq!(spec.stride, 2.into());
    assert_eq!(spec.padding, Padding::Same);
    assert_eq!(read(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    assert!(
        read("filters = 8\nkernel = 3\npadding = 'valid'")
            .unwrap()
            .padding
            .is_none()
    );
    for (text, words) in [
        ("filters = 8\nkernel = -1", "-1"),
        (
            "filters = 8\nkernel = 3\npadding = 'some'",
            "padding must be \"same\", \"valid\"",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
