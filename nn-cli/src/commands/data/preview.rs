//! `nn data preview`: a contact sheet of samples and what augmentation makes of them.

use std::path::Path;

use image::RgbImage;
use nn_data::dataset::TargetKind;
use nn_data::transform::augment::{Augment, Augmenter};
use nn_data::{Batch, Dataset, Subset};

use crate::args;
use crate::augment::{augmenter, ready, white, words};
use crate::error::{Error, Result};
use crate::output::{check_png, print};
use crate::picture;
use crate::recipe::{self, Overrides, Recipe};
use crate::samples;
use crate::view::contact::{Cell, Row, contact_sheet};
use crate::view::style::Style;

/// Changed versions of each sample.
const VERSIONS: u64 = 7;

/// Shown where no recipe says what to do, one step to a column.
const GALLERY: [&str; 17] = [
    "flip p=1",
    "crop 4",
    "rotate 20",
    "zoom 0.3",
    "shear 20",
    "resized_crop 0.3",
    "elastic",
    "brightness 0.5",
    "contrast 0.7",
    "saturation 0.9",
    "hue 0.3",
    "noise 0.1",
    "salt_and_pepper 0.05",
    "blur 1",
    "cutout 8",
    "mixup 1",
    "cutmix",
];

/// Draws the sheet and says where it is.
///
/// # Errors
/// If recipe or data cannot be used, the samples are no pictures, or the sheet cannot be written.
pub fn preview(args: &args::Preview) -> Result<()> {
    check_png(&args.out, Path::new(&args.source))?;
    let (name, train, steps) = open(args)?;
    let count = usize::from(args.count);
    let chosen = chosen(&train, count)?;
    let original = train.batch(&chosen)?;
    let Some(white) = white(&train)? else {
        return Err(Error::input(format!(
            "{name}: its values are not pixels from 0 to 255 or from 0 to 1; nothing can be shown"
        )));
    };
    let shape = train.input_shape().to_vec();
    let mut sheet = Sheet::new(&original, &train, &shape, white)?;
    let note = match steps {
        Steps::Recipe(augmenter) => {
            for epoch in 0..VERSIONS {
                sheet.add(&format!("epoch {}", epoch + 1), &augmenter, epoch)?;
            }
            let steps: Vec<String> = augmenter.steps().iter().map(words).collect();
            steps.join(", ")
        }
        Steps::Gallery(seed) => {
            for (at, step) in GALLERY.iter().enumerate() {
                let step = recipe::step(step)?;
                // What grey or tiny pictures cannot have is left out.
                if let Ok(augmenter) = ready(vec![step.clone()], &train, seed) {
                    // Another epoch for each, as the first draw of all would be the same.
                    sheet.add(&short(&step), &augmenter, at as u64)?;
                }
            }
            "no recipe says how to augment: what single steps do".to_string()
        }
    };
    let (rows, columns) = (sheet.rows.len(), sheet.columns.len());
    let picture = contact_sheet(&name, &note, &sheet.columns, &sheet.rows);
    picture::save(&args.out, &picture.into())?;
    let style = Style::stdout();
    print(&format!(
        "wrote {}: {rows} samples of {name}, the originals and {} versions of each\n  {note}\n",
        style.bold(&args.out.display().to_string()),
        columns - 1,
    ))
}

/// What the columns show.
enum Steps {
    /// The steps of a recipe, epoch after epoch.
    Recipe(Augmenter),
    /// Single steps, with this seed.
    Gallery(u64),
}

/// The name of what is shown, the samples to learn from, and what to do with them.
fn open(args: &args::Preview) -> Result<(String, Subset, Steps)> {
    let overrides = Overrides {
        set: args.overrides.clone(),
        seed: args.seed,
        ..Overrides::default()
    };
    let path = Path::new(&args.source);
    let recipe: Recipe = if samples::is_folder(path) {
        let recipe = recipe::for_data(&args.source, &overrides)?;
        let folder = path.file_name();
        let name = folder.map_or(args.source.clone(), |name| {
            name.to_string_lossy().into_owned()
        });
        Recipe { name, ..recipe }
    } else {
        recipe::load(Some(&args.source), &overrides)?
    };
    let source = samples::open_watched(&recipe.data, recipe::is_regression(&recipe.loss), false)?;
    if !source.left_out.is_empty() {
        eprintln!("{}", source.left_out);
    }
    let train = samples::divide(source, &recipe)?.train;
    check_pictures(&train)?;
    let steps = match augmenter(&recipe, &train)? {
        Some(augmenter) => Steps::Recipe(augmenter),
        None => Steps::Gallery(recipe.seed),
    };
    Ok((recipe.name, train, steps))
}

