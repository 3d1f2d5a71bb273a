//! Folders of pictures: the good, the bad and the large, and real photographs where they are at hand.

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, Rgb, RgbImage};
use nn_core::DType;
use nn_core::kernels::threads::set_threads;
use nn_data::dataset::{FolderFormat, ImageFolderOptions, OnBadImage, folder_format, image_folder};
use nn_data::picture::Color;
use nn_data::{Dataset, Loader, validate};
use tempfile::TempDir;

fn rgb(value: u8, height: u32, width: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| Rgb([value, x as u8, y as u8]);
    RgbImage::from_fn(width, height, pixel).into()
}

fn save(folder: &Path, name: &str, picture: &DynamicImage) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save(&path).unwrap();
    path
}

/// Two classes of two pictures each, in four formats.
fn pets() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("cat/a.png", 10),
        ("cat/b.bmp", 11),
        ("dog/c.png", 20),
        ("dog/deeper/d.ppm", 21),
    ] {
        save(folder.path(), name, &rgb(value, 4, 6));
    }
    folder
}

fn skipping() -> ImageFolderOptions {
    ImageFolderOptions::new().on_bad_image(OnBadImage::Skip)
}

#[test]
fn classes_are_sorted_folders_and_taken_in_turn() {
    let folder = pets();
    std::fs::write(folder.path().join("README.md"), "not a picture").unwrap();
    std::fs::write(folder.path().join("cat/.DS_Store"), "of the system").unwrap();
    std::fs::write(folder.path().join("cat/Thumbs.db"), "of the system").unwrap();
    assert_eq!(folder_format(folder.path()).unwrap(), FolderFormat::Images);
    let parts = image_folder(folder.path()).unwrap();
    assert!(parts.validation.is_none() && parts.test.is_none() && parts.skipped.is_empty());
    let data = parts.train;
    assert_eq!(data.input_shape(), [3, 4, 6]);
    assert_eq!(data.target_kind().class_names().unwrap(), ["cat", "dog"]);
    assert_eq!(data.class_labels().unwrap().unwrap(), [0, 1, 0, 1]);
    let batch = data.batch(&[3, 0]).unwrap();
    assert_eq!(batch.targets.to_vec::<u32>().unwrap(), [1, 0]);
    assert_eq!(batch.inputs.dims(), [2, 3, 4, 6]);
    let pixels = batch.inputs.to_vec::<f32>().unwrap();
    // Red is the value, green the column, blue the row.
    assert_eq!(
        (pixels[0], pixels[24 + 5], pixels[48 + 6]),
        (21.0, 5.0, 1.0)
    );
    assert_eq!(pixels[72], 10.0);
    assert!(data.path(3).unwrap().ends_with("dog/deeper/d.ppm"));
    validate::trainable(&data).unwrap();
    let bytes = data
        .with_input_dtype(DType::U8)
        .unwrap()
        .batch(&[1])
        .unwrap();
    assert_eq!(bytes.inputs.dtype(), DType::U8);
}

#[test]
fn cached_and_decoded_batches_are_the_same_for_any_number_of_threads() {
    let folder = pets();
    let all = [3, 1, 0, 2, 1];
    let mut seen: Option<Vec<f32>> = None;
    for threads in [1, 2, 5] {
        set_threads(threads);
        for cache in [false, true] {
            for size in [None, Some(3)] {
                let mut options = ImageFolderOptions::new().cache(cache);
                if let Some(size) = size {
                    options = options.size(size, size);
                }
                let data = options.open(folder.path()).unwrap().train;
                assert_eq!(data.is_cached(), cache);
                let pixels = data.batch(&all).unwrap().inputs.to_vec::<f32>().unwrap();
                if size.is_none() {
                    assert_eq!(*seen.get_or_insert_with(|| pixels.clone()), pixels);
                }
            }
        }
    }
    let data = ImageFolderOptions::new()
        .cache(false)
        .open(folder.path())
        .unwrap()
        .train;
    let loader = Loader::new(data).batch_size(3).unwrap().shuffle(1);
    let epoch = |loader: Loader| -> Vec<Vec<f32>> {
        let batches = loader.epoch(2).map(|batch| batch.unwrap().inputs);
        batches
            .map(|inputs| inputs.to_vec::<f32>().unwrap())
            .collect()
    };
    assert_eq!(epoch(loader.clone()), epoch(loader.prefetch(2)));
}

#[test]
fn colour_is_taken_where_there_is_any() {
    let folder = tempfile::tempdir().unwrap();
    let grey = DynamicImage::from(GrayImage::from_pixel(3, 3, image::Luma([9])));
    save(folder.path(), "a/1.png", &grey);
    save(folder.path(), "b/2.png", &grey);
    let shape = |options: ImageFolderOptions| {
        let data = options.open(folder.path()).unwrap().train;
        data.input_shape().to_vec()
    };
    assert_eq!(shape(ImageFolderOptions::new()), [1, 3, 3]);
    assert_eq!(
        shape(ImageFolderOptions::new().color(Color::Rgb)),
        [3, 3, 3]
    );
    save(folder.path(), "b/3.png", &rgb(1, 3, 3));
    assert_eq!(shape(ImageFolderOptions::new()), [3, 3, 3]);
    assert_eq!(
        shape(ImageFolderOptions::new().color(Color::Grey)),
        [1, 3, 3]
    );
}

