//! Wrong calls: an error that says what does not fit, never a panic.

use nn_core::{Activation, CrossEntropy, DType, Error, Result, Rng, Tape, Tensor};

fn ones(shape: &[usize]) -> Tensor {
    Tensor::ones(shape, DType::F32).unwrap()
}

fn refused(outcome: Result<Tensor>, words: &[&str]) {
    let error = outcome.expect_err("a wrong call").to_string();
    for word in words {
        assert!(error.contains(word), "{error:?} lacks {word:?}");
    }
}

#[test]
fn shapes_that_do_not_fit_are_both_named() {
    refused(ones(&[2, 3]).add(&ones(&[4])), &["add", "[2, 3]", "[4]"]);
    refused(
        ones(&[3, 4]).matmul(&ones(&[5, 6])),
        &["matmul", "[3, 4]", "[5, 6]", "4 and 5"],
    );
    refused(
        ones(&[2, 3, 4]).matmul(&ones(&[5, 4, 2])),
        &["matmul", "[2, 3, 4]", "[5, 4, 2]"],
    );
    refused(ones(&[3]).matmul(&ones(&[4])), &["matmul"]);
    refused(ones(&[]).matmul(&ones(&[4])), &["matmul", "mul"]);
    let weight = ones(&[5, 4]);
    refused(
        ones(&[2, 3]).linear(&weight, None, Activation::Relu),
        &["linear", "[2, 3]", "must be 4"],
    );
    refused(
        ones(&[2, 4]).linear(&weight, Some(&ones(&[4])), Activation::Relu),
        &["bias", "[5]", "[4]"],
    );
    refused(
        ones(&[]).linear(&weight, None, Activation::Relu),
        &["linear"],
    );
    refused(
        ones(&[2, 4]).linear(&ones(&[4]), None, Activation::Relu),
        &["[out, in]"],
    );
    refused(ones(&[2, 3]).reshape([4]), &["[2, 3]", "[4]", "6"]);
    refused(ones(&[2, 3]).broadcast_to([3]), &["broadcast"]);
    refused(ones(&[2, 3]).broadcast_to([4, 3]), &["broadcast"]);
    refused(ones(&[2, 3]).squeeze(0), &["[2, 3]"]);
    refused(ones(&[2, 3]).permute(&[0, 0]), &["permutation"]);
    refused(ones(&[2, 3]).permute(&[0]), &["permutation"]);
    refused(
        Tensor::concat(&[&ones(&[2, 3]), &ones(&[3, 2])], 0),
        &["[2, 3]", "[3, 2]"],
    );
    refused(
        Tensor::concat(&[&ones(&[2, 3]), &ones(&[2])], 0),
        &["[2, 3]", "[2]"],
    );
    refused(Tensor::concat(&[], 0), &["no tensors"]);
    refused(Tensor::stack(&[], 0), &["no tensors"]);
    refused(Tensor::stack(&[&ones(&[2]), &ones(&[3])], 0), &["concat"]);
    refused(
        Tensor::from_vec(vec![1.0f32; 5], [2, 3]),
        &["[2, 3]", "6", "5"],
    );
    let mask = Tensor::ones([2], DType::U8).unwrap();
    refused(mask.where_cond(&ones(&[3]), &ones(&[3])), &["where_cond"]);
}

