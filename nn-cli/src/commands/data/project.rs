//! `nn data project`: a data set, or what a network makes of it, as points of the plane.

use std::path::Path;

use nn_core::{DType, Tensor};
use nn_data::dataset::{InMemory, TargetKind, Targets};
use nn_data::project::{Tsne, TsneOptions};
use nn_data::transform::{Pca, PcaOptions, Transform};
use nn_data::{Dataset, Subset};
use nn_layers::explain;

use crate::args;
use crate::error::{Error, Result};
use crate::model::{CHUNK, Model};
use crate::opened::Opened;
use crate::output::{check_out, print};
use crate::picture;
use crate::recipe::{self, Overrides};
use crate::samples;
use crate::view::number::{grouped, percent, plain, short};
use crate::view::scatter::{Colours, scatter};
use crate::view::style::Style;

/// Wider data goes through so many principal components before t-SNE.
const COMPONENTS: usize = 50;

/// Samples as a network, or nothing, prepares them.
struct Seen {
    /// What they are called.
    title: String,
    /// What their values are.
    values: String,
    /// The samples, to colour by.
    part: Subset,
    /// `[samples, width]`
    rows: Tensor,
}

/// Draws the map, or writes its coordinates.
///
/// # Errors
/// If the data cannot be used or the file not written.
pub fn project(args: &args::Project) -> Result<()> {
    check_out(&args.out)?;
    let end = args
        .out
        .extension()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if end != "png" && end != "csv" {
        return Err(Error::input(format!(
            "{}: a map is a picture (.png) or a table (.csv); give it such a name",
            args.out.display()
        )));
    }
    if let Some(threads) = args.threads {
        nn_core::kernels::threads::set_threads(threads.into());
    }
    let seen = open(args)?;
    let (points, how) = map(&seen.rows, args)?;
    let values = points.to_vec::<f32>()?;
    let points: Vec<[f32; 2]> = values.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
    let all: Vec<usize> = (0..seen.part.len()).collect();
    let labels = seen.part.class_labels()?;
    let kind = seen.part.target_kind();
    let numbers = match kind {
        TargetKind::Regression { names } => {
            let targets = seen.part.batch(&all)?.targets.to_vec::<f32>()?;
            targets
                .iter()
                .copied()
                .step_by(names.len().max(1))
                .collect()
        }
        _ => Vec::new(),
    };
    let colours = match (kind, &labels) {
        (TargetKind::Classes { names }, Some(labels)) => Colours::Classes(labels, names),
        (TargetKind::Regression { names }, _) => {
            Colours::Values(&numbers, names.first().map_or("", String::as_str))
        }
        _ => Colours::None,
    };
    let note = format!(
        "{} of {} samples, {how}",
        seen.values,
        grouped(points.len() as u64)
    );
    if end == "png" {
        let picture = scatter(&seen.title, &note, &points, &colours);
        picture::save(&args.out, &picture.into())?;
    } else {
        write_table(&args.out, &seen.part, &points, &colours)?;
    }
    let out = args.out.display().to_string();
    print(&format!("wrote {}: {note}\n", Style::stdout().bold(&out)))
}

fn open(args: &args::Project) -> Result<Seen> {
    let path = Path::new(&args.source);
    let limit = usize::from(args.limit);
    if path.join("model.nn").is_file() || path.extension().is_some_and(|end| end == "nn") {
        let opened = Opened::open(path)?;
        // What the network has not learnt from shows what it knows.
        let part = opened
            .parts
            .validation
            .as_ref()
            .or(opened.parts.test.as_ref());
        let part = part.unwrap_or(&opened.parts.train).first(limit);
        let (rows, layer) = embedding(&opened.model, &part)?;
        return Ok(Seen {
            title: format!("{} · {}", path.display(), opened.recipe.name),
            values: layer,
            part,
            rows,
        });
    }
    let overrides = Overrides {
        set: args.overrides.clone(),
        ..Overrides::default()
    };
    let is_recipe = path.extension().is_some_and(|end| end == "toml")
        || recipe::READY.iter().any(|ready| ready.name == args.source);
    let recipe = match is_recipe && !path.is_dir() {
        true => recipe::load(Some(&args.source), &overrides)?,
        false => recipe::for_data(&args.source, &overrides)?,
    };
    let source = samples::open(&recipe.data, recipe::is_regression(&recipe.loss))?;
    let train = samples::divide(source, &recipe)?.train;
    let inputs = samples::fit_inputs(&recipe.preprocess, &train)?;
    let part = train.first(limit);
    let rows = gathered(&part, |batch| Ok(inputs.transform(batch)?))?;
    Ok(Seen {
        title: part.name().to_string(),
        values: "the values".into(),
        part,
        rows,
    })
}

