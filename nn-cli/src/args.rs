//! The command line: verbs, options and their help.

mod diagnose;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use diagnose::{Diagnose, Project};

const EXAMPLES: &str = "\
Examples:
  nn train                                  learn to read the embedded handwritten digits
  nn train recipes/iris.toml                train from a recipe
  nn train recipe.toml --set train.epochs=5 --set optimizer.learning_rate=3e-4
  nn train recipes/mnist-mlp.toml --data ~/mnist --out runs/mnist
  nn eval runs/digits-1                     measure a trained network on its test data
  nn diagnose runs/digits-1                 say what is wrong with it and what to try next
  nn report runs/digits-1                   write a page about it
  nn predict runs/digits-1 seven.png        say what is on a picture
  nn inspect runs/digits-1                  look at the weights
  nn explain runs/digits-1 seven.png        see what the answer depends on
  nn filter photo.jpg --kind canny          find the edges of a picture
  nn export runs/digits-1 --safetensors digits.safetensors
  nn data fetch mnist                       download a data set
  nn data describe table.csv                see what is in a data set

Exit codes: 0 done, 1 failed, 2 wrong use or bad input, 130 stopped with Ctrl-C (the run is saved).
Results go to stdout, progress to stderr. NO_COLOR switches colours off; NN_THREADS sets the number of threads.";

/// Train, judge and use neural networks
#[derive(Debug, Parser)]
#[command(name = "nn", version, after_help = EXAMPLES, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs of the command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network from a recipe; without one, the embedded handwritten digits
    Train(Train),
    /// Measure a trained network on data: its own test part, or --data
    Eval(Eval),
    /// Say what is wrong with a trained network, and what to try next
    Diagnose(Diagnose),
    /// Write a page about a run: curves, scores, mistakes, data, network
    Report(Report),
    /// Say what a trained network makes of pictures, tables or arrays
    Predict(Predict),
    /// Show the layers and parameter statistics of a run, a model or a .safetensors file
    Inspect(Inspect),
    /// Show on which parts of a picture a network's answer depends
    Explain(Explain),
    /// Blur, sharpen or find the edges of a picture
    Filter(Filter),
    /// Write the weights for other programs, under PyTorch's names
    Export(Export),
    /// List the ready recipes, or print one to start from
    Recipes(Recipes),
    /// Get data sets and look at them
    Data(Data),
}

/// `nn train`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn train
  nn train iris                             a ready recipe by name (see: nn recipes)
  nn train my.toml --set train.epochs=5 --set network.layers.0.units=64
  nn train mnist-mlp --data ~/mnist --threads 2 --seed 7

