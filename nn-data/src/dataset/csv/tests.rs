use nn_core::DType;

use super::*;
use crate::dataset::{Dataset, TargetKind};

fn read(options: CsvOptions, text: &str) -> CsvData {
    options.parse("t.csv", text.as_bytes()).unwrap()
}

fn refused(options: CsvOptions, text: &str) -> String {
    options
        .parse("t.csv", text.as_bytes())
        .unwrap_err()
        .to_string()
}

fn classes(column: impl Into<Column>) -> CsvOptions {
    CsvOptions::new().target(CsvTarget::Classes(column.into()))
}

fn inputs(read: &CsvData) -> Vec<f32> {
    let all: Vec<usize> = (0..read.data.len()).collect();
    read.data.batch(&all).unwrap().inputs.to_vec().unwrap()
}

#[test]
fn numbers_labels_and_names() {
    let text = "a,b,kind\n1,2.5,x\n-3,4e2,y\n 5 , .5 ,x\n";
    let read = read(classes("kind"), text);
    assert_eq!(inputs(&read), [1.0, 2.5, -3.0, 400.0, 5.0, 0.5]);
    assert_eq!(read.data.class_labels().unwrap().unwrap(), [0, 1, 0]);
    assert_eq!(read.data.target_kind().class_names().unwrap(), ["x", "y"]);
    assert_eq!(read.data.feature_names().unwrap(), ["a", "b"]);
}

#[test]
fn byte_order_mark_line_ends_quotes_and_missing_last_newline() {
    let plain = read(classes("k"), "a,k\n1,x\n2,y\n");
    for text in [
        "\u{feff}a,k\r\n1,x\r\n2,y",
        "\"a\",\"k\"\n\"1\",\"x\"\n\"2\",\"y\"\n",
        "a;k\n1;x\n\n2;y\n\n",
        "a\tk\n1\tx\n2\ty\n",
    ] {
        let other = read(classes("k"), text);
        assert_eq!(inputs(&other), inputs(&plain), "{text:?}");
        assert_eq!(other.schema, plain.schema, "{text:?}");
    }
}