/// All samples of a part through `change`, as rows.
fn gathered(part: &Subset, mut change: impl FnMut(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let mut rows = Vec::new();
    let all: Vec<usize> = (0..part.len()).collect();
    for chunk in all.chunks(CHUNK) {
        let changed = change(&part.batch(chunk)?.inputs)?.to_dtype(DType::F32)?;
        rows.push(changed.reshape([chunk.len(), changed.len() / chunk.len()])?);
    }
    if rows.is_empty() {
        return Err(Error::input(format!(
            "{}: there are no samples",
            part.name()
        )));
    }
    Ok(Tensor::concat(&rows.iter().collect::<Vec<_>>(), 0)?)
}

/// What the last layer with weights is given: by this the network tells samples apart. And its name.
fn embedding(model: &Model, part: &Subset) -> Result<(Tensor, String)> {
    let layers = explain::layers(&model.network);
    let last = layers
        .iter()
        .rposition(|(_, layer)| layer.parameter_count() > 0);
    let Some(before) = last.and_then(|last| last.checked_sub(1)) else {
        let rows = gathered(part, |batch| model.plan.scaled(batch))?;
        return Ok((rows, "the inputs of the only layer".into()));
    };
    let rows = gathered(part, |batch| {
        let mut steps = explain::trace(&model.network, &model.plan.scaled(batch)?)?;
        Ok(steps.swap_remove(before).output)
    })?;
    Ok((rows, format!("what layer {} gives", layers[before].0)))
}

/// The points, and how they were found.
fn map(rows: &Tensor, args: &args::Project) -> Result<(Tensor, String)> {
    let &[count, width] = rows.dims() else {
        return Err(Error::failed("the samples are no rows"));
    };
    if count < 3 {
        return Err(Error::input(format!(
            "{count} samples make no map; give three or more"
        )));
    }
    let data = InMemory::new("samples", rows.clone(), Targets::None)?;
    let reduce = |components: usize| -> Result<(Tensor, Pca)> {
        let pca = Pca::fit(&data, &PcaOptions::count(components.min(count).min(width)))?;
        Ok((pca.transform(rows)?.to_dtype(DType::F32)?, pca))
    };
    if args.method == "pca" {
        let (points, pca) = reduce(2)?;
        let points = match width {
            1 => Tensor::concat(&[&points, &points.zeros_like()?], 1)?,
            _ => points,
        };
        let shares = pca.explained_variance_ratio();
        let shares: Vec<String> = shares.iter().map(|share| percent(*share)).collect();
        return Ok((
            points,
            format!(
                "principal components with {} of the variance",
                shares.join(" and ")
            ),
        ));
    }
    let options = TsneOptions {
        // As many neighbours as there can be, where samples are few.
        perplexity: args
            .perplexity
            .unwrap_or(30.0_f64.min((count - 1) as f64 / 3.0).max(1.0)),
        seed: args.seed,
        ..TsneOptions::default()
    };
    let fitted = match width > COMPONENTS && count > COMPONENTS {
        true => Tsne::fit_rows(&reduce(COMPONENTS)?.0, &options)?,
        false => Tsne::fit(&data, &options)?,
    };
    let how = format!(
        "t-SNE with perplexity {}, divergence {}",
        plain(options.perplexity),
        short(fitted.divergence())
    );
    Ok((fitted.points().clone(), how))
}

fn write_table(path: &Path, part: &Subset, points: &[[f32; 2]], colours: &Colours) -> Result<()> {
    let mut text = String::from("sample,x,y,target\n");
    for (at, [x, y]) in points.iter().enumerate() {
        let target = match colours {
            Colours::Classes(labels, names) => {
                let name = names.get(labels[at] as usize).map_or("?", String::as_str);
                format!("\"{}\"", name.replace('"', "\"\""))
            }
            Colours::Values(values, _) => values[at].to_string(),
            Colours::None => String::new(),
        };
        let sample = part.original(at).unwrap_or(at);
        text.push_str(&format!("{sample},{x},{y},{target}\n"));
    }
    nn_core::store::atomic_write(path, |file| file.write_all(text.as_bytes()))
        .map_err(crate::run::saving)
}
