//! What `nn diagnose` and `nn data project` take.

use std::path::PathBuf;

use clap::Args;

use crate::commands::diagnose::Varied;

/// `nn diagnose`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn diagnose runs/digits-1 --baseline 0.02
  nn diagnose iris --set train.epochs=20    trains quietly, then diagnoses
  nn diagnose runs/wine-1 --learning-curve --out why
  nn diagnose diabetes --validation-curve train.l2=0,0.001,0.01,0.1

With --out the mistakes go to errors.csv, labels that may be wrong to label-noise.csv, mistakes on pictures to
errors.png, and the curves to learning-curve.png and validation-curve.png.

Errors are shares of wrong classes; for numbers, shares of the variance that are not explained (1 - R²).")]
pub struct Diagnose {
    /// A run folder (or its model.nn), a recipe file, or the name of a ready recipe, which is then trained
    #[arg(value_name = "RUN|RECIPE")]
    pub subject: String,
    /// The error that is achievable: of people, of a competitor, of an earlier system [default: the recipe's diagnose.baseline]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub baseline: Option<f64>,
    /// From where on a gap between two errors matters [default: 0.02 of a guess's error, 0.05 without --baseline]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub target_gap: Option<f64>,
    /// Train again on a half, a quarter, … of the samples: would more of them help?
    #[arg(long)]
    pub learning_curve: bool,
    /// Train again with each value of a recipe's key
    #[arg(long, value_name = "KEY=V1,V2,…", value_parser = Varied::parse)]
    pub validation_curve: Option<Varied>,
    /// Folder for the mistakes and the curves as files
    #[arg(long, visible_alias = "errors", value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// With a recipe: override one of its values, as in --set train.epochs=5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// With a recipe: data to train on, in place of its data.source
    #[arg(long, value_name = "PATH")]
    pub data: Option<String>,
    /// With a recipe: seed of every random choice
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Number of threads (results do not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

/// A share from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share from 0 to 1 is needed; 2 % is 0.02".into()),
    }
}

/// `nn data project`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn data project wine
  nn data project digits --limit 2000 --out digits.png
  nn data project runs/digits-1 --out learnt.png     what the network makes of its validation part
  nn data project flowers.csv --method pca --out flowers.csv.png

pca: the two directions in which the samples differ most. tsne: a map on which near samples stay near; distances between
groups on it mean little. Of a run the input of its last layer is shown, of data the values as its recipe prepares them.")]
pub struct Project {
    /// Data, a recipe file, the name of a ready recipe, or a run folder
    #[arg(value_name = "SOURCE|RUN")]
    pub source: String,
    /// How the plane is found
    #[arg(long, value_name = "METHOD", default_value = "tsne", value_parser = ["pca", "tsne"])]
    pub method: String,
    /// The picture (.png) or table (.csv) to write
    #[arg(long, value_name = "FILE", default_value = "points.png")]
    pub out: PathBuf,
    /// Show so many samples at the most, the first ones
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u16).range(3..))]
    pub limit: u16,
    /// For tsne: about how many neighbours a sample has [default: 30]
    #[arg(long, value_name = "P")]
    pub perplexity: Option<f64>,
    /// Override one value of the recipe (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Seed of every random choice
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Number of threads (results do not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