The run folder holds recipe.toml (as resolved), metrics.jsonl, model.nn and curve.png.
Ctrl-C finishes the current batch and saves the run; press it twice to leave at once.")]
pub struct Train {
    /// A recipe file, or the name of a ready recipe [default: digits]
    pub recipe: Option<String>,
    /// Override one value of the recipe, as in --set train.epochs=5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Data to train on, in place of the recipe's data.source
    #[arg(long, value_name = "PATH")]
    pub data: Option<String>,
    /// Folder for the run; must not hold a run yet [default: runs/NAME-1, -2, …]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Number of threads (results do not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Seed of every random choice: same seed, same weights
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

/// `nn eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn eval runs/digits-1
  nn eval runs/mnist-mlp-1 --data ~/mnist --json")]
pub struct Eval {
    /// A run folder, or its model.nn
    pub run: PathBuf,
    /// Data to measure on, of the same kind as the training data [default: the run's own test part]
    #[arg(long, value_name = "PATH")]
    pub data: Option<String>,
    /// For .npy data: the file of targets
    #[arg(long, value_name = "PATH", requires = "data")]
    pub labels: Option<String>,
    /// Number of threads (results do not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// `nn report`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn report runs/digits-1
  nn report runs/digits-1 --out digits.html --figures figures
  nn report runs/mnist-mlp-1 --data ~/mnist

The page is one file, opens from disk, and needs no network. It judges on the run's test part, or else on its
validation part, or on --data. Every figure can be had by itself, as SVG and as PNG.")]
pub struct Report {
    /// A run folder, or its model.nn
    pub run: PathBuf,
    /// The page to write [default: report.html in the run folder]
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// Also write every figure into this folder, as NAME.svg and NAME.png
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
    /// Data to judge on, of the same kind as the training data [default: the run's own test part]
    #[arg(long, value_name = "PATH")]
    pub data: Option<String>,
    /// For .npy data: the file of targets
    #[arg(long, value_name = "PATH", requires = "data")]
    pub labels: Option<String>,
    /// Number of threads (results do not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// `nn predict`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn predict runs/digits-1 seven.png photo.jpg
  nn predict runs/iris-1 flowers.csv --json
  nn predict runs/digits-1 images.npy --out probabilities.npy

Pictures are made grey, brought to the network's input size, and inverted where the background is
light and the network learnt from light strokes on dark; the output says when that was done.")]
pub struct Predict {
    /// A run folder, or its model.nn
    pub run: PathBuf,
    /// Pictures, CSV tables, .npy arrays
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Also write all probabilities (or predicted values) as one .npy array, a row per sample
    #[arg(long, value_name = "X.npy")]
    pub out: Option<PathBuf>,
    /// How many of the likeliest classes to show per sample
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Print one JSON object per sample on stdout
    #[arg(long)]
    pub json: bool,
}

/// `nn inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn inspect runs/digits-1
  nn inspect weights.safetensors --json
  nn inspect runs/digits-1 --filters filters.png
  nn inspect runs/digits-1 --activations seven.png layers.png")]
pub struct Inspect {
    /// A run folder, a model.nn, or a .safetensors file
    pub model: PathBuf,
    /// Draw the weights of the first layer as pictures: what each of its units looks for
    #[arg(long, value_name = "OUT.png", conflicts_with = "json")]
    pub filters: Option<PathBuf>,
    /// Draw what every layer makes of a picture
    #[arg(long, value_names = ["IMAGE", "OUT.png"], num_args = 2, conflicts_with = "json")]
    pub activations: Option<Vec<PathBuf>>,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// `nn explain`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn explain runs/digits-1 seven.png
  nn explain runs/digits-1 seven.png --class 1 --out why-not-1.png
  nn explain runs/digits-1 seven.png --method saliency --smooth 50

saliency: how much the class's score changes with each pixel, |dS/dx|.
grad-cam: where the last convolution sees what speaks for the class (networks with convolutions only).")]
pub struct Explain {
    /// A run folder, or its model.nn
    pub run: PathBuf,
    /// A picture
    pub image: PathBuf,
    /// What to draw
    #[arg(long, value_name = "METHOD", default_value = "both", value_parser = ["saliency", "grad-cam", "both"])]
    pub method: String,
    /// The class to explain [default: the likeliest]
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// For saliency: average over N noisy copies of the picture (SmoothGrad); 0 takes the picture as it is
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1000))]
    pub smooth: u16,
    /// The picture to write [default: IMAGE-explained.png]
    #[arg(long, value_name = "OUT.png")]
    pub out: Option<PathBuf>,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// `nn filter`
#[derive(Debug, Args)]
#[command(after_help = "\
Kinds:
  mean, gaussian, median            smooth        --size, --sigma
  sharpen, unsharp                  sharpen       --amount, --sigma
  laplacian                         where brightness bends     --neighbours
  sobel, prewitt, scharr            where it changes           --gradient x|y|magnitude
  canny                             thin, connected edges      --sigma, --low, --high
  emboss                            a relief      --amount
  matrix                            your own      --matrix, --normalize

Examples:
  nn filter photo.jpg --kind gaussian --sigma 2
  nn filter photo.jpg --kind canny --low 40 --high 120 --out edges.png
  nn filter photo.jpg --matrix \"1 2 1; 2 4 2; 1 2 1\" --normalize

Colours are kept, except by those that find edges, which look at a grey picture. Values below zero are shown around mid grey.")]
pub struct Filter {
    /// A picture
    pub image: PathBuf,
    /// What to do with it
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The picture to write [default: IMAGE-KIND.png]
    #[arg(long, value_name = "OUT.png")]
    pub out: Option<PathBuf>,
    /// What stands beyond the border: zero, replicate, or reflect (dcb|abcd|cba, as OpenCV's default)
    #[arg(long, value_name = "BORDER", default_value = "reflect", value_parser = ["zero", "replicate", "reflect"])]
    pub border: String,
    /// Side of the window in pixels, odd [default: 3; for gaussian from sigma]
    #[arg(long, value_name = "N")]
    pub size: Option<usize>,
    /// Deviation of the Gaussian in pixels [default: 1; for canny 1.4]
    #[arg(long, value_name = "S")]
    pub sigma: Option<f64>,
    /// How strong [default: 1]
    #[arg(long, value_name = "A", allow_hyphen_values = true)]
    pub amount: Option<f64>,
    /// Which derivative [default: magnitude]
    #[arg(long, value_name = "G", value_parser = ["x", "y", "magnitude"])]
    pub gradient: Option<String>,
    /// How many neighbours a pixel is compared with [default: 4]
    #[arg(long, value_name = "N", value_parser = ["4", "8"])]
    pub neighbours: Option<String>,
    /// Strength above which a pixel goes on with an edge [default: 50]
    #[arg(long, value_name = "T")]
    pub low: Option<f32>,
    /// Strength above which a pixel is an edge [default: 150]
    #[arg(long, value_name = "T")]
    pub high: Option<f32>,
    /// Rows of numbers, with odd sides: "0 -1 0; -1 5 -1; 0 -1 0"
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true)]
    pub matrix: Option<String>,
    /// Divide the matrix by its sum
    #[arg(long)]
    pub normalize: bool,
}

