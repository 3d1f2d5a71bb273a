//! Times the judging of ten million scores.
//!
//! - `metrics serve SCORES TRUTH`: reads two `.npy` files (f64 and bytes 0 or 1), then lines `<threads>`; answers each with
//!   the seconds the suite took and its values, as JSON. `peers/metrics.py` uses this to measure in turns with scikit-learn.
//! - `metrics [SAMPLES]`: the suite and its parts on made-up scores, with one and two threads.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use nn_benches::metrics::{NAMES, samples, suite};
use nn_core::DType;
use nn_core::kernels::threads::set_threads;
use nn_core::store::npy;
use nn_data::metrics::{
    BinaryCounts, Binning, RankedScores, binary_log_loss, brier_score, expected_calibration_error,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn serve(scores: &Path, truth: &Path) -> Outcome<()> {
    let scores = npy::load(scores)?.to_dtype(DType::F64)?.to_vec::<f64>()?;
    let truth = npy::load(truth)?.to_dtype(DType::U8)?.to_vec::<u8>()?;
    let truth: Vec<bool> = truth.into_iter().map(|t| t == 1).collect();
    for line in std::io::stdin().lock().lines() {
        set_threads(line?.trim().parse()?);
        let start = Instant::now();
        let values = black_box(suite(&truth, &scores)?);
        let seconds = start.elapsed().as_secs_f64();
        let values: Vec<String> = (NAMES.iter().zip(values))
            .map(|(name, value)| format!("{name:?}: {value:?}"))
            .collect();
        println!(
            r#"{{"seconds": {seconds}, "values": {{{}}}}}"#,
            values.join(", ")
        );
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn milliseconds<T>(name: &str, work: impl Fn() -> nn_data::Result<T>) -> Outcome<()> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        black_box(work()?);
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("  {name:24} {least:8.1} ms");
    Ok(())
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [serving, scores, truth] = &words[..]
        && serving == "serve"
    {
        return serve(Path::new(scores), Path::new(truth));
    }
    let count = words.first().map_or(Ok(10_000_000), |word| word.parse())?;
    let (truth, scores) = samples(count, 10.0);
    let ranked = RankedScores::new(&truth, &scores)?;
    for threads in [1, 2] {
        set_threads(threads);
        println!("{count} scores, {threads} thread(s)");
        milliseconds("sorting", || RankedScores::new(&truth, &scores))?;
        milliseconds("ROC AUC", || ranked.roc_auc())?;
        milliseconds("ROC curve", || ranked.roc())?;
        milliseconds("precision-recall curve", || Ok(ranked.precision_recall()))?;
        milliseconds("average precision", || Ok(ranked.average_precision()))?;
        milliseconds("log loss", || binary_log_loss(&truth, &scores))?;
        milliseconds("Brier score", || brier_score(&truth, &scores))?;
        milliseconds("calibration error", || {
            expected_calibration_error(&truth, &scores, 15, Binning::Uniform)
        })?;
        milliseconds("counts at 0.5", || BinaryCounts::at(&truth, &scores, 0.5))?;
        milliseconds("all of them", || suite(&truth, &scores))?;
    }
    Ok(())
}
