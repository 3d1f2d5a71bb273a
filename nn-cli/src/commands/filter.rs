//! `nn filter`: blurs, sharpening and edges on a picture file.

use image::{DynamicImage, GrayImage, RgbImage};
use nn_core::Tensor;
use nn_data::filter::{self, Border, Canny, Gradient, Kernel, Neighbours};
use nn_layers::spec::nearest;

use crate::args;
use crate::error::{Error, Result};
use crate::output::{beside, check_png, print};
use crate::picture::{self, Whole};
use crate::view::heat::Greys;
use crate::view::number::plain;
use crate::view::style::Style;

/// Every kind with the options that say something to it.
const KINDS: [(&str, &[&str]); 12] = [
    ("mean", &["--size"]),
    ("gaussian", &["--sigma", "--size"]),
    ("median", &["--size"]),
    ("sharpen", &["--amount"]),
    ("unsharp", &["--sigma", "--amount"]),
    ("laplacian", &["--neighbours"]),
    ("sobel", &["--gradient"]),
    ("prewitt", &["--gradient"]),
    ("scharr", &["--gradient"]),
    ("canny", &["--sigma", "--low", "--high"]),
    ("emboss", &["--amount"]),
    ("matrix", &["--matrix", "--normalize"]),
];

/// A filter with its settings.
enum Chosen {
    Mean(usize),
    Gaussian { sigma: f64, size: Option<usize> },
    Median(usize),
    Sharpen(f64),
    Unsharp { sigma: f64, amount: f64 },
    Laplacian(Neighbours),
    Sobel(Gradient),
    Prewitt(Gradient),
    Scharr(Gradient),
    Canny(Canny),
    Emboss(f64),
    Matrix(Kernel),
}

/// How the values of a result become greys or colours.
enum Shown {
    /// As they are, cut off at black and white.
    Clipped,
    /// Around mid grey.
    Signed,
    /// From black at zero to white at the largest.
    Strength,
    /// White where 1.
    Marks,
}

/// Filters a picture and writes the result.
///
/// # Errors
/// If an option does not fit, or a file cannot be read or written.
pub fn filter(args: &args::Filter) -> Result<()> {
    let kind = kind(args)?;
    let chosen = chosen(kind, args)?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| beside(&args.image, kind));
    check_png(&out, &args.image)?;
    let picture = picture::whole(&args.image, chosen.sees_grey())?;
    let results = picture
        .channels
        .iter()
        .map(|channel| {
            let pixels: Vec<f32> = channel.iter().map(|&byte| byte.into()).collect();
            let channel = Tensor::from_vec(pixels, [picture.height, picture.width])?;
            Ok(chosen.apply(&channel, border(args))?)
        })
        .collect::<Result<Vec<Tensor>>>()?;
    let (scale, meaning) = scale(&chosen.shown(), &results)?;
    picture::save(&out, &painted(&picture, &results, scale)?)?;
    let style = Style::stdout();
    let colour = if picture.channels.len() == 3 {
        "in colour"
    } else {
        "grey"
    };
    let next = if chosen.sees_grey() {
        "unsharp"
    } else {
        "canny"
    };
    print(&format!(
        "{}, border {}: {} ({}×{}, {colour}) → {}{meaning}\nnext: {}\n",
        chosen.describe(),
        args.border,
        args.image.display(),
        picture.width,
        picture.height,
        style.bold(&out.display().to_string()),
        style.bold(&format!("nn filter {} --kind {next}", quoted(&args.image)))
    ))
}

/// A path as a shell takes it.
fn quoted(path: &std::path::Path) -> String {
    let path = path.display().to_string();
    if path.contains([' ', '\'', '"', '(', ')', '&', ';', '$']) {
        format!("'{}'", path.replace('\'', "'\\''"))
    } else {
        path
    }
}

fn border(args: &args::Filter) -> Border {
    match args.border.as_str() {
        "zero" => Border::Zero,
        "replicate" => Border::Replicate,
        _ => Border::Reflect,
    }
}

/// The kind, known and with options that go with it.
fn kind(args: &args::Filter) -> Result<&'static str> {
    let names = || KINDS.iter().map(|(name, _)| *name);
    let all = || names().collect::<Vec<_>>().join(", ");
    let wanted = match (&args.kind, &args.matrix) {
        (Some(kind), _) => kind.as_str(),
        (None, Some(_)) => "matrix",
        (None, None) => {
            return Err(Error::input(format!(
                "--kind is missing: which filter? One of {}",
                all()
            )));
        }
    };
    let Some((kind, options)) = KINDS.iter().find(|(name, _)| *name == wanted) else {
        let hint = match nearest(wanted, names()) {
            Some(name) => format!("did you mean {name:?}?"),
            None => format!("the kinds are {}", all()),
        };
        return Err(Error::input(format!(
            "--kind {wanted}: there is no such filter; {hint}"
        )));
    };
    let given = [
        ("--size", args.size.is_some()),
        ("--sigma", args.sigma.is_some()),
        ("--amount", args.amount.is_some()),
        ("--gradient", args.gradient.is_some()),
        ("--neighbours", args.neighbours.is_some()),
        ("--low", args.low.is_some()),
        ("--high", args.high.is_some()),
        ("--matrix", args.matrix.is_some()),
        ("--normalize", args.normalize),
    ];
    for (option, given) in given {
        if given && !options.contains(&option) {
            return Err(Error::input(format!(
                "{option} says nothing to {kind}, which takes {}; leave it out",
                options.join(" and ")
            )));
        }
    }
    Ok(kind)
}

