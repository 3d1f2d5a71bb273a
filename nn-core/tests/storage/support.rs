//! Tensors to store, and what it means for two to be the same.

use nn_core::{DType, Tensor};
use proptest::prelude::*;

pub const DTYPES: [DType; 5] = [DType::F32, DType::F64, DType::U8, DType::U32, DType::I64];

/// Type, shape and the bits of the elements, NaN included.
pub fn bits(tensor: &Tensor) -> (DType, Vec<usize>, Vec<u64>) {
    let bits = match tensor.dtype() {
        DType::F32 => tensor
            .to_vec::<f32>()
            .unwrap()
            .iter()
            .map(|x| x.to_bits().into())
            .collect(),
        DType::F64 => tensor
            .to_vec::<f64>()
            .unwrap()
            .iter()
            .map(|x| x.to_bits())
            .collect(),
        DType::U8 => tensor
            .to_vec::<u8>()
            .unwrap()
            .iter()
            .map(|&x| x.into())
            .collect(),
        DType::U32 => tensor
            .to_vec::<u32>()
            .unwrap()
            .iter()
            .map(|&x| x.into())
            .collect(),
        DType::I64 => tensor
            .to_vec::<i64>()
            .unwrap()
            .iter()
            .map(|&x| x as u64)
            .collect(),
    };
    (tensor.dtype(), tensor.dims().to_vec(), bits)
}

/// A tensor whose elements have these bits.
pub fn from_bits(dtype: DType, shape: &[usize], bits: &[u64]) -> Tensor {
    let bits = &bits[..shape.iter().product()];
    let made = match dtype {
        DType::F32 => Tensor::from_vec(
            bits.iter().map(|&b| f32::from_bits(b as u32)).collect(),
            shape,
        ),
        DType::F64 => Tensor::from_vec(bits.iter().map(|&b| f64::from_bits(b)).collect(), shape),
        DType::U8 => Tensor::from_vec(bits.iter().map(|&b| b as u8).collect(), shape),
        DType::U32 => Tensor::from_vec(bits.iter().map(|&b| b as u32).collect(), shape),
        DType::I64 => Tensor::from_vec(bits.iter().map(|&b| b as i64).collect(), shape),
    };
    made.unwrap()
}

/// Any type, zero to four axes, sizes from zero, any bits; as it is or seen through a view.
pub fn any_tensor() -> impl Strategy<Value = Tensor> {
    let shape = prop::collection::vec(0usize..5, 0..=4);
    let bits = prop::collection::vec(any::<u64>(), 256);
    (0..DTYPES.len(), shape, bits, 0..4).prop_map(|(dtype, shape, bits, view)| {
        let tensor = from_bits(DTYPES[dtype], &shape, &bits);
        if tensor.rank() == 0 {
            return tensor;
        }
        match view {
            0 => tensor,
            1 => tensor.transpose(0, -1).unwrap(),
            2 => tensor.slice_step(-1, .., 2).unwrap(),
            _ => {
                let tensor = tensor.slice(0, tensor.dims()[0].min(1)..).unwrap();
                let mut wide = vec![2];
                wide.extend(tensor.dims());
                tensor.broadcast_to(wide).unwrap()
            }
        }
    })
}
