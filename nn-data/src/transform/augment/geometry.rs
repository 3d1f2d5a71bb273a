//! Changes of place: where in the old picture a pixel of the new one comes from.

/// `(x, y) ↦ (a·x + b·y + c, d·x + e·y + f)`: from a pixel of the new picture (columns to the right, rows down, pixel
/// centres at whole numbers) to a place in the old one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Map {
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) c: f64,
    pub(super) d: f64,
    pub(super) e: f64,
    pub(super) f: f64,
}

/// A move by whole pixels along one axis, perhaps mirrored: `x ↦ from ± x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) mirrored: bool,
    pub(super) from: i64,
}

impl Map {
    pub(super) const IDENTITY: Map = Map::scaling(1.0, 0.0, 1.0, 0.0);

    /// Each axis by itself: `(a·x + c, e·y + f)`.
    pub(super) const fn scaling(a: f64, c: f64, e: f64, f: f64) -> Map {
        Map {
            a,
            b: 0.0,
            c,
            d: 0.0,
            e,
            f,
        }
    }

    /// The linear map `[[a, b], [d, e]]` about the middle of a picture of `height × width`.
    pub(super) fn about_middle([a, b, d, e]: [f64; 4], height: usize, width: usize) -> Map {
        let (x, y) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
        Map {
            a,
            b,
            c: x - a * x - b * y,
            d,
            e,
            f: y - d * x - e * y,
        }
    }

    /// First this change of the picture, then `next`: a pixel of the newest picture comes from where `next` says in the
    /// middle one, which comes from where `self` says.
    pub(super) fn then(self, next: Map) -> Map {
        Map {
            a: self.a * next.a + self.b * next.d,
            b: self.a * next.b + self.b * next.e,
            c: self.a * next.c + self.b * next.f + self.c,
            d: self.d * next.a + self.e * next.d,
            e: self.d * next.b + self.e * next.e,
            f: self.d * next.c + self.e * next.f + self.f,
        }
    }

    /// Whole numbers where rounding has left a map a hair beside them, so that quarter turns hit pixels exactly.
    pub(super) fn snapped(self) -> Map {
        let snap = |v: f64| {
            let whole = v.round();
            if (v - whole).abs() < 1e-9 { whole } else { v }
        };
        // The offsets are snapped by themselves: half pixels are as exact as whole ones.
        Map {
            a: snap(self.a),
            b: snap(self.b),
            c: snap(self.c),
            d: snap(self.d),
            e: snap(self.e),
            f: snap(self.f),
        }
    }

    /// The moves along x and y, where that is all there is.
    pub(super) fn shifts(&self) -> Option<(Shift, Shift)> {
        let along = |factor: f64, from: f64| {
            let whole = factor.abs() == 1.0 && from.fract() == 0.0 && from.abs() < 1e9;
            whole.then_some(Shift {
                mirrored: factor < 0.0,
                from: from as i64,
            })
        };
        if self.b != 0.0 || self.d != 0.0 {
            return None;
        }
        Some((along(self.a, self.c)?, along(self.e, self.f)?))
    }
}

impl Shift {
    /// Where pixel `at` comes from.
    pub(super) fn source(self, at: usize) -> i64 {
        if self.mirrored {
            self.from - at as i64
        } else {
            self.from + at as i64
        }
    }

    /// Nothing moves.
    pub(super) fn is_still(self) -> bool {
        !self.mirrored && self.from == 0
    }
}

/// The index that a mirror at both ends of `0..n` shows at `i`; the ends do not repeat: … 2 1 0 1 2 …
pub(super) fn reflect(i: i64, n: usize) -> usize {
    let last = n as i64 - 1;
    if last <= 0 {
        return 0;
    }
    let at = i.rem_euclid(2 * last);
    (if at > last { 2 * last - at } else { at }) as usize
}

/// The same for a place between pixels.
pub(super) fn reflect_place(place: f32, n: usize) -> f32 {
    let last = n as f32 - 1.0;
    if last <= 0.0 {
        return 0.0;
    }
    let at = place.rem_euclid(2.0 * last);
    if at > last { 2.0 * last - at } else { at }
}
