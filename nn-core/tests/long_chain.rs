//! A million operations: recorded and differentiated, or forgotten, without deep stacks or growing memory.

use nn_core::{DType, Tape, Tensor};

const OPERATIONS: usize = 1_000_000;

/// Memory of this process in MiB, where the system tells.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Runs `step` many times, and asserts that only the first tenth may take memory.
fn assert_flat(what: &str, times: usize, mut step: impl FnMut(usize)) {
    for i in 0..times / 10 {
        step(i);
    }
    let before = resident();
    for i in times / 10..times {
        step(i);
    }
    match (before, resident()) {
        (Some(before), Some(after)) => {
            println!("{what}: {before:.1} MiB, then {after:.1} MiB");
            assert!(
                after - before < 8.0,
                "{what}: grew from {before:.1} to {after:.1} MiB"
            );
        }
        _ => eprintln!("skipped: this system does not tell the memory of a process"),
    }
}

/// One test, because the memory of the process is measured.
#[test]
fn a_million_operations() {
    // Forward without a tape.
    let mut x = Tensor::from_vec(vec![0.5f64, -0.25], [2]).unwrap();
    assert_flat("forward", OPERATIONS, |i| {
        x = if i % 2 == 0 {
            x.add_scalar(0.1)
        } else {
            x.tanh()
        }
        .unwrap();
    });

    // Forward on a tape that is dropped without backward.
    let leaf = Tensor::from_vec(vec![0.5f64; 100], [100]).unwrap();
    assert_flat("tapes dropped", 2_000, |_| {
        let tape = Tape::new();
        let mut y = tape.watch(&leaf);
        for _ in 0..500 {
            y = y.mul_scalar(0.999).unwrap();
        }
        assert_eq!(tape.len(), 501);
    });

    // Recorded and differentiated: d(cⁿ·x)/dx = cⁿ.
    let c = 1.0 + 1e-6;
    for elements in [1, 3] {
        let tape = Tape::new();
        let x = tape.watch(&Tensor::ones([elements], DType::F64).unwrap());
        let mut y = x.clone();
        for _ in 0..OPERATIONS {
            y = y.mul_scalar(c).unwrap();
        }
        assert_eq!(tape.len(), OPERATIONS + 1);
        if let Some(memory) = resident() {
            println!(
                "recorded: {memory:.0} MiB, {:.0} bytes an operation",
                memory * 1048576.0 / OPERATIONS as f64
            );
        }
        let loss = y.sum(..).unwrap();
        drop(y);
        let gradients = tape.backward(&loss).unwrap();
        let expected = (OPERATIONS as f64 * c.ln()).exp();
        for slope in gradients.get(&x).unwrap().to_vec::<f64>().unwrap() {
            assert!(
                (slope - expected).abs() < 1e-9 * expected,
                "{slope} {expected}"
            );
        }
    }

    // A sum of a million terms of one leaf: as many gradients arrive at one place.
    let tape = Tape::new();
    let x = tape.watch(&Tensor::scalar(2.0f64).unwrap());
    let mut sum = x.clone();
    for _ in 0..OPERATIONS / 2 {
        sum = sum.add(&x).unwrap();
    }
    let gradients = tape.backward(&sum).unwrap();
    assert_eq!(
        gradients.get(&x).unwrap().item().unwrap(),
        (OPERATIONS / 2 + 1) as f64
    );

    // A long chain that is dropped: no deep recursion either.
    let tape = Tape::new();
    let mut y = tape.watch(&Tensor::scalar(1.0f64).unwrap());
    for _ in 0..OPERATIONS {
        y = y.neg().unwrap();
    }
    drop(tape);
    assert!(!y.is_recorded());
}
