//! Trains one of the two benchmark networks for some seconds and prints one line of JSON:
//! `train_step --net tiny|mlp --threads N --seconds S`.

use std::process::ExitCode;
use std::time::Instant;

use nn_benches::training::{MLP, TINY, Training};
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
    let net = value("--net", "mlp");
    let threads: usize = value("--threads", "1").parse()?;
    let seconds: f64 = value("--seconds", "5").parse()?;
    threads::set_threads(threads);
    let widths = match net.as_str() {
        "tiny" => TINY,
        "mlp" => MLP,
        other => return Err(format!("--net is tiny or mlp, not {other}").into()),
    };

    let mut training = Training::new(widths)?;
    let first = training.step()?.item()?;
    let mut steps = 1u64;
    let mut run_for = |seconds: f64| -> Result<(u64, f64), nn_optim::Error> {
        let (start, mut done) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < seconds {
            training.step()?;
            done += 1;
        }
        Ok((done, start.elapsed().as_secs_f64()))
    };
    steps += run_for(0.2 * seconds)?.0;
    let (counted, spent) = run_for(seconds)?;
    steps += counted + 1;
    let last = training.step()?.item()?;
    let rate = if seconds > 0.0 {
        (counted as usize * training.batch_size()) as f64 / spent
    } else {
        0.0
    };
    println!(
        "{{\"peer\":\"nn\",\"net\":\"{net}\",\"threads\":{threads},\"samples_per_s\":{rate:.1},\"steps\":{steps},\"first_loss\":{first:.6},\"last_loss\":{last:.3e}}}"
    );
    Ok(())
}
