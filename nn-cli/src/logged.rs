//! What a run wrote down while it learned: `metrics.jsonl`, as far as it can be read.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use nn_optim::train::EpochRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The size of the gradient over the steps of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GradientNorm {
    /// The mean of its norm.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

/// One pass over the training data, as a line of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Epoch {
    /// Which one, counted from 1.
    pub epoch: u64,
    /// Whether it was complete.
    pub complete: bool,
    /// Steps since training began.
    pub steps: u64,
    /// Mean training loss.
    pub loss: Option<f64>,
    /// Training accuracy, in classification.
    pub accuracy: Option<f64>,
    /// Of the validation part.
    pub validation_loss: Option<f64>,
    /// Of the validation part, in classification.
    pub validation_accuracy: Option<f64>,
    /// Of the validation part, in regression.
    pub validation_r2: Option<f64>,
    /// At its end.
    pub learning_rate: Option<f64>,
    /// Before any clipping.
    pub gradient_norm: Option<GradientNorm>,
    /// For training, without validation.
    pub seconds: Option<f64>,
    /// Training samples a second.
    pub samples_per_second: Option<f64>,
    /// Whether its validation loss was the least so far.
    pub best: bool,
}

impl Epoch {
    /// An epoch as it came from the training loop.
    pub fn new(record: &EpochRecord, gradient_norm: Option<GradientNorm>, best: bool) -> Epoch {
        let validation = record.validation.as_ref();
        Epoch {
            epoch: record.epoch + 1,
            complete: record.complete,
            steps: record.steps,
            loss: Some(record.loss),
            accuracy: record.accuracy,
            validation_loss: validation.map(|v| v.loss),
            validation_accuracy: validation.and_then(|v| v.accuracy),
            validation_r2: validation.and_then(|v| v.metrics.get("r2").copied()),
            learning_rate: Some(record.learning_rate),
            gradient_norm,
            seconds: Some(record.seconds),
            samples_per_second: Some(record.samples_per_second),
            best,
        }
    }
}

/// The log of a run.
#[derive(Clone, Debug, Default)]
pub struct Logged {
    /// Every epoch.
    pub epochs: Vec<Epoch>,
    /// Losses of single steps, as (epochs so far, loss), where they were written.
    pub steps: Vec<(f64, f64)>,
    /// With what it was trained.
    pub start: Option<Value>,
    /// What came of it; not there if training did not end by itself.
    pub end: Option<Value>,
    /// What could not be read, each a sentence.
    pub problems: Vec<String>,
}

impl Logged {
    /// Reads the log of a run folder. What is damaged is left out and named in `problems`.
    pub fn read(path: &Path) -> Logged {
        let mut log = Logged::default();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) => {
                let what = match e.kind() {
                    ErrorKind::NotFound => "is missing".to_string(),
                    _ => format!("cannot be read ({e})"),
                };
                log.problems.push(format!(
                    "{} {what}: there are no learning curves.",
                    path.display()
                ));
                return log;
            }
        };
        let mut raw_steps: Vec<(u64, f64)> = Vec::new();
        let (mut damaged, mut lines) = (Vec::new(), 0_u64);
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => lines += 1,
                Err(e) => {
                    log.problems.push(format!(
                        "{} cannot be read to its end ({e}).",
                        path.display()
                    ));
                    break;
                }
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if log.line(&line, &mut raw_steps).is_none() {
                damaged.push(lines);
            }
        }
        if let Some(first) = damaged.first() {
            let what = match damaged.len() {
                1 => format!("line {first} is damaged and was left out"),
                count => format!(
                    "{count} lines are damaged and were left out, the first is line {first}"
                ),
            };
            log.problems.push(format!("{}: {what}.", path.display()));
        }
        if log.epochs.is_empty() && raw_steps.is_empty() && log.problems.is_empty() {
            log.problems.push(format!(
                "{} holds no epoch: there are no learning curves.",
                path.display()
            ));
        }
        let batches = log
            .epochs
            .iter()
            .filter(|epoch| epoch.complete && epoch.epoch > 0);
        let batches = batches
            .map(|epoch| epoch.steps as f64 / epoch.epoch as f64)
            .next_back();
        let batches = batches.filter(|&batches| batches > 0.0).unwrap_or(1.0);
        log.steps = raw_steps
            .iter()
            .map(|&(step, loss)| (step as f64 / batches, loss))
            .collect();
        log
    }

    fn line(&mut self, line: &[u8], steps: &mut Vec<(u64, f64)>) -> Option<()> {
        let value: Value = serde_json::from_slice(line).ok()?;
        match value.get("kind")?.as_str()? {
            "epoch" => self.epochs.push(serde_json::from_value(value).ok()?),
            "step" => {
                let loss = value
                    .get("loss")
                    .and_then(Value::as_f64)
                    .unwrap_or(f64::NAN);
                steps.push((value.get("step")?.as_u64()?, loss));
            }
            "start" => self.start = Some(value),
            "end" => self.end = Some(value),
            // A later program may write more.
            _ => {}
        }
        Some(())
    }

    /// The epoch, counted from 1, whose weights were kept.
    pub fn best_epoch(&self) -> Option<u64> {
        self.end.as_ref()?.get("best_epoch")?.as_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_named_and_the_rest_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("metrics.jsonl");
        let log = Logged::read(&path);
        assert!(log.problems[0].contains("is missing"), "{:?}", log.problems);
        let whole = "{\"kind\":\"epoch\",\"epoch\":1,\"complete\":true,\"steps\":4,\"loss\":0.5}\n\
                     {\"kind\":\"step\",\"step\":6,\"loss\":null}\n\
                     {\"kind\":\"of tomorrow\"}\n\
                     {\"kind\":\"epoch\",\"epoch\":2,\"complete\":true,\"steps\":8,\"loss\":0.25,\"gradient_norm\":{\"mean\":1,\"max\":2}}\n";
        std::fs::write(&path, format!("{whole}{{\"kind\":\"end\",\"best_ep")).expect("written");
        let log = Logged::read(&path);
        assert_eq!(log.epochs.len(), 2);
        assert_eq!(
            log.epochs[1].gradient_norm,
            Some(GradientNorm {
                mean: 1.0,
                max: 2.0
            })
        );
        assert_eq!((log.steps[0].0, log.end), (1.5, None));
        assert!(
            log.problems[0].contains("line 5 is damaged"),
            "{:?}",
            log.problems
        );
        std::fs::write(&path, [whole.as_bytes(), b"\xff\xfe\n\n[]\n{}\n"].concat())
            .expect("written");
        let log = Logged::read(&path);
        assert_eq!(log.epochs.len(), 2);
        assert!(
            log.problems[0].contains("3 lines are damaged"),
            "{:?}",
            log.problems
        );
    }
}
