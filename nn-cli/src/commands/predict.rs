//! `nn predict`: what a trained network makes of pictures, tables and arrays.

use std::path::{Path, PathBuf};

use nn_core::store::npy;
use nn_core::{DType, Tensor};
use nn_data::dataset::{CsvOptions, TargetKind};
use nn_data::picture::{Color, Form};
use nn_data::{Dataset, InMemory, validate};
use serde_json::{Map, Value, json};

use crate::args;
use crate::error::{Error, Result};
use crate::model::{Model, picture_shape, read_sentence};
use crate::output::{check_out, print};
use crate::picture;
use crate::run::{Run, saving};
use crate::view::digit::{Picture, gallery};
use crate::view::number::short;
use crate::view::style::Style;
use crate::view::table::{Align, Table};

/// Up to so many pictures are shown as the network sees them.
const SHOWN: usize = 10;

/// Samples of one file.
struct Input {
    file: PathBuf,
    /// `[N, …sample]`
    values: Tensor,
    /// What was done to a picture.
    notes: Vec<String>,
    /// One picture, as opposed to rows of a table.
    picture: bool,
}

/// Predicts for every file, and prints what came out.
///
/// # Errors
/// If the run or a file cannot be read, or a file does not fit the model.
pub fn predict(args: &args::Predict) -> Result<()> {
    if let Some(out) = &args.out {
        check_out(out)?;
    }
    let model = Model::load(&Run::open(&args.run)?.model_of(&args.run))?;
    let inputs = args
        .files
        .iter()
        .map(|file| read(&model, file))
        .collect::<Result<Vec<Input>>>()?;
    let results = inputs
        .iter()
        .map(|input| model.predict(&input.values))
        .collect::<Result<Vec<Tensor>>>()?;
    if let Some(out) = &args.out {
        let all = Tensor::concat(&results.iter().collect::<Vec<_>>(), 0)?;
        npy::save(out, &all).map_err(saving)?;
    }
    let rows = rows(&inputs, &results)?;
    if args.json {
        let lines: String = rows
            .iter()
            .map(|row| format!("{}\n", row.json(&model)))
            .collect();
        return print(&lines);
    }
    let style = Style::stdout();
    let mut text = shown(&model, &inputs, &rows, style)?;
    text.push_str(&table(&model, &rows, args.top.into(), style));
    for input in inputs.iter().filter(|input| !input.notes.is_empty()) {
        text.push_str(&style.dim(&format!(
            "{}: {}\n",
            input.file.display(),
            input.notes.join(", ")
        )));
    }
    if let Some(out) = &args.out {
        let what = if model.plan.classes().is_some() {
            "probabilities"
        } else {
            "values"
        };
        text.push_str(&format!(
            "{what} of {} samples → {}\n",
            rows.len(),
            out.display()
        ));
    }
    print(&text)
}

fn read(model: &Model, file: &Path) -> Result<Input> {
    let lower = file.to_string_lossy().to_lowercase();
    let lower = lower.strip_suffix(".gz").unwrap_or(&lower);
    if lower.ends_with(".npy") {
        return read_array(model, file);
    }
    if [".csv", ".tsv", ".txt", ".data"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        return read_table(model, file);
    }
    if file.is_dir() {
        return Err(Error::input(format!(
            "{}: this is a folder; name the files in it",
            file.display()
        )));
    }
    let picture = read_picture(model, file)?;
    Ok(Input {
        file: file.to_path_buf(),
        values: picture.values,
        notes: picture.notes,
        picture: true,
    })
}

/// A picture as a model takes it.
pub struct Sample {
    /// `[1, …sample]`, not yet scaled as the network wants it.
    pub values: Tensor,
    /// The value that stands for white; black is 0.
    pub white: f32,
    /// What was done to it, in words.
    pub notes: Vec<String>,
}

/// Reads a picture for a model that works on pictures.
///
/// # Errors
/// If the model does not, or the file cannot be read.
pub fn read_picture(model: &Model, file: &Path) -> Result<Sample> {
    if let Some((3, height, width)) = picture_shape(&model.plan.header.sample) {
        return read_in_colour(model, file, [height, width]);
    }
    let Some((height, width)) = model.plan.picture() else {
        return Err(Error::input(format!(
            "{}: this model does not work on pictures; give a .csv or .npy file with samples of {} values",
            file.display(),
            model.plan.header.sample.iter().product::<usize>()
        )));
    };
    let header = &model.plan.header;
    let prepared = picture::load(file, height, width, header.border)?;
    // The network learnt from bytes or from shares of 1.
    let white = if header.border.is_some() { 255.0 } else { 1.0 };
    let pixels = prepared.pixels.iter();
    let pixels = pixels.map(|value| value / (255.0 / white)).collect();
    Ok(Sample {
        values: Tensor::from_vec(pixels, batch_shape(1, &header.sample))?,
        white,
        notes: prepared.notes,
    })
}

