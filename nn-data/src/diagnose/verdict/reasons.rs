//! The reasoning of a verdict, a sentence for each step.

use super::super::{Leak, percent, points};
use super::{Errors, Verdict};

impl Verdict {
    /// Puts the reasoning into words.
    pub(super) fn reason(&mut self, errors: &Errors, baseline: f64, easier: bool) {
        let (train, validation) = (&errors.train, &errors.validation);
        let matters = percent(self.target_gap);
        let hidden = self.hidden();
        let mut say = |sentence: String| self.sentences.push(sentence);
        for leak in &errors.leaks {
            say(match leak {
                Leak::Copies {
                    samples,
                    of,
                    others,
                } => {
                    let without = others.as_ref().map_or(String::new(), |error| {
                        format!(", on the others the error is {}", percent(error.value))
                    });
                    format!(
                        "{samples} of {of} validation samples are in the training part, too: there the network is asked what it was told{without}"
                    )
                }
                Leak::Column { name, left } => format!(
                    "column \"{name}\" on its own tells the target (it leaves {} of a guess's error): is it known at the moment when the model is to be used, or does it come from the answer?",
                    percent(*left)
                ),
            });
        }
        if easier {
            say(format!(
                "validation is better than training by {}, more than chance explains ({} to {}): the parts differ, or validation holds what training knows",
                points(-self.gap.value),
                percent(-self.gap.high),
                points(-self.gap.low),
            ));
        }
        let against = match errors.baseline {
            Some(_) => format!("the baseline of {}", percent(baseline)),
            None => "perfection (no baseline was stated)".into(),
        };
        let trained = percent(train.value);
        say(if self.bias {
            format!(
                "the training error of {trained} is {} above {against}; from {matters} on that matters: high bias",
                points(self.avoidable_bias),
            )
        } else if self.avoidable_bias > self.target_gap {
            format!(
                "the training error of {trained} is above {against}, but {} samples leave open whether by chance: not called bias",
                train.samples,
            )
        } else if self.avoidable_bias < 0.0 {
            format!("the training error of {trained} is below {against}: no high bias")
        } else {
            format!("the training error of {trained} is close to {against}: no high bias")
        });
        let judged = percent(validation.value);
        let interval = format!("{} to {}", percent(self.gap.low), points(self.gap.high));
        say(if self.variance {
            format!(
                "the validation error of {judged} is {} above the training error ({interval} with {} samples); from {matters} on that matters: high variance",
                points(self.gap.value),
                validation.samples,
            )
        } else if self.gap.value > self.target_gap && self.gap.low > 0.0 {
            format!(
                "the validation error is {judged}, but what has learnt nothing cannot be too fitted: not called variance"
            )
        } else if self.gap.value > self.target_gap {
            format!(
                "the validation error of {judged} is {} above the training error, but {} samples leave {interval} open: not called variance",
                points(self.gap.value),
                validation.samples,
            )
        } else if easier {
            format!("the validation error of {judged} is not above it: no high variance")
        } else {
            format!("the validation error of {judged} is close to it: no high variance")
        });
        if hidden {
            say(format!(
                "with {} validation samples a gap of up to {} could still be there unseen",
                validation.samples,
                points(self.gap.high)
            ));
        }
        if validation.high >= errors.guess && errors.guess > 0.0 {
            say(format!(
                "a guess that looks at nothing is wrong by {}: the network is not shown to do better on unseen samples",
                percent(errors.guess)
            ));
        }
        if let Some(test) = &errors.test {
            let beyond = test.above(validation);
            if beyond.low > 0.0 && beyond.value > self.target_gap {
                say(format!(
                    "the test error of {} is {} above the validation error, more than chance explains: choices were fitted to the validation part, or the test part is different",
                    percent(test.value),
                    points(beyond.value)
                ));
            }
        }
    }
}
