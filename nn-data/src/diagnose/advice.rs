//! The words of a verdict: what was found, and what can be done.

use serde::Serialize;

/// What the errors amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Training itself is not mastered: the model is too simple, or not trained enough (underfitting).
    HighBias,
    /// Training is mastered, unseen samples are not (overfitting).
    HighVariance,
    /// Both at once.
    Both,
    /// Neither.
    Fine,
    /// The errors cannot be trusted: see [`Verdict::sentences`](super::Verdict::sentences).
    Leaking,
}

impl Finding {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Finding::HighBias => "high bias",
            Finding::HighVariance => "high variance",
            Finding::Both => "high bias and high variance",
            Finding::Fine => "neither high bias nor high variance",
            Finding::Leaking => "leakage suspected",
        }
    }
}

/// Something that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Take copies out, or the column; then train again.
    MendTheData,
    /// More layers, more units.
    BiggerNetwork,
    /// More epochs, or a better learning rate.
    TrainLonger,
    /// More telling inputs.
    BetterFeatures,
    /// Less weight decay and dropout.
    LessRegularisation,
    /// Another architecture or loss.
    AnotherArchitecture,
    /// More samples to learn from.
    MoreData,
    /// Changed copies of the samples.
    Augmentation,
    /// More weight decay or dropout, early stopping.
    MoreRegularisation,
    /// Fewer inputs, fewer units.
    SmallerNetwork,
    /// More samples to judge by.
    MoreValidation,
    /// Find out what is achievable.
    StateABaseline,
    /// Look at the mistakes one by one.
    ErrorAnalysis,
    /// Measure once on the test part and use the model.
    UseIt,
}

impl Action {
    /// In a few words.
    pub fn name(self) -> &'static str {
        match self {
            Action::MendTheData => "mend the data",
            Action::BiggerNetwork => "a bigger network",
            Action::TrainLonger => "longer training, or another learning rate",
            Action::BetterFeatures => "better features",
            Action::LessRegularisation => "less regularisation",
            Action::AnotherArchitecture => "another architecture",
            Action::MoreData => "more training data",
            Action::Augmentation => "augmentation",
            Action::MoreRegularisation => "more regularisation",
            Action::SmallerNetwork => "fewer features or a smaller network",
            Action::MoreValidation => "a larger validation part",
            Action::StateABaseline => "stating what is achievable",
            Action::ErrorAnalysis => "error analysis",
            Action::UseIt => "using it",
        }
    }
}

/// Something to do, or not to do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What.
    pub action: Action,
    /// Why, in a clause.
    pub why: String,
}
