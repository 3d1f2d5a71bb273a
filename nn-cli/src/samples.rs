//! From `[data]` to the parts that training, validation and test see.

mod along;
mod checks;
mod folder;

use nn_layers::spec::nearest;
use std::path::Path;
use std::sync::Arc;

use nn_data::dataset::csv::MEMORY;
use nn_data::dataset::{Column, CsvOptions, CsvSchema, CsvTarget, Encoding, Missing, TargetKind};
use nn_data::transform::{Over, Pipeline, Preparation};
use nn_data::{Dataset, InMemory, Split, Subset, validate};

use crate::error::{Error, Result};
use crate::model::{Header, picture_shape};
use crate::picture::border_brightness;
use crate::recipe::{self, ColumnName, Columns, Scale};
use crate::view::number::grouped;

pub use along::Along;
pub use checks::{absent_classes, leakage, useless_columns};

/// The embedded and the made-up sets by their names in a recipe.
pub const EMBEDDED: [&str; 10] = [
    "digits",
    "iris",
    "wine",
    "breast-cancer",
    "diabetes",
    "moons",
    "circles",
    "blobs",
    "spirals",
    "rare",
];

/// How many training pictures tell what background they have.
const BORDER_SAMPLES: usize = 200;

/// A data set as it came from its source.
pub struct Source {
    /// The samples to divide.
    pub samples: Arc<dyn Dataset>,
    /// A validation part of its own.
    pub validation: Option<Arc<dyn Dataset>>,
    /// A test part of its own.
    pub test: Option<Arc<dyn Dataset>>,
    /// How a CSV file became samples.
    pub schema: Option<CsvSchema>,
    /// What keeps samples together or in order when they are divided.
    pub along: Along,
    /// Files that were left out, in words; empty if there are none.
    pub left_out: String,
}

/// With the class names of the recipe, if it has any.
fn renamed(samples: InMemory, classes: &[String]) -> Result<InMemory> {
    Ok(match classes.is_empty() {
        true => samples,
        false => samples.with_class_names(classes.to_vec())?,
    })
}

/// The parts of a data set.
#[derive(Clone, Debug)]
pub struct Parts {
    /// To learn from.
    pub train: Subset,
    /// To judge by while learning.
    pub validation: Option<Subset>,
    /// To judge by once, at the end.
    pub test: Option<Subset>,
    /// How a CSV file became samples.
    pub schema: Option<CsvSchema>,
}

/// Whether a path leads to a folder or archive of samples, not to a single file.
pub fn is_folder(path: &Path) -> bool {
    folder::is_one(path)
}

/// Whether a file is a table of text, by its name.
pub fn is_table(path: &Path) -> bool {
    matches!(extension(path).as_str(), "csv" | "tsv" | "txt" | "data")
}

/// Opens the source of a recipe; `regression` says what its targets are taken for where a file leaves that open.
///
/// # Errors
/// If it is not there or cannot be used; where and why.
pub fn open(data: &recipe::Data, regression: bool) -> Result<Source> {
    open_watched(data, regression, true)
}

/// [`open`], with a bar on stderr while many pictures are decoded, unless it is to be `quiet`.
///
/// # Errors
/// As [`open`].
pub fn open_watched(data: &recipe::Data, regression: bool, quiet: bool) -> Result<Source> {
    let path = Path::new(&data.source);
    if folder::is_one(path) {
        return folder::open(data, path, quiet);
    }
    let (samples, schema, dropped_rows) = from_file(data, regression)?;
    Ok(Source {
        validation: None,
        test: None,
        along: along::of(data, samples.len(), schema.is_some())?,
        samples,
        schema,
        left_out: match dropped_rows {
            0 => String::new(),
            1 => format!(
                "{}: 1 row is left out, in which a value is missing",
                data.source
            ),
            rows => format!(
                "{}: {} rows are left out, in which a value is missing",
                data.source,
                grouped(rows as u64)
            ),
        },
    })
}

/// An embedded set, or a table or array from a file, and how many rows of it were left out; a large table stays on disk.
fn from_file(
    data: &recipe::Data,
    regression: bool,
) -> Result<(Arc<dyn Dataset>, Option<CsvSchema>, usize)> {
    let path = Path::new(&data.source);
    if path.exists() && is_table(path) {
        let read = csv_options(data, regression)?.open(path)?;
        return Ok((read.data, Some(read.schema), read.dropped_rows));
    }
    Ok((Arc::new(in_memory(data, regression)?), None, 0))
}

