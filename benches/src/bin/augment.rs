//! Times augmentation.
//!
//! - `augment serve`: reads lines `<threads> <milliseconds>`, answers each with the nanoseconds a picture takes (least and
//!   median over batches), as JSON. `peers/augment.py` uses this to measure in turns with torchvision.
//! - `augment`: the same once, with one and two threads.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use nn_benches::augment::{loader, steps};
use nn_core::kernels::threads::set_threads;
use nn_data::Loader;

/// The least and the median nanoseconds a picture takes.
fn measure(
    loader: &Loader,
    threads: usize,
    budget: Duration,
) -> Result<(f64, f64), nn_data::Error> {
    set_threads(threads);
    let mut times = Vec::new();
    let start = Instant::now();
    for epoch in 0.. {
        let mut batches = loader.epoch(epoch);
        loop {
            let begin = Instant::now();
            let Some(batch) = batches.next() else { break };
            let batch = black_box(batch?);
            times.push(begin.elapsed().as_nanos() as f64 / batch.len() as f64);
        }
        if start.elapsed() > budget {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    Ok((times[0], times[times.len() / 2]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let loader = loader(steps())?;
    if std::env::args().nth(1).as_deref() != Some("serve") {
        for threads in [1, 2] {
            let (least, median) = measure(&loader, threads, Duration::from_millis(500))?;
            let (least, median) = (least / 1000.0, median / 1000.0);
            println!("{threads} thread(s): {median:.2} µs a picture, at least {least:.2}");
        }
        return Ok(());
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let numbers: Vec<u64> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        match numbers[..] {
            [threads, millis] => {
                let (least, median) =
                    measure(&loader, threads as usize, Duration::from_millis(millis))?;
                println!(r#"{{"min_ns": {least:.0}, "median_ns": {median:.0}}}"#);
            }
            _ => println!(r#"{{"error": "two numbers were expected"}}"#),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
