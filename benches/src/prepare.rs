//! Principal components of MNIST, as `peers/prepare.py` computes them with scikit-learn.

use std::path::Path;

use nn_core::{DType, Tensor};
use nn_data::dataset::Targets;
use nn_data::transform::{Pca, PcaOptions, Solver};
use nn_data::{Dataset, InMemory};

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// All components, whitened.
    Whiten,
    /// The first 50.
    Fifty,
}

impl Work {
    /// The work of a name: `whiten`, `fifty`.
    pub fn from_name(name: &str) -> Option<Work> {
        match name {
            "whiten" => Some(Work::Whiten),
            "fifty" => Some(Work::Fifty),
            _ => None,
        }
    }

    /// How it is asked for.
    pub fn options(self) -> PcaOptions {
        match self {
            Work::Whiten => PcaOptions::new().whitened(0.0),
            Work::Fifty => PcaOptions::count(50).solver(Solver::Randomized),
        }
    }
}

/// The training pictures of the MNIST files in a folder as floats from 0 to 1, `[60000, 784]`; or the matrix in an `.npy` file.
///
/// # Errors
/// If they cannot be read.
pub fn load(path: &Path) -> Result<InMemory, nn_data::Error> {
    if path.is_file() {
        return InMemory::new("npy", nn_core::store::npy::load(path)?, Targets::None);
    }
    let data = nn_data::dataset::image_family(path)?.train;
    floats(&data)
}

/// `rows` random samples of `columns` values that depend on each other.
///
/// # Errors
/// If memory is exhausted.
pub fn synthetic(rows: usize, columns: usize) -> Result<InMemory, nn_data::Error> {
    let mut rng = nn_core::Rng::new(1);
    let common: Vec<f64> = (0..columns).map(|_| rng.normal()).collect();
    let mut values = Vec::with_capacity(rows * columns);
    for _ in 0..rows {
        let share = rng.normal();
        values.extend(common.iter().map(|c| (c * share + rng.normal()) as f32));
    }
    let inputs = Tensor::from_vec(values, [rows, columns])?;
    InMemory::new("synthetic", inputs, Targets::None)
}

fn floats(data: &InMemory) -> Result<InMemory, nn_data::Error> {
    let width: usize = data.input_shape().iter().product();
    let inputs = data
        .inputs()
        .to_dtype(DType::F32)?
        .mul_scalar(1.0 / 255.0)?;
    InMemory::new("mnist", inputs.reshape([data.len(), width])?, Targets::None)
}

/// Fits on the data and transforms it.
///
/// # Errors
/// If it cannot be computed.
pub fn fit_transform(data: &InMemory, work: Work) -> Result<(Pca, Tensor), nn_data::Error> {
    let pca = Pca::fit(data, &work.options())?;
    let out = pca.transform(data.inputs())?;
    Ok((pca, out))
}