/// `nn export`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  nn export runs/digits-1 --safetensors digits.safetensors

In Python:  model.load_state_dict(safetensors.torch.load_file(\"digits.safetensors\"))")]
pub struct Export {
    /// A run folder, or its model.nn
    pub run: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub safetensors: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    pub force: bool,
}

/// `nn recipes`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn recipes
  nn recipes iris > iris.toml")]
pub struct Recipes {
    /// Print this recipe
    pub name: Option<String>,
}

/// `nn data`
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Data {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// The verbs of `nn data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download a known data set and check it
    Fetch(Fetch),
    /// Draw pictures of a data set and what augmentation makes of them
    Preview(Preview),
    /// Make up labelled pictures of digits, letters or other characters
    #[cfg(feature = "synth")]
    Synth(Synth),
    /// Draw the samples as points of the plane, near ones near each other
    Project(Project),
    /// Say what is in a data set and what looks wrong with it
    Describe(Describe),
}

/// `nn data fetch`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn data fetch --list
  nn data fetch mnist
  nn data fetch cifar10 --to ~/data/cifar10
  nn data fetch mnist --mirror http://10.0.0.7/mnist/

Every file is compared with its published SHA-256 before it takes its place. What was received of a file is kept when
the transfer breaks off, and the next call goes on from there. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are
heeded; SSL_CERT_FILE names a file of certificates to trust in place of Mozilla's.")]
#[cfg_attr(not(feature = "fetch"), allow(dead_code))]
pub struct Fetch {
    /// The data set: mnist, fashion-mnist, kmnist, emnist, cifar10 or cifar100
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// Folder for its files [default: data/NAME]
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// List what can be fetched, or the addresses and checksums of one data set
    #[arg(long)]
    pub list: bool,
    /// Fetch from here, http or https, in place of the known addresses (may be repeated; tried in turn)
    #[arg(long, value_name = "URL")]
    pub mirror: Vec<String>,
    /// Replace files that are there but are not the published ones
    #[arg(long)]
    pub force: bool,
    /// Give a server up after so many seconds in which nothing comes
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub timeout: u16,
    /// Go through all addresses so many times before giving up
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub tries: u16,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

/// `nn data preview`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn data preview                           the digits, as the default recipe augments them
  nn data preview my.toml --count 20 --out sheet.png
  nn data preview digits --set 'augment.steps=[\"rotate 20\", \"elastic\", \"cutout 8\"]'
  nn data preview ~/mnist                   no recipe: what each step of augmentation does
  nn data preview photos --set data.size=[64,64]

A row for each sample of the training part: the original, then what training sees of it in epoch after epoch.")]
pub struct Preview {
    /// A recipe file, the name of a ready recipe, or a folder (or archive) of data
    #[arg(value_name = "RECIPE|FOLDER", default_value = "digits")]
    pub source: String,
    /// The picture to write
    #[arg(long, value_name = "OUT.png", default_value = "preview.png")]
    pub out: PathBuf,
    /// How many samples to show
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub count: u16,
    /// Override one value of the recipe, as in --set augment.steps='[\"flip\"]' (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Seed of every random choice
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
}

/// `nn data synth`
#[cfg(feature = "synth")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn data synth --out digits --count 500
  nn data synth --out letters --characters letters --color --size 32
  nn data synth --out greek --characters αβγδε --fonts ~/fonts --sheet greek.png
  nn train mnist-cnn --data digits

Writes OUT/train/CLASS/000001.png, …, OUT/test/CLASS/… and labels.csv. Where there are five fonts or more, every fifth
draws the test part alone, so that the test shows what the network makes of fonts it has not seen.")]
pub struct Synth {
    /// The folder to write; must be new or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What to draw: digits, upper, lower, letters, alphanumeric, or the characters themselves
    #[arg(long, value_name = "WHAT", default_value = "digits")]
    pub characters: String,
    /// Pictures of each character to learn from
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = count)]
    pub count: usize,
    /// Pictures of each character to test with [default: a fifth of --count]
    #[arg(long, value_name = "N")]
    pub test: Option<u16>,
    /// Pixels of a side, or height and width as in 32x48
    #[arg(long, value_name = "N", default_value = "28")]
    pub size: String,
    /// In colours
    #[arg(long)]
    pub color: bool,
    /// A font file (.ttf, .otf, .ttc) or a folder of them (may be repeated) [default: the fonts of this machine]
    #[arg(long, value_name = "PATH")]
    pub fonts: Vec<PathBuf>,
    /// Turn by up to so many degrees
    #[arg(long, value_name = "DEGREES", default_value_t = 12.0)]
    pub rotation: f64,
    /// Slant by up to so many degrees
    #[arg(long, value_name = "DEGREES", default_value_t = 8.0)]
    pub shear: f64,
    /// Move off the middle by up to this share of the picture
    #[arg(long, value_name = "SHARE", default_value_t = 0.08)]
    pub shift: f64,
    /// Least difference of brightness between character and background, 0 to 0.95
    #[arg(long, value_name = "C", default_value_t = 0.35)]
    pub contrast: f64,
    /// Always light on dark, as in MNIST
    #[arg(long)]
    pub light_on_dark: bool,
    /// How far backgrounds stray from one colour: 0 plain, 1 gradients and textures of full strength
    #[arg(long, value_name = "B", default_value_t = 0.5)]
    pub background: f64,
    /// Largest deviation of the pixels' noise, 1 being from black to white
    #[arg(long, value_name = "S", default_value_t = 0.06)]
    pub noise: f64,
    /// Seed of every random choice
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Also draw some of each class on one picture
    #[arg(long, value_name = "OUT.png")]
    pub sheet: Option<PathBuf>,
}