/// A picture for a model that learnt from pictures in colour, brought to its size as those were.
fn read_in_colour(model: &Model, file: &Path, [height, width]: [usize; 2]) -> Result<Sample> {
    let header = &model.plan.header;
    let form = Form::new(Color::Rgb).size(height, width).fit(header.fit);
    let own = nn_data::picture::header(file, form.max_pixels)?;
    let mut notes = Vec::new();
    if (own.height, own.width) != (height, width) {
        notes.push(format!("resized from {}×{}", own.width, own.height));
    }
    let bytes = nn_data::picture::read(file, &form)?.pixels;
    // The network learnt from bytes or from shares of 1.
    let white = if header.border.is_some() { 255.0 } else { 1.0 };
    let unit = 255.0 / white;
    let pixels: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / unit).collect();
    Ok(Sample {
        values: Tensor::from_vec(pixels, batch_shape(1, &header.sample))?,
        white,
        notes,
    })
}

fn batch_shape(count: usize, sample: &[usize]) -> Vec<usize> {
    std::iter::once(count)
        .chain(sample.iter().copied())
        .collect()
}

fn read_array(model: &Model, file: &Path) -> Result<Input> {
    let array = npy::load(file).map_err(|e| Error::input(read_sentence(file, &e)))?;
    let sample = &model.plan.header.sample;
    let width: usize = sample.iter().product();
    let single = array.dims() == sample.as_slice();
    let count = if single {
        1
    } else {
        array.dims().first().copied().unwrap_or(0)
    };
    if count == 0 || array.len() != count * width {
        return Err(Error::input(format!(
            "{}: the array has the shape {}, the model takes samples of shape {sample:?} along the first axis",
            file.display(),
            array.shape()
        )));
    }
    let values = array
        .to_dtype(DType::F32)?
        .reshape(batch_shape(count, sample))?;
    validate::finite(
        &file.display().to_string(),
        &values,
        &(0..count).collect::<Vec<_>>(),
        None,
    )?;
    Ok(Input {
        file: file.to_path_buf(),
        values,
        notes: Vec::new(),
        picture: false,
    })
}

fn read_table(model: &Model, file: &Path) -> Result<Input> {
    let header = &model.plan.header;
    let data = match &header.csv {
        Some(schema) => schema.read(file)?.data,
        None => CsvOptions::new().read(file)?.data,
    };
    let all: Vec<usize> = (0..data.len()).collect();
    let values = data.batch(&all)?.inputs;
    let values = match &header.csv {
        Some(_) => values,
        None => pick_columns(model, file, &data, &values)?,
    };
    let values = values.reshape(batch_shape(all.len(), &header.sample))?;
    Ok(Input {
        file: file.to_path_buf(),
        values,
        notes: Vec::new(),
        picture: false,
    })
}

/// The model's columns by name, or all when there are just as many.
fn pick_columns(model: &Model, file: &Path, data: &InMemory, values: &Tensor) -> Result<Tensor> {
    let header = &model.plan.header;
    let here = data.feature_names().unwrap_or_default();
    let places: Option<Vec<u32>> = header
        .features
        .iter()
        .map(|name| {
            here.iter()
                .position(|column| column == name)
                .map(|at| at as u32)
        })
        .collect();
    if let Some(places) = places.filter(|places| !places.is_empty()) {
        let count = places.len();
        return Ok(values.index_select(1, &Tensor::from_vec(places, [count])?)?);
    }
    let wanted: usize = header.sample.iter().product();
    if values.dims() == [data.len(), wanted] {
        return Ok(values.clone());
    }
    let missing = header.features.iter().find(|name| !here.contains(name));
    let problem = match missing {
        Some(name) => format!(
            "there is no column \"{name}\", which the model needs; it needs {}",
            header.features.join(", ")
        ),
        None => format!(
            "its rows hold {} numbers, the model takes {wanted}",
            values.len() / data.len().max(1)
        ),
    };
    Err(Error::input(format!("{}: {problem}", file.display())))
}

/// What came out for one sample.
struct Row<'a> {
    input: &'a Input,
    /// Place in the file, counted from 1.
    number: usize,
    values: Vec<f32>,
}

fn rows<'a>(inputs: &'a [Input], results: &[Tensor]) -> Result<Vec<Row<'a>>> {
    let mut rows = Vec::new();
    for (input, result) in inputs.iter().zip(results) {
        let width = result.dims().last().copied().unwrap_or(1).max(1);
        for (at, line) in result.to_vec::<f32>()?.chunks_exact(width).enumerate() {
            rows.push(Row {
                input,
                number: at + 1,
                values: line.to_vec(),
            });
        }
    }
    Ok(rows)
}

