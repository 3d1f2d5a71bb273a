//! A disk that fills up while a file is saved: the earlier file stays good.

use std::path::Path;
use std::process::Command;

use nn_core::store::{checkpoint, npy, safetensors};
use nn_core::{DType, Tensor};

/// Tells the inner run where to save.
const TARGET: &str = "NN_TEST_SAVE_INTO";

/// More than fits.
fn large() -> Tensor {
    Tensor::ones([200_000], DType::F64).unwrap()
}

/// What the inner run does: every format must fail in the middle of writing, and say why.
#[test]
#[ignore = "run by the tests below on a disk without space"]
fn inner_save_fails() {
    let Ok(folder) = std::env::var(TARGET) else {
        return;
    };
    let folder = Path::new(&folder);
    let errors = [
        npy::save(folder.join("x.npy"), &large()).unwrap_err(),
        safetensors::save(
            folder.join("x.safetensors"),
            &[("x".into(), large())],
            &Default::default(),
        )
        .unwrap_err(),
        checkpoint::save(folder.join("x.nn"), "x", &large()).unwrap_err(),
    ];
    for error in errors {
        let error = error.to_string();
        assert!(error.contains(&*folder.to_string_lossy()), "{error}");
        let plain =
            error.contains("the disk is full") || error.contains("larger than the system allows");
        assert!(plain, "{error}");
    }
}

const INNER: &str = r#""$0" --ignored --exact full_disk::inner_save_fails"#;

/// Runs `script`, in which [`INNER`] is the inner run, in a folder that holds small files of the same names.
fn survive(script: &str, folder: &Path) {
    let small = Tensor::ones([3], DType::F32).unwrap();
    npy::save(folder.join("x.npy"), &small).unwrap();
    safetensors::save(
        folder.join("x.safetensors"),
        &[("x".into(), small.clone())],
        &Default::default(),
    )
    .unwrap();
    checkpoint::save(folder.join("x.nn"), "x", &small).unwrap();

    let done = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(TARGET, folder)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");

    npy::load(folder.join("x.npy")).unwrap();
    safetensors::load(folder.join("x.safetensors")).unwrap();
    checkpoint::load::<Tensor>(folder.join("x.nn"), "x").unwrap();
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        3,
        "a temporary file is left"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    // The signal is ignored so that the write fails instead. The unit is 512 or 1024 bytes.
    survive(
        &format!("trap '' XFSZ; ulimit -f 128; exec {INNER}"),
        folder.path(),
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let probe = "mount -t tmpfs -o size=512k none \"$0\"";
    let may = Command::new("unshare")
        .args(["-rm", "sh", "-c", probe])
        .arg(folder.path())
        .output()
        .is_ok_and(|done| done.status.success());
    if !may {
        eprintln!("skipped: this system does not let a test mount a small disk");
        return;
    }
    // The small disk is visible only inside, so the earlier files are made and judged there.
    let script = format!(
        "exec unshare -rm sh -c 'mount -t tmpfs -o size=512k none \"${TARGET}\" && \
         cp -a \"${TARGET}.earlier\"/. \"${TARGET}\" && {INNER} && \
         cmp \"${TARGET}.earlier/x.nn\" \"${TARGET}/x.nn\" && \
         cmp \"${TARGET}.earlier/x.npy\" \"${TARGET}/x.npy\" && \
         cmp \"${TARGET}.earlier/x.safetensors\" \"${TARGET}/x.safetensors\" && \
         test $(ls -A \"${TARGET}\" | wc -l) = 3' \"$0\""
    );
    let earlier = folder.path().with_extension("earlier");
    let prepare = format!("cp -a \"${TARGET}\" \"${TARGET}.earlier\"; {script}");
    survive(&prepare, folder.path());
    std::fs::remove_dir_all(earlier).unwrap();
}