/// A number of pictures from 1 to a million.
#[cfg(feature = "synth")]
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=1_000_000).contains(&count) => Ok(count),
        _ => Err("must be a whole number from 1 to 1000000".into()),
    }
}

/// `nn data describe`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  nn data describe patients.csv --target ill
  nn data describe patients.csv --out patients.html
  nn data describe ~/mnist --out mnist.html
  nn data describe photos --set data.size=[64,64]
  nn data describe iris --json

Types, gaps, outliers, balance of classes, correlations, duplicates; columns that number the rows or give the target
away. A table is read as it stands: gaps and stray words are counted, not refused.")]
pub struct Describe {
    /// A table, an .npy file, a folder (or archive) of pictures, or an embedded set
    #[arg(value_name = "FILE|FOLDER|SET")]
    pub source: String,
    /// For tables: the column to be predicted, by its header or its number from 0 [default: the last]
    #[arg(long, value_name = "COLUMN", conflicts_with = "no_target")]
    pub target: Option<String>,
    /// For tables: no column is to be predicted
    #[arg(long)]
    pub no_target: bool,
    /// For .npy data: the file of targets
    #[arg(long, value_name = "PATH")]
    pub labels: Option<String>,
    /// Override a value of the data section, as in --set data.limit=1000 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Also write a page with pictures
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// With --out: also write every figure into this folder, as NAME.svg and NAME.png
    #[arg(long, value_name = "DIR", requires = "out")]
    pub figures: Option<PathBuf>,
    /// Print the description as one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}
