//! The learning curve of a run: as a picture file and as a line in the terminal.

use std::path::Path;

use nn_optim::train::EpochRecord;

use crate::error::Result;
use crate::view::number::{percent, short};
use crate::view::plot::{Panel, Series, Tone, draw};
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
    pub epochs: Vec<EpochRecord>,
    /// Losses of single steps, as (epochs so far, loss).
    pub steps: Vec<(f64, f64)>,
    /// The epoch, counted from 0, whose weights were kept.
    pub best: Option<u64>,
}

impl History {
    /// Writes the picture.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn draw(&self, path: &Path, title: &str, subtitle: &str) -> Result<()> {
        let picture = draw(title, subtitle, &self.panels());
        crate::picture::save(path, &picture.into())
    }

    fn panels(&self) -> Vec<Panel> {
        let series = |name: &str,
                      tone: Tone,
                      value: &dyn Fn(&EpochRecord) -> Option<f64>|
         -> Option<Series> {
            let point = |epoch: &EpochRecord| Some((epoch.epoch as f64 + 1.0, value(epoch)?));
            let points: Vec<(f64, f64)> = self.epochs.iter().filter_map(point).collect();
            let best = self.best.and_then(|best| {
                points
                    .iter()
                    .copied()
                    .find(|(x, _)| *x == best as f64 + 1.0)
            });
            let mark = best
                .filter(|_| tone == Tone::Second)
                .map(|point| (point, format!("best: {}", point.0)));
            (!points.is_empty()).then(|| Series {
                name: name.into(),
                tone,
                points,
                mark,
            })
        };
        let mut loss = Vec::new();
        if !self.steps.is_empty() {
            let points = thinned(&self.steps);
            loss.push(Series {
                name: "single steps".into(),
                tone: Tone::Faint,
                points,
                mark: None,
            });
        }
        loss.extend(series("training", Tone::First, &|epoch| Some(epoch.loss)));
        loss.extend(series("validation", Tone::Second, &|epoch| {
            epoch.validation.as_ref().map(|v| v.loss)
        }));
        let panel = |title: &str, percent: bool, series: Vec<Series>| Panel {
            title: title.into(),
            x_label: "epoch".into(),
            percent,
            series,
        };
        let mut panels = vec![panel("loss", false, loss)];
        let accuracy: Vec<Series> = [
            series("training", Tone::First, &|epoch| epoch.accuracy),
            series("validation", Tone::Second, &|epoch| {
                epoch.validation.as_ref().and_then(|v| v.accuracy)
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !accuracy.is_empty() {
            panels.push(panel("accuracy", true, accuracy));
        } else {
            let r2 = series("validation", Tone::Second, &|epoch| {
                epoch.validation.as_ref()?.metrics.get("r2").copied()
            });
            panels.extend(r2.map(|series| panel("R²", false, vec![series])));
        }
        panels
    }

    /// The curve in a few lines of text.
    pub fn text(&self, style: Style) -> String {
        if self.epochs.len() < 2 {
            return String::new();
        }
        let line = |name: &str, values: Vec<f64>, write: &dyn Fn(f64) -> String| match (
            values.first(),
            values.last(),
        ) {
            (Some(&first), Some(&last)) => {
                format!(
                    "  {name:<20} {}  {} → {}\n",
                    style.good(&spark(&values, SPARK)),
                    write(first),
                    write(last)
                )
            }
            _ => String::new(),
        };
        let validation = |value: &dyn Fn(&nn_optim::train::Validation) -> Option<f64>| -> Vec<f64> {
            self.epochs
                .iter()
                .filter_map(|epoch| value(epoch.validation.as_ref()?))
                .collect()
        };
        let mut text = line(
            "training loss",
            self.epochs.iter().map(|epoch| epoch.loss).collect(),
            &short,
        );
        text.push_str(&line(
            "validation loss",
            validation(&|v| Some(v.loss)),
            &short,
        ));
        text.push_str(&line(
            "validation accuracy",
            validation(&|v| v.accuracy),
            &percent,
        ));
        text
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
