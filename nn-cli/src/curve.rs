//! The learning curve of a run: as figures, as a picture file and as a few lines in the terminal.

use std::path::Path;

use crate::error::Result;
use crate::logged::Epoch;
use crate::view::figure::{Axes, Dimension, Figure, Look, Mark, Plot, Scale, Tone, side_by_side};
use crate::view::number::{percent, short};
use crate::view::spark::spark;
use crate::view::style::Style;

/// Single steps are thinned to so many points.
const STEP_POINTS: usize = 600;
/// Width of a curve in the terminal.
const SPARK: usize = 40;

/// What the curve is drawn from.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every epoch.
    pub epochs: Vec<Epoch>,
    /// Losses of single steps, as (epochs so far, loss).
    pub steps: Vec<(f64, f64)>,
    /// The epoch, counted from 1, whose weights were kept.
    pub best: Option<u64>,
}

impl History {
    /// Writes the picture of loss and metric.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn draw(&self, path: &Path, title: &str, subtitle: &str) -> Result<()> {
        let figures: Vec<Figure> = [self.loss(), self.metric()].into_iter().flatten().collect();
        let picture = side_by_side(title, subtitle, &figures);
        crate::picture::save(path, &picture.into())
    }

    /// A value of every epoch that has it.
    fn values(&self, value: &dyn Fn(&Epoch) -> Option<f64>) -> Vec<(f64, f64)> {
        self.epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?)))
            .collect()
    }

    /// A curve over the epochs, where any has the value; validation curves with the epoch that was kept.
    fn curve(&self, name: &str, tone: Tone, value: &dyn Fn(&Epoch) -> Option<f64>) -> Vec<Mark> {
        let points = self.values(value);
        if points.is_empty() {
            return Vec::new();
        }
        let best = self.best.filter(|_| tone == Tone::Second);
        let best = best.and_then(|best| points.iter().copied().find(|(x, _)| *x == best as f64));
        let line = Mark::Line {
            name: name.into(),
            tone,
            points,
            look: Look::Plain,
        };
        let ring = best.map(|at| Mark::Ring {
            name: format!("best: {}", at.0),
            tone,
            at,
        });
        std::iter::once(line).chain(ring).collect()
    }

    /// Training and validation loss.
    pub fn loss(&self) -> Option<Figure> {
        let mut marks = Vec::new();
        if !self.steps.is_empty() {
            let points = thinned(&self.steps);
            marks.push(Mark::Line {
                name: "single steps".into(),
                tone: Tone::First,
                points,
                look: Look::Faint,
            });
        }
        marks.extend(self.curve("training", Tone::First, &|epoch| epoch.loss));
        marks.extend(self.curve("validation", Tone::Second, &|epoch| epoch.validation_loss));
        let mut about = fate("training loss", &self.values(&|epoch| epoch.loss), &short);
        about.push_str(&fate(
            "validation loss",
            &self.values(&|epoch| epoch.validation_loss),
            &short,
        ));
        over_epochs("loss", "Loss", about, Scale::Auto, marks)
    }

    /// Accuracy, or R² for values.
    pub fn metric(&self) -> Option<Figure> {
        let marks: Vec<Mark> = [
            self.curve("training", Tone::First, &|epoch| epoch.accuracy),
            self.curve("validation", Tone::Second, &|epoch| {
                epoch.validation_accuracy
            }),
        ]
        .concat();
        if !marks.is_empty() {
            let mut about = fate(
                "training accuracy",
                &self.values(&|epoch| epoch.accuracy),
                &percent,
            );
            let validation = self.values(&|epoch| epoch.validation_accuracy);
            about.push_str(&fate("validation accuracy", &validation, &percent));
            return over_epochs("accuracy", "Accuracy", about, Scale::Percent, marks);
        }
        let marks = self.curve("validation", Tone::Second, &|epoch| epoch.validation_r2);
        let about = fate(
            "validation R²",
            &self.values(&|epoch| epoch.validation_r2),
            &short,
        );
        over_epochs("r2", "R²", about, Scale::Linear, marks)
    }

    /// The learning rate at the end of every epoch.
    pub fn learning_rate(&self) -> Option<Figure> {
        let marks = self.curve("", Tone::Third, &|epoch| epoch.learning_rate);
        let about = fate(
            "learning rate",
            &self.values(&|epoch| epoch.learning_rate),
            &short,
        );
        over_epochs(
            "learning-rate",
            "Learning rate",
            about,
            Scale::Linear,
            marks,
        )
    }

    /// Mean and largest norm of the gradient in every epoch.
    pub fn gradient_norm(&self) -> Option<Figure> {
        let mean = |epoch: &Epoch| epoch.gradient_norm.map(|norm| norm.mean);
        let max = |epoch: &Epoch| epoch.gradient_norm.map(|norm| norm.max);
        let marks = [
            self.curve("largest", Tone::Third, &max),
            self.curve("mean", Tone::First, &mean),
        ]
        .concat();
        let about = fate("mean norm of the gradient", &self.values(&mean), &short);
        over_epochs("gradient-norm", "Gradient norm", about, Scale::Auto, marks)
    }

    /// The curve in a few lines of text.
    pub fn text(&self, style: Style) -> String {
        if self.epochs.len() < 2 {
            return String::new();
        }
        let line = |name: &str, values: Vec<(f64, f64)>, write: &dyn Fn(f64) -> String| {
            let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
            match (values.first(), values.last()) {
                (Some(&first), Some(&last)) => format!(
                    "  {name:<20} {}  {} → {}\n",
                    style.good(&spark(&values, SPARK)),
                    write(first),
                    write(last)
                ),
                _ => String::new(),
            }
        };
        let mut text = line("training loss", self.values(&|epoch| epoch.loss), &short);
        text.push_str(&line(
            "validation loss",
            self.values(&|epoch| epoch.validation_loss),
            &short,
        ));
        let accuracy = self.values(&|epoch| epoch.validation_accuracy);
        text.push_str(&line("validation accuracy", accuracy, &percent));
        text
    }
}

fn over_epochs(
    name: &str,
    title: &str,
    about: String,
    scale: Scale,
    marks: Vec<Mark>,
) -> Option<Figure> {
    if marks.is_empty() {
        return None;
    }
    Some(Figure {
        name: name.into(),
        title: title.into(),
        about,
        plot: Plot::Axes(Axes {
            x: Dimension {
                label: "epoch".into(),
                scale: Scale::Whole,
                range: None,
            },
            y: Dimension {
                label: title.to_lowercase().replace("r²", "R²"),
                scale,
                range: None,
            },
            marks,
        }),
    })
}

/// A curve in words.
fn fate(name: &str, points: &[(f64, f64)], write: &dyn Fn(f64) -> String) -> String {
    match points {
        [] => String::new(),
        [(x, only)] => format!("The {name} is {} after epoch {x}. ", write(*only)),
        [(_, first), .., (x, last)] => {
            format!(
                "The {name} goes from {} to {} over {x} epochs. ",
                write(*first),
                write(*last)
            )
        }
    }
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let count = points.len().min(STEP_POINTS);
    let part = |at: usize| &points[at * points.len() / count..(at + 1) * points.len() / count];
    let mean = |part: &[(f64, f64)]| {
        let size = part.len() as f64;
        (
            part.iter().map(|p| p.0).sum::<f64>() / size,
            part.iter().map(|p| p.1).sum::<f64>() / size,
        )
    };
    (0..count).map(|at| mean(part(at))).collect()
}
