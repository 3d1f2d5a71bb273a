//! Arbitrary and damaged bytes: an error or a data set, never a panic, and never more memory than the
//! bytes justify.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use nn_data::dataset::{CsvOptions, CsvTarget, Encoding, Missing, idx};
use nn_data::{Dataset, describe::Description};
use proptest::prelude::*;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn readings() -> Vec<CsvOptions> {
    vec![
        CsvOptions::new(),
        CsvOptions::new()
            .target(CsvTarget::Last)
            .missing(Missing::DropRow),
        CsvOptions::new()
            .target(CsvTarget::Classes(0.into()))
            .header(true),
        CsvOptions::new()
            .categorical(0, Encoding::Ordinal)
            .delimiter(';')
            .header(false),
    ]
}

/// Text that has much in common with a table.
fn table_like() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        "[0-9]{1,3}",
        "-?[0-9]\\.[0-9]e[0-9]{1,3}",
        "[a-c]{0,2}",
        Just("\"".to_string()),
        Just("\"a\nb\"".to_string()),
        Just("nan".to_string()),
        Just("é".to_string()),
    ];
    let end = prop_oneof![Just(","), Just("\n"), Just("\r\n"), Just(";"), Just("\t")];
    prop::collection::vec((cell, end), 0..40)
        .prop_map(|parts| parts.into_iter().map(|(cell, end)| cell + end).collect())
}

proptest! {
    #[test]
    fn any_text_as_csv(text in table_like()) {
        for options in readings() {
            if let Ok(read) = options.parse("t", text.as_bytes()) {
                // What was read is a sound data set, and its schema reads the same file again.
                prop_assert!(!read.data.is_empty());
                Description::of(&read.data).unwrap();
                let all: Vec<usize> = (0..read.data.len()).collect();
                let batch = read.data.batch(&all).unwrap();
                let values = batch.inputs.to_vec::<f32>().unwrap();
                prop_assert!(values.iter().all(|v| v.is_finite()));
                let _ = read.schema.parse("t", text.as_bytes());
            }
        }
    }

    #[test]
    fn any_bytes_as_csv_and_idx(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for bytes in [&bytes, &gz(&bytes)] {
            let _ = CsvOptions::new().parse("t", bytes);
            let _ = idx::parse("t", bytes);
        }
    }

    #[test]
    fn any_idx_header(
        kind in prop::sample::select(vec![8u8, 9, 0xB, 0xC, 0xD, 0xE]),
        shape in prop::collection::vec(prop_oneof![0u32..5, any::<u32>()], 1..6),
        values in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = vec![0, 0, kind, shape.len() as u8];
        shape.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
        bytes.extend(&values);
        for bytes in [&bytes, &gz(&bytes)] {
            if let Ok(array) = idx::parse("t", bytes) {
                prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
                prop_assert!(array.values.len() <= values.len());
            }
        }
    }

    #[test]
    fn numbers_written_as_csv_are_read_back_exactly(
        rows in prop::collection::vec(prop::collection::vec(-1e30f32..1e30, 3), 1..20),
    ) {
        let lines = rows.iter().map(|r| format!("{:e},{},\"{}\"\n", r[0], r[1], r[2]));
        let text = "a,b,c\n".to_string() + &lines.collect::<String>();
        let read = CsvOptions::new().parse("t", text.as_bytes()).unwrap();
        let all: Vec<usize> = (0..rows.len()).collect();
        prop_assert_eq!(
            read.data.batch(&all).unwrap().inputs.to_vec::<f32>().unwrap(),
            rows.concat()
        );
    }
}
