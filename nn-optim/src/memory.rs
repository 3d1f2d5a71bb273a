//! What an optimizer remembers about each parameter, and the step that is the same for every optimizer: finding it,
//! checking that everything fits, and handing all of it to one fused kernel.

use std::borrow::Cow;
use std::collections::BTreeMap;

use nn_core::kernels::buffer::Plain;
use nn_core::kernels::float::Float;
use nn_core::kernels::optim::Slot;
use nn_core::{DType, FloatElement, Gradients, ParamId, Parameter, Parameters, Path, Tensor};

use crate::engine::Rule;
use crate::group::ParamGroup;
use crate::state::{OptimizerState, ParamState};
use crate::{Error, Result};

/// What is remembered about one parameter.
#[derive(Debug)]
struct Entry {
    name: String,
    /// None until the parameter of this name is met, after a state was loaded.
    id: Option<ParamId>,
    group: Option<usize>,
    steps: u64,
    states: Vec<Tensor>,
}

/// One parameter's part in one step.
struct Job<'p, 'g> {
    entry: usize,
    step: u64,
    param: &'p mut Parameter,
    grad: Cow<'g, Tensor>,
}

/// What an optimizer remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub groups: Vec<ParamGroup>,
    pub steps: u64,
    entries: Vec<Entry>,
}

