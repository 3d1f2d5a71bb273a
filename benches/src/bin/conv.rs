//! Convolutions, one after the other as they are asked for on standard input: `conv --threads N`.
//!
//! A line in: `forward|dx|dw n c h w out kernel stride padding millis`. A line out, of JSON: the least and the median time
//! of a call. The memory of the result is at hand, as it is in training, where buffers are pooled. What `peers/conv.py` starts.

use std::error::Error;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nn_core::kernels::conv::{self, Axis, Finish, Geometry};
use nn_core::kernels::threads;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let threads = match args.iter().position(|arg| arg == "--threads") {
        Some(at) => args.get(at + 1).map_or(Ok(1), |n| n.parse())?,
        None => 1,
    };
    threads::set_threads(threads);
    for line in std::io::stdin().lock().lines() {
        println!("{}", answer(&line?)?);
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<String, Box<dyn Error>> {
    let mut words = line.split_whitespace();
    let pass = words.next().unwrap_or_default().to_string();
    let numbers: Vec<usize> = words.map(str::parse).collect::<Result<_, _>>()?;
    let &[
        batch,
        channels,
        height,
        width,
        filters,
        kernel,
        stride,
        padding,
        millis,
    ] = &numbers[..]
    else {
        return Err(format!("{line:?} is not a case").into());
    };
    let axis = |input| Axis {
        input,
        kernel,
        stride,
        dilation: 1,
        before: padding,
        after: padding,
    };
    let geometry = Geometry {
        batch,
        groups: 1,
        channels,
        filters,
        axes: [Axis::NONE, axis(height), axis(width)],
    };
    let fill = |len: usize, step: usize| -> Vec<f32> {
        (0..len)
            .map(|i| (i * step % 101) as f32 / 50.0 - 1.0)
            .collect()
    };
    let mut x = fill(geometry.input_len(), 7);
    let mut weight = fill(geometry.weight_len(), 13);
    let mut y = fill(geometry.output_len(), 17);
    let mut call = || match pass.as_str() {
        "forward" => conv::forward(&geometry, &x, &weight, &mut y, &Finish::default()),
        "dx" => conv::input_gradient(&geometry, &y, &weight, &mut x, &Finish::default()),
        _ => conv::weight_gradient(&geometry, &x, &y, &mut weight),
    };
    let mut timed = || -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        call().map_err(|_| "no memory")?;
        Ok(start.elapsed().as_nanos() as f64)
    };
    for _ in 0..3 {
        timed()?;
    }
    let (begin, budget) = (Instant::now(), Duration::from_millis(millis as u64));
    let mut times = Vec::new();
    while begin.elapsed() < budget || times.len() < 5 {
        times.push(timed()?);
    }
    times.sort_by(f64::total_cmp);
    let (least, median, calls) = (times[0], times[times.len() / 2], times.len());
    Ok(format!(
        "{{\"least_ns\":{least},\"median_ns\":{median},\"calls\":{calls}}}"
    ))
}