fn check_pictures(train: &Subset) -> Result<()> {
    let shape = train.input_shape();
    if matches!(shape.len(), 2 | 3) && !shape.contains(&0) && !train.is_empty() {
        return Ok(());
    }
    Err(Error::input(format!(
        "{}: its samples have the shape {shape:?}; only pictures can be shown",
        train.name(),
    )))
}

/// Which samples to show: of each class the first, then of each the second, …
fn chosen(train: &Subset, count: usize) -> Result<Vec<usize>> {
    let count = count.min(train.len());
    let Some(labels) = train.class_labels()? else {
        return Ok((0..count).collect());
    };
    let mut seen = std::collections::BTreeMap::new();
    let mut turns: Vec<(usize, u32, usize)> = labels
        .iter()
        .enumerate()
        .map(|(at, &label)| {
            let turn = seen.entry(label).or_insert(0_usize);
            *turn += 1;
            (*turn, label, at)
        })
        .collect();
    turns.sort_unstable();
    Ok(turns.into_iter().take(count).map(|(_, _, at)| at).collect())
}

/// The table in the making.
struct Sheet<'a> {
    original: &'a Batch,
    kind: &'a TargetKind,
    shape: &'a [usize],
    white: f32,
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl<'a> Sheet<'a> {
    fn new(
        original: &'a Batch,
        train: &'a Subset,
        shape: &'a [usize],
        white: f32,
    ) -> Result<Sheet<'a>> {
        let kind = train.target_kind();
        let mut sheet = Sheet {
            original,
            kind,
            shape,
            white,
            columns: vec!["original".into()],
            rows: Vec::new(),
        };
        let names = match kind.class_names() {
            Some(names) => original
                .targets
                .to_vec::<u32>()?
                .iter()
                .map(|&label| names.get(label as usize).cloned().unwrap_or_default())
                .collect(),
            None => vec![String::new(); original.len()],
        };
        for (name, picture) in names.into_iter().zip(sheet.pictures(original)?) {
            let note = Vec::new();
            sheet.rows.push(Row {
                name,
                cells: vec![Cell { picture, note }],
            });
        }
        Ok(sheet)
    }

    /// Adds a column: what `augmenter` makes of the originals in `epoch`.
    fn add(&mut self, name: &str, augmenter: &Augmenter, epoch: u64) -> Result<()> {
        let mut batch = self.original.clone();
        augmenter.apply(epoch, &mut batch, self.kind)?;
        let pictures = self.pictures(&batch)?;
        let notes = match (augmenter.mixes(), self.kind.class_names()) {
            (true, Some(names)) => shares(&batch, names)?,
            _ => vec![Vec::new(); batch.len()],
        };
        for ((row, picture), note) in self.rows.iter_mut().zip(pictures).zip(notes) {
            row.cells.push(Cell { picture, note });
        }
        self.columns.push(name.into());
        Ok(())
    }

    fn pictures(&self, batch: &Batch) -> Result<Vec<RgbImage>> {
        let values = batch.inputs.to_vec::<f32>()?;
        let size: usize = self.shape.iter().product();
        let samples = values.chunks_exact(size.max(1));
        Ok(samples
            .filter_map(|sample| picture::of_sample(sample, self.shape, self.white))
            .collect())
    }
}

/// What mixed samples are made of: the two largest shares.
fn shares(batch: &Batch, names: &[String]) -> Result<Vec<Vec<String>>> {
    let rows = batch.targets.to_vec::<f32>()?;
    let word = |row: &[f32]| {
        let mut parts: Vec<(usize, f32)> = row.iter().copied().enumerate().collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        parts
            .iter()
            .take(2)
            .filter(|(_, share)| *share >= 0.005)
            .map(|(class, share)| format!("{:.0} % {}", 100.0 * share, names[*class]))
            .collect()
    };
    Ok(rows.chunks_exact(names.len().max(1)).map(word).collect())
}

/// A step as the name of a column: without the number that a mixing step or one of several words has.
fn short(step: &Augment) -> String {
    match step {
        Augment::Mixup(_) | Augment::Cutmix(_) | Augment::Elastic(_) => step.name().into(),
        Augment::SaltAndPepper(_) => "salt, pepper".into(),
        Augment::ResizedCrop(_) => "resized crop".into(),
        Augment::GaussianNoise(_) => words(step).replace("gaussian_", ""),
        _ => words(step),
    }
}
