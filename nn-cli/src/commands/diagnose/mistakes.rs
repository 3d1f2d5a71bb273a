//! Error analysis of a part: what goes wrong, with what in common, and which labels may be wrong.

use std::path::Path;

use image::RgbImage;
use nn_core::store::atomic_write;
use nn_data::Dataset;
use nn_data::diagnose::{Column, ErrorAnalysis, LabelNoise, Mistake, Slice, label_noise, slices};

use super::judged::Judged;
use crate::augment::white;
use crate::error::Result;
use crate::model::{Plan, picture_shape};
use crate::opened::Truth;
use crate::picture;
use crate::run::saving;
use crate::view::heat::enlarged;
use crate::view::sheet::{Section, Tile, sheet};

/// Columns that are looked at.
const COLUMNS: usize = 1000;
/// Pairs confused so often get a section of their own in the picture, at most so many, and pictures in each.
const OFTEN: u64 = 3;
const PAIRS: usize = 12;
const TILES: usize = 24;
/// About the side of a picture, and the width of the sheet.
const SIDE: u32 = 72;
const WIDTH: u32 = 1240;

/// What was found about a part.
pub struct Analysis {
    /// Of a classifier.
    pub errors: Option<ErrorAnalysis>,
    /// Of a classifier with probabilities.
    pub noise: Option<LabelNoise>,
    /// What goes wrong more often than the rest.
    pub slices: Vec<Slice>,
    /// The columns that slices were made of.
    columns: Vec<Column>,
}

impl Analysis {
    /// Looks at the mistakes of a model on a part.
    ///
    /// # Errors
    /// If a sample cannot be read.
    pub fn of(plan: &Plan, judged: &Judged) -> Result<Analysis> {
        let columns = columns(judged)?;
        let predictions = &judged.predictions;
        let (mut errors, mut noise) = (None, None);
        let mut compared = columns.clone();
        if let Truth::Classes(labels) = &predictions.truth {
            let decide = |row: &[f32]| plan.decide(row);
            errors = Some(ErrorAnalysis::decided(
                &predictions.said,
                predictions.width,
                labels,
                decide,
            )?);
            if plan.has_probabilities() {
                noise = Some(label_noise(&predictions.said, predictions.width, labels)?);
            }
            compared.push(Column {
                name: "class".into(),
                values: labels.iter().map(|&label| f64::from(label)).collect(),
                categories: plan.classes().map(<[String]>::to_vec),
            });
        }
        Ok(Analysis {
            slices: slices(&judged.costs, &compared)?,
            errors,
            noise,
            columns,
        })
    }

