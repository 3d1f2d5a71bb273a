//! The part of a step that is the same for every optimizer: finding what is remembered about each parameter,
//! checking that everything fits, and handing all of it to one fused kernel.

use std::borrow::Cow;
use std::collections::BTreeMap;

use nn_core::kernels::buffer::Plain;
use nn_core::kernels::float::Float;
use nn_core::kernels::optim::Slot;
use nn_core::{DType, FloatElement, Gradients, ParamId, Parameter, Parameters, Path, Tensor};

use crate::group::{GroupSpec, ParamGroup, build_groups};
use crate::state::{OptimizerState, ParamState};
use crate::{Error, Optimizer, Result};

/// The settings and the formula of one optimizer. Not for use outside this crate.
pub trait Rule: Clone + Send {
    /// Its name in recipes and states.
    const NAME: &'static str;

    /// Checks the settings' domains.
    fn validate(&self) -> Result<()>;

    /// The groups named in the settings.
    fn groups(&self) -> &[GroupSpec];

    /// PyTorch's names of what it remembers for each element: none, one or two.
    fn states(&self) -> &'static [&'static str];

    /// What the first of them starts from; the second starts from 0.
    fn initial(&self) -> f64 {
        0.0
    }

    /// The learning rate, weight decay and L1 penalty of parameters in no group.
    fn hyper(&self) -> Hyper;

    /// The learning rate, for schedules.
    fn lr_mut(&mut self) -> &mut f64;

    /// The momentum, if the optimizer has been made with one.
    fn momentum(&self) -> Option<f64> {
        None
    }

    /// The momentum, for schedules.
    fn momentum_mut(&mut self) -> Option<&mut f64> {
        None
    }

    /// The update of all slots, for which this is update number `step`, the first being 1.
    fn update<T: Float>(&self, slots: &mut [Slot<T>], step: u64, scale: T);
}

/// What may differ between parameters.
#[derive(Debug, Clone, Copy)]
pub struct Hyper {
    /// Learning rate.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// L1 penalty.
    pub l1: f64,
}

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
struct Memory {
    groups: Vec<ParamGroup>,
    steps: u64,
    entries: Vec<Entry>,
}

/// An optimizer with settings `C`: [`Sgd`](crate::Sgd), [`Adagrad`](crate::Adagrad),
/// [`RmsProp`](crate::RmsProp), [`Adam`](crate::Adam) or [`AdamW`](crate::AdamW).
///
/// One step is one fused pass over the values, gradients and memories of all parameters.
#[derive(Debug)]
pub struct Fused<C> {
    config: C,
    memory: Memory,
}

impl<C: Rule> Fused<C> {
    /// An optimizer that has done no step.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is outside its domain.
    pub fn new(config: C) -> Result<Self> {
        config.validate()?;
        let groups = build_groups(C::NAME, config.groups())?;
        let memory = Memory {
            groups,
            ..Memory::default()
        };
        Ok(Fused { config, memory })
    }

    /// An optimizer with the default settings except for the learning rate.
    ///
    /// # Errors
    /// [`Error::Config`] if the learning rate is negative or not finite.
    pub fn with_lr(learning_rate: f64) -> Result<Self>
    where
        C: Default,
    {
        let mut config = C::default();
        *config.lr_mut() = learning_rate;
        Fused::new(config)
    }

    /// With one more parameter group. Groups are asked in the order in which they were given.
    #[must_use]
    pub fn group(mut self, group: ParamGroup) -> Self {
        self.memory.groups.push(group);
        self
    }

    /// The settings, with learning rate and momentum as they are now.
    pub fn config(&self) -> &C {
        &self.config
    }
}

impl<C: Rule> Optimizer for Fused<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn step_scaled(
        &mut self,
        params: &mut dyn Parameters,
        gradients: &Gradients,
        scale: f64,
    ) -> Result<()> {
        // Rate and momentum can be set, and groups added, after the optimizer was made.
        self.config.validate()?;
        for group in &self.memory.groups {
            group.validate(C::NAME)?;
        }
        self.memory.step(&self.config, params, gradients, scale)
    }

    fn learning_rate(&self) -> f64 {
        self.config.hyper().lr
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        *self.config.lr_mut() = learning_rate;
    }

    fn momentum(&self) -> Option<f64> {
        self.config.momentum()
    }

    fn set_momentum(&mut self, momentum: f64) {
        if let Some(current) = self.config.momentum_mut() {
            *current = momentum;
        }
    }

    fn steps(&self) -> u64 {
        self.memory.steps
    }

    fn state(&self) -> OptimizerState {
        self.memory.state(&self.config)
    }

    fn load_state(&mut self, state: &OptimizerState) -> Result<()> {
        self.memory.load_state(&self.config, state)?;
        self.set_learning_rate(state.learning_rate);
        if let Some(momentum) = state.momentum {
            self.set_momentum(momentum);
        }
        Ok(())
    }
}

impl Memory {
    fn step<R: Rule>(
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

    fn state<R: Rule>(&self, rule: &R) -> OptimizerState {
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

    fn load_state<R: Rule>(&mut self, rule: &R, state: &OptimizerState) -> Result<()> {
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
