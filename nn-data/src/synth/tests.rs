use super::*;
use crate::picture::Color;

/// The machine's fonts, if it has any: without them these tests have nothing to draw with, and say so.
fn fonts() -> Option<Fonts> {
    let fonts = Fonts::installed();
    if fonts.drawing('0').is_empty() {
        eprintln!("SKIPPED: this machine has no font for digits");
        return None;
    }
    Some(fonts)
}

fn settings() -> SynthSettings {
    SynthSettings {
        color: Color::Rgb,
        height: 24,
        width: 32,
        ..SynthSettings::default()
    }
}

#[test]
fn a_sample_is_a_function_of_seed_and_number() {
    let Some(fonts) = fonts() else { return };
    let make = |seed| {
        let settings = SynthSettings { seed, ..settings() };
        Synth::new(settings, fonts.clone(), 40).unwrap()
    };
    let (a, b, other) = (make(1), make(1), make(2));
    let batch = a.batch(&[33, 5]).unwrap();
    assert_eq!(batch.inputs.dims(), [2, 3, 24, 32]);
    assert_eq!(batch.targets.to_vec::<u32>().unwrap(), [3, 5]);
    let pixels = batch.inputs.to_vec::<u8>().unwrap();
    assert_eq!(pixels[..3 * 24 * 32], b.pixels(33));
    assert_eq!(pixels[3 * 24 * 32..], b.pixels(5));
    assert_ne!(a.pixels(5), other.pixels(5));
    assert_ne!(a.pixels(5), a.pixels(15));
    assert!(a.batch(&[40]).is_err());
    assert_eq!(a.class_labels().unwrap().unwrap()[12], 2);
}

#[test]
fn ink_stands_out_by_the_contrast_asked_for() {
    let Some(fonts) = fonts() else { return };
    let settings = SynthSettings {
        contrast: 0.4,
        background: 0.0,
        noise: 0.0,
        light_on_dark: true,
        ..SynthSettings::default()
    };
    let digits = Synth::new(settings, fonts, 50).unwrap();
    for sample in 0..50 {
        let pixels = digits.pixels(sample);
        let (low, high) = (pixels.iter().min().unwrap(), pixels.iter().max().unwrap());
        let most = f64::from(high - low) / 255.0;
        assert!(most >= 0.3, "sample {sample}: {low} to {high}");
        // Light strokes on a dark border, and neither empty nor full.
        let middle = low + (high - low) / 2;
        assert!(pixels[0] < middle || pixels[27] < middle);
        let inked = pixels.iter().filter(|&&p| p > middle).count();
        assert!(
            (10..600).contains(&inked),
            "sample {sample}: {inked} pixels"
        );
    }
}

#[test]
fn a_turned_character_is_the_upright_one_turned() {
    let Some(fonts) = fonts() else { return };
    let face = fonts.get(fonts.drawing('7')[0]);
    let outline = Outline::of(face, '7');
    let upright = SynthSettings {
        rotation: 0.0,
        shear: 0.0,
        shift: 0.0,
        size: (0.6, 0.6),
        ..SynthSettings::default()
    };
    let placement = Placement::draw(&upright, &mut Rng::new(1));
    let coverage = outline.render(&placement, 40, 40);
    let ink: f32 = coverage.iter().sum();
    // In the middle, as high as a capital at 0.6 of 40 pixels, give or take the shape of a 7.
    let rows = (0..40).filter(|y| coverage[y * 40..][..40].iter().any(|&c| c > 0.3));
    let rows: Vec<usize> = rows.collect();
    assert!((18..=28).contains(&rows.len()), "{rows:?}");
    assert!((rows[0] + rows[rows.len() - 1]).abs_diff(39) <= 2);
    let about = settings::SynthSettings {
        rotation: 180.0,
        ..upright
    };
    // Whatever the angle, ink neither appears nor goes.
    for seed in 0..8 {
        let turned = outline.render(&Placement::draw(&about, &mut Rng::new(seed)), 40, 40);
        let sum: f32 = turned.iter().sum();
        assert!((sum - ink).abs() < 0.02 * ink, "{sum} against {ink}");
    }
}

#[test]
fn colours_have_the_brightness_they_should() {
    let mut rng = Rng::new(3);
    for step in 0..=20 {
        let level = f64::from(step) / 20.0;
        let color = ink::of_brightness(level, 3, &mut rng);
        assert!((ink::brightness(color) - level).abs() < 1e-9);
        assert!(color.iter().all(|c| (-1e-12..=1.0 + 1e-12).contains(c)));
    }
}

#[test]
fn names_of_classes_can_be_folders_anywhere() {
    let both: Vec<char> = letters("letters");
    assert_eq!(class_name('a', &both), "lower_a");
    assert_eq!(class_name('A', &both), "A");
    assert_eq!(class_name('a', &letters("lower")), "a");
    assert_eq!(class_name('/', &['/']), "U+002F");
    assert_eq!(class_name('.', &['.']), "U+002E");
    let mut names: Vec<String> = letters("alphanumeric")
        .iter()
        .map(|&c| class_name(c, &letters("alphanumeric")).to_lowercase())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 62);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let with = |change: &dyn Fn(&mut SynthSettings)| {
        let mut settings = SynthSettings::default();
        change(&mut settings);
        Synth::new(settings, Fonts::default(), 1)
            .unwrap_err()
            .to_string()
    };
    assert!(with(&|_| ()).contains("none of the 0 fonts can draw '0'"));
    assert!(with(&|s| s.characters.clear()).contains("no characters"));
    assert!(with(&|s| s.characters = vec!['a', 'a']).contains("'a' is given twice"));
    assert!(with(&|s| s.characters = vec![' ']).contains("leaves no ink"));
    assert!(with(&|s| s.height = 0).contains("height = 0"));
    assert!(with(&|s| s.size = (0.9, 0.5)).contains("must rise"));
    assert!(with(&|s| s.noise = f64::NAN).contains("noise = NaN"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"no font").unwrap();
    let error = Fonts::load(&[file.path().to_path_buf()]).unwrap_err();
    assert!(error.to_string().contains("no font can be read"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    assert!(Fonts::load(&[empty.path().to_path_buf()]).is_err());
    assert!(Fonts::load(&["/no/such/font".into()]).is_err());
}

#[test]
fn fonts_are_divided_without_overlap() {
    let Some(fonts) = fonts() else { return };
    let (train, test) = fonts.divide(3);
    assert_eq!(train.len() + test.len(), fonts.len());
    assert_eq!(test.len(), fonts.len() / 3);
    let names = |fonts: &Fonts| {
        let all = (0..fonts.len()).map(|i| fonts.get(i).name.clone());
        all.collect::<Vec<_>>()
    };
    assert!(
        names(&train)
            .iter()
            .all(|name| !names(&test).contains(name))
    );
}