/// An embedded set, or a table or array from a file, all of it in memory.
fn in_memory(data: &recipe::Data, regression: bool) -> Result<InMemory> {
    let path = Path::new(&data.source);
    let samples = match data.source.as_str() {
        "digits" if !path.exists() => nn_data::dataset::digits()?,
        "iris" if !path.exists() => nn_data::dataset::iris()?,
        "wine" if !path.exists() => nn_data::dataset::wine()?,
        "breast-cancer" if !path.exists() => nn_data::dataset::breast_cancer()?,
        "diabetes" if !path.exists() => nn_data::dataset::diabetes()?,
        name if !path.exists() && EMBEDDED.contains(&name) => made_up(name)?,
        _ if !path.exists() => return Err(unknown(&data.source)),
        _ if extension(path) == "npy" => npy(path, data.labels.as_deref())?,
        _ if is_table(path) => return Ok(csv_options(data, regression)?.read(path)?.data),
        _ => return Err(Error::input(format!("{}: {FORMATS}", path.display()))),
    };
    renamed(samples, &data.classes)
}

/// Made-up data of a size that trains in seconds.
fn made_up(name: &str) -> Result<InMemory> {
    use nn_data::dataset::{blobs, circles, moons, rare, spirals};
    Ok(match name {
        "moons" => moons(1000, 0.2, 0)?,
        "circles" => circles(1000, 0.1, 0.5, 0)?,
        "blobs" => blobs(1000, 4, 2, 2.0, 0)?,
        "spirals" => spirals(1500, 3, 0.02, 0)?,
        _ => rare(20_000, 0.005, 0)?,
    })
}

const FORMATS: &str = "this kind of file is not known; data comes from .csv or .npy files, a folder of pictures, a folder of IDX files, or an archive of CIFAR or EMNIST";