#[test]
fn axes_and_indices_outside_are_refused() {
    let x = ones(&[2, 3]);
    refused(x.sum(2), &["axis 2", "[2, 3]"]);
    refused(x.sum([0, -2]), &["twice"]);
    refused(x.softmax(-3), &["axis -3"]);
    refused(ones(&[]).softmax(0), &["axis 0"]);
    refused(ones(&[]).t(), &["axis"]);
    refused(x.slice(1, 2..5), &["2..5"]);
    let (late, early) = (3, 2);
    refused(x.slice(1, late..early), &["slice"]);
    refused(x.slice(1, usize::MAX..), &["slice"]);
    refused(x.slice_step(1, .., 0), &["step"]);
    refused(x.narrow(0, 1, usize::MAX), &["slice"]);
    refused(x.unsqueeze(4), &["4"]);
    refused(x.flatten(1, 0), &["flatten"]);
    refused(x.split(0, 0).map(|_| ones(&[])), &["0"]);
    for index in [-1i64, 3, i64::MAX, i64::MIN] {
        let indices = Tensor::from_vec(vec![0, index], [2]).unwrap();
        refused(x.index_select(1, &indices), &[&index.to_string(), "size 3"]);
        let indices = Tensor::from_vec(vec![0, index], [2, 1]).unwrap();
        refused(x.gather(1, &indices), &[&index.to_string(), "size 3"]);
    }
    refused(
        x.index_select(0, &Tensor::zeros([1, 1], DType::U32).unwrap()),
        &["one axis"],
    );
    refused(x.index_select(0, &ones(&[1])), &["f32"]);
    refused(
        x.gather(0, &Tensor::zeros([1], DType::U32).unwrap()),
        &["[1]", "[2, 3]"],
    );
    assert!(x.get(&[2, 0]).is_err() && x.get(&[0]).is_err() && x.item().is_err());
}

#[test]
fn types_that_do_not_fit_are_refused() {
    let x = ones(&[2]);
    let wide = Tensor::ones([2], DType::F64).unwrap();
    let whole = Tensor::ones([2], DType::I64).unwrap();
    refused(x.add(&wide), &["f32", "f64"]);
    refused(whole.add(&whole), &["i64"]);
    refused(whole.exp(), &["i64"]);
    refused(whole.sum(..), &["i64"]);
    refused(whole.softmax(0), &["i64"]);
    refused(whole.relu(), &["i64"]);
    refused(whole.matmul(&whole), &["i64"]);
    refused(x.matmul(&wide), &["f64"]);
    refused(x.eq(&whole), &["i64"]);
    refused(x.where_cond(&x, &x), &["u8"]);
    refused(Tensor::concat(&[&x, &wide], 0), &["f64"]);
    assert!(x.to_vec::<f64>().is_err() && x.as_slice::<u8>().is_err());
}

#[test]
fn values_outside_their_domain_are_refused() {
    let x = ones(&[2, 3]);
    refused(x.clamp(1.0, 0.0), &["clamp"]);
    refused(x.clamp(f64::NAN, 0.0), &["clamp"]);
    for p in [-0.1, 1.0, f64::NAN] {
        refused(x.dropout(p, &mut Rng::new(0)), &["dropout"]);
    }
    let empty = ones(&[2, 0]);
    refused(empty.max(1), &["max"]);
    refused(empty.mean(..), &["mean"]);
    refused(empty.argmax(1), &["argmax"]);
    refused(x.variance(1, 3.0), &["variance", "4"]);
    for correction in [1e300, f64::INFINITY] {
        refused(x.variance(1, correction), &["variance"]);
    }
    let label = |l: i64| Tensor::from_vec(vec![0, l], [2]).unwrap();
    for bad in [-1, 3, 1 << 40] {
        let error = x.cross_entropy(&label(bad), &CrossEntropy::default());
        refused(error, &[&format!("label {bad}"), "sample 1", "0 to 2"]);
    }
    let unsigned = Tensor::from_vec(vec![0u32, 7], [2]).unwrap();
    refused(
        x.cross_entropy(&unsigned, &CrossEntropy::default()),
        &["label 7"],
    );
    refused(
        x.cross_entropy(&ones(&[2]), &CrossEntropy::default()),
        &["[2, 3]", "[2]"],
    );
    let smooth = CrossEntropy {
        label_smoothing: 1.5,
        ..Default::default()
    };
    refused(x.cross_entropy(&label(1), &smooth), &["smoothing"]);
    let weights = CrossEntropy {
        class_weights: Some(ones(&[2])),
        ..Default::default()
    };
    refused(x.cross_entropy(&label(1), &weights), &["class weights"]);
    let none = Tensor::zeros([2], DType::U32).unwrap();
    refused(
        empty.cross_entropy(&none, &CrossEntropy::default()),
        &["label 0"],
    );
    assert!(
        ones(&[0, 0])
            .cross_entropy(
                &Tensor::zeros([0], DType::U32).unwrap(),
                &CrossEntropy::default()
            )
            .is_ok()
    );
}

