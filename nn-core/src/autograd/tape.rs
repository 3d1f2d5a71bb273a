//! The tape: operations in the order in which they were done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use smallvec::SmallVec;

use super::{Gradients, ParamId};
use crate::{Error, Result, Tensor};

/// Gradients for the inputs of one operation; `None` where none is needed.
pub(crate) type Grads = SmallVec<[Option<Tensor>; 3]>;

/// Takes the gradient of an operation's output and which inputs need one; returns those of the inputs.
///
/// It owns the gradient, so it may write the result into the same memory.
pub(crate) type Backward = Box<dyn FnOnce(Tensor, &[bool]) -> Result<Grads> + Send>;

/// [`Grads`] of as many inputs as expressions are given.
macro_rules! grads {
    ($($grad:expr),+ $(,)?) => {{
        let mut all = $crate::autograd::Grads::new();
        $(all.push(Option::<$crate::Tensor>::from($grad));)+
        all
    }};
}
pub(crate) use grads;

/// An input that is a constant.
const CONSTANT: u32 = u32::MAX;

enum Record {
    /// A tensor whose gradient is wanted.
    Leaf(Option<ParamId>),
    Op {
        name: &'static str,
        inputs: SmallVec<[u32; 3]>,
        backward: Backward,
    },
}

pub(crate) struct TapeCore {
    id: u64,
    records: Mutex<Vec<Record>>,
}

impl TapeCore {
    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, record: Record) -> u32 {
        let mut records = self.records();
        records.push(record);
        (records.len() - 1) as u32
    }
}

/// The place of a tensor on a tape. It does not keep the tape alive.
#[derive(Clone)]
pub(crate) struct Node {
    tape: Weak<TapeCore>,
    tape_id: u64,
    index: u32,
}

impl Node {
    pub(crate) fn is_live(&self) -> bool {
        self.tape.strong_count() > 0
    }

    pub(super) fn place(&self) -> (u64, u32) {
        (self.tape_id, self.index)
    }
}

/// A record of operations, from which gradients are computed.
///
/// The tape is a flat list in the order of execution, and differentiation a loop over it in reverse: a chain
/// of a million operations needs no deep stack. Tensors refer to the tape weakly; when it is dropped, or
/// consumed by [`Tape::backward`], everything it saved is released, and tensors that stood on it become
/// constants. Without a tape nothing is recorded.
///
/// ```
/// use nn_core::{Tape, Tensor};
/// # fn main() -> nn_core::Result<()> {
/// let tape = Tape::new();
/// let w = tape.watch(&Tensor::from_vec(vec![0.5f32, -1.0], [2])?);
/// let x = Tensor::from_vec(vec![2.0f32, 3.0], [2])?;
/// let y = w.mul(&x)?.sum(..)?;
/// let gradients = tape.backward(&y)?;
/// assert_eq!(gradients.get(&w).unwrap().to_vec::<f32>()?, [2.0, 3.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tape {
    core: Arc<TapeCore>,
}

impl Default for Tape {
    fn default() -> Self {
        Tape::new()
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tape of {} records", self.len())
    }
}

impl Tape {
    /// An empty tape.
    pub fn new() -> Tape {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let records = Mutex::default();
        Tape {
            core: Arc::new(TapeCore { id, records }),
        }
    }

