//! Parameter groups: other settings for some of the parameters.

use std::fmt;
use std::sync::Arc;

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::check_not_negative;
use crate::{Error, Result};

/// Whether a name matches a pattern, in which `*` stands for any run of characters, also none.
///
/// ```
/// use nn_optim::name_matches;
/// assert!(name_matches("*.bias", "features.0.bias"));
/// assert!(name_matches("features.*", "features.0.weight"));
/// assert!(!name_matches("bias", "features.0.bias"));
/// ```
pub fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and how much of the name it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && pattern[p] == name[n] {
            p += 1;
            n += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            n = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// A parameter group as a recipe writes it: which parameters, and what is different for them.
///
/// | key | default | meaning |
/// |---|---|---|
/// | `params` | all | patterns of names; `*` stands for any run of characters |
/// | `max_rank` | any | only tensors of at most this many axes: 1 means biases and the scales of normalisation |
/// | `lr_scale` | 1 | factor on the learning rate; 0 leaves the parameters as they are |
/// | `weight_decay` | the optimizer's | weight decay |
/// | `l1` | the optimizer's | L1 penalty |
///
/// The first group that a parameter fits is its group; a parameter that fits none has the optimizer's settings.
///
/// ```
/// use nn_optim::{AdamW, AdamWConfig, GroupSpec};
/// // The usual choice: no decay for biases and the scales of normalisation.
/// let no_decay = GroupSpec { max_rank: Some(1), weight_decay: Some(0.0), ..GroupSpec::default() };
/// let optimizer = AdamW::new(AdamWConfig { groups: vec![no_decay], ..AdamWConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupSpec {
    /// Patterns of names, of which one must match; empty matches every name.
    pub params: Vec<String>,
    /// The largest number of axes, if that matters.
    pub max_rank: Option<usize>,
    /// Factor on the learning rate. Default 1.
    pub lr_scale: f64,
    /// Weight decay, if other than the optimizer's.
    pub weight_decay: Option<f64>,
    /// L1 penalty, if other than the optimizer's.
    pub l1: Option<f64>,
}

impl Default for GroupSpec {
    fn default() -> Self {
        GroupSpec {
            params: Vec::new(),
            max_rank: None,
            lr_scale: 1.0,
            weight_decay: None,
            l1: None,
        }
    }
}

type Predicate = Arc<dyn Fn(&str, &Tensor) -> bool + Send + Sync>;

/// A parameter group whose members are chosen by a function, or by a [`GroupSpec`].
///
/// ```
/// use nn_optim::{ParamGroup, Sgd};
/// let optimizer = Sgd::with_lr(0.1)?
///     .group(ParamGroup::of(|name, _| name.starts_with("encoder.")).lr_scale(0.1));
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Clone)]
pub struct ParamGroup {
    contains: Predicate,
    pub(crate) lr_scale: f64,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) l1: Option<f64>,
}

impl fmt::Debug for ParamGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParamGroup")
            .field("lr_scale", &self.lr_scale)
            .field("weight_decay", &self.weight_decay)
            .field("l1", &self.l1)
            .finish_non_exhaustive()
    }
}

impl ParamGroup {
    /// The parameters for which `contains(name, value)` is true. It is asked once for each parameter.
    pub fn of(contains: impl Fn(&str, &Tensor) -> bool + Send + Sync + 'static) -> ParamGroup {
        ParamGroup {
            contains: Arc::new(contains),
            lr_scale: 1.0,
            weight_decay: None,
            l1: None,
        }
    }

    /// The parameters whose names match a pattern, in which `*` stands for any run of characters.
    pub fn named(pattern: impl Into<String>) -> ParamGroup {
        let pattern = pattern.into();
        ParamGroup::of(move |name, _| name_matches(&pattern, name))
    }

    /// With a factor on the learning rate. Default 1.
    #[must_use]
    pub fn lr_scale(mut self, factor: f64) -> Self {
        self.lr_scale = factor;
        self
    }

    /// With its own weight decay. Default: the optimizer's.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = Some(weight_decay);
        self
    }

    /// With its own L1 penalty. Default: the optimizer's.
    #[must_use]
    pub fn l1(mut self, l1: f64) -> Self {
        self.l1 = Some(l1);
        self
    }

    pub(crate) fn contains(&self, name: &str, value: &Tensor) -> bool {
        (self.contains)(name, value)
    }

    pub(crate) fn validate(&self, what: &'static str) -> Result<()> {
        check_not_negative(what, "lr_scale of a group", self.lr_scale)?;
        check_not_negative(
            what,
            "weight_decay of a group",
            self.weight_decay.unwrap_or(0.0),
        )?;
        check_not_negative(what, "l1 of a group", self.l1.unwrap_or(0.0))
    }
}

impl From<&GroupSpec> for ParamGroup {
    fn from(spec: &GroupSpec) -> Self {
        let (patterns, max_rank) = (spec.params.clone(), spec.max_rank);
        let mut group = ParamGroup::of(move |name, value| {
            let named = patterns.is_empty() || patterns.iter().any(|p| name_matches(p, name));
            named && max_rank.is_none_or(|most| value.rank() <= most)
        });
        (group.lr_scale, group.weight_decay, group.l1) =
            (spec.lr_scale, spec.weight_decay, spec.l1);
        group
    }
}

/// The groups of a specification, checked.
pub(crate) fn build_groups(what: &'static str, specs: &[GroupSpec]) -> Result<Vec<ParamGroup>> {
    let build = |spec: &GroupSpec| {
        if spec.params.iter().any(String::is_empty) {
            return Err(Error::config(
                what,
                "a group has an empty pattern in params",
            ));
        }
        let group = ParamGroup::from(spec);
        group.validate(what)?;
        Ok(group)
    };
    specs.iter().map(build).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        let cases = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*", "a.b", true),
            ("a*c", "abbc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("*norm*", "layers.2.norm1.weight", true),
            ("*.weight", "weight", false),
            ("*weight", "weight", true),
            ("a*b*c", "a.b.b.c", true),
            ("a*b*c", "a.c.b", false),
            ("**x", "x", true),
            ("*ab", "aab", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                name_matches(pattern, name),
                expected,
                "{pattern:?} on {name:?}"
            );
        }
    }
}