impl Memory {
    pub fn step<R: Rule>(
        &mut self,
        rule: &R,
        params: &mut dyn Parameters,
        gradients: &Gradients,
        scale: f64,
    ) -> Result<()> {
        let mut jobs: Vec<Job> = Vec::with_capacity(self.entries.len());
        let mut failure = None;
        params.visit_mut(&mut Path::root(), &mut |path, param| {
            if failure.is_some() || !param.requires_grad() {
                return;
            }
            let Some(grad) = gradients.param(param.id()) else {
                return;
            };
            match self.prepare(rule, jobs.len(), path, param, grad) {
                Ok((entry, grad)) => jobs.push(Job {
                    entry,
                    step: self.entries[entry].steps + 1,
                    param,
                    grad,
                }),
                Err(error) => failure = Some(error),
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        jobs.sort_by_key(|job| job.entry);
        if let Some(twice) = jobs.windows(2).find(|pair| pair[0].entry == pair[1].entry) {
            let name = &self.entries[twice[0].entry].name;
            return Err(Error::parameter(
                name,
                "two parameters of the network have this name",
            ));
        }

        // Usually all parameters have had the same number of updates and one type: one pass.
        let mut kinds: Vec<(u64, DType)> = Vec::with_capacity(1);
        for job in &jobs {
            let kind = (job.step, job.param.value().dtype());
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        for (step, dtype) in kinds {
            match dtype {
                DType::F64 => self.pass::<R, f64>(rule, &mut jobs, step, scale)?,
                _ => self.pass::<R, f32>(rule, &mut jobs, step, scale)?,
            }
        }
        for job in &jobs {
            self.entries[job.entry].steps += 1;
        }
        self.steps += 1;
        Ok(())
    }

    /// The entry of a parameter, made if it is new, and its gradient in row-major order.
    fn prepare<'g, R: Rule>(
        &mut self,
        rule: &R,
        expected: usize,
        path: &Path,
        param: &Parameter,
        grad: &'g Tensor,
    ) -> Result<(usize, Cow<'g, Tensor>)> {
        let value = param.value();
        if grad.shape() != value.shape() || grad.dtype() != value.dtype() {
            let problem = format!(
                "the gradient is {} {}, the parameter {} {}",
                grad.dtype(),
                grad.shape(),
                value.dtype(),
                value.shape()
            );
            return Err(Error::parameter(path.as_str(), problem));
        }
        let grad = if grad.is_contiguous() {
            Cow::Borrowed(grad)
        } else {
            Cow::Owned(grad.contiguous()?)
        };
        let id = Some(param.id());
        // In a warm step the parameters come in the order of the entries.
        if self
            .entries
            .get(expected)
            .is_some_and(|entry| entry.id == id)
        {
            return Ok((expected, grad));
        }
        if let Some(known) = self.entries.iter().position(|entry| entry.id == id) {
            return Ok((known, grad));
        }
        let name = path.as_str();
        let group = self
            .groups
            .iter()
            .position(|group| group.contains(name, value));
        if let Some(known) = self.entries.iter().position(|entry| entry.name == name) {
            let entry = &mut self.entries[known];
            for state in &entry.states {
                if state.shape() != value.shape() || state.dtype() != value.dtype() {
                    let problem = format!(
                        "the optimizer remembers it as {} {}, it is {} {}",
                        state.dtype(),
                        state.shape(),
                        value.dtype(),
                        value.shape()
                    );
                    return Err(Error::parameter(name, problem));
                }
            }
            (entry.id, entry.group) = (id, group);
            return Ok((known, grad));
        }
        let mut states = Vec::with_capacity(rule.states().len());
        for initial in [rule.initial(), 0.0].into_iter().take(rule.states().len()) {
            states.push(value.full_like(initial)?);
        }
        self.entries.push(Entry {
            name: name.to_owned(),
            id,
            group,
            steps: 0,
            states,
        });
        Ok((self.entries.len() - 1, grad))
    }

    /// The kernel over all parameters of one type for which this is update number `step`.
    fn pass<R: Rule, T: FloatElement + Float + Plain>(
        &mut self,
        rule: &R,
        jobs: &mut [Job],
        step: u64,
        scale: f64,
    ) -> Result<()> {
        let base = rule.hyper();
        let number = <T as Float>::from_f64;
        let mut slots: Vec<Slot<T>> = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.iter_mut().peekable();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let Some(job) = jobs.next_if(|job| job.entry == index) else {
                continue;
            };
            if job.step != step || job.param.value().dtype() != T::DTYPE {
                continue;
            }
            let group = entry.group.and_then(|at| self.groups.get(at));
            let (scale, decay, l1) = group.map_or((1.0, None, None), |group| {
                (group.lr_scale, group.weight_decay, group.l1)
            });
            let mut states = entry.states.iter_mut();
            let mut next = || match states.next() {
                Some(state) => state.make_mut::<T>(),
                None => Ok(&mut [] as &mut [T]),
            };
            slots.push(Slot {
                state1: next()?,
                state2: next()?,
                param: job.param.value_mut().make_mut::<T>()?,
                grad: job.grad.as_slice::<T>()?,
                weight_decay: number(decay.unwrap_or(base.weight_decay)),
                lr: number(base.lr * scale),
                l1: number(l1.unwrap_or(base.l1)),
            });
        }
        rule.update(&mut slots, step, number(scale));
        Ok(())
    }

    pub fn state<R: Rule>(&self, rule: &R) -> OptimizerState {
        let mut params = BTreeMap::new();
        for entry in &self.entries {
            let named = rule.states().iter().zip(&entry.states);
            let tensors = named.map(|(name, state)| ((*name).to_owned(), state.clone()));
            let state = ParamState {
                steps: entry.steps,
                tensors: tensors.collect(),
            };
            params.insert(entry.name.clone(), state);
        }
        OptimizerState {
            optimizer: R::NAME.to_owned(),
            learning_rate: rule.hyper().lr,
            momentum: rule.momentum(),
            steps: self.steps,
            params,
        }
    }

    pub fn load_state<R: Rule>(&mut self, rule: &R, state: &OptimizerState) -> Result<()> {
        state.expect(R::NAME)?;
        let mut entries = Vec::with_capacity(state.params.len());
        for (name, saved) in &state.params {
            let mut states = Vec::new();
            for wanted in rule.states() {
                let tensor = saved.tensors.get(*wanted).ok_or_else(|| {
                    Error::state(format!("the state of parameter {name} holds no {wanted}"))
                })?;
                states.push(tensor.clone());
            }
            entries.push(Entry {
                name: name.clone(),
                id: None,
                group: None,
                steps: saved.steps,
                states,
            });
        }
        self.entries = entries;
        self.steps = state.steps;
        Ok(())
    }
}
