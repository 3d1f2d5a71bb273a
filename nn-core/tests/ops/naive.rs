//! Arrays done the plain way: one list of `f64`, indexed by counting.

/// A row-major array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

/// Every index of a shape, in row-major order.
pub fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &size in shape {
        all = all
            .into_iter()
            .flat_map(|index: Vec<usize>| (0..size).map(move |i| [index.as_slice(), &[i]].concat()))
            .collect();
    }
    all
}

impl Array {
    pub fn from_fn(shape: &[usize], f: impl FnMut(&[usize]) -> f64) -> Array {
        let mut f = f;
        let data = indices(shape).iter().map(|index| f(index)).collect();
        Array {
            shape: shape.to_vec(),
            data,
        }
    }

    /// Numbers spread over an interval, the same for the same seed.
    pub fn spread(shape: &[usize], low: f64, high: f64, seed: u64) -> Array {
        let mut rng = nn_core::Rng::new(seed);
        Array::from_fn(shape, |_| rng.uniform_range(low, high))
    }

    pub fn at(&self, index: &[usize]) -> f64 {
        assert_eq!(index.len(), self.shape.len());
        let mut place = 0;
        for (&i, &size) in index.iter().zip(&self.shape) {
            assert!(i < size);
            place = place * size + i;
        }
        self.data[place]
    }

    pub fn map(&self, f: impl Fn(f64) -> f64) -> Array {
        Array {
            shape: self.shape.clone(),
            data: self.data.iter().map(|&x| f(x)).collect(),
        }
    }

    /// The element that an index of a broadcast shape falls on.
    pub fn at_broadcast(&self, index: &[usize]) -> f64 {
        let own = &index[index.len() - self.shape.len()..];
        let own: Vec<usize> = own
            .iter()
            .zip(&self.shape)
            .map(|(&i, &size)| if size == 1 { 0 } else { i })
            .collect();
        self.at(&own)
    }

    /// Rounds every element to the nearest `f32`.
    pub fn rounded(&self) -> Array {
        self.map(|x| f64::from(x as f32))
    }
}

/// The shape two arrays are broadcast to, or none.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |s: &[usize], i: usize| {
        if i + s.len() < rank {
            1
        } else {
            s[i + s.len() - rank]
        }
    };
    (0..rank)
        .map(|i| match (size(a, i), size(b, i)) {
            (x, y) if x == y || y == 1 => Some(x),
            (1, y) => Some(y),
            _ => None,
        })
        .collect()
}

/// `f` of broadcast pairs.
pub fn zip(a: &Array, b: &Array, f: impl Fn(f64, f64) -> f64) -> Array {
    let shape = broadcast(&a.shape, &b.shape).unwrap();
    Array::from_fn(&shape, |index| {
        f(a.at_broadcast(index), b.at_broadcast(index))
    })
}

/// `f` of the list of elements that differ only along `axes`.
pub fn reduce(a: &Array, axes: &[usize], keep: bool, f: impl Fn(&[f64]) -> f64) -> Array {
    let reduced = |axis: &usize| axes.contains(axis);
    let kept: Vec<usize> = a
        .shape
        .iter()
        .enumerate()
        .map(|(i, &size)| if reduced(&i) { 1 } else { size })
        .collect();
    let mut out = Array::from_fn(&kept, |at| {
        let same = |index: &[usize]| {
            index
                .iter()
                .enumerate()
                .all(|(i, &x)| reduced(&i) || x == at[i])
        };
        let list: Vec<f64> = indices(&a.shape)
            .iter()
            .filter(|index| same(index))
            .map(|index| a.at(index))
            .collect();
        f(&list)
    });
    if !keep {
        out.shape = a
            .shape
            .iter()
            .enumerate()
            .filter(|(i, _)| !reduced(i))
            .map(|(_, &s)| s)
            .collect();
    }
    out
}

/// The product of two matrices.
pub fn matmul(a: &Array, b: &Array) -> Array {
    let inner = a.shape[1];
    assert_eq!(inner, b.shape[0]);
    Array::from_fn(&[a.shape[0], b.shape[1]], |index| {
        (0..inner)
            .map(|k| a.at(&[index[0], k]) * b.at(&[k, index[1]]))
            .sum()
    })
}
