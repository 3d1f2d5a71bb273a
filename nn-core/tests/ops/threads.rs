//! The same bits for every number of threads.

use nn_core::kernels::threads::{set_threads, threads};
use nn_core::{Activation, CrossEntropy, DType, Purpose, Rng, Tape, Tensor};

/// Values and gradients of operations large enough to be shared among threads.
fn everything(dtype: DType) -> Vec<Vec<u64>> {
    let mut rng = Rng::new(5);
    let mut random =
        |shape: &[usize]| Tensor::rand_normal(shape, 0.0, 1.0, dtype, &mut rng).unwrap();
    let (x, w, b) = (random(&[257, 300]), random(&[129, 300]), random(&[129]));
    let long = random(&[300_001]);
    let batch = random(&[5, 64, 70]);
    let labels: Vec<u32> = (0..257).map(|i| i % 129).collect();
    let labels = Tensor::from_vec(labels, [257]).unwrap();

    let tape = Tape::new();
    let leaves = [&x, &w, &b, &long, &batch].map(|t| tape.watch(t));
    let [x, w, b, long, batch] = &leaves;
    let hidden = x.linear(w, Some(b), Activation::Gelu).unwrap();
    let outputs = [
        hidden.clone(),
        hidden
            .cross_entropy(&labels, &CrossEntropy::default())
            .unwrap(),
        hidden
            .t()
            .unwrap()
            .matmul(&hidden)
            .unwrap()
            .mean(..)
            .unwrap(),
        hidden
            .softmax(-1)
            .unwrap()
            .square()
            .unwrap()
            .sum(0)
            .unwrap(),
        hidden.softmax(0).unwrap().square().unwrap().sum(1).unwrap(),
        long.tanh().unwrap().mul(long).unwrap().sum(..).unwrap(),
        long.variance(.., 1.0).unwrap(),
        long.exp().unwrap().log_sum_exp(..).unwrap(),
        long.max(..).unwrap(),
        long.dropout(0.3, &mut Rng::addressed(1, Purpose::Dropout, 2, 3))
            .unwrap()
            .mean(..)
            .unwrap(),
        x.variance(0, 0.0).unwrap(),
        x.sum(1).unwrap(),
        x.mean(0).unwrap(),
        batch
            .matmul(&batch.t().unwrap())
            .unwrap()
            .mean([1, 2])
            .unwrap(),
        batch
            .permute(&[2, 0, 1])
            .unwrap()
            .contiguous()
            .unwrap()
            .sum(1)
            .unwrap(),
        x.add(&x.slice(0, ..1).unwrap())
            .unwrap()
            .sqrt()
            .unwrap()
            .is_all_finite()
            .map(|f| Tensor::scalar(f64::from(u8::from(f))).unwrap())
            .unwrap(),
    ];
    let mut loss = Tensor::zeros((), dtype).unwrap();
    for output in &outputs {
        if output.is_recorded() {
            loss = loss.add(&output.sin().unwrap().sum(..).unwrap()).unwrap();
        }
    }
    let gradients = tape.backward(&loss).unwrap();
    let mut all: Vec<Tensor> = outputs.to_vec();
    all.extend(
        leaves
            .iter()
            .map(|leaf| gradients.get(leaf).unwrap().clone()),
    );
    let bits = |t: &Tensor| {
        t.to_dtype(DType::F64)
            .unwrap()
            .to_vec::<f64>()
            .unwrap()
            .iter()
            .map(|v| v.to_bits())
            .collect()
    };
    all.iter().map(bits).collect()
}

#[test]
fn one_two_three_and_seven_threads_agree_to_the_bit() {
    let before = threads();
    for dtype in [DType::F32, DType::F64] {
        set_threads(1);
        let one = everything(dtype);
        for count in [2, 3, 7] {
            set_threads(count);
            let many = everything(dtype);
            for (place, (a, b)) in one.iter().zip(&many).enumerate() {
                assert!(a == b, "{dtype}, {count} threads: result {place} differs");
            }
        }
    }
    set_threads(before);
}