impl Row<'_> {
    /// Classes with their probabilities, the likeliest first.
    fn ranked(&self) -> Vec<(usize, f32)> {
        let mut ranked: Vec<(usize, f32)> = self.values.iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }

    /// The class that is said, and its probability.
    fn said(&self, model: &Model) -> Option<(usize, f32)> {
        let class = model.plan.decide(&self.values);
        Some((class, *self.values.get(class)?))
    }

    fn json(&self, model: &Model) -> Value {
        let mut object = Map::new();
        object.insert("file".into(), json!(self.input.file.display().to_string()));
        object.insert("row".into(), json!(self.number));
        let named = |names: &[String]| -> Map<String, Value> {
            names
                .iter()
                .cloned()
                .zip(self.values.iter().map(|value| json!(value)))
                .collect()
        };
        match &model.plan.header.target {
            TargetKind::Classes { names } => {
                if let Some((best, probability)) = self.said(model) {
                    object.insert("label".into(), json!(names.get(best)));
                    object.insert("class".into(), json!(best));
                    if model.plan.has_probabilities() {
                        object.insert("probability".into(), json!(probability));
                        object.insert("probabilities".into(), Value::Object(named(names)));
                    }
                }
            }
            TargetKind::Regression { names } => {
                object.insert("values".into(), Value::Object(named(names)));
            }
            _ => {}
        }
        if !self.input.notes.is_empty() {
            object.insert("notes".into(), json!(self.input.notes));
        }
        Value::Object(object)
    }
}

/// The pictures as the network sees them, when there are few.
fn shown(model: &Model, inputs: &[Input], rows: &[Row<'_>], style: Style) -> Result<String> {
    let (Some((height, width)), Some(names)) = (model.plan.picture(), model.plan.classes()) else {
        return Ok(String::new());
    };
    let count = inputs.iter().filter(|input| input.picture).count();
    if count == 0 || count > SHOWN {
        return Ok(String::new());
    }
    let mut pictures = Vec::new();
    for row in rows.iter().filter(|row| row.input.picture) {
        let Some((best, probability)) = row.said(model) else {
            continue;
        };
        let name = row
            .input
            .file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let sure = if model.plan.has_probabilities() {
            format!(" ({:.0} %)", 100.0 * probability)
        } else {
            String::new()
        };
        pictures.push(Picture {
            pixels: row.input.values.to_vec::<f32>()?,
            height,
            width,
            caption: vec![
                format!("{}{sure}", names.get(best).map_or("?", String::as_str)),
                name,
            ],
        });
    }
    Ok(gallery(&pictures, style))
}

fn table(model: &Model, rows: &[Row<'_>], top: usize, style: Style) -> String {
    let mut columns = vec![("file".to_string(), Align::Left)];
    let several = rows.iter().any(|row| row.number > 1);
    if several {
        columns.push(("row".into(), Align::Right));
    }
    let names: &[String] = match &model.plan.header.target {
        TargetKind::Classes { names } | TargetKind::Regression { names } => names,
        _ => &[],
    };
    let classes = model.plan.classes().is_some();
    let with_probabilities = classes && model.plan.has_probabilities();
    let further = if with_probabilities {
        top.min(names.len()) - 1
    } else {
        0
    };
    if classes {
        columns.push(("label".into(), Align::Left));
        if with_probabilities {
            columns.push(("probability".into(), Align::Right));
            columns.extend((0..further).map(|_| (String::new(), Align::Left)));
        }
    } else {
        columns.extend(names.iter().map(|name| (name.clone(), Align::Right)));
    }
    let name = |class: usize| names.get(class).map_or("?", String::as_str);
    let mut table = Table::with_columns(columns);
    for row in rows {
        let mut cells = vec![row.input.file.display().to_string()];
        if several {
            cells.push(row.number.to_string());
        }
        if classes {
            let said = row.said(model);
            if let Some((best, probability)) = said {
                cells.push(style.bold(name(best)));
                if with_probabilities {
                    cells.push(format!("{:.2} %", 100.0 * probability));
                }
            }
            let ranked = row.ranked().into_iter();
            let others = ranked.filter(|&(class, _)| said.is_none_or(|said| said.0 != class));
            cells.extend(others.take(further).map(|(class, probability)| {
                style.dim(&format!("{} {:.2} %", name(class), 100.0 * probability))
            }));
        } else {
            cells.extend(row.values.iter().map(|&value| short(value.into())));
        }
        table.row(cells);
    }
    table.render()
}