fn chosen(kind: &str, args: &args::Filter) -> Result<Chosen> {
    let size = args.size.unwrap_or(3);
    let amount = args.amount.unwrap_or(1.0);
    let gradient = match args.gradient.as_deref() {
        Some("x") => Gradient::X,
        Some("y") => Gradient::Y,
        _ => Gradient::Magnitude,
    };
    Ok(match kind {
        "mean" => Chosen::Mean(size),
        "gaussian" => Chosen::Gaussian {
            sigma: args.sigma.unwrap_or_else(|| fitting_sigma(args.size)),
            size: args.size,
        },
        "median" => Chosen::Median(size),
        "sharpen" => Chosen::Sharpen(amount),
        "unsharp" => Chosen::Unsharp {
            sigma: args.sigma.unwrap_or(1.0),
            amount,
        },
        "laplacian" => Chosen::Laplacian(match args.neighbours.as_deref() {
            Some("8") => Neighbours::Eight,
            _ => Neighbours::Four,
        }),
        "sobel" => Chosen::Sobel(gradient),
        "prewitt" => Chosen::Prewitt(gradient),
        "scharr" => Chosen::Scharr(gradient),
        "canny" => {
            let usual = Canny::default();
            // Of two thresholds one of which is given, the other keeps its proportion where the usual one would not fit.
            let (low, high) = match (args.low, args.high) {
                (Some(low), None) => (low, usual.high.max(3.0 * low)),
                (None, Some(high)) => (usual.low.min(high / 3.0), high),
                (low, high) => (low.unwrap_or(usual.low), high.unwrap_or(usual.high)),
            };
            Chosen::Canny(Canny {
                sigma: args.sigma.unwrap_or(usual.sigma),
                low,
                high,
            })
        }
        "emboss" => Chosen::Emboss(amount),
        _ => {
            let Some(text) = &args.matrix else {
                return Err(Error::input(
                    "--kind matrix needs the matrix: --matrix \"0 -1 0; -1 5 -1; 0 -1 0\"",
                ));
            };
            let matrix = text
                .parse::<Kernel>()
                .and_then(|kernel| match args.normalize {
                    true => kernel.normalized(),
                    false => Ok(kernel),
                });
            Chosen::Matrix(matrix.map_err(|e| Error::input(format!("--matrix: {e}")))?)
        }
    })
}

/// The deviation that goes with a window of a size, by OpenCV's rule; 1 where no size is given.
fn fitting_sigma(size: Option<usize>) -> f64 {
    size.map_or(1.0, |size| 0.3 * ((size as f64 - 1.0) * 0.5 - 1.0) + 0.8)
}

impl Chosen {
    fn apply(&self, image: &Tensor, border: Border) -> nn_data::Result<Tensor> {
        match self {
            Chosen::Mean(size) => filter::mean(image, *size, border),
            Chosen::Gaussian { sigma, size } => filter::gaussian(image, *sigma, *size, border),
            Chosen::Median(size) => filter::median(image, *size, border),
            Chosen::Sharpen(amount) => filter::sharpen(image, *amount, border),
            Chosen::Unsharp { sigma, amount } => filter::unsharp(image, *sigma, *amount, border),
            Chosen::Laplacian(neighbours) => filter::laplacian(image, *neighbours, border),
            Chosen::Sobel(gradient) => filter::sobel(image, *gradient, border),
            Chosen::Prewitt(gradient) => filter::prewitt(image, *gradient, border),
            Chosen::Scharr(gradient) => filter::scharr(image, *gradient, border),
            Chosen::Canny(canny) => canny.apply(image, border),
            Chosen::Emboss(strength) => filter::emboss(image, *strength, border),
            Chosen::Matrix(kernel) => kernel.apply(image, border),
        }
    }

    /// Whether it looks for edges, which have no colour.
    fn sees_grey(&self) -> bool {
        matches!(
            self,
            Chosen::Laplacian(_)
                | Chosen::Sobel(_)
                | Chosen::Prewitt(_)
                | Chosen::Scharr(_)
                | Chosen::Canny(_)
        )
    }

