use super::*;

#[test]
fn messages_name_file_problem_and_remedy() {
    let error = parse("cat.png", b"not a picture", &Form::new(Color::Rgb)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cat.png: not a picture in PNG, JPEG, BMP, GIF, WebP, TIFF or PNM format; remove or convert it"
    );
    let folder = tempfile::tempdir().unwrap();
    let error = header(folder.path(), MAX_PIXELS).unwrap_err().to_string();
    assert!(error.contains("this is a directory"), "{error}");
    let error = header(folder.path().join("none"), MAX_PIXELS)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no such file"), "{error}");
}

#[test]
fn a_file_longer_than_a_picture_can_be_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jpg");
    let file = std::fs::File::create(&path).unwrap();
    // Takes no space on the disk.
    file.set_len(1 << 40).unwrap();
    for error in [
        read(&path, &Form::new(Color::Rgb)).unwrap_err(),
        header(&path, MAX_PIXELS).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("too large for a picture"),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_not_opened() {
    let error = read("/dev/zero", &Form::new(Color::Rgb))
        .unwrap_err()
        .to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn resizing_keeps_constants_and_means() {
    for (from, to) in [((5, 7), (3, 3)), ((3, 3), (8, 11)), ((1, 1), (4, 4))] {
        for channels in 1..=4 {
            let pixels = vec![201; from.0 * from.1 * channels];
            let resized = resize(&pixels, from, to, channels);
            assert_eq!(
                resized,
                vec![201; to.0 * to.1 * channels],
                "{from:?} {to:?}"
            );
        }
    }
    // Half the size: a triangle over four pixels, here of a ramp, which it does not change but at the ends.
    let ramp: Vec<u8> = (0..16).map(|x| x * 10).collect();
    let half = resize(&ramp, (1, 16), (1, 8), 1);
    assert_eq!(half[1..7], [25, 45, 65, 85, 105, 125]);
}
