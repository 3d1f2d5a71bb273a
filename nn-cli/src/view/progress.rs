//! The live line of a training run; plain lines where stderr is no terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::number::{duration, grouped, percent, short};
use super::style::{Style, columns};

/// How often the live line is redrawn.
const LIVE: Duration = Duration::from_millis(80);
/// How often a long epoch reports itself where there is no live line.
const PLAIN: Duration = Duration::from_secs(10);
/// Length of the bar.
const BAR: usize = 16;

/// Where a run stands within an epoch.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Batches of this epoch that are done.
    pub batch: usize,
    /// Batches of an epoch.
    pub batches: usize,
    /// Mean loss over this epoch so far.
    pub loss: f64,
    /// Mean accuracy over this epoch so far, in classification.
    pub accuracy: Option<f64>,
    /// Samples seen since training began.
    pub samples: u64,
}

/// What an epoch brought.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Training accuracy, in classification.
    pub accuracy: Option<f64>,
    /// Name and value of what validation gave, in the order to show.
    pub validation: Vec<(String, Measure)>,
    /// Samples per second of training.
    pub rate: f64,
    /// Learning rate at its end.
    pub learning_rate: f64,
    /// Whether it is the best so far.
    pub best: bool,
}

/// A value and how to write it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A plain number.
    Number(f64),
    /// A share of 1.
    Share(f64),
}

impl Measure {
    fn text(self) -> String {
        match self {
            Measure::Number(value) => short(value),
            Measure::Share(value) => percent(value),
        }
    }
}

/// The progress of one run on stderr.
pub struct Progress {
    mode: Mode,
    style: Style,
    epochs: Option<usize>,
    /// Samples of the whole run, where its end is known.
    total: Option<u64>,
    started: Instant,
    drawn: Instant,
    /// In plain mode, epochs are reported no more often than this many seconds apart once many have passed.
    quick: bool,
    shown: usize,
}

enum Mode {
    Live(ProgressBar),
    Plain,
    Silent,
}

impl Progress {
    /// Progress of a run of `epochs` epochs that sees `total` samples, as far as that is known.
    pub fn new(quiet: bool, epochs: Option<usize>, total: Option<u64>) -> Self {
        let mode = if quiet {
            Mode::Silent
        } else if std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            Mode::Live(bar)
        } else {
            Mode::Plain
        };
        // Tables with hundreds of quick epochs would scroll everything else away.
        let quick = epochs.is_some_and(|count| count > 40);
        let now = Instant::now();
        Progress {
            mode,
            style: Style::stderr(),
            epochs,
            total,
            started: now,
            drawn: now,
            quick,
            shown: 0,
        }
    }

    /// The style of what is printed here.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether nothing is to be printed.
    pub fn is_silent(&self) -> bool {
        matches!(self.mode, Mode::Silent)
    }

    /// Prints text above the live line; `text` may have several lines.
    pub fn print(&self, text: &str) {
        match &self.mode {
            // `suspend` clears the live line, and draws it again below.
            Mode::Live(bar) => bar.suspend(|| write_stderr(text)),
            Mode::Plain => write_stderr(text),
            Mode::Silent => {}
        }
    }

    /// Starts the clock by which speed and time left are reckoned.
    pub fn start(&mut self) {
        self.started = Instant::now();
        self.drawn = self.started;
    }

    /// A batch is done; `at` is asked only when there is something to show.
    pub fn batch(&mut self, at: impl FnOnce() -> Batch) {
        let every = match self.mode {
            Mode::Live(_) => LIVE,
            Mode::Plain => PLAIN,
            Mode::Silent => return,
        };
        if self.drawn.elapsed() < every {
            return;
        }
        self.drawn = Instant::now();
        let line = self.line(at());
        match &self.mode {
            Mode::Live(bar) => bar.set_message(line),
            Mode::Plain => write_stderr(&format!("{line}\n")),
            Mode::Silent => {}
        }
    }

    fn line(&self, at: Batch) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        let rate = at.samples as f64 / seconds;
        let mut parts = vec![format!("epoch {}", self.counted(at.epoch))];
        if matches!(self.mode, Mode::Live(_)) {
            parts.push(bar(at.batch, at.batches, self.style));
        }
        parts.push(format!("batch {}/{}", at.batch, at.batches));
        parts.push(format!("loss {}", short(at.loss)));
        parts.extend(
            at.accuracy
                .map(|share| format!("accuracy {}", percent(share))),
        );
        parts.push(format!("{}/s", grouped(rate as u64)));
        if let Some(total) = self.total {
            let left = total.saturating_sub(at.samples) as f64 / rate.max(1e-9);
            parts.push(format!(
                "{} left",
                duration(Duration::from_secs_f64(left.clamp(0.0, 1e8)))
            ));
        }
        let mut line = parts.join("  ");
        while columns(&line) > self.style.width() && parts.len() > 4 {
            // The bar says least, then the speed.
            parts.remove(if parts.len() > 6 { 1 } else { parts.len() - 2 });
            line = parts.join("  ");
        }
        line
    }

    fn counted(&self, epoch: usize) -> String {
        match self.epochs {
            Some(epochs) => format!("{epoch:>0$}/{epochs}", epochs.to_string().len()),
            None => epoch.to_string(),
        }
    }

    /// An epoch is done.
    pub fn epoch(&mut self, done: &Epoch) {
        if self.is_silent() {
            return;
        }
        let last = self.epochs == Some(done.epoch);
        if self.quick && !last {
            // About twenty lines for the whole run.
            let step = self.epochs.unwrap_or(0).div_ceil(20).max(1);
            if !done.epoch.is_multiple_of(step) && done.epoch != 1 {
                return;
            }
        }
        self.shown += 1;
        let loss = format!(
            "epoch {}  loss {:<8}",
            self.counted(done.epoch),
            short(done.loss)
        );
        let accuracy = done.accuracy.map_or(String::new(), |share| {
            format!("  accuracy {:>8}", percent(share))
        });
        let mut validation = String::new();
        if !done.validation.is_empty() {
            validation.push_str("  │  validation");
            for (name, value) in &done.validation {
                let value = self.style.bold(&format!("{:<8}", value.text()));
                validation.push_str(&format!(" {name} {value}"));
            }
        }
        let speed = format!(
            "  {:>9}/s  rate {:<8}",
            grouped(done.rate as u64),
            short(done.learning_rate)
        );
        let speed = self.style.dim(&speed);
        let best = if done.best {
            self.style.good("  best")
        } else {
            String::new()
        };
        // What matters least goes first where the terminal is narrow.
        let forms = [
            format!("{loss}{accuracy}{validation}{speed}{best}"),
            format!("{loss}{accuracy}{validation}{best}"),
            format!("{loss}{validation}{best}"),
        ];
        let fits = |line: &&String| columns(line) <= self.style.width();
        let line = forms.iter().find(fits).unwrap_or(&forms[2]).clone();
        self.print(&(line + "\n"));
    }

    /// Takes the live line away.
    pub fn finish(&self) {
        if let Mode::Live(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}

fn bar(done: usize, all: usize, style: Style) -> String {
    let filled = (done * BAR).checked_div(all).unwrap_or(0).min(BAR);
    format!(
        "{}{}",
        style.good(&"━".repeat(filled)),
        style.dim(&"─".repeat(BAR - filled))
    )
}

fn write_stderr(text: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
