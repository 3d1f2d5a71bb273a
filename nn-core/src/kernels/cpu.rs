//! Which instruction set the kernels run with: detected once per process.

use std::sync::OnceLock;

/// An instruction-set level of the kernels. Levels are ordered: a higher one needs more of the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain Rust loops, vectorised by the compiler for the baseline of the target.
    Scalar,
    /// x86-64 with AVX2 and fused multiply-add.
    Avx2Fma,
    /// x86-64 with AVX-512 (F, BW, DQ, VL), besides AVX2 and fused multiply-add.
    Avx512,
}

impl Isa {
    /// The levels this processor can run, lowest first.
    ///
    /// ```
    /// use nn_core::kernels::cpu::{Isa, isa};
    /// let levels = Isa::available();
    /// assert_eq!(levels[0], Isa::Scalar);
    /// assert!(levels.contains(&isa()));
    /// ```
    pub fn available() -> &'static [Isa] {
        const LEVELS: [Isa; 3] = [Isa::Scalar, Isa::Avx2Fma, Isa::Avx512];
        let best = best();
        &LEVELS[..LEVELS.iter().filter(|level| **level <= best).count()]
    }

    /// The level with this name: `scalar`, `avx2` or `avx512`.
    pub fn from_name(name: &str) -> Option<Isa> {
        match name {
            "scalar" => Some(Isa::Scalar),
            "avx2" => Some(Isa::Avx2Fma),
            "avx512" => Some(Isa::Avx512),
            _ => None,
        }
    }
}

/// The level the kernels run with: the best of this processor, or a lower one named by the environment variable
/// `NN_ISA` (`scalar`, `avx2`, `avx512`). A name that is unknown, or that the processor cannot run, is not followed.
///
/// It is read once; later changes of the variable have no effect.
pub fn isa() -> Isa {
    static ISA: OnceLock<Isa> = OnceLock::new();
    *ISA.get_or_init(|| {
        let wanted = std::env::var("NN_ISA")
            .ok()
            .and_then(|name| Isa::from_name(name.trim()));
        wanted.map_or(best(), |level| level.min(best()))
    })
}

/// The highest level of this processor.
#[cfg(target_arch = "x86_64")]
fn best() -> Isa {
    static BEST: OnceLock<Isa> = OnceLock::new();
    *BEST.get_or_init(|| {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        match (avx2, avx512) {
            (true, true) => Isa::Avx512,
            (true, false) => Isa::Avx2Fma,
            _ => Isa::Scalar,
        }
    })
}

/// The highest level of this processor.
#[cfg(not(target_arch = "x86_64"))]
fn best() -> Isa {
    Isa::Scalar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_order() {
        assert_eq!(Isa::from_name("avx512"), Some(Isa::Avx512));
        assert_eq!(Isa::from_name("avx2"), Some(Isa::Avx2Fma));
        assert_eq!(Isa::from_name("scalar"), Some(Isa::Scalar));
        assert_eq!(Isa::from_name("neon"), None);
        assert!(Isa::Scalar < Isa::Avx2Fma && Isa::Avx2Fma < Isa::Avx512);
    }

    #[test]
    fn never_above_the_processor() {
        assert!(Isa::available().contains(&isa()));
        assert!(isa() <= best());
    }
}