    fn shown(&self) -> Shown {
        match self {
            Chosen::Laplacian(_) => Shown::Signed,
            Chosen::Sobel(gradient) | Chosen::Prewitt(gradient) | Chosen::Scharr(gradient) => {
                match gradient {
                    Gradient::Magnitude => Shown::Strength,
                    Gradient::X | Gradient::Y => Shown::Signed,
                }
            }
            Chosen::Canny(_) => Shown::Marks,
            // A matrix whose sum is zero makes even areas zero: a derivative.
            Chosen::Matrix(kernel) if kernel.sum().abs() < 1e-6 => Shown::Signed,
            _ => Shown::Clipped,
        }
    }

    fn describe(&self) -> String {
        let derivative = |name: &str, gradient: &Gradient| {
            let which = match gradient {
                Gradient::X => "x",
                Gradient::Y => "y",
                Gradient::Magnitude => "magnitude",
            };
            format!("{name}, {which}")
        };
        match self {
            Chosen::Mean(size) => format!("mean of {size}×{size}"),
            Chosen::Gaussian { sigma, size: None } => {
                format!("gaussian, sigma {}", plain(*sigma))
            }
            Chosen::Gaussian {
                sigma,
                size: Some(size),
            } => format!("gaussian of {size}×{size}, sigma {}", plain(*sigma)),
            Chosen::Median(size) => format!("median of {size}×{size}"),
            Chosen::Sharpen(amount) => format!("sharpen by {}", plain(*amount)),
            Chosen::Unsharp { sigma, amount } => {
                format!("unsharp by {}, sigma {}", plain(*amount), plain(*sigma))
            }
            Chosen::Laplacian(Neighbours::Four) => "laplacian of 4 neighbours".into(),
            Chosen::Laplacian(Neighbours::Eight) => "laplacian of 8 neighbours".into(),
            Chosen::Sobel(gradient) => derivative("sobel", gradient),
            Chosen::Prewitt(gradient) => derivative("prewitt", gradient),
            Chosen::Scharr(gradient) => derivative("scharr", gradient),
            Chosen::Canny(canny) => format!(
                "canny, sigma {}, thresholds {} and {}",
                plain(canny.sigma),
                plain(canny.low.into()),
                plain(canny.high.into())
            ),
            Chosen::Emboss(strength) => format!("emboss by {}", plain(*strength)),
            Chosen::Matrix(kernel) => format!("matrix of {}×{}", kernel.rows(), kernel.columns()),
        }
    }
}

/// The greys for all channels, and what they mean where that is not plain.
fn scale(shown: &Shown, results: &[Tensor]) -> Result<(Greys, String)> {
    let bound = match shown {
        Shown::Clipped => 255.0,
        Shown::Marks => 1.0,
        Shown::Strength | Shown::Signed => bound(results)?,
    };
    let white = plain(bound.round().max(1.0).into());
    Ok(match shown {
        Shown::Clipped | Shown::Marks => (Greys::from_zero(bound), String::new()),
        Shown::Strength => (
            Greys::from_zero(bound),
            format!(" (black: 0, white: {white} and more)"),
        ),
        Shown::Signed => (
            Greys::around_zero(bound),
            format!(" (mid grey: 0, white: {white} and more)"),
        ),
    })
}

/// The size that one value in a hundred exceeds: a few strong edges do not make all others faint.
fn bound(results: &[Tensor]) -> Result<f32> {
    let mut sizes = Vec::new();
    for result in results {
        sizes.extend(result.as_slice::<f32>()?.iter().map(|value| value.abs()));
    }
    let place = sizes.len().saturating_sub(1) - sizes.len() / 100;
    let (_, bound, above) = sizes.select_nth_unstable_by(place, f32::total_cmp);
    // An image that is even nearly everywhere is shown by what is not.
    let largest = || above.iter().copied().fold(0.0, f32::max);
    Ok(if *bound > 0.0 { *bound } else { largest() })
}

fn painted(picture: &Whole, results: &[Tensor], scale: Greys) -> Result<DynamicImage> {
    let bytes = results
        .iter()
        .map(|result| {
            let values = result.as_slice::<f32>()?.iter();
            Ok(values.map(|&value| scale.byte(value)).collect())
        })
        .collect::<Result<Vec<Vec<u8>>>>()?;
    let (width, height) = (picture.width as u32, picture.height as u32);
    let image = match bytes.as_slice() {
        [red, green, blue] => {
            let pixels = red.iter().zip(green).zip(blue);
            let pixels = pixels.flat_map(|((&r, &g), &b)| [r, g, b]).collect();
            RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
        }
        _ => GrayImage::from_raw(width, height, bytes.concat()).map(DynamicImage::from),
    };
    image.ok_or_else(|| Error::failed("the filtered picture has another size"))
}
