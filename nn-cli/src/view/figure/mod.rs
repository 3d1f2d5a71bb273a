//! Figures: one description, drawn as SVG for a page and as PNG for a file.
//!
//! A [`Figure`] says what is to be seen. `layout` turns it into a [`scene::Scene`] of a few kinds of shapes, and `svg` and `png` paint
//! these: the two can differ in nothing but fonts.

mod axis;
pub mod canvas;
pub mod font;
mod layout;
pub mod palette;
mod png;
mod scene;
mod svg;
#[cfg(test)]
mod tests;

pub use palette::Tone;
pub use png::side_by_side;

/// A picture of numbers.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Names its file, and the figure within a page.
    pub name: String,
    /// Stands above it.
    pub title: String,
    /// What is to be seen on it, for those who cannot see it.
    pub about: String,
    /// What is drawn.
    pub plot: Plot,
}

/// The kinds of figures.
#[derive(Clone, Debug)]
pub enum Plot {
    /// Marks between two axes.
    Axes(Axes),
    /// Shaded cells with numbers.
    Matrix(Matrix),
    /// Named bars below each other.
    Rows(Rows),
}

/// Marks between two axes.
#[derive(Clone, Debug, Default)]
pub struct Axes {
    /// The horizontal axis.
    pub x: Dimension,
    /// The vertical axis.
    pub y: Dimension,
    /// What stands between them; later marks are drawn over earlier ones.
    pub marks: Vec<Mark>,
}

/// What an axis shows.
#[derive(Clone, Debug, Default)]
pub struct Dimension {
    /// The quantity and its unit.
    pub label: String,
    /// How values become places.
    pub scale: Scale,
    /// First and last value; by default what the marks need, and a little more.
    pub range: Option<(f64, f64)>,
}

/// How values become places on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal steps, ticks on whole numbers alone.
    Whole,
    /// Shares of 1, written in percent.
    Percent,
    /// Logarithmic where all values are above zero and reach over more than a decade, else linear.
    Auto,
}

/// Something between the axes.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A curve; values that are not finite leave a gap.
    Line {
        /// In the legend.
        name: String,
        /// Its colour.
        tone: Tone,
        /// From left to right.
        points: Vec<(f64, f64)>,
        /// How it is drawn.
        look: Look,
    },
    /// A shaded interval around a curve: place, low, high.
    Band {
        /// Its colour.
        tone: Tone,
        /// From left to right.
        points: Vec<(f64, f64, f64)>,
    },
    /// A cloud of points.
    Dots {
        /// In the legend.
        name: String,
        /// Its colour.
        tone: Tone,
        /// In any order.
        points: Vec<(f64, f64)>,
    },
    /// A point to notice.
    Ring {
        /// In the legend.
        name: String,
        /// Its colour.
        tone: Tone,
        /// Where.
        at: (f64, f64),
    },
    /// Bars from zero: from, to, height.
    Bars {
        /// In the legend; empty for none.
        name: String,
        /// Their colour.
        tone: Tone,
        /// From left to right.
        bars: Vec<(f64, f64, f64)>,
    },
    /// A line to compare with.
    Rule {
        /// In the legend; empty for none.
        name: String,
        /// Where.
        rule: Rule,
    },
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Straight from point to point, with dots where they are few.
    #[default]
    Plain,
    /// Straight from point to point.
    Smooth,
    /// Level, then up or down.
    Steps,
    /// Thin and pale, behind the others.
    Faint,
}

/// A line to compare with.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// At this height.
    Level(f64),
    /// At this place.
    Upright(f64),
    /// Where both axes have the same value.
    Diagonal,
}

/// Cells with a share and a number each.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What rows are.
    pub row_label: String,
    /// What columns are.
    pub column_label: String,
    /// Names of rows and, the same, of columns.
    pub names: Vec<String>,
    /// `[row][column]`, row after row.
    pub cells: Vec<Cell>,
}

/// A cell of a matrix.
#[derive(Clone, Debug)]
pub struct Cell {
    /// How strongly it is shaded, 0 to 1.
    pub share: f64,
    /// Its number; empty for none.
    pub text: String,
    /// [`Tone::Right`] or [`Tone::Wrong`].
    pub tone: Tone,
    /// More about it, shown where a pointer rests.
    pub hint: String,
}

/// Named bars below each other.
#[derive(Clone, Debug)]
pub struct Rows {
    /// What the lengths are.
    pub label: String,
    /// Name, parts by tone from left to right, and the number to write.
    pub rows: Vec<Row>,
    /// What the tones mean; empty where there is one only.
    pub legend: Vec<(Tone, String)>,
}

/// A bar with a name.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Lengths by tone, one after the other.
    pub parts: Vec<(Tone, f64)>,
    /// Written behind it.
    pub text: String,
}

impl Figure {
    /// As part of a page: without its title, coloured by the page's style sheet. `id` is unique in the page.
    pub fn inline_svg(&self, id: &str) -> String {
        let scene = layout::scene(self, false);
        svg::inline(&scene, id, &self.title, &self.about)
    }

    /// Its natural width in pixels.
    pub fn width(&self) -> f32 {
        layout::scene(self, false).width
    }

    /// As a file of its own.
    pub fn svg(&self) -> String {
        svg::standalone(&layout::scene(self, true), &self.title, &self.about)
    }

    /// As a picture, at twice the size of the SVG.
    pub fn image(&self) -> image::RgbImage {
        png::image(&layout::scene(self, true), 2.0)
    }
}