#[test]
fn parts_are_recognised() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("what-the-archive-unpacks-to");
    for (part, count) in [("train", 3), ("val", 2), ("test", 1)] {
        for class in ["x", "y"] {
            for at in 0..count {
                save(&folder, &format!("{part}/{class}/{at}.png"), &rgb(at, 2, 2));
            }
        }
    }
    let parts = image_folder(outer.path()).unwrap();
    assert_eq!(parts.train.len(), 6);
    assert_eq!(parts.validation.unwrap().len(), 4);
    let test = parts.test.unwrap();
    assert_eq!(test.class_labels().unwrap().unwrap(), [0, 1]);
    assert!(test.name().ends_with("test"));

    let options = ImageFolderOptions::new();
    let limited = options.clone().limit(3).open(&folder).unwrap();
    assert_eq!(limited.train.class_labels().unwrap().unwrap(), [0, 1, 0]);
    let only = options.test_only().open(&folder).unwrap();
    assert_eq!((only.train.len(), only.test.is_none()), (2, true));

    save(&folder, "test/z/1.png", &rgb(1, 2, 2));
    let error = image_folder(&folder).unwrap_err().to_string();
    assert!(
        error.contains("test/z: there is no class of this name; the classes are x, y"),
        "{error}"
    );
}

#[test]
fn a_class_may_be_called_train() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "train/1.png", &rgb(1, 2, 2));
    save(folder.path(), "plane/1.png", &rgb(1, 2, 2));
    let parts = image_folder(folder.path()).unwrap();
    assert_eq!(
        parts.train.target_kind().class_names().unwrap(),
        ["plane", "train"]
    );
}

#[test]
fn bad_files_stop_or_are_left_out() {
    let folder = pets();
    let cat = |name: &str| folder.path().join("cat").join(name);
    let png = std::fs::read(cat("a.png")).unwrap();
    let mut damaged = png.clone();
    let middle = png.len() - 20;
    damaged[middle] ^= 0xff;
    // Each with the word that the report must have.
    let bad = [
        ("corrupt.png", damaged, "damaged"),
        (
            "cut.png",
            png[..png.len() - 16].to_vec(),
            "ends in the middle",
        ),
        ("empty.png", vec![], "empty"),
        ("notes.txt", b"remember the milk".to_vec(), "not a picture"),
    ];
    for (name, bytes, word) in &bad {
        std::fs::write(cat(name), bytes).unwrap();
        for cache in [false, true] {
            let error = ImageFolderOptions::new().cache(cache).open(folder.path());
            let error = error.unwrap_err().to_string();
            for part in [name, *word, "on_bad_image"] {
                assert!(error.contains(part), "{part:?} is not in {error}");
            }
        }
        std::fs::remove_file(cat(name)).unwrap();
    }
    for (name, bytes, _) in &bad {
        std::fs::write(cat(name), bytes).unwrap();
    }
    std::fs::create_dir(folder.path().join("cow")).unwrap();
    save(folder.path(), "cat/other.png", &rgb(1, 5, 5));
    save(folder.path(), "beside.png", &rgb(1, 4, 6));
    std::fs::create_dir(folder.path().join("yak")).unwrap();
    std::fs::write(folder.path().join("yak/only.jpg"), b"\xff\xd8\xff").unwrap();
    let mut results = Vec::new();
    for cache in [false, true] {
        let parts = skipping().cache(cache).open(folder.path()).unwrap();
        assert_eq!(parts.train.len(), 4);
        assert_eq!(
            parts.train.target_kind().class_names().unwrap(),
            ["cat", "dog"]
        );
        assert_eq!(parts.train.class_labels().unwrap().unwrap(), [0, 1, 0, 1]);
        let report: Vec<String> = parts.skipped.iter().map(ToString::to_string).collect();
        let all = report.join("\n");
        assert_eq!(report.len(), 8, "{all}");
        for part in [
            "cow: there is no picture of this class",
            "other.png: the picture is 5×5, most are 6×4",
            "beside.png: it stands beside the class folders",
            "only.jpg: the file ends in the middle",
        ] {
            assert!(all.contains(part), "{part:?} is not in\n{all}");
        }
        for (name, _, word) in &bad {
            let line = report.iter().find(|line| line.contains(name)).unwrap();
            assert!(line.contains(word), "{line}");
        }
        results.push(
            parts
                .train
                .batch(&[0, 1, 2, 3])
                .unwrap()
                .inputs
                .to_vec::<f32>()
                .unwrap(),
        );
    }
    assert_eq!(results[0], results[1]);
}

