//! How it learned: the curves.

use crate::commands::report::material::Material;
use crate::view::page::{Block, Section};

const LOSS: &str = "How wrong the network is: lower is better. Blue is on what it learns from, orange on what it does not learn from. Good: both fall and level off close together. Orange that turns upwards while blue goes on falling means that it learns by heart. (Dropout and augmentation make learning harder than judging, so orange may lie below blue.)";
const METRIC: &str = "The same in a number that people use: higher is better. A wide gap with blue above orange is overfitting; both low together is underfitting.";
const RATE: &str = "How large the steps are with which the weights change. It is set by the recipe, not learned. A rate that is too high makes the loss jump, one that is too low makes it crawl.";
const GRADIENT: &str = "How steep the loss is where the network stands: the length of the gradient, before clipping, the mean and the largest of each epoch. Good: it comes down or stays in the same range. Peaks a hundred times the mean, or a curve that climbs, call for clipping or a lower learning rate; near zero from the start, nothing is learned.";

/// The curves that the log has.
pub fn section(material: &Material) -> Option<Section> {
    let history = &material.history;
    let blocks: Vec<Block> = [
        (history.loss(), LOSS),
        (history.metric(), METRIC),
        (history.learning_rate(), RATE),
        (history.gradient_norm(), GRADIENT),
    ]
    .into_iter()
    .filter_map(|(figure, words)| figure.map(|figure| Block::figure(figure, words)))
    .collect();
    (!blocks.is_empty()).then(|| Section {
        id: "learning",
        title: "How it learned".into(),
        blocks,
    })
}