/// The extension in small letters, one `.gz` not counted.
fn extension(path: &Path) -> String {
    let lower = path.to_string_lossy().to_lowercase();
    let name = lower.strip_suffix(".gz").unwrap_or(&lower);
    Path::new(name)
        .extension()
        .map(|end| end.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn unknown(source: &str) -> Error {
    let hint = match nearest(source, EMBEDDED) {
        Some(name) => format!("did you mean the embedded set \"{name}\"?"),
        None => format!(
            "check the path, or use an embedded set: {}",
            EMBEDDED.join(", ")
        ),
    };
    Error::input(format!("{source}: there is no such file or folder; {hint}"))
}

fn npy(path: &Path, labels: Option<&str>) -> Result<InMemory> {
    let labels = labels.map(Path::new);
    Ok(nn_data::dataset::load_npy(path, labels)?)
}

fn column(name: &ColumnName) -> Column {
    match name {
        ColumnName::Index(index) => Column::Index(*index),
        ColumnName::Name(name) => Column::Name(name.clone()),
    }
}

fn csv_options(data: &recipe::Data, regression: bool) -> Result<CsvOptions> {
    let target = match (&data.target, regression) {
        (None, _) => CsvTarget::Last,
        (Some(Columns::One(name)), true) => CsvTarget::Regression(vec![column(name)]),
        (Some(Columns::One(name)), false) => CsvTarget::Classes(column(name)),
        (Some(Columns::Many(names)), true) => {
            CsvTarget::Regression(names.iter().map(column).collect())
        }
        (Some(Columns::Many(names)), false) => match names.as_slice() {
            [name] => CsvTarget::Classes(column(name)),
            _ => {
                return Err(Error::input(
                    "[data] target: several columns can be predicted only with a loss for real numbers (mse, mae, huber)",
                ));
            }
        },
    };
    let mut options = CsvOptions::new().target(target);
    options.header = data.header;
    options.delimiter = data.delimiter;
    let no_inputs = data.ignore.iter().chain(&data.group).chain(&data.order);
    options.ignore = no_inputs.map(column).collect();
    options.numeric = data.numeric.iter().map(column).collect();
    options.categorical = (data
        .categorical
        .iter()
        .map(|name| (column(name), Encoding::OneHot)))
    .chain(
        data.ordinal
            .iter()
            .map(|name| (column(name), Encoding::Ordinal)),
    )
    .collect();
    options.missing = data.missing.unwrap_or_default();
    options.memory = data.memory_mib.map(|mib| mib.saturating_mul(1 << 20));
    options.class_names = (!data.classes.is_empty()).then(|| data.classes.clone());
    Ok(options)
}

/// Checks the samples and divides them as the recipe says: a function of the recipe and the data alone.
///
/// # Errors
/// If they cannot be trained on, or a part would be empty.
pub fn divide(source: Source, recipe: &recipe::Recipe) -> Result<Parts> {
    let data = &recipe.data;
    let limited = |set: Arc<dyn Dataset>| -> Result<Subset> {
        let count = data.limit.unwrap_or(usize::MAX).min(set.len());
        Ok(Subset::new(set, (0..count).collect())?)
    };
    let samples = limited(source.samples)?;
    match (recipe.preprocess.fills_missing(), data.missing) {
        (true, _) => validate::trainable_once_filled(&samples)?,
        (false, Some(Missing::Keep)) => {
            return Err(Error::input(format!(
                "{}: [data] missing = \"keep\" leaves missing values as they are; fill them in with \"impute\" as the first step of [preprocess]",
                recipe.file.display()
            )));
        }
        (false, _) => validate::trainable(&samples)?,
    }
    let own = |part: Option<Arc<dyn Dataset>>| -> Result<Option<Subset>> {
        let part = part.map(limited).transpose()?;
        part.iter().try_for_each(|part| validate::not_empty(part))?;
        Ok(part)
    };
    let (own_validation, own_test) = (own(source.validation)?, own(source.test)?);
    let validation = if own_validation.is_some() {
        0.0
    } else {
        data.validation
    };
    let test = if own_test.is_some() { 0.0 } else { data.test };
    let mut split = Split::fractions(1.0 - validation - test, validation, test)?.seed(recipe.seed);
    if data.stratify && samples.target_kind().class_names().is_some() {
        split = split.stratified();
    }
    let name = samples.name().to_string();
    let parts = match source.along {
        Along::Chance => split.apply(samples),
        Along::Groups(groups) => split
            .indices_grouped(&groups[..samples.len()])
            .and_then(|parts| nn_data::Parts::new(parts, samples)),
        Along::Time(times) => split
            .indices_in_time(&times[..samples.len()])
            .and_then(|parts| nn_data::Parts::new(parts, samples)),
    };
    let parts = parts.map_err(|e| {
        Error::input(format!(
            "{name}: {e}; give more data, or change data.validation and data.test in the recipe"
        ))
    })?;
    let present = |part: Subset| (!part.is_empty()).then_some(part);
    Ok(Parts {
        train: parts.train,
        validation: own_validation.or(present(parts.validation)),
        test: own_test.or(present(parts.test)),
        schema: source.schema,
    })
}

/// Measures on the training part what preparation needs.
///
/// # Errors
/// If the values cannot be prepared so.
pub fn fit_inputs(preprocess: &recipe::Preprocess, train: &Subset) -> Result<Pipeline> {
    if !preprocess.steps.is_empty() {
        return Pipeline::fit(&preprocess.steps, train).map_err(|e| match e {
            nn_data::Error::Argument { .. } => Error::input(format!("[preprocess] {e}")),
            other => other.into(),
        });
    }
    let image = picture_shape(train.input_shape()).is_some();
    let steps = match preprocess.scale {
        Scale::None => vec![],
        Scale::Auto if image => vec![Preparation::pixels()],
        Scale::Auto | Scale::Standard => vec![Preparation::standard()],
        Scale::Pixels => vec![Preparation::pixels()],
        Scale::Mean => vec![Preparation::mean()],
        Scale::StandardGlobal => vec![Preparation::Standard { over: Over::Global }],
        Scale::MinMax => vec![Preparation::min_max()],
    };
    Ok(Pipeline::fit(&steps, train)?)
}

/// Measures on the training part what scaling the targets needs.
///
/// # Errors
/// If the targets are classes.
pub fn fit_targets(wanted: bool, train: &Subset) -> Result<Pipeline> {
    if !wanted {
        return Ok(Pipeline::new());
    }
    if !matches!(train.target_kind(), TargetKind::Regression { .. }) {
        return Err(Error::input(
            "[preprocess] scale_targets: the targets are classes, not numbers; take it out",
        ));
    }
    Ok(Pipeline::fit_targets(&[Preparation::standard()], train)?)
}

/// How bright the border of pictures of bytes is, 0 to 1, the mean over their channels.
///
/// # Errors
/// If a sample cannot be read.
pub fn border(train: &Subset) -> Result<Option<f64>> {
    let Some((channels, height, width)) = picture_shape(train.input_shape()) else {
        return Ok(None);
    };
    let indices: Vec<usize> = (0..train.len().min(BORDER_SAMPLES)).collect();
    let pixels = train.batch(&indices)?.inputs.to_vec::<f32>()?;
    if !pixels.iter().all(|value| (0.0..=255.0).contains(value))
        || pixels.iter().all(|&value| value <= 1.0)
    {
        return Ok(None);
    }
    let bytes: Vec<u8> = pixels.iter().map(|&value| value as u8).collect();
    let each = bytes
        .chunks_exact(height * width)
        .map(|picture| border_brightness(picture, height, width));
    Ok(Some(each.sum::<f64>() / (indices.len() * channels) as f64))
}

/// Data to judge a model on, from a path: of the kind it was trained on.
///
/// # Errors
/// If it cannot be read or does not fit the model.
pub fn for_model(header: &Header, path: &str, labels: Option<&str>) -> Result<Arc<dyn Dataset>> {
    let file = Path::new(path);
    if folder::is_one(file)
        && let Some(pictures) = folder::pictures_for_model(header, file)?
    {
        return Ok(pictures);
    }
    if let (Some(schema), true) = (&header.csv, is_larger_than_memory(file)) {
        let table = schema.open(file, None)?;
        if table.data.target_kind() == &header.target {
            return Ok(table.data);
        }
        return Err(without_targets(path));
    }
    Ok(Arc::new(in_memory_for_model(header, path, labels)?))
}

fn is_larger_than_memory(file: &Path) -> bool {
    is_table(file)
        && file
            .metadata()
            .is_ok_and(|m| m.is_file() && m.len() > MEMORY)
}

fn without_targets(path: &str) -> Error {
    Error::input(format!(
        "{path}: there are no targets to compare with; name them with --labels, or use `nn predict`"
    ))
}

fn in_memory_for_model(header: &Header, path: &str, labels: Option<&str>) -> Result<InMemory> {
    let file = Path::new(path);
    let samples = if folder::is_one(file) {
        folder::test_for_model(header, file)?
    } else if extension(file) == "npy" {
        npy(file, labels)?
    } else if let (Some(schema), true) = (&header.csv, file.exists()) {
        schema.read(file)?.data
    } else {
        let regression = matches!(header.target, TargetKind::Regression { .. });
        let data = recipe::Data {
            labels: labels.map(str::to_string),
            ..recipe::Data::of(path)
        };
        in_memory(&data, regression)?
    };
    let samples = shaped(samples, &header.sample)?;
    validate::not_empty(&samples)?;
    match (&header.target, samples.target_kind()) {
        (_, TargetKind::None) => Err(without_targets(path)),
        (TargetKind::Classes { names }, TargetKind::Classes { names: here }) => {
            if here == names {
                return Ok(samples);
            }
            let labels = samples.class_labels()?.unwrap_or_default();
            let translated = labels.iter().map(|&label| {
                let name = here.get(label as usize)?;
                names.iter().position(|known| known == name)
            });
            if translated
                .flatten()
                .zip(&labels)
                .all(|(known, &label)| known == label as usize)
            {
                validate::labels_in_range(path, &labels, names.len())?;
                return Ok(samples.with_class_names(names.clone())?);
            }
            Err(Error::input(format!(
                "{path}: its classes are {}, the model knows {}; give data with the same classes",
                here.join(", "),
                names.join(", ")
            )))
        }
        (TargetKind::Regression { names }, TargetKind::Regression { names: here })
            if names.len() == here.len() =>
        {
            Ok(samples)
        }
        (TargetKind::Regression { .. }, _) => Err(Error::input(format!(
            "{path}: its targets are not the numbers that the model predicts; check the target column"
        ))),
        (TargetKind::Classes { .. }, _) => Err(Error::input(format!(
            "{path}: its targets are numbers, the model tells classes apart; check the target column"
        ))),
        (TargetKind::None, _) => Err(Error::input("the model was trained without targets")),
        (_, _) => Err(Error::input(format!(
            "{path}: its targets are of a kind this program does not know"
        ))),
    }
}

/// The samples in the model's shape, when they have as many values.
///
/// # Errors
/// If they have not.
pub fn shaped(samples: InMemory, sample: &[usize]) -> Result<InMemory> {
    if samples.input_shape() == sample {
        return Ok(samples);
    }
    let (here, wanted) = (samples.input_shape().to_vec(), sample.to_vec());
    if here.iter().product::<usize>() == wanted.iter().product::<usize>() {
        return Ok(samples.with_input_shape(sample)?);
    }
    Err(Error::input(format!(
        "{}: its samples have the shape {here:?}, the model was trained on {wanted:?}",
        samples.name()
    )))
}
