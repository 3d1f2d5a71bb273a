//! Where rows of cells come from: samples of a data set, or the text of a table.

use crate::dataset::csv::{Cells, is_missing};
use crate::dataset::{Column, Dataset, TargetKind};
use crate::error::Result;

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A number, NaN and infinity included.
    Number(f64),
    /// Anything else that is there.
    Text(&'a str),
    /// Nothing.
    Missing,
}

/// Rows of cells that can be gone through more than once.
pub trait Rows {
    /// What they are called.
    fn name(&self) -> String;
    /// Names of all columns, those of the target last.
    fn columns(&self) -> Vec<String>;
    /// How many columns at the end are targets.
    fn targets(&self) -> usize;
    /// Whether the target is told to be classes (with their names) or numbers; `None` leaves that to the content.
    fn kind(&self) -> Option<TargetKind>;
    /// Whether gaps are NaN, as in arrays, and not cells left empty.
    fn gaps_are_nan(&self) -> bool {
        true
    }
    /// Hands out every row in order.
    fn each(&self, f: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()>;
}

/// Samples of a data set.
pub struct Samples<'a> {
    data: &'a dyn Dataset,
    width: usize,
}

impl<'a> Samples<'a> {
    pub fn new(data: &'a dyn Dataset) -> Self {
        Samples {
            data,
            width: data.input_shape().iter().product(),
        }
    }
}

impl Rows for Samples<'_> {
    fn name(&self) -> String {
        self.data.name().to_string()
    }

    fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = match self.data.feature_names() {
            Some(names) => names.to_vec(),
            None => (0..self.width).map(|at| format!("input {at}")).collect(),
        };
        match self.data.target_kind() {
            TargetKind::Regression { names: outputs } => names.extend(outputs.iter().cloned()),
            TargetKind::Classes { .. } => names.push("class".into()),
            TargetKind::None => {}
        }
        names
    }

    fn targets(&self) -> usize {
        match self.data.target_kind() {
            TargetKind::Regression { names } => names.len(),
            TargetKind::Classes { .. } => 1,
            TargetKind::None => 0,
        }
    }

    fn kind(&self) -> Option<TargetKind> {
        Some(self.data.target_kind().clone())
    }

    fn each(&self, f: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        let all: Vec<usize> = (0..self.data.len()).collect();
        let kind = self.data.target_kind();
        let mut row = Vec::with_capacity(self.width + self.targets());
        for indices in all.chunks(1024) {
            let batch = self.data.batch(indices)?;
            let inputs = batch
                .inputs
                .to_dtype(nn_core::DType::F64)?
                .to_vec::<f64>()?;
            let (labels, values) = match kind {
                TargetKind::Classes { .. } => (batch.targets.to_vec::<u32>()?, Vec::new()),
                TargetKind::Regression { .. } => (
                    Vec::new(),
                    batch
                        .targets
                        .to_dtype(nn_core::DType::F64)?
                        .to_vec::<f64>()?,
                ),
                TargetKind::None => (Vec::new(), Vec::new()),
            };
            for at in 0..indices.len() {
                row.clear();
                let number = |&value: &f64| Cell::Number(value);
                row.extend(
                    inputs[at * self.width..(at + 1) * self.width]
                        .iter()
                        .map(number),
                );
                match kind {
                    TargetKind::Classes { names } => {
                        let name = names
                            .get(labels[at] as usize)
                            .map_or(Cell::Missing, |name| Cell::Text(name));
                        row.push(name);
                    }
                    TargetKind::Regression { names } => {
                        row.extend(
                            values[at * names.len()..(at + 1) * names.len()]
                                .iter()
                                .map(number),
                        );
                    }
                    TargetKind::None => {}
                }
                f(&row)?;
            }
        }
        Ok(())
    }
}

/// The targets of a data set, as columns by themselves.
pub struct Outputs<'a> {
    data: &'a dyn Dataset,
}

impl<'a> Outputs<'a> {
    pub fn new(data: &'a dyn Dataset) -> Self {
        Outputs { data }
    }
}

impl Rows for Outputs<'_> {
    fn name(&self) -> String {
        self.data.name().to_string()
    }

    fn columns(&self) -> Vec<String> {
        match self.data.target_kind() {
            TargetKind::Regression { names } => names.clone(),
            _ => Vec::new(),
        }
    }

    fn targets(&self) -> usize {
        0
    }

    fn kind(&self) -> Option<TargetKind> {
        Some(TargetKind::None)
    }

    fn each(&self, f: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        let outputs = self.columns().len().max(1);
        let all: Vec<usize> = (0..self.data.len()).collect();
        for indices in all.chunks(256) {
            let targets = self.data.batch(indices)?.targets;
            for row in targets
                .to_dtype(nn_core::DType::F64)?
                .to_vec::<f64>()?
                .chunks_exact(outputs)
            {
                let cells: Vec<Cell<'_>> = row.iter().map(|&value| Cell::Number(value)).collect();
                f(&cells)?;
            }
        }
        Ok(())
    }
}

/// The cells of a table of text, the target's column moved to the end.
pub struct Text {
    cells: Cells,
    /// Where each column stands in the file.
    order: Vec<usize>,
    targets: usize,
}

impl Text {
    /// # Errors
    /// If there is no such column.
    pub fn new(cells: Cells, target: Option<&Column>) -> Result<Self> {
        let mut order: Vec<usize> = (0..cells.names().len()).collect();
        if let Some(column) = target {
            let place = cells.find(column)?;
            order.retain(|&at| at != place);
            order.push(place);
        }
        Ok(Text {
            cells,
            order,
            targets: usize::from(target.is_some()),
        })
    }
}

impl Rows for Text {
    fn name(&self) -> String {
        self.cells.file().display().to_string()
    }

    fn columns(&self) -> Vec<String> {
        let names = self.cells.names();
        self.order.iter().map(|&at| names[at].clone()).collect()
    }

    fn targets(&self) -> usize {
        self.targets
    }

    fn kind(&self) -> Option<TargetKind> {
        (self.targets == 0).then_some(TargetKind::None)
    }

    fn gaps_are_nan(&self) -> bool {
        false
    }

    fn each(&self, f: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        self.cells.each(&mut |texts| {
            let cell = |&at: &usize| {
                let text = texts[at];
                match text.parse::<f64>() {
                    _ if is_missing(text) => Cell::Missing,
                    Ok(number) => Cell::Number(number),
                    Err(_) => Cell::Text(text),
                }
            };
            // A row is as short-lived as its texts.
            let row: Vec<Cell<'_>> = self.order.iter().map(cell).collect();
            f(&row)
        })
    }
}