#[test]
fn sizes_beyond_memory_are_refused() {
    const HUGE: usize = 1 << 60;
    for shape in [
        &[HUGE][..],
        &[1 << 40, 1 << 40],
        &[usize::MAX, 2],
        &[usize::MAX],
    ] {
        for dtype in [DType::F32, DType::U8] {
            let outcome = Tensor::zeros(shape, dtype);
            assert!(matches!(outcome, Err(Error::TooLarge { .. })), "{shape:?}");
            assert!(Tensor::full(shape, 1.0, dtype).is_err());
        }
    }
    assert!(Tensor::eye(1 << 40, DType::F32).is_err());
    assert!(Tensor::arange(0.0, 1e18, 1.0, DType::F32).is_err());
    assert!(Tensor::linspace(0.0, 1.0, usize::MAX, DType::F32).is_err());
    for (start, end, step) in [
        (0.0, 1.0, 0.0),
        (0.0, 1.0, -1.0),
        (0.0, f64::INFINITY, 1.0),
        (f64::NAN, 1.0, 1.0),
    ] {
        assert!(Tensor::arange(start, end, step, DType::F32).is_err());
    }
    // A view may be huge; what would have to hold its elements may not.
    let wide = ones(&[1]).broadcast_to([HUGE]).unwrap();
    assert_eq!(wide.get(&[HUGE - 1]).unwrap(), 1.0);
    assert!(!wide.to_string().is_empty());
    for outcome in [
        wide.exp(),
        wide.add(&wide),
        wide.sum(..),
        wide.eq(&wide),
        wide.contiguous(),
        wide.to_dtype(DType::F64),
        wide.softmax(0),
        wide.dropout(0.5, &mut Rng::new(1)),
        wide.unsqueeze(1).unwrap().matmul(&ones(&[1, 1])),
        wide.broadcast_to([HUGE, HUGE]).unwrap().neg(),
        wide.broadcast_to([64, HUGE]).unwrap().sum(..),
        wide.broadcast_to([64, HUGE]).unwrap().flatten(0, 1),
        Tensor::concat(&[&wide; 40], 0),
        Tensor::stack(&[&wide; 40], 0),
        wide.broadcast_to([64, HUGE]).unwrap().softmax(-1),
        wide.broadcast_to([64, HUGE]).unwrap().softmax(0),
        wide.broadcast_to([64, HUGE]).unwrap().cross_entropy(
            &Tensor::zeros([64], DType::U32).unwrap(),
            &CrossEntropy::default(),
        ),
    ] {
        assert!(outcome.is_err(), "{:?}", outcome.map(|t| t.shape().clone()));
    }
}

#[test]
fn wrong_differentiation_is_explained() {
    let x = ones(&[3]);
    let explained = |outcome: Result<nn_core::Gradients>, words: &[&str]| {
        let error = outcome.expect_err("a wrong call").to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    let tape = Tape::new();
    let leaf = tape.watch(&x);
    explained(tape.clone().backward(&leaf), &["[3]"]);
    explained(tape.clone().backward(&x.sum(..).unwrap()), &["watch"]);
    let other = Tape::new();
    let foreign = other.watch(&x);
    refused(leaf.add(&foreign), &["tapes"]);
    explained(tape.clone().backward(&foreign.sum(..).unwrap()), &["watch"]);
    explained(tape.backward_from(&leaf, ones(&[2])), &["[2]", "[3]"]);
    // What stood on a tape that is gone is a constant.
    let loss = foreign.sum(..).unwrap();
    drop(other);
    assert!(!loss.is_recorded() && loss.add(&loss).is_ok());
}