    /// The number of records so far: operations and watched tensors.
    pub fn len(&self) -> usize {
        self.core.records().len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same tensor, standing on this tape: operations on it are recorded and its gradient can be asked
    /// for. A tensor of integers has no gradient and comes back as it is.
    pub fn watch(&self, tensor: &Tensor) -> Tensor {
        self.leaf(tensor, None)
    }

    pub(super) fn leaf(&self, tensor: &Tensor, param: Option<ParamId>) -> Tensor {
        let mut leaf = tensor.detach();
        if leaf.dtype().is_float() {
            leaf.node = Some(self.node(self.core.push(Record::Leaf(param))));
        }
        leaf
    }

    fn node(&self, index: u32) -> Node {
        Node {
            tape: Arc::downgrade(&self.core),
            tape_id: self.core.id,
            index,
        }
    }

    /// Differentiates a recorded number with respect to every watched tensor and parameter.
    ///
    /// Consumes the record: what it saved is released as the loop passes.
    ///
    /// # Errors
    /// [`Error::Autograd`] if `loss` does not stand on this tape, or has not exactly one element.
    pub fn backward(self, loss: &Tensor) -> Result<Gradients> {
        if loss.len() != 1 {
            return Err(Error::autograd(format!(
                "a loss is one number, this tensor has shape {}; reduce it with mean or sum, or call backward_from with a gradient",
                loss.shape()
            )));
        }
        let ones = loss.full_like(1.0)?;
        self.backward_from(loss, ones)
    }

    /// Differentiates `Σ output·gradient`: starts the reverse loop from a given gradient of `output`.
    ///
    /// # Errors
    /// [`Error::Autograd`] if `output` does not stand on this tape or the shapes differ.
    pub fn backward_from(self, output: &Tensor, gradient: Tensor) -> Result<Gradients> {
        let root = output
            .node
            .as_ref()
            .filter(|node| node.tape_id == self.core.id)
            .ok_or_else(|| {
                Error::autograd("this tensor was not computed from anything on the tape; watch its inputs first")
            })?
            .index;
        if output.shape() != gradient.shape() || output.dtype() != gradient.dtype() {
            return Err(Error::autograd(format!(
                "the gradient is {} {}, the output {} {}",
                gradient.dtype(),
                gradient.shape(),
                output.dtype(),
                output.shape()
            )));
        }
        let mut records = std::mem::take(&mut *self.core.records());
        records.truncate(root as usize + 1);
        let mut pending: Vec<Option<Tensor>> = Vec::new();
        pending.resize_with(records.len(), || None);
        pending[root as usize] = Some(gradient);
        let mut gradients = Gradients::of_tape(self.core.id);

        while let Some(record) = records.pop() {
            let Some(grad) = pending.pop().flatten() else {
                continue;
            };
            match record {
                Record::Leaf(param) => gradients.set_leaf(records.len() as u32, param, &grad)?,
                Record::Op {
                    name,
                    inputs,
                    backward,
                } => {
                    let needed: SmallVec<[bool; 3]> =
                        inputs.iter().map(|&i| i != CONSTANT).collect();
                    let input_grads = backward(grad, &needed)?;
                    debug_assert_eq!(input_grads.len(), inputs.len(), "{name}");
                    for (&input, grad) in inputs.iter().zip(input_grads) {
                        if let (true, Some(grad)) = (input != CONSTANT, grad) {
                            accumulate(&mut pending[input as usize], grad)?;
                        }
                    }
                }
            }
        }
        Ok(gradients)
    }
}

/// Adds a gradient to what has already arrived, in place if nobody shares it.
pub(super) fn accumulate(sum: &mut Option<Tensor>, grad: Tensor) -> Result<()> {
    *sum = Some(match sum.take() {
        None => grad,
        Some(arrived) => arrived.accumulate(&grad)?,
    });
    Ok(())
}

/// Finds the tape of an operation's inputs, and records the operation there, if there is one.
pub(crate) struct Recorder {
    tape: Option<Arc<TapeCore>>,
    inputs: SmallVec<[u32; 3]>,
    mixed: bool,
}

impl Recorder {
    pub(crate) fn of(inputs: &[&Tensor]) -> Recorder {
        let mut recorder = Recorder {
            tape: None,
            inputs: SmallVec::new(),
            mixed: false,
        };
        for input in inputs {
            let live = input
                .node
                .as_ref()
                .and_then(|node| Some((node.tape.upgrade()?, node.index)));
            let index = match (live, &recorder.tape) {
                (None, _) => CONSTANT,
                (Some((tape, index)), None) => {
                    recorder.tape = Some(tape);
                    index
                }
                (Some((tape, index)), Some(first)) => {
                    recorder.mixed |= tape.id != first.id;
                    index
                }
            };
            recorder.inputs.push(index);
        }
        recorder
    }

    /// Whether the operation will be recorded, so that it must save what its backward needs.
    pub(crate) fn is_active(&self) -> bool {
        self.tape.is_some()
    }

    /// Puts `output` on the tape with the backward that `make` builds; `make` runs only if there is a tape.
    /// What the backward captures must be detached.
    pub(crate) fn record(
        self,
        name: &'static str,
        mut output: Tensor,
        make: impl FnOnce() -> Backward,
    ) -> Result<Tensor> {
        if self.mixed {
            return Err(Error::autograd(format!(
                "the operands of {name} stand on different tapes; detach() the ones that are constants"
            )));
        }
        if let Some(tape) = self.tape {
            let index = tape.push(Record::Op {
                name,
                inputs: self.inputs,
                backward: make(),
            });
            output.node = Some(Node {
                tape: Arc::downgrade(&tape),
                tape_id: tape.id,
                index,
            });
        }
        Ok(output)
    }
}
