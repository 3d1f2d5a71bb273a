//! `nn data synth`: made-up pictures of characters, as a folder by class.

use std::fs;
use std::path::Path;

use image::{DynamicImage, GrayImage, Rgb, RgbImage};
use nn_data::Dataset;
use nn_data::picture::Color;
use nn_data::synth::{Fonts, Synth, SynthSettings, letters};

use crate::args;
use crate::error::{Error, Result, write_sentence};
use crate::output::{check_png, print};
use crate::picture;
use crate::view::contact::{Cell, Row, contact_sheet};
use crate::view::number::grouped;
use crate::view::style::Style;

/// Of so many fonts one is kept for the test part.
const TEST_FONTS: usize = 5;
/// Pictures of each class on the sheet.
const SHOWN: usize = 10;
/// Classes on the sheet.
const ROWS: usize = 40;

/// Writes the pictures, and says where they are and what to do with them.
///
/// # Errors
/// If a setting is out of its range, no font can draw a character, or a file cannot be written.
pub fn synth(args: &args::Synth) -> Result<()> {
    let out = &args.out;
    let unwritable = |path: &Path, e: &std::io::Error| Error::input(write_sentence(path, e));
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::input(format!(
            "{}: something is there already; name a new or an empty folder with --out",
            out.display()
        )));
    }
    if let Some(sheet) = &args.sheet {
        check_png(sheet, out)?;
    }
    let (train, test) = parts(args)?;
    fs::create_dir_all(out).map_err(|e| unwritable(out, &e))?;
    let mut list = String::from("file,class,font\n");
    for (part, synth) in [("train", Some(&train)), ("test", test.as_ref())] {
        if let Some(synth) = synth {
            write(out, part, synth, &mut list)?;
        }
    }
    let file = out.join("labels.csv");
    fs::write(&file, list).map_err(|e| unwritable(&file, &e))?;
    if let Some(path) = &args.sheet {
        picture::save(path, &sheet(&train).into())?;
    }
    let style = Style::stdout();
    let folder = out.display().to_string();
    let classes = train.target_kind().outputs();
    let mut text = format!(
        "wrote {}: {classes} classes, {} pictures to learn from with {} fonts",
        style.bold(&folder),
        grouped(train.len() as u64),
        train.fonts(),
    );
    if let Some(test) = &test {
        text += &format!(
            ", {} to test with {} fonts",
            grouped(test.len() as u64),
            test.fonts()
        );
        if train.fonts() > 1 {
            text += " that training does not see";
        }
    }
    text += &format!(
        "\nlabels.csv says what is drawn with which font\nnext: {}\n      {}\n",
        style.bold(&format!("nn data preview {folder}")),
        style.bold(&format!("nn train mnist-cnn --data {folder}")),
    );
    print(&text)
}

/// The pictures to learn from and those to test with, with other fonts if there are enough.
fn parts(args: &args::Synth) -> Result<(Synth, Option<Synth>)> {
    let fonts = match args.fonts.as_slice() {
        [] => Fonts::installed(),
        paths => Fonts::load(paths)?,
    };
    if fonts.is_empty() {
        return Err(Error::input(
            "no fonts were found on this machine; name a font file or a folder of them with --fonts",
        ));
    }
    let [height, width] = size(&args.size)?;
    let settings = SynthSettings {
        characters: letters(&args.characters),
        height,
        width,
        color: match args.color {
            true => Color::Rgb,
            false => Color::Grey,
        },
        rotation: args.rotation,
        shear: args.shear,
        shift: args.shift,
        contrast: args.contrast,
        light_on_dark: args.light_on_dark,
        background: args.background,
        noise: args.noise,
        seed: args.seed,
        ..SynthSettings::default()
    };
    let classes = settings.characters.len();
    let test_count = args.test.map_or(args.count / 5, usize::from);
    let (known, unseen) = fonts.divide(TEST_FONTS);
    // A font that only few characters are in does not make a test part.
    let apart = if unseen.is_empty() || test_count == 0 {
        None
    } else {
        let other = SynthSettings {
            seed: settings.seed.wrapping_add(1),
            ..settings.clone()
        };
        let train = Synth::new(settings.clone(), known, args.count * classes);
        let test = Synth::new(other, unseen, test_count * classes);
        train.ok().zip(test.ok())
    };
    if let Some((train, test)) = apart {
        return Ok((train, Some(test)));
    }
    let train = Synth::new(settings.clone(), fonts.clone(), args.count * classes)?;
    let test = (test_count > 0)
        .then(|| {
            let seed = settings.seed.wrapping_add(1);
            Synth::new(
                SynthSettings { seed, ..settings },
                fonts,
                test_count * classes,
            )
        })
        .transpose()?;
    Ok((train, test))
}

/// `28` or `32x48`, height by width.
fn size(text: &str) -> Result<[usize; 2]> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let sides = match text.split_once(['x', '×']) {
        Some((height, width)) => number(height).zip(number(width)),
        None => number(text).map(|side| (side, side)),
    };
    sides.map(|(height, width)| [height, width]).ok_or_else(|| {
        Error::input(format!(
            "--size {text}: give a number of pixels, or height and width as in 32x48"
        ))
    })
}

/// Writes the pictures of a part into a folder for each class, and a line about each into the list.
fn write(out: &Path, part: &str, synth: &Synth, list: &mut String) -> Result<()> {
    let names = synth.target_kind().class_names().unwrap_or_default();
    for name in names {
        let folder = out.join(part).join(name);
        fs::create_dir_all(&folder).map_err(|e| Error::input(write_sentence(&folder, &e)))?;
    }
    for sample in 0..synth.len() {
        let name = &names[sample % names.len()];
        let file = format!("{part}/{name}/{:06}.png", sample / names.len() + 1);
        picture::save(&out.join(&file), &picture_of(synth, sample))?;
        let font = synth.typeface(sample).name.replace('"', "'");
        list.push_str(&format!("{file},{name},\"{font}\"\n"));
    }
    Ok(())
}

fn picture_of(synth: &Synth, sample: usize) -> DynamicImage {
    let pixels = synth.pixels(sample);
    let (height, width) = (synth.input_shape()[1], synth.input_shape()[2]);
    let area = height * width;
    if synth.input_shape()[0] == 1 {
        let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| {
            image::Luma([pixels[y as usize * width + x as usize]])
        });
        return picture.into();
    }
    let picture = RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb([pixels[at], pixels[area + at], pixels[2 * area + at]])
    });
    picture.into()
}

/// Some pictures of each class, a row for each.
fn sheet(synth: &Synth) -> RgbImage {
    let names = synth.target_kind().class_names().unwrap_or_default();
    let each = SHOWN.min(synth.len() / names.len().max(1));
    let rows = names
        .iter()
        .enumerate()
        .take(ROWS)
        .map(|(class, name)| Row {
            name: name.clone(),
            cells: (0..each)
                .map(|turn| Cell {
                    picture: picture_of(synth, turn * names.len() + class).to_rgb8(),
                    note: Vec::new(),
                })
                .collect(),
        });
    let columns = vec![String::new(); each];
    contact_sheet(
        "made-up characters",
        "",
        &columns,
        &rows.collect::<Vec<_>>(),
    )
}
