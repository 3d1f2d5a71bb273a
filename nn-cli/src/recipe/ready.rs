//! The recipes that come with the program.

/// A ready recipe.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// What to type for it.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! ready {
    ($($name:literal),* $(,)?) => {
        /// All ready recipes, the default one first.
        pub const READY: &[Ready] = &[$(Ready { name: $name, text: include_str!(concat!("../../../recipes/", $name, ".toml")) }),*];
    };
}

ready![
    "digits",
    "mnist-mlp",
    "mnist-lenet5",
    "mnist-cnn",
    "mnist-best",
    "fashion-cnn",
    "cifar10-resnet20",
    "cifar10-densenet40",
    "photos-mobilenet",
    "softmax-digits",
    "iris",
    "wine",
    "breast-cancer",
    "logistic-breast-cancer",
    "perceptron-breast-cancer",
    "diabetes",
    "linear-diabetes",
    "rare",
];
