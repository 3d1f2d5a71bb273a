//! One of the image networks of `peers/`, ours: one line of JSON out.
//!
//! `vision --net mnist-cnn|resnet20|densenet40 --threads N --seconds S [--mode train|infer|steps] [--batch B]`
//!
//! `train`: samples a second of whole steps (forward, cross-entropy, backward, optimizer). `infer`: microseconds a call of batch 1,
//! in evaluation and without a tape. `steps`: five training steps and the end, for the memory they take.

use std::process::ExitCode;
use std::time::Instant;

use nn_benches::vision::{Vision, job};
use nn_core::kernels::threads;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let value = |flag: &str, default: &str| -> String {
        let at = args.iter().position(|arg| arg == flag);
        at.and_then(|i| args.get(i + 1))
            .map_or(default, String::as_str)
            .into()
    };
    let net = value("--net", "mnist-cnn");
    let threads: usize = value("--threads", "1").parse()?;
    let seconds: f64 = value("--seconds", "5").parse()?;
    threads::set_threads(threads);
    let mut job = job(&net).ok_or("--net is mnist-cnn, resnet20 or densenet40")?;
    if let Ok(batch) = value("--batch", "").parse() {
        job.batch = batch;
    }
    let head = format!("\"peer\":\"nn\",\"net\":\"{net}\",\"threads\":{threads}");
    match value("--mode", "train").as_str() {
        "train" => train(&head, Vision::new(&job)?, seconds),
        "infer" => infer(&head, &Vision::new(&job)?, seconds),
        "steps" => {
            let mut vision = Vision::new(&job)?;
            let first = vision.step()?.item()?;
            let mut last = first;
            for _ in 0..4 {
                last = vision.step()?.item()?;
            }
            println!("{{{head},\"steps\":5,\"first_loss\":{first:.6},\"last_loss\":{last:.6}}}");
            Ok(())
        }
        other => Err(format!("--mode is train, infer or steps, not {other}").into()),
    }
}

/// Runs `step` for at least so many seconds and rounds; gives the seconds of each.
fn timed(
    seconds: f64,
    rounds: usize,
    mut step: impl FnMut() -> Result<(), nn_optim::Error>,
) -> Result<Vec<f64>, nn_optim::Error> {
    let (begin, mut spent) = (Instant::now(), Vec::new());
    while begin.elapsed().as_secs_f64() < seconds || spent.len() < rounds {
        let start = Instant::now();
        step()?;
        spent.push(start.elapsed().as_secs_f64());
    }
    Ok(spent)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn train(head: &str, mut vision: Vision, seconds: f64) -> Result<(), Box<dyn std::error::Error>> {
    let first = vision.step()?.item()?;
    let warm = timed(0.3 * seconds, 2, || vision.step().map(drop))?.len();
    let mut spent = timed(seconds, 3, || vision.step().map(drop))?;
    let last = vision.step()?.item()?;
    let batch = vision.batch_size() as f64;
    let rate = batch * spent.len() as f64 / spent.iter().sum::<f64>();
    let steps = 2 + warm + spent.len();
    println!(
        "{{{head},\"samples_per_s\":{rate:.1},\"median_samples_per_s\":{:.1},\"steps\":{steps},\"first_loss\":{first:.6},\"last_loss\":{last:.6}}}",
        batch / median(&mut spent)
    );
    Ok(())
}

fn infer(head: &str, vision: &Vision, seconds: f64) -> Result<(), Box<dyn std::error::Error>> {
    let x = vision.picture()?;
    timed(0.3 * seconds, 5, || Ok(vision.predict(&x).map(drop)?))?;
    let mut spent = timed(seconds, 20, || Ok(vision.predict(&x).map(drop)?))?;
    let middle = median(&mut spent);
    println!(
        "{{{head},\"us_per_call\":{:.1},\"least_us\":{:.1},\"calls\":{}}}",
        middle * 1e6,
        spent[0] * 1e6,
        spent.len()
    );
    Ok(())
}
