//! Mirror images.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::Picture;
use super::settings::{check_p, half};
use crate::error::Result;

/// Left and right swapped: `x ↦ W − 1 − x`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flip {
    /// Probability; default 0.5.
    #[serde(default = "half")]
    pub p: f64,
}

/// Top and bottom swapped: `y ↦ H − 1 − y`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerticalFlip {
    /// Probability; default 0.5.
    #[serde(default = "half")]
    pub p: f64,
}

impl Change for Flip {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        check_p("flip", self.p)
    }

    fn apply(&self, _: &mut Rng, picture: &mut Picture) {
        let last = picture.frame().width as f64 - 1.0;
        picture.place(Map::scaling(-1.0, last, 1.0, 0.0), None, None);
    }
}

impl Change for VerticalFlip {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        check_p("vertical_flip", self.p)
    }

    fn apply(&self, _: &mut Rng, picture: &mut Picture) {
        let last = picture.frame().height as f64 - 1.0;
        picture.place(Map::scaling(1.0, 0.0, -1.0, last), None, None);
    }
}
