//! Image kernels against scipy.ndimage and OpenCV; `golden/filters.py` says how the values were made.

use nn_core::{DType, Tensor};
use nn_data::filter::{self, Border, Canny, Gradient, Kernel, Neighbours};
use serde_json::Value;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/filters.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    let list = value.as_array().unwrap();
    list.iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn image(about: &Value) -> Tensor {
    let shape: Vec<usize> = numbers(&about["shape"])
        .iter()
        .map(|&s| s as usize)
        .collect();
    Tensor::from_vec(numbers(&about["image"]), shape).unwrap()
}

fn filtered(image: &Tensor, case: &Value) -> nn_data::Result<Tensor> {
    let number = |key: &str| case[key].as_f64();
    let size = number("size").map(|size| size as usize);
    let sigma = number("sigma").unwrap_or(f64::NAN);
    let amount = number("amount").unwrap_or(f64::NAN);
    let border: Border = serde_json::from_value(case["border"].clone()).unwrap();
    let gradient = match case["gradient"].as_str() {
        Some("x") => Gradient::X,
        Some("y") => Gradient::Y,
        _ => Gradient::Magnitude,
    };
    match case["kind"].as_str().unwrap() {
        "mean" => filter::mean(image, size.unwrap(), border),
        "median" => filter::median(image, size.unwrap(), border),
        "gaussian" => filter::gaussian(image, sigma, size, border),
        "laplacian" => filter::laplacian(image, Neighbours::Four, border),
        "laplacian8" => filter::laplacian(image, Neighbours::Eight, border),
        "sharpen" => filter::sharpen(image, amount, border),
        "unsharp" => filter::unsharp(image, sigma, amount, border),
        "sobel" => filter::sobel(image, gradient, border),
        "prewitt" => filter::prewitt(image, gradient, border),
        "scharr" => filter::scharr(image, gradient, border),
        "emboss" => filter::emboss(image, 1.0, border),
        "matrix" => {
            let kernel: Kernel = case["matrix"].as_str().unwrap().parse()?;
            kernel.apply(image, border)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_filter_gives_the_values_of_scipy_and_opencv() {
    let file = golden();
    let mut seen = 0;
    for about in file["images"].as_array().unwrap() {
        let image = image(about);
        for case in about["cases"].as_array().unwrap() {
            let expected = numbers(&case["values"]);
            let got = filtered(&image, case).unwrap();
            assert_eq!(got.dims(), image.dims());
            let largest = expected.iter().fold(1.0_f32, |m, v| m.max(v.abs()));
            for (got, expected) in got.to_vec::<f32>().unwrap().iter().zip(&expected) {
                assert!(
                    (got - expected).abs() <= 2e-6 * largest.max(255.0),
                    "{} {}: {got}, expected {expected}",
                    image.shape(),
                    case
                );
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * 3 * 31);
}

#[test]
fn canny_finds_the_edges_that_opencv_finds() {
    let file = golden();
    for about in file["canny"].as_array().unwrap() {
        let image = image(about);
        let number = |key: &str| about[key].as_f64().unwrap() as f32;
        let canny = Canny {
            sigma: 0.0,
            low: number("low"),
            high: number("high"),
        };
        let edges = canny.apply(&image, Border::Replicate).unwrap();
        let got: String = edges
            .to_vec::<f32>()
            .unwrap()
            .iter()
            .map(|&mark| if mark == 1.0 { '1' } else { '0' })
            .collect();
        assert_eq!(got, about["edges"].as_str().unwrap(), "{canny:?}");
    }
}

#[test]
fn channels_are_filtered_each_by_itself_and_views_are_read_right() {
    let pixels: Vec<f32> = (0..3 * 90 * 70)
        .map(|i| ((i * 7919) % 256) as f32)
        .collect();
    let image = Tensor::from_vec(pixels, [3, 90, 70]).unwrap();
    // Channels last in memory, as a picture file holds them.
    let turned = image.permute(&[1, 2, 0]).unwrap().contiguous().unwrap();
    let turned = turned.permute(&[2, 0, 1]).unwrap();
    assert!(!turned.is_contiguous());
    for border in [Border::Zero, Border::Replicate, Border::Reflect] {
        let each: [&dyn Fn(&Tensor) -> Tensor; 5] = [
            &|x| filter::gaussian(x, 2.0, None, border).unwrap(),
            &|x| filter::median(x, 5, border).unwrap(),
            &|x| filter::median(x, 7, border).unwrap(),
            &|x| filter::sobel(x, Gradient::Magnitude, border).unwrap(),
            &|x| Canny::default().apply(x, border).unwrap(),
        ];
        for f in each {
            let whole = f(&image);
            assert_eq!(whole.dims(), [3, 90, 70]);
            let whole = whole.to_vec::<f32>().unwrap();
            assert_eq!(whole, f(&turned).to_vec::<f32>().unwrap());
            for channel in 0..3 {
                let alone = image.slice(0, channel..=channel).unwrap();
                let alone = alone.squeeze(0).unwrap();
                let part = &whole[channel * 6300..(channel + 1) * 6300];
                assert_eq!(part, f(&alone).to_vec::<f32>().unwrap());
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let pixels: Vec<f32> = (0..300 * 400).map(|i| ((i * 7919) % 256) as f32).collect();
    let image = Tensor::from_vec(pixels, [300, 400]).unwrap();
    let before = nn_core::kernels::threads::threads();
    let mut all: Vec<Vec<Vec<f32>>> = Vec::new();
    for threads in [1, 2, 5] {
        nn_core::kernels::threads::set_threads(threads);
        let kernel: Kernel = "1 2 0; -3 4 1; 2 2 -5".parse().unwrap();
        let results = [
            filter::gaussian(&image, 3.0, None, Border::Reflect),
            filter::median(&image, 3, Border::Zero),
            filter::median(&image, 9, Border::Zero),
            kernel.apply(&image, Border::Replicate),
            Canny::default().apply(&image, Border::Reflect),
        ];
        all.push(
            results
                .into_iter()
                .map(|result| result.unwrap().to_vec().unwrap())
                .collect(),
        );
    }
    nn_core::kernels::threads::set_threads(before);
    assert!(all[0] == all[1] && all[0] == all[2]);
}

#[test]
fn what_is_no_image_is_refused_in_a_sentence() {
    let good = Tensor::from_vec(vec![1.0f32; 12], [3, 4]).unwrap();
    let with = |value: f32| {
        let mut pixels = vec![1.0f32; 12];
        pixels[7] = value;
        Tensor::from_vec(pixels, [3, 4]).unwrap()
    };
    for (image, part) in [
        (
            good.reshape([1, 1, 3, 4]).unwrap(),
            "[H, W] or [C, H, W], this is [1, 1, 3, 4]",
        ),
        (good.reshape([12]).unwrap(), "this is [12]"),
        (
            good.to_dtype(DType::U8).unwrap(),
            "convert it with to_dtype",
        ),
        (
            Tensor::zeros([3, 0, 4], DType::F32).unwrap(),
            "has no pixels",
        ),
        (with(f32::NAN), "holds NaN or infinity"),
        (with(f32::NEG_INFINITY), "holds NaN or infinity"),
    ] {
        let border = Border::Reflect;
        let kernel: Kernel = "1".parse().unwrap();
        for result in [
            filter::mean(&image, 3, border),
            filter::median(&image, 3, border),
            filter::unsharp(&image, 1.0, 1.0, border),
            filter::scharr(&image, Gradient::X, border),
            Canny::default().apply(&image, border),
            kernel.apply(&image, border),
        ] {
            let error = result.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert!(error.is_bad_input());
        }
    }
    let error = filter::median(&good, 4, Border::Zero).unwrap_err();
    assert_eq!(
        error.to_string(),
        "median: the size is 4; it must be odd, so that the window has a middle"
    );
    for wrong in [f64::NAN, f64::INFINITY] {
        assert!(filter::sharpen(&good, wrong, Border::Zero).is_err());
        assert!(filter::emboss(&good, wrong, Border::Zero).is_err());
        assert!(filter::unsharp(&good, 1.0, wrong, Border::Zero).is_err());
    }
}
