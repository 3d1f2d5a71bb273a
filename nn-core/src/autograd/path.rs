//! Names of parameters inside nested layers.

use std::fmt;

/// The dotted name of a place in a network, such as `features.0.weight`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The root.
    pub fn root() -> Path {
        Path::default()
    }

    /// The name so far; empty at the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Runs `f` one level deeper, at `name`.
    pub fn scoped<R>(&mut self, name: impl fmt::Display, f: impl FnOnce(&mut Path) -> R) -> R {
        use fmt::Write;
        let parent = self.0.len();
        if parent > 0 {
            self.0.push('.');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{name}");
        let result = f(self);
        self.0.truncate(parent);
        result
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
