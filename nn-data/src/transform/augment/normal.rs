//! Many normal numbers quickly.

use std::sync::OnceLock;

use nn_core::Rng;

/// Layers of equal area under the density.
const LAYERS: usize = 256;
/// Where the tail begins, for so many layers.
const TAIL: f64 = 3.654_152_885_361_009;
/// The area of a layer.
const AREA: f64 = 0.004_928_673_233_974_655;

/// The right ends of the layers and the density there, from the tail inwards.
struct Ziggurat {
    ends: [f64; LAYERS + 1],
    heights: [f64; LAYERS + 1],
}

/// exp(−x²/2), the density but for its factor.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp()
}

fn ziggurat() -> &'static Ziggurat {
    static TABLE: OnceLock<Ziggurat> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut ends = [0.0; LAYERS + 1];
        // The lowest layer is a rectangle that has the area of box and tail.
        ends[0] = AREA / density(TAIL);
        ends[1] = TAIL;
        for layer in 2..LAYERS {
            let before = ends[layer - 1];
            ends[layer] = (-2.0 * (AREA / before + density(before)).ln()).sqrt();
        }
        Ziggurat {
            ends,
            heights: ends.map(density),
        }
    })
}

/// Fills with independent numbers of the standard normal distribution (the ziggurat of Marsaglia and Tsang 2000): several times
/// as fast as [`Rng::normal`], which takes a logarithm and a cosine for each.
pub(super) fn fill_normal(rng: &mut Rng, values: &mut [f32]) {
    let table = ziggurat();
    values.fill_with(|| draw(table, rng) as f32);
}

fn draw(table: &Ziggurat, rng: &mut Rng) -> f64 {
    loop {
        let bits = rng.next_u64();
        let layer = (bits & (LAYERS as u64 - 1)) as usize;
        // The upper bits, which the layer does not use: −1 to 1.
        let share = (bits as i64 >> 11) as f64 / (1u64 << 52) as f64;
        let x = share * table.ends[layer];
        if x.abs() < table.ends[layer + 1] {
            return x;
        }
        if layer == 0 {
            return tail(rng).copysign(share);
        }
        let (low, high) = (table.heights[layer], table.heights[layer + 1]);
        if low + (high - low) * rng.uniform() < density(x) {
            return x;
        }
    }
}

/// Beyond the last layer (Marsaglia 1964).
fn tail(rng: &mut Rng) -> f64 {
    loop {
        // 1 − uniform is never 0.
        let x = -(1.0 - rng.uniform()).ln() / TAIL;
        let y = -(1.0 - rng.uniform()).ln();
        if 2.0 * y > x * x {
            return TAIL + x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_have_the_same_area_and_reach_the_top() {
        let table = ziggurat();
        for layer in 1..LAYERS {
            let area = table.ends[layer] * (table.heights[layer + 1] - table.heights[layer]);
            assert!((area - AREA).abs() < 1e-12, "{layer}: {area}");
        }
    }

    #[test]
    fn the_distribution_is_normal() {
        let mut values = vec![0.0_f32; 400_000];
        fill_normal(&mut Rng::new(11), &mut values);
        let n = values.len() as f64;
        let moment = |power: i32| {
            values
                .iter()
                .map(|&v| f64::from(v).powi(power))
                .sum::<f64>()
                / n
        };
        // Five standard errors: the variance of the k-th power is (2k − 1)!! less the square of its mean.
        for (power, mean, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]
        {
            let error = 5.0 * (variance / n).sqrt();
            let got = moment(power);
            assert!((got - mean).abs() < error, "moment {power}: {got}");
        }
        // Shares beyond k deviations; the last lies in the tail.
        for (beyond, share) in [
            (0.5, 0.617_075),
            (1.0, 0.317_311),
            (2.0, 0.045_500),
            (3.0, 0.002_699_8),
            (3.7, 0.000_215_6),
        ] {
            let count = values.iter().filter(|v| v.abs() > beyond).count() as f64 / n;
            let error = 5.0 * (share / n).sqrt();
            assert!((count - share).abs() < error, "beyond {beyond}: {count}");
        }
    }
}