    /// Writes `errors.csv`, `label-noise.csv` and, of pictures, `errors.png`; gives their names.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, plan: &Plan, judged: &Judged, folder: &Path) -> Result<Vec<String>> {
        let classes = plan.classes().unwrap_or_default();
        let number = |sample: usize| judged.part.source_index(sample);
        let mut written = Vec::new();
        let mut table = |name: &str, bytes: Vec<u8>| -> Result<()> {
            atomic_write(folder.join(name), |file| file.write_all(&bytes)).map_err(saving)?;
            written.push(name.to_string());
            Ok(())
        };
        let unwritable = |e: std::io::Error| crate::error::Error::write(folder, &e);
        let mut bytes = Vec::new();
        match &self.errors {
            Some(errors) => errors
                .write_csv(&mut bytes, classes, &self.columns, number)
                .map_err(unwritable)?,
            None => bytes = self.residuals(judged, number).into_bytes(),
        }
        table("errors.csv", bytes)?;
        if let Some(noise) = &self.noise {
            let name = |class: usize| quoted(classes.get(class).map_or("?", String::as_str));
            let mut text =
                String::from("sample,given,suggested,given_probability,suggested_probability\n");
            for suspect in &noise.suspects {
                text.push_str(&format!(
                    "{},{},{},{:.6},{:.6}\n",
                    number(suspect.sample),
                    name(suspect.given),
                    name(suspect.suggested),
                    suspect.given_probability,
                    suspect.suggested_probability
                ));
            }
            table("label-noise.csv", text.into_bytes())?;
        }
        if let Some(picture) = self.sheet(plan, judged)? {
            picture::save(&folder.join("errors.png"), &picture.into())?;
            written.push("errors.png".into());
        }
        Ok(written)
    }

    /// All samples of numbers, the largest error first.
    fn residuals(&self, judged: &Judged, number: impl Fn(usize) -> usize) -> String {
        let predictions = &judged.predictions;
        let Truth::Values(truth) = &predictions.truth else {
            return String::new();
        };
        let width = predictions.width.max(1);
        let outputs = |name: &str| {
            (0..width)
                .map(|at| format!(",{name}_{at}"))
                .collect::<String>()
        };
        let names: String = (self.columns.iter())
            .map(|column| format!(",{}", quoted(&column.name)))
            .collect();
        let mut text = format!("sample,cost{}{}{names}\n", outputs("true"), outputs("said"));
        let mut order: Vec<usize> = (0..judged.costs.len()).collect();
        order.sort_by(|&a, &b| judged.costs[b].total_cmp(&judged.costs[a]).then(a.cmp(&b)));
        for at in order {
            text.push_str(&format!("{},{:.6}", number(at), judged.costs[at]));
            for values in [truth, &predictions.said] {
                for value in &values[at * width..(at + 1) * width] {
                    text.push_str(&format!(",{value}"));
                }
            }
            for column in &self.columns {
                text.push_str(&format!(",{}", column.word(at)));
            }
            text.push('\n');
        }
        text
    }

    /// The mistakes as pictures, a section for each confused pair.
    fn sheet(&self, plan: &Plan, judged: &Judged) -> Result<Option<RgbImage>> {
        let shape = judged.part.input_shape();
        let (Some(errors), Some(_)) = (&self.errors, picture_shape(shape)) else {
            return Ok(None);
        };
        let Some(white) = white(&judged.part)?.filter(|_| !errors.mistakes.is_empty()) else {
            return Ok(None);
        };
        let classes = plan.classes().unwrap_or_default();
        let name = |class: usize| classes.get(class).map_or("?", String::as_str);
        let section =
            |caption: String, note: String, of: &[&Mistake], single: bool| -> Result<Section> {
                let shown: Vec<usize> = of.iter().take(TILES).map(|m| m.sample).collect();
                let values = judged.part.batch(&shown)?.inputs.to_vec::<f32>()?;
                let size = values.len() / shown.len().max(1);
                let tiles = values.chunks_exact(size.max(1)).zip(of);
                let tile = |(sample, mistake): (&[f32], &&Mistake)| {
                    let picture = picture::of_sample(sample, shape, white)?;
                    let label = match single {
                        true => format!("{} as {}", name(mistake.truth), name(mistake.said)),
                        false => format!("{:.0} %", 100.0 * mistake.confidence),
                    };
                    Some(Tile {
                        picture: enlarged(&picture, SIDE),
                        label,
                    })
                };
                Ok(Section {
                    caption,
                    note,
                    tiles: tiles.filter_map(tile).collect(),
                    more: of.len().saturating_sub(TILES),
                    columns: 0,
                })
            };
        let mut sections = Vec::new();
        let often = errors
            .pairs
            .iter()
            .take_while(|pair| pair.count >= OFTEN)
            .take(PAIRS);
        let mut rest: Vec<&Mistake> = errors.mistakes.iter().collect();
        for pair in often {
            let (of, others) = rest
                .into_iter()
                .partition(|m| m.truth == pair.truth && m.said == pair.said);
            let of: Vec<&Mistake> = of;
            rest = others;
            let caption = format!("{} taken for {}", name(pair.truth), name(pair.said));
            sections.push(section(
                caption,
                format!("{} of {}", pair.count, pair.of),
                &of,
                false,
            )?);
        }
        if !rest.is_empty() {
            sections.push(section(
                "other pairs".into(),
                "the surest first".into(),
                &rest,
                true,
            )?);
        }
        let title = format!("mistakes of {}", plan.header.name);
        let note = format!(
            "{} of {} validation samples; under each picture how sure the network was",
            errors.mistakes.len(),
            judged.costs.len()
        );
        Ok(Some(sheet(&title, &note, &sections, WIDTH)))
    }
}

/// What is known of every sample: the columns of a table; of a picture how bright it is, and how strong its contrast.
fn columns(judged: &Judged) -> Result<Vec<Column>> {
    let part = &judged.part;
    let width: usize = part.input_shape().iter().product();
    let pictures = part.input_shape().len() > 1;
    let names: Vec<String> = match (pictures, part.feature_names()) {
        (true, _) => vec!["brightness".into(), "contrast".into()],
        (false, Some(names)) => names.iter().take(COLUMNS).cloned().collect(),
        (false, None) => (0..width.min(COLUMNS)).map(|at| at.to_string()).collect(),
    };
    let mut columns: Vec<Column> = (names.into_iter())
        .map(|name| Column {
            name,
            values: Vec::with_capacity(part.len()),
            categories: None,
        })
        .collect();
    let indices: Vec<usize> = (0..part.len()).collect();
    for chunk in indices.chunks(1024) {
        let inputs = part.batch(chunk)?.inputs.to_dtype(nn_core::DType::F32)?;
        for row in inputs.to_vec::<f32>()?.chunks_exact(width.max(1)) {
            if pictures {
                let n = row.len() as f64;
                let mean = row.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
                let squares: f64 = row.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum();
                columns[0].values.push(mean);
                columns[1].values.push((squares / n).sqrt());
            } else {
                let each = columns.iter_mut().zip(row);
                each.for_each(|(column, &value)| column.values.push(f64::from(value)));
            }
        }
    }
    Ok(columns)
}

/// A name as a cell of a CSV file.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_string()
    }
}
