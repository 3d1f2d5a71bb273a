//! A folder of pictures, one subfolder for each class.

mod judge;
mod open;
mod scan;
mod work;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use super::{Dataset, TargetKind, check_indices, gather};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::picture::{Color, Fit, Form, MAX_PIXELS};

/// What to do with a file that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBadImage {
    /// Refuse the folder, naming the file.
    #[default]
    Stop,
    /// Leave the file out and say so in [`FolderParts::skipped`].
    Skip,
}

/// How the samples of an [`ImageFolder`] are made and checked.
///
/// ```no_run
/// use nn_data::dataset::{ImageFolderOptions, OnBadImage};
///
/// // photos/train/cat/1.jpg, photos/train/dog/7.png, photos/test/cat/…
/// let parts = ImageFolderOptions::new()
///     .size(64, 64)
///     .on_bad_image(OnBadImage::Skip)
///     .open("photos")?;
/// for bad in &parts.skipped {
///     println!("left out: {bad}");
/// }
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImageFolderOptions {
    color: Option<Color>,
    size: Option<[usize; 2]>,
    fit: Fit,
    on_bad_image: OnBadImage,
    decode_first: bool,
    cache: Option<bool>,
    max_pixels: u64,
    limit: usize,
    classes: Option<Vec<String>>,
    test_only: bool,
}

impl Default for ImageFolderOptions {
    fn default() -> Self {
        ImageFolderOptions {
            color: None,
            size: None,
            fit: Fit::Stretch,
            on_bad_image: OnBadImage::Stop,
            decode_first: true,
            cache: None,
            max_pixels: MAX_PIXELS,
            limit: usize::MAX,
            classes: None,
            test_only: false,
        }
    }
}

/// Where nothing is said, pictures are kept decoded when all of them take at most so many bytes (512 MiB).
const CACHE_UP_TO: u64 = 512 << 20;

impl ImageFolderOptions {
    /// RGB if any picture has colours and grey otherwise, sizes as they are, stop at the first bad file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes all samples grey or RGB; by default they are RGB if any picture is stored in colours.
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Brings all pictures to this size; without it, all must have one size already.
    pub fn size(mut self, height: usize, width: usize) -> Self {
        self.size = Some([height, width]);
        self
    }

    /// How a picture of other proportions is brought to the size; default [`Fit::Stretch`].
    pub fn fit(mut self, fit: Fit) -> Self {
        self.fit = fit;
        self
    }

    /// What to do with files that cannot be used; default [`OnBadImage::Stop`].
    pub fn on_bad_image(mut self, what: OnBadImage) -> Self {
        self.on_bad_image = what;
        self
    }

    /// Whether every picture is decoded once while opening (the default), so that no damage shows later.
    /// Otherwise only the headers are read, and a picture damaged further on is an error when its batch is
    /// asked for, whatever [`on_bad_image`](Self::on_bad_image) says.
    pub fn decode_first(mut self, yes: bool) -> Self {
        self.decode_first = yes;
        self
    }

    /// Whether decoded pictures are kept in memory, as bytes; by default if they take at most 512 MiB.
    /// Otherwise each is decoded whenever it is asked for, and the folder may be larger than memory.
    pub fn cache(mut self, yes: bool) -> Self {
        self.cache = Some(yes);
        self
    }

    /// Refuses pictures of more pixels, before they are decoded; default [`MAX_PIXELS`].
    pub fn max_pixels(mut self, pixels: u64) -> Self {
        self.max_pixels = pixels;
        self
    }

    /// Takes at most so many files of each part, from all classes in turn.
    pub fn limit(mut self, samples: usize) -> Self {
        self.limit = samples;
        self
    }

    /// Numbers the classes as in this list of their names, and refuses folders of other names. Without it,
    /// the classes are the subfolders in sorted order.
    pub fn classes(mut self, names: Vec<String>) -> Self {
        self.classes = Some(names);
        self
    }

    /// Takes only the test part, as the first of the [`FolderParts`], where the folder has one.
    pub fn test_only(mut self) -> Self {
        self.test_only = true;
        self
    }

    /// Opens a folder; see [`image_folder`].
    ///
    /// # Errors
    /// If there is no picture that can be used, pictures differ in size and none is asked for, a class of
    /// the validation or test part does not occur in the training part, memory for the cache cannot be had,
    /// or, with [`OnBadImage::Stop`], any file or class folder cannot be used.
    pub fn open(&self, folder: impl AsRef<Path>) -> Result<FolderParts> {
        self.open_watched(folder, &|_, _| {})
    }

    /// [`open`](Self::open), telling `progress` now and then how many files of how many are done; it may be
    /// called from several threads.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_watched(
        &self,
        folder: impl AsRef<Path>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<FolderParts> {
        open::open(self, folder.as_ref(), progress)
    }
}