#[test]
fn without_header_columns_go_by_position() {
    let data = read(classes(2), "1,2,x\n3,4,y\n");
    assert_eq!(inputs(&data), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(data.data.feature_names().unwrap(), ["column 1", "column 2"]);
    // A header of numbers is only known to be one if that is said.
    let numbers = "0,1\n5,6\n";
    assert_eq!(read(CsvOptions::new(), numbers).data.len(), 2);
    assert_eq!(read(CsvOptions::new().header(true), numbers).data.len(), 1);
}

#[test]
fn whole_number_labels_are_sorted_by_value() {
    let data = read(classes("y"), "x,y\n1,10\n2,9.0\n3,2\n4,10.0\n");
    assert_eq!(
        data.data.target_kind().class_names().unwrap(),
        ["2", "9", "10"]
    );
    assert_eq!(data.data.class_labels().unwrap().unwrap(), [2, 1, 0, 2]);
}

#[test]
fn regression_and_automatic_targets() {
    let text = "x,y,z\n1,0.5,10\n2,1.5,20\n";
    let both = CsvTarget::Regression(vec!["z".into(), "y".into()]);
    let batch = read(CsvOptions::new().target(both), text)
        .data
        .batch(&[1])
        .unwrap();
    assert_eq!(batch.targets.to_vec::<f32>().unwrap(), [20.0, 1.5]);
    let kind = |text: &str, column: &str| {
        let options = CsvOptions::new().target(CsvTarget::Auto(column.into()));
        read(options, text).data.target_kind().clone()
    };
    assert!(matches!(kind(text, "y"), TargetKind::Regression { .. }));
    assert!(matches!(kind(text, "z"), TargetKind::Classes { .. }));
    assert!(matches!(
        kind("x,y\n1,a\n2,b\n", "y"),
        TargetKind::Classes { .. }
    ));
    let many: String = (0..30).map(|i| format!("{i},{i}\n")).collect();
    let last = read(
        CsvOptions::new().target(CsvTarget::Last),
        &format!("x,y\n{many}"),
    );
    assert_eq!(
        last.data.target_kind(),
        &TargetKind::Regression {
            names: vec!["y".into()]
        }
    );
}

#[test]
fn categories_one_hot_and_ordinal() {
    let text = "color,size,n\nred,10,1\nblue,2,2\nred,10,3\n";
    let data = read(CsvOptions::new(), text);
    assert_eq!(
        inputs(&data),
        [0., 1., 10., 1., 1., 0., 2., 2., 0., 1., 10., 3.]
    );
    let options = CsvOptions::new()
        .categorical("size", Encoding::OneHot)
        .categorical("color", Encoding::Ordinal)
        .ignore("n");
    let data = read(options, text);
    assert_eq!(
        data.data.feature_names().unwrap(),
        ["color", "size=2", "size=10"]
    );
    assert_eq!(inputs(&data), [1., 0., 1., 0., 1., 0., 1., 0., 1.]);
}

#[test]
fn what_is_no_number_is_named_with_line_and_column() {
    let table = |cell: &str| format!("age,name,y\n1,u,0\n{cell},v,1\n3,u,0\n");
    let message = |cell: &str| refused(classes("y"), &table(cell));
    assert_eq!(
        message("abc"),
        "t.csv: line 3, column \"age\": \"abc\" is not a number; correct the cell, or declare the column categorical or leave it out"
    );
    assert!(message("").contains("line 3, column \"age\": the value is missing;"));
    assert!(message("NA").contains("the value is missing (\"NA\")"));
    assert!(message("nan").contains("the value is missing (\"nan\")"));
    assert!(message("-inf").contains("-inf is not a finite number"));
    assert!(message("1e39").contains("too large for a 32-bit number"));
    assert!(message("\"1,5\"").contains("write decimals with a point"));
    assert!(refused(classes(2), "1,2,a\n3,x,b\n3,4,b\n").contains("line 2, column 2: \"x\""));
    // Ordinary text in the first cells of a numeric column is found far below as well.
    let late: String = (0..2000).map(|i| format!("{i},0\n")).collect();
    assert!(refused(CsvOptions::new(), &format!("a,b\n{late}x,1\n")).contains("line 2002,"));
}

#[test]
fn rows_with_missing_values_can_be_dropped() {
    let text = "a,c,y\n1,r,0\n,g,1\n3,?,1\n4,b,NA\n5,b,1\n";
    let options = classes("y").missing(Missing::DropRow);
    let data = read(options.clone(), text);
    assert_eq!((data.data.len(), data.dropped_rows), (2, 3));
    assert_eq!(data.data.feature_names().unwrap(), ["a", "c=b", "c=r"]);
    assert!(refused(options, "a,y\n,1\n2,\n").contains("none of the 2 rows is complete"));
}

#[test]
fn damaged_tables_are_refused() {
    let plain = CsvOptions::new;
    assert!(refused(plain(), "").contains("the file is empty"));
    assert!(refused(plain(), " \r\n\n").contains("the file is empty"));
    assert!(refused(plain().header(true), "a,b\n").contains("there are no rows of data"));
    assert_eq!(
        refused(plain(), "a,b\n1,2\n3\n"),
        "t.csv: line 3: the row has 1 cell, the first row has 2; give every row the same number of cells"
    );
    assert!(refused(plain(), "a,b\n1,2\n3,4,5\n").contains("line 3: the row has 3 cells"));
    let error = |bytes: &[u8]| plain().parse("t.csv", bytes).unwrap_err().to_string();
    assert!(
        error(
            "a,ä\n1,"
                .as_bytes()
                .iter()
                .chain(b"\xff\n")
                .copied()
                .collect::<Vec<_>>()
                .as_slice()
        )
        .contains("byte 7: byte 0xff is neither UTF-8")
    );
    assert!(error(b"\xff\xfea\0,").contains("UTF-16 and ends in half"));
    assert!(error(b"PK\x03\x04\0\0\0").contains("not a text file"));
    assert!(
        error(b"a,\x81\n1,2\n").contains("byte 2: byte 0x81 is neither UTF-8 nor Windows-1252")
    );
    assert!(refused(plain(), "a,b\n1,\n2,\n").contains("column \"b\": no row has a value"));
    let unclosed = refused(plain(), "a,b\n1,\"2\n3,4\n");
    assert!(
        unclosed.contains("line 2: a quotation mark is opened and not closed"),
        "{unclosed}"
    );
}

#[test]
fn every_truncation_is_an_error_or_a_shorter_table() {
    let text = "\u{feff}a,\"b c\",k\r\n1,\"2.5\",\"x\r\ny\"\r\n3,4,\"z\"\"z\"\r\n";
    for end in 0..text.len() {
        for options in [CsvOptions::new(), classes("k"), classes(2)] {
            if let Ok(read) = options.parse("t", &text.as_bytes()[..end]) {
                assert!(read.data.len() <= 3);
            }
        }
    }
}

#[test]
fn wrong_columns_are_named() {
    let text = "a,b,a\n1,2,3\n";
    assert!(
        refused(classes("c"), text).contains("there is no column \"c\"; the columns are a, b, a")
    );
    assert!(refused(classes("a"), text).contains("occurs twice"));
    assert!(refused(classes(7), text).contains("there is no column 7, counted from 0"));
    assert!(refused(classes("y"), "1,2\n3,4\n").contains("has no header"));
    assert!(refused(CsvOptions::new(), text).contains("two input columns are called \"a\""));
    assert!(refused(classes("a"), "a\n1\n").contains("no column is left as an input"));
    assert!(refused(classes("y"), "x,y\n1,0.5\n2,1.5\n").contains("use a regression target"));
    let said = refused(
        CsvOptions::new().target(CsvTarget::Last),
        "a,b,y,\n1,2,p,\n3,4,q,\n",
    );
    assert!(said.contains("every line ends with a delimiter"), "{said}");
    // Categories made of numbers with commas would train to nonsense.
    let commas = "a;b;y\n1,288;7;p\n1,449;8;q\n2;9;p\n";
    let said = refused(CsvOptions::new(), commas);
    assert!(
        said.contains("column \"a\": the numbers have a comma (\"1,288\")"),
        "{said}"
    );
    let declared = CsvOptions::new().categorical("a", Encoding::OneHot);
    assert_eq!(read(declared, commas).data.len(), 3);
    let twice = CsvTarget::Regression(vec!["y".into(), "y".into()]);
    assert!(refused(CsvOptions::new().target(twice), "x,y\n1,2\n").contains("named twice"));
    let keys: String = (0..1500).map(|i| format!("{i},key{i}\n")).collect();
    assert!(refused(CsvOptions::new(), &keys).contains("more than 1000 different texts"));
    assert!(refused(CsvOptions::new().delimiter('é'), text).contains("one ASCII character"));
}

#[test]
fn the_schema_reads_later_files_alike() {
    let schema = read(classes("y"), "a,c,y\n1,red,no\n2,blue,yes\n").schema;
    let decode = |text: &str| schema.parse("p.csv", text.as_bytes());
    // Columns in another order, further columns, no target.
    let data = decode("note,c,a\nhm,red,5\n").unwrap();
    assert_eq!(inputs(&data), [5.0, 0.0, 1.0]);
    assert_eq!(data.data.target_kind(), &TargetKind::None);
    // With the target, numbered as in training.
    let data = decode("y,c,a\nyes,blue,7\n").unwrap();
    assert_eq!(data.data.class_labels().unwrap().unwrap(), [1]);
    // Without a header: with the target, or without it.
    assert_eq!(inputs(&decode("4,blue,no\n").unwrap()), [4.0, 1.0, 0.0]);
    assert_eq!(inputs(&decode("4,blue\n").unwrap()), [4.0, 1.0, 0.0]);
    let message = |text: &str| decode(text).unwrap_err().to_string();
    assert!(message("a,y\n1,no\n").contains("there is no column \"c\", which the model needs"));
    assert!(message("a,c\n1,green\n").contains("line 2, column \"c\": \"green\" is a category that the training data does not have; known are blue, red"));
    assert!(message("a,c,y\n1,red,maybe\n").contains("\"maybe\" is a label"));
    assert!(
        message("1,red,no,8\n")
            .contains("the file has 4 columns, the training file had 3 of which 2")
    );
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<CsvSchema>(&text).unwrap(), schema);
}