#[test]
fn damage_that_only_decoding_shows() {
    let folder = pets();
    let path = folder.path().join("cat/a.png");
    let png = std::fs::read(&path).unwrap();
    std::fs::write(&path, &png[..png.len() - 16]).unwrap();
    let headers = skipping().cache(false).decode_first(false);
    let data = headers.open(folder.path()).unwrap().train;
    assert_eq!(data.len(), 4);
    assert!(data.batch(&[1, 2, 3]).is_ok());
    let error = data.batch(&[3, 2, 0]).unwrap_err().to_string();
    assert!(
        error.contains("a.png: the file ends in the middle"),
        "{error}"
    );
}

#[test]
fn mixed_sizes_are_refused_with_two_names_or_resized() {
    let folder = pets();
    save(folder.path(), "dog/x.png", &rgb(1, 8, 5));
    let error = image_folder(folder.path()).unwrap_err().to_string();
    for part in ["a.png is 6×4", "x.png is 5×8", "size = [64, 64]"] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    let data = ImageFolderOptions::new()
        .size(4, 4)
        .open(folder.path())
        .unwrap()
        .train;
    assert_eq!((data.len(), data.input_shape()), (5, &[3, 4, 4][..]));
    // Where no size is that of most, nothing is thrown away.
    for at in 0..4u32 {
        save(folder.path(), &format!("dog/{at}.png"), &rgb(1, 20 + at, 5));
    }
    let error = skipping().open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("differ in size"), "{error}");
}

#[test]
fn folders_without_pictures() {
    let empty = tempfile::tempdir().unwrap();
    let problem = |path: &Path| skipping().open(path).unwrap_err().to_string();
    assert!(problem(empty.path()).contains("no subfolder with pictures"));
    assert!(problem(&empty.path().join("none")).contains("no such file"));
    std::fs::create_dir_all(empty.path().join("a")).unwrap();
    std::fs::create_dir_all(empty.path().join("b")).unwrap();
    let error = problem(empty.path());
    assert!(error.contains("no picture in it can be used"), "{error}");
    let error = image_folder(empty.path()).unwrap_err().to_string();
    assert!(
        error.contains("a: there is no picture of this class"),
        "{error}"
    );
    assert!(folder_format(empty.path().join("none")).is_err());
    let file = empty.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(
        folder_format(&file)
            .unwrap_err()
            .to_string()
            .contains("none of the known")
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_do_no_harm() {
    let folder = pets();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("cat/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("cat/broken.png")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("cat/pipe.png"))
        .status();
    let parts = skipping().open(folder.path()).unwrap();
    assert_eq!(parts.train.len(), 4);
    let report: String = parts.skipped.iter().map(|bad| format!("{bad}\n")).collect();
    assert!(report.contains("loop: a link to a folder"), "{report}");
    assert!(
        report.contains("broken.png: there is no such file"),
        "{report}"
    );
    if made.is_ok_and(|status| status.success()) {
        assert!(
            report.contains("pipe.png: this is not a regular file"),
            "{report}"
        );
    }
}

#[test]
fn a_cache_larger_than_memory_is_refused() {
    if !Path::new("/proc/meminfo").exists() {
        eprintln!("SKIPPED: this system does not tell how much memory is free");
        return;
    }
    let folder = pets();
    // Four pictures of 300 000 × 300 000 in colour: a terabyte.
    let options = ImageFolderOptions::new().size(300_000, 300_000).cache(true);
    let error = options.open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("MB of memory are free"), "{error}");
}

#[test]
fn real_photographs() {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let Some(archive) = above
        .map(|a| a.join("shared/data/cifar10-small.tar.gz"))
        .find(|f| f.is_file())
    else {
        eprintln!("SKIPPED: there is no shared/data/cifar10-small.tar.gz beside the repository");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::open(archive).unwrap();
    let content = flate2::read::GzDecoder::new(file);
    tar::Archive::new(content).unpack(folder.path()).unwrap();
    let parts = image_folder(folder.path()).unwrap();
    let test = parts.test.unwrap();
    assert_eq!((parts.train.len(), test.len()), (10_000, 2_000));
    assert_eq!(parts.train.input_shape(), [3, 32, 32]);
    assert!(parts.train.is_cached() && parts.skipped.is_empty());
    let names = parts.train.target_kind().class_names().unwrap().to_vec();
    assert_eq!(
        (names.len(), &*names[0], &*names[9]),
        (10, "airplane", "truck")
    );
    let labels = parts.train.class_labels().unwrap().unwrap();
    assert!((0..10).all(|class| labels.iter().filter(|&&l| l == class).count() == 1000));
    // The usual means of CIFAR-10: 0.4914, 0.4822, 0.4465.
    let all: Vec<usize> = (0..10_000).collect();
    let pixels = parts
        .train
        .batch(&all)
        .unwrap()
        .inputs
        .to_vec::<f32>()
        .unwrap();
    for (channel, usual) in [0.4914, 0.4822, 0.4465].into_iter().enumerate() {
        let each = pixels.chunks_exact(1024).skip(channel).step_by(3);
        let mean = each.flatten().map(|&v| f64::from(v)).sum::<f64>() / (1024e4 * 255.0);
        assert!((mean - usual).abs() < 0.01, "channel {channel}: {mean}");
    }
}
