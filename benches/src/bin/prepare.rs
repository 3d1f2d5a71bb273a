//! Times principal components of MNIST, or of the matrix in an `.npy` file.
//!
//! - `prepare DATA serve`: reads lines `<whiten or fifty> <threads>`, answers each with the milliseconds that fitting and
//!   transforming took, and the variance that was explained, as JSON. `peers/prepare.py` uses this to measure in turns with
//!   scikit-learn.
//! - `prepare DATA`: the same once, with one and two threads.
//! - `prepare DATA whiten OUT.npy` or `fifty`: writes what comes out, for a comparison of the values.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use nn_benches::prepare::{Work, fit_transform, load};
use nn_core::kernels::threads::set_threads;
use nn_core::store::npy;
use nn_data::InMemory;

/// Milliseconds for fitting and for transforming, and the share of the variance that is explained.
fn measure(data: &InMemory, work: Work, threads: usize) -> Result<(f64, f64, f64), nn_data::Error> {
    set_threads(threads);
    let begin = Instant::now();
    let pca = nn_data::transform::Pca::fit(data, &work.options())?;
    let fit = begin.elapsed().as_secs_f64() * 1e3;
    black_box(pca.transform(data.inputs())?);
    let whole = begin.elapsed().as_secs_f64() * 1e3;
    Ok((
        fit,
        whole - fit,
        pca.explained_variance_ratio().iter().sum(),
    ))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, rest @ ..] = &arguments[..] else {
        return Err(
            "usage: prepare MNIST-FOLDER-OR-NPY [serve | whiten OUT.npy | fifty OUT.npy]".into(),
        );
    };
    let data = load(Path::new(path))?;
    match rest {
        [] => {
            for work in [Work::Whiten, Work::Fifty] {
                for threads in [1, 2] {
                    let (fit, transform, _) = measure(&data, work, threads)?;
                    println!(
                        "{work:?}, {threads} thread(s): fit {fit:.0} ms, transform {transform:.0} ms"
                    );
                }
            }
        }
        [serve] if serve == "serve" => {
            for line in std::io::stdin().lock().lines() {
                let line = line?;
                let words: Vec<&str> = line.split_whitespace().collect();
                let asked = match words[..] {
                    [work, threads] => Work::from_name(work).zip(threads.parse().ok()),
                    _ => None,
                };
                match asked {
                    Some((work, threads)) => {
                        let (fit, transform, explained) = measure(&data, work, threads)?;
                        println!(
                            r#"{{"fit_ms": {fit:.3}, "transform_ms": {transform:.3}, "explained": {explained:.9}}}"#
                        );
                    }
                    None => println!(r#"{{"error": "a name and a number were expected"}}"#),
                }
                std::io::stdout().flush()?;
            }
        }
        [work, out] => {
            let work = Work::from_name(work).ok_or("whiten or fifty was expected")?;
            npy::save(Path::new(out), &fit_transform(&data, work)?.1)?;
        }
        _ => return Err("there are too many words".into()),
    }
    Ok(())
}