#[test]
fn given_class_names_fix_the_numbers() {
    let names = vec!["yes".to_string(), "no".to_string()];
    let data = read(
        classes("y").class_names(names.clone()),
        "x,y\n1,no\n2,yes\n",
    );
    assert_eq!(data.data.class_labels().unwrap().unwrap(), [1, 0]);
    let error = refused(classes("y").class_names(names), "x,y\n1,no\n2,maybe\n");
    assert!(
        error.contains("line 3, column \"y\": \"maybe\" is a label"),
        "{error}"
    );
}

#[test]
fn files_compressed_or_not_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,y\n1,0\n2,1\n").unwrap();
    let data = classes("y").read(&path).unwrap();
    assert_eq!(
        (data.data.len(), data.data.inputs().dtype()),
        (2, DType::F32)
    );
    assert_eq!(data.schema.read(&path).unwrap().data.len(), 2);
    let missing = classes("y").read(folder.path().join("no.csv")).unwrap_err();
    assert!(missing.to_string().contains("there is no such file") && missing.is_bad_input());
    let directory = classes("y").read(folder.path()).unwrap_err().to_string();
    assert!(directory.contains("this is a directory"), "{directory}");
}

#[test]
fn other_encodings_are_read() {
    let text = "größe,art\r\n1,süß\r\n2,\"a, b\"\r\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let narrow: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    for bytes in [
        text.as_bytes().to_vec(),
        [&[0xff, 0xfe], &wide[..]].concat(),
        wide,
        narrow,
    ] {
        let read = classes("art").parse("t.csv", &bytes).unwrap();
        assert_eq!(read.data.feature_names().unwrap(), ["größe"]);
        assert_eq!(
            read.data.target_kind().class_names().unwrap(),
            ["a, b", "süß"]
        );
    }
}

