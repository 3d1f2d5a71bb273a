//! Times matrix products.
//!
//! - `matmul list`: the cases, one JSON object a line.
//! - `matmul serve`: reads `<form> <batch> <m> <k> <n> <threads> <milliseconds>` lines, answers each with the least and
//!   the median time of a call in nanoseconds, as JSON. `peers/matmul.py` uses this to measure in turns with PyTorch.
//! - `matmul [filter]`: times all cases whose class contains `filter`, with one and two threads.

use nn_benches::matmul::{Case, Form, Operands, cases};
use nn_core::kernels::threads::set_threads;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

/// The least and the median nanoseconds of a call, measured for about `budget`.
fn measure(case: Case, threads: usize, budget: Duration) -> Option<(f64, f64)> {
    set_threads(threads);
    let mut operands = Operands::<f32>::new(case);
    let warm = Instant::now();
    for _ in 0..3 {
        if !operands.run() {
            return None;
        }
    }
    let once = warm.elapsed() / 3;
    // Calls in one reading of the clock: enough to make the clock's own cost and grain small.
    let calls = (20_000 / once.as_nanos().max(1)).clamp(1, 1000) as u32;
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < budget || times.len() < 5 {
        let begin = Instant::now();
        for _ in 0..calls {
            operands.run();
        }
        times.push(begin.elapsed().as_nanos() as f64 / f64::from(calls));
    }
    black_box(operands.result());
    times.sort_by(f64::total_cmp);
    Some((times[0], times[times.len() / 2]))
}

fn json(case: Case, threads: usize, (least, median): (f64, f64)) -> String {
    let Case {
        class,
        form,
        batch,
        m,
        k,
        n,
    } = case;
    let gflops = 2.0 * (batch * m * k * n) as f64 / least;
    format!(
        r#"{{"class": "{class}", "form": "{}", "batch": {batch}, "m": {m}, "k": {k}, "n": {n}, "threads": {threads}, "min_ns": {least:.0}, "median_ns": {median:.0}, "gflops": {gflops:.1}}}"#,
        form.name()
    )
}

fn serve() -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let form = words.next().and_then(Form::from_name);
        let numbers: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
        let answer = match (form, <[usize; 6]>::try_from(&numbers[..])) {
            (Some(form), Ok([batch, m, k, n, threads, millis])) => {
                let case = Case {
                    class: "",
                    form,
                    batch,
                    m,
                    k,
                    n,
                };
                let budget = Duration::from_millis(millis as u64);
                measure(case, threads, budget).map(|times| json(case, threads, times))
            }
            _ => None,
        };
        println!(
            "{}",
            answer.unwrap_or_else(|| r#"{"error": "not a case"}"#.into())
        );
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    let argument = std::env::args().nth(1).unwrap_or_default();
    match argument.as_str() {
        "serve" => return serve(),
        "list" => {
            for Case {
                class,
                form,
                batch,
                m,
                k,
                n,
            } in cases()
            {
                println!(
                    r#"{{"class": "{class}", "form": "{}", "batch": {batch}, "m": {m}, "k": {k}, "n": {n}}}"#,
                    form.name()
                );
            }
        }
        filter => {
            for case in cases()
                .into_iter()
                .filter(|case| case.class.contains(filter))
            {
                for threads in [1, 2] {
                    if let Some(times) = measure(case, threads, Duration::from_millis(100)) {
                        println!("{}", json(case, threads, times));
                    }
                }
            }
        }
    }
    Ok(())
}
