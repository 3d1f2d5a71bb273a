//! A CSV file larger than memory: it stays on disk, and rows are read when they are asked for.

use std::path::Path;
use std::sync::Arc;

use csv::ByteRecord;
use nn_core::{DType, Tensor};

use super::decode::{Found, RowReader, some_rows};
use super::schema::CsvSchema;
use super::table::Table;
use crate::batch::Batch;
use crate::dataset::{Dataset, InMemory, TargetKind, check_indices};
use crate::error::Result;

/// Of so many rows the place of the first is remembered.
const STRIDE: usize = 16;
/// So many rows are rather read over than jumped over.
const READ_OVER: usize = 4 * STRIDE;

/// A CSV file as a data set whose inputs stay on disk.
///
/// Opening it reads the whole file once, so that every fault shows then. What is kept in memory: the targets, and the place of
/// every 16th row (half a byte for each). Batches of neighbouring rows are read in one go; for rows far apart up to 16 are parsed
/// for each. The file must not change while it is in use.
#[derive(Clone)]
pub struct CsvStream {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    table: Table,
    reader: RowReader,
    /// Where rows 0, 16, 32 … begin.
    places: Vec<u64>,
    rows: usize,
    dropped_rows: usize,
    shape: [usize; 1],
    features: Vec<String>,
    /// The targets alone: inputs of no values.
    targets: InMemory,
}

impl std::fmt::Debug for CsvStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Inner {
            name, rows, shape, ..
        } = &*self.inner;
        write!(f, "CsvStream({name:?}, {rows} rows of {} values)", shape[0])
    }
}

impl CsvStream {
    pub(super) fn new(table: Table, schema: &CsvSchema) -> Result<Self> {
        let reader = RowReader::new(schema, &table)?;
        let mut values = Vec::with_capacity(schema.input_len());
        let mut found = Found::default();
        let mut places = Vec::new();
        let (mut rows, mut dropped_rows) = (0usize, 0usize);
        table.rows(usize::MAX, |at, record| {
            values.clear();
            if reader.read(&table, at, record, &mut values, &mut found)? {
                if rows.is_multiple_of(STRIDE) {
                    places.push(at);
                }
                rows += 1;
            } else {
                dropped_rows += 1;
            }
            Ok(())
        })?;
        some_rows(&table, rows, dropped_rows)?;
        let name = table.path.display().to_string();
        let targets = reader.targets(schema, found);
        let targets = InMemory::new(name.clone(), Tensor::zeros([rows, 0], DType::F32)?, targets)?;
        Ok(CsvStream {
            inner: Arc::new(Inner {
                name,
                reader,
                places,
                rows,
                dropped_rows,
                shape: [schema.input_len()],
                features: schema.feature_names(),
                targets,
                table,
            }),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.table.path
    }

    /// Rows left out because a value was missing.
    pub fn dropped_rows(&self) -> usize {
        self.inner.dropped_rows
    }
}

impl Inner {
    /// Calls `f` with the place in `indices` and the numbers of each of these rows, in the order of the file.
    fn each(&self, indices: &[usize], mut f: impl FnMut(usize, &[f32])) -> Result<()> {
        let mut order: Vec<usize> = (0..indices.len()).collect();
        order.sort_unstable_by_key(|&at| indices[at]);
        let mut values: Vec<f32> = Vec::with_capacity(self.shape[0]);
        let mut record = ByteRecord::new();
        // The reader, and the number of the row that it gives next.
        let mut open = None;
        for at in order {
            let wanted = indices[at];
            let (mut rows, mut next) = match open.take() {
                Some((rows, next)) if next <= wanted + 1 && wanted + 1 - next <= READ_OVER => {
                    (rows, next)
                }
                _ => {
                    let stride = wanted / STRIDE;
                    (self.table.rows_from(self.places[stride])?, stride * STRIDE)
                }
            };
            while next <= wanted {
                let mut found = Found::default();
                values.clear();
                if !rows.next_full(&mut record)? {
                    return Err(self.table.error(
                        crate::error::Place::Whole,
                        format!("row {wanted} is not there any more"),
                        "leave the file as it is while it is in use",
                    ));
                }
                next += usize::from(self.reader.read(
                    &self.table,
                    rows.at,
                    &record,
                    &mut values,
                    &mut found,
                )?);
            }
            f(at, &values);
            open = Some((rows, next));
        }
        Ok(())
    }
}

impl Dataset for CsvStream {
    fn name(&self) -> &str {
        &self.inner.name
    }

    fn len(&self) -> usize {
        self.inner.rows
    }

    fn input_shape(&self) -> &[usize] {
        &self.inner.shape
    }

    fn target_kind(&self) -> &TargetKind {
        self.inner.targets.target_kind()
    }

    fn feature_names(&self) -> Option<&[String]> {
        Some(&self.inner.features)
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        check_indices(self.len(), indices)?;
        let width = self.inner.shape[0];
        let mut inputs = Tensor::zeros([indices.len(), width], DType::F32)?;
        let out = inputs.make_mut::<f32>()?;
        self.inner.each(indices, |at, values| {
            out[at * width..(at + 1) * width].copy_from_slice(values);
        })?;
        Ok(Batch {
            inputs,
            ..self.inner.targets.batch(indices)?
        })
    }

    fn is_finite(&self) -> bool {
        // Every cell was read when the file was opened.
        !self.inner.reader.keeps_missing()
    }

    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        self.inner.targets.class_labels()
    }
}
