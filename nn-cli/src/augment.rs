//! Changes to training pictures that leave their meaning as it is.

use nn_core::{Purpose, Rng};
use nn_data::Batch;

use crate::error::Result;

/// Moves each picture by a few pixels, anew in each epoch.
///
/// How far is a function of seed, epoch and sample, and so the same for any batch size and number of threads. What comes into view
/// repeats the edge.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    /// The most pixels in each direction.
    pub by: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Height and width of a picture.
    pub size: (usize, usize),
}

impl Shift {
    /// Moves the pictures of a batch.
    ///
    /// # Errors
    /// If they are not of 32-bit floats.
    pub fn apply(&self, epoch: u64, batch: &mut Batch) -> Result<()> {
        let (height, width) = self.size;
        let most = self.by.min(height.min(width).saturating_sub(1));
        let mut before = vec![0.0_f32; height * width];
        let samples = batch
            .inputs
            .make_mut::<f32>()?
            .chunks_exact_mut(height * width);
        for (picture, &index) in samples.zip(&batch.indices) {
            let mut rng = Rng::addressed(self.seed, Purpose::Augment, epoch, index as u64);
            let mut draw = || rng.below(2 * most + 1) as isize - most as isize;
            let (down, right) = (draw(), draw());
            before.copy_from_slice(picture);
            for (row, line) in picture.chunks_exact_mut(width).enumerate() {
                let from = (row as isize - down).clamp(0, height as isize - 1) as usize;
                let source = &before[from * width..(from + 1) * width];
                for (column, pixel) in line.iter_mut().enumerate() {
                    *pixel =
                        source[(column as isize - right).clamp(0, width as isize - 1) as usize];
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::Tensor;

    use super::*;

    fn batch(indices: Vec<usize>) -> Batch {
        let count = indices.len();
        let mut pixels = vec![0.0_f32; count * 25];
        (0..count).for_each(|at| pixels[at * 25 + 12] = 1.0);
        let inputs = Tensor::from_vec(pixels, [count, 1, 5, 5]).expect("a batch");
        Batch {
            inputs,
            targets: Tensor::from_vec(vec![0u32; count], [count]).expect("labels"),
            indices,
        }
    }

    #[test]
    fn pictures_move_by_a_few_pixels_whatever_batch_they_are_in() {
        let shift = Shift {
            by: 2,
            seed: 3,
            size: (5, 5),
        };
        let mut all = batch((0..50).collect());
        shift.apply(1, &mut all).expect("moved");
        let moved = all.inputs.to_vec::<f32>().expect("floats");
        let places: std::collections::BTreeSet<usize> = moved
            .chunks_exact(25)
            .map(|picture| {
                picture
                    .iter()
                    .position(|&pixel| pixel == 1.0)
                    .expect("still there")
            })
            .collect();
        assert!(
            places.len() > 15,
            "every place within two pixels is drawn: {places:?}"
        );
        let mut one = batch(vec![17]);
        shift.apply(1, &mut one).expect("moved");
        assert_eq!(
            one.inputs.to_vec::<f32>().expect("floats"),
            &moved[17 * 25..18 * 25]
        );
        shift.apply(2, &mut one).expect("moved");
    }
}