/// Opens a folder of pictures with [`ImageFolderOptions::new`].
///
/// A class is a subfolder, its samples are all files in it and below it, whatever they are called; names that
/// begin with a dot, and the files `Thumbs.db` and `desktop.ini`, are passed over. Where there is a subfolder
/// `train` with class folders in it, it is the training part, and `val` (or `valid`, `validation`) and `test`
/// beside it are the other parts. Samples are in an order that takes the classes in turn.
///
/// # Errors
/// As [`ImageFolderOptions::open`].
pub fn image_folder(folder: impl AsRef<Path>) -> Result<FolderParts> {
    ImageFolderOptions::new().open(folder)
}

/// The parts of a folder of pictures.
#[derive(Debug, Clone)]
pub struct FolderParts {
    /// The training part, or all pictures.
    pub train: ImageFolder,
    /// The validation part, if the folder has one.
    pub validation: Option<ImageFolder>,
    /// The test part, if the folder has one.
    pub test: Option<ImageFolder>,
    /// Files and class folders that were left out, in the order of the folder.
    pub skipped: Vec<BadImage>,
}

/// A file or class folder that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadImage {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for BadImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

/// Pictures of one shape in files, one of several classes each.
///
/// A sample is `[C, H, W]` with values 0 to 255, handed out as f32; see
/// [`with_input_dtype`](Self::with_input_dtype). Decoding is spread over the threads, and what comes of it
/// does not depend on them. Cloning is cheap.
#[derive(Clone)]
pub struct ImageFolder {
    name: Arc<str>,
    files: Arc<[PathBuf]>,
    labels: Arc<[u32]>,
    kind: TargetKind,
    form: Form,
    shape: [usize; 3],
    dtype: DType,
    /// All samples decoded, `[N, C, H, W]` of u8.
    cache: Option<Tensor>,
}

impl ImageFolder {
    /// The file of a sample.
    pub fn path(&self, index: usize) -> Option<&Path> {
        self.files.get(index).map(PathBuf::as_path)
    }

    /// Whether the decoded pictures are kept in memory.
    pub fn is_cached(&self) -> bool {
        self.cache.is_some()
    }

    /// How files become samples.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Renames the classes.
    ///
    /// # Errors
    /// If a label has no name.
    pub fn with_class_names(mut self, names: Vec<String>) -> Result<Self> {
        crate::validate::labels_in_range(&self.name, &self.labels, names.len())?;
        self.kind = TargetKind::Classes { names };
        Ok(self)
    }

    /// Hands out inputs as u8, f32 (the default) or f64.
    ///
    /// # Errors
    /// If another type is asked for.
    pub fn with_input_dtype(mut self, dtype: DType) -> Result<Self> {
        if !gather::converts(DType::U8, dtype) {
            let problem = format!("samples stored as u8 cannot be handed out as {dtype}");
            return Err(Error::argument("input dtype", problem));
        }
        self.dtype = dtype;
        Ok(self)
    }

    fn bytes_of_sample(&self) -> usize {
        self.shape.iter().product()
    }
}

impl fmt::Debug for ImageFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageFolder")
            .field("name", &self.name)
            .field("samples", &self.files.len())
            .field("shape", &self.shape)
            .field("cached", &self.is_cached())
            .finish_non_exhaustive()
    }
}

impl Dataset for ImageFolder {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.files.len()
    }

    fn input_shape(&self) -> &[usize] {
        &self.shape
    }

    fn target_kind(&self) -> &TargetKind {
        &self.kind
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        check_indices(self.len(), indices)?;
        let inputs = match &self.cache {
            Some(all) => gather::rows(all, indices, self.dtype)?,
            None => {
                let mut pixels = vec![0; indices.len() * self.bytes_of_sample()];
                let count = indices.len();
                let file = |at: usize| self.files[indices[at]].as_path();
                let (form, shape) = (&self.form, self.shape);
                let outcomes = work::decode(&file, count, form, shape, &mut pixels, &|_, _| {});
                for (at, outcome) in outcomes.into_iter().enumerate() {
                    outcome.map_err(|flaw| flaw.of(file(at)))?;
                }
                let decoded = Tensor::from_vec(pixels, [&[count], &self.shape[..]].concat())?;
                match self.dtype {
                    DType::U8 => decoded,
                    dtype => decoded.to_dtype(dtype)?,
                }
            }
        };
        let labels: Vec<u32> = indices.iter().map(|&i| self.labels[i]).collect();
        Ok(Batch {
            inputs,
            targets: Tensor::from_vec(labels, [indices.len()])?,
            indices: indices.to_vec(),
        })
    }

    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        Ok(Some(self.labels.to_vec()))
    }

    fn is_finite(&self) -> bool {
        true
    }
}
