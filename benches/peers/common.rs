//! What the Rust peers share: arguments, the made-up batches, the clock and the line printed.
//! `mlp.py` does the same in Python; keep the two alike.

use std::time::Instant;

pub const SGD_LEARNING_RATE: f64 = 0.1;
pub const ADAM_LEARNING_RATE: f64 = 1e-3;

#[derive(Clone, Copy)]
pub enum Net {
    Tiny,
    Mlp,
}

impl Net {
    pub fn widths(&self) -> &'static [usize] {
        match self {
            Net::Tiny => &[4, 16, 3],
            Net::Mlp => &[784, 512, 256, 10],
        }
    }

    pub fn batch(&self) -> usize {
        match self {
            Net::Tiny => 16,
            Net::Mlp => 128,
        }
    }
}

pub struct Job {
    pub net: Net,
    pub threads: usize,
    pub seconds: f64,
}

impl Job {
    /// Reads the command line and fixes the number of threads before any library starts its own.
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().collect();
        let value = |flag: &str, default: &str| {
            let at = args.iter().position(|a| a == flag);
            at.and_then(|i| args.get(i + 1))
                .map_or(default.to_owned(), Clone::clone)
        };
        let net = match value("--net", "mlp").as_str() {
            "tiny" => Net::Tiny,
            "mlp" => Net::Mlp,
            other => panic!("--net must be tiny or mlp, not {other}"),
        };
        let threads = value("--threads", "1")
            .parse()
            .expect("--threads takes a number");
        let seconds = value("--seconds", "5")
            .parse()
            .expect("--seconds takes a number");
        // SAFETY: nothing else runs yet; this is the first thing `main` does.
        unsafe { std::env::set_var("RAYON_NUM_THREADS", format!("{threads}")) };
        Job {
            net,
            threads,
            seconds,
        }
    }
}

const BATCHES: usize = 16;

/// Sixteen batches, kept in memory: each class has a random centre, each sample is its centre plus noise.
///
/// The second half of a batch repeats the inputs of the first with the next class as label. Half of the labels are then wrong
/// whatever is learned, the loss ends near ln 2, and no run drifts into gradients so small that they become subnormal and slow.
pub fn batches(net: &Net) -> Vec<(Vec<f32>, Vec<i32>)> {
    let (inputs, classes) = (net.widths()[0], *net.widths().last().expect("not empty"));
    let mut state = 1u64;
    let mut uniform = move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let centres: Vec<f32> = (0..classes * inputs).map(|_| uniform()).collect();
    (0..BATCHES)
        .map(|_| {
            let half = net.batch() / 2;
            let mut labels: Vec<i32> = (0..half).map(|i| (i % classes) as i32).collect();
            let mut x = Vec::with_capacity(net.batch() * inputs);
            for &label in &labels {
                let centre = &centres[label as usize * inputs..][..inputs];
                x.extend(centre.iter().map(|c| c + uniform()));
            }
            x.extend_from_within(..);
            labels.extend(
                labels
                    .clone()
                    .iter()
                    .map(|label| (label + 1) % classes as i32),
            );
            (x, labels)
        })
        .collect()
}

pub trait Trainer {
    /// One full training step; the loss is read back only on request.
    fn step(&mut self, batch: usize, want_loss: bool) -> Option<f64>;
}

/// Warms up, trains for the wished time, and prints what was reached. With `--seconds 0` it stops after one step.
pub fn run(peer: &str, job: &Job, mut trainer: impl Trainer) {
    let first = trainer.step(0, true).expect("asked for");
    let mut steps = 0usize;
    let mut rate = 0.0;
    if job.seconds > 0.0 {
        let warm = Instant::now();
        while warm.elapsed().as_secs_f64() < 0.2 * job.seconds {
            trainer.step(steps % BATCHES, false);
            steps += 1;
        }
        let (start, mut counted) = (Instant::now(), 0usize);
        while start.elapsed().as_secs_f64() < job.seconds {
            trainer.step(steps % BATCHES, false);
            steps += 1;
            counted += 1;
        }
        rate = (counted * job.net.batch()) as f64 / start.elapsed().as_secs_f64();
    }
    let last = trainer.step(0, true).expect("asked for");
    let net = if matches!(job.net, Net::Tiny) {
        "tiny"
    } else {
        "mlp"
    };
    println!(
        "{{\"peer\":\"{peer}\",\"net\":\"{net}\",\"threads\":{},\"samples_per_s\":{rate:.1},\"steps\":{},\"first_loss\":{first:.6},\"last_loss\":{last:.3e}}}",
        job.threads,
        steps + 2,
    );
}
