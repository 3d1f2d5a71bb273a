//! A tree of squares over points of the plane, which stands for distant points by their middle (Barnes and Hut 1986).

/// Squares are halved at most so often; points that are nearer to each other share a leaf.
const DEPTH: u32 = 40;
const NONE: u32 = u32::MAX;

/// A square with the points in it.
struct Node {
    /// Middle of its points (their sum, until the tree is whole).
    x: f64,
    y: f64,
    points: u32,
    /// Four squares within, or a leaf.
    children: [u32; 4],
    side: f64,
    /// Of a leaf: its one point, as coordinates that all its points share.
    leaf: bool,
}

/// The tree.
pub(super) struct Quadtree {
    nodes: Vec<Node>,
}

/// Sums of a point over all others: Σw²(y − y'), and Σw, with w = 1 / (1 + ‖y − y'‖²).
#[derive(Clone, Copy, Default)]
pub(super) struct Repulsion {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) weight: f64,
}

impl Quadtree {
    /// The tree of these points.
    pub(super) fn of(xs: &[f64], ys: &[f64]) -> Quadtree {
        let bounds = |values: &[f64]| {
            values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| {
                    (low.min(v), high.max(v))
                })
        };
        let ((left, right), (bottom, top)) = (bounds(xs), bounds(ys));
        let side = (right - left).max(top - bottom).max(1e-12) * (1.0 + 1e-9);
        let mut tree = Quadtree {
            nodes: Vec::with_capacity(2 * xs.len()),
        };
        tree.nodes.push(Node::empty(side));
        for (&x, &y) in xs.iter().zip(ys) {
            tree.insert(x, y, left, bottom);
        }
        for node in &mut tree.nodes {
            node.x /= f64::from(node.points.max(1));
            node.y /= f64::from(node.points.max(1));
        }
        tree
    }

    fn insert(&mut self, x: f64, y: f64, mut left: f64, mut bottom: f64) {
        let mut at = 0;
        for depth in 0.. {
            let node = &mut self.nodes[at];
            let half = 0.5 * node.side;
            if node.points == 0 {
                node.leaf = true;
            } else if node.leaf && depth < DEPTH {
                let (count, sum_x, sum_y) = (node.points, node.x, node.y);
                let (old_x, old_y) = (sum_x / f64::from(count), sum_y / f64::from(count));
                if (old_x, old_y) != (x, y) {
                    // The points of the leaf go down one step.
                    let quarter = quarter(old_x, old_y, left + half, bottom + half);
                    let mut child = Node::empty(half);
                    (child.points, child.x, child.y, child.leaf) = (count, sum_x, sum_y, true);
                    let place = self.nodes.len() as u32;
                    self.nodes[at].leaf = false;
                    self.nodes[at].children[quarter] = place;
                    self.nodes.push(child);
                }
            }
            let node = &mut self.nodes[at];
            node.points += 1;
            node.x += x;
            node.y += y;
            if node.leaf {
                return;
            }
            let quarter = quarter(x, y, left + half, bottom + half);
            if quarter % 2 == 1 {
                left += half;
            }
            if quarter >= 2 {
                bottom += half;
            }
            at = match node.children[quarter] {
                NONE => {
                    let place = self.nodes.len();
                    self.nodes[at].children[quarter] = place as u32;
                    self.nodes.push(Node::empty(half));
                    place
                }
                child => child as usize,
            };
        }
    }

    /// The sums for a point of the tree: a square counts as one where its side is less than `angle` times its distance.
    pub(super) fn repulsion(&self, x: f64, y: f64, angle: f64, stack: &mut Vec<u32>) -> Repulsion {
        let mut sums = Repulsion::default();
        let squared = angle * angle;
        stack.clear();
        stack.push(0);
        while let Some(at) = stack.pop() {
            let node = &self.nodes[at as usize];
            let (dx, dy) = (x - node.x, y - node.y);
            let square = dx * dx + dy * dy;
            if node.leaf || node.side * node.side < squared * square {
                let w = 1.0 / (1.0 + square);
                let many = f64::from(node.points) * w;
                sums.weight += many;
                sums.x += many * w * dx;
                sums.y += many * w * dy;
            } else {
                stack.extend(node.children.iter().filter(|child| **child != NONE));
            }
        }
        // The point itself was counted, at distance 0.
        sums.weight -= 1.0;
        sums
    }
}

impl Node {
    fn empty(side: f64) -> Node {
        Node {
            x: 0.0,
            y: 0.0,
            points: 0,
            children: [NONE; 4],
            side,
            leaf: false,
        }
    }
}

fn quarter(x: f64, y: f64, middle_x: f64, middle_y: f64) -> usize {
    usize::from(x >= middle_x) + 2 * usize::from(y >= middle_y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_core::{Purpose, Rng};

    fn exact(xs: &[f64], ys: &[f64], at: usize) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for other in (0..xs.len()).filter(|other| *other != at) {
            let (dx, dy) = (xs[at] - xs[other], ys[at] - ys[other]);
            let w = 1.0 / (1.0 + dx * dx + dy * dy);
            sums[0] += w * w * dx;
            sums[1] += w * w * dy;
            sums[2] += w;
        }
        sums
    }

    #[test]
    fn a_small_angle_gives_the_exact_sums_and_a_large_one_near_ones() {
        let mut rng = Rng::addressed(1, Purpose::Other(12), 0, 0);
        let mut draw =
            |count: usize| -> Vec<f64> { (0..count).map(|_| 20.0 * rng.normal()).collect() };
        let (mut xs, mut ys) = (draw(500), draw(500));
        // Points in one place, and points next to each other.
        xs.extend([1.0, 1.0, 1.0, 1.0 + 1e-15, 5.0]);
        ys.extend([2.0, 2.0, 2.0, 2.0, 5.0]);
        let tree = Quadtree::of(&xs, &ys);
        let mut stack = Vec::new();
        for at in 0..xs.len() {
            let [x, y, w] = exact(&xs, &ys, at);
            let found = tree.repulsion(xs[at], ys[at], 1e-9, &mut stack);
            for (a, b) in [(found.x, x), (found.y, y), (found.weight, w)] {
                assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} is not {b}");
            }
            let near = tree.repulsion(xs[at], ys[at], 0.5, &mut stack);
            assert!(
                (near.weight - w).abs() < 0.05 * w,
                "{} is not near {w}",
                near.weight
            );
        }
    }

    #[test]
    fn one_place_is_enough() {
        let tree = Quadtree::of(&[3.0; 10], &[-1.0; 10]);
        let found = tree.repulsion(3.0, -1.0, 0.5, &mut Vec::new());
        assert!((found.weight - 9.0).abs() < 1e-12 && found.x == 0.0);
    }
}