#[test]
fn missing_numbers_may_stay_missing() {
    let text = "a,b,y\n1,,2\nNA,red,3\n";
    let options = || {
        CsvOptions::new()
            .target(CsvTarget::Regression(vec!["y".into()]))
            .missing(Missing::Keep)
    };
    let read = options()
        .ignore("b")
        .parse("t.csv", text.as_bytes())
        .unwrap();
    assert!(inputs(&read)[1].is_nan() && inputs(&read)[0] == 1.0);
    assert_eq!(read.schema.missing, Missing::Keep);
    // A category or a target cannot be filled in by a number.
    assert!(refused(options(), text).contains("line 2, column \"b\": the value is missing"));
    assert!(
        refused(options().ignore("b"), "a,b,y\n1,,2\n3,,\n")
            .contains("line 3, column \"y\": the value is missing")
    );
}

/// A file with quotes, line ends of both kinds, blank lines, and rows that are left out.
fn large(rows: usize) -> String {
    let mut text = String::from("\u{feff}x,kind,\"the, label\",z\r\n");
    for row in 0..rows {
        let kind = ["red", "\"light, blue\"", "green"][row % 3];
        let z = if row % 11 == 5 { "" } else { "0.5" };
        let end = if row % 2 == 0 { "\r\n" } else { "\n\n" };
        text.push_str(&format!(
            "{row},{kind},{},{z}{end}",
            ["yes", "no"][row / 2 % 2]
        ));
    }
    text
}

#[test]
fn a_file_left_on_disk_reads_as_one_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    std::fs::write(&path, large(500)).unwrap();
    let mut options = classes("the, label").missing(Missing::DropRow);
    let whole = options.open(&path).unwrap();
    options.memory = Some(1000);
    let stream = options.open(&path).unwrap();
    assert!(stream.streamed && !whole.streamed);
    assert_eq!(
        (stream.data.len(), stream.dropped_rows),
        (whole.data.len(), whole.dropped_rows)
    );
    assert_eq!(stream.schema, whole.schema);
    assert_eq!(stream.data.feature_names(), whole.data.feature_names());
    assert_eq!(stream.data.target_kind(), whole.data.target_kind());
    assert_eq!(
        stream.data.class_labels().unwrap(),
        whole.data.class_labels().unwrap()
    );
    let count = whole.data.len();
    for indices in [
        (0..count).collect::<Vec<_>>(),
        vec![count - 1, 0, 17, 16, 15, 200, 201, 17, 3],
        (0..count).rev().step_by(7).collect(),
        vec![],
    ] {
        let (a, b) = (
            stream.data.batch(&indices).unwrap(),
            whole.data.batch(&indices).unwrap(),
        );
        assert_eq!(
            a.inputs.to_vec::<f32>().unwrap(),
            b.inputs.to_vec::<f32>().unwrap()
        );
        assert_eq!(
            a.targets.to_vec::<u32>().unwrap(),
            b.targets.to_vec::<u32>().unwrap()
        );
    }
    assert!(stream.data.batch(&[count]).is_err());
    // Another file, for prediction, is read with the same meaning.
    let again = whole.schema.open(&path, Some(1000)).unwrap();
    assert!(again.streamed && again.data.len() == count);
}

#[test]
fn faults_of_a_file_left_on_disk_show_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    let options = CsvOptions {
        memory: Some(10),
        ..classes("the, label")
    };
    let error = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        let message = options.open(&path).err().unwrap().to_string();
        message.replace(&path.display().to_string(), "large.csv")
    };
    let missing = error(large(40).as_bytes());
    assert!(
        missing.starts_with("large.csv: line 9, column \"z\": the value is missing"),
        "{missing}"
    );
    assert!(error(b"a,b\n1,2\n3\n4,5,6,7\n").contains("line 3: the row has 1 cell"));
    assert!(
        error(b"x,\"the, label\"\n1,a\n2,\"b\n3,a\n4,b\n")
            .contains("a quotation mark is opened and not closed")
    );
    assert!(error(b"                \n\n\n").contains("the file is empty"));
    assert!(
        error(b"\xff\xfea\0,\0b\0\n\x001\0,\x002\0").contains("too large to be read as a whole")
    );
    assert!(
        error(b"x,\"the, label\"\n1,a\n\xff\xff,b\n")
            .contains("line 3, column 1: the text is not UTF-8")
    );
    // Rows that vanish while the file is in use are an error, not a panic.
    std::fs::write(&path, "x,\"the, label\"\n1,a\n2,b\n3,a\n").unwrap();
    let open = options.open(&path).unwrap();
    std::fs::write(&path, "x,\"the, label\"\n1,a\n").unwrap();
    assert!(
        open.data
            .batch(&[2])
            .err()
            .unwrap()
            .to_string()
            .contains("not there any more")
    );
}
