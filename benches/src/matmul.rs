//! The matrix products that networks spend their time in.

use nn_core::kernels::gemm::{Batch, Epilogue, GemmElement, MatMut, MatRef, gemm, gemm_batched};

/// How the operands of `C [m, n] = A [m, k] · B [k, n]` lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Both row-major: `X·W`, and the input gradient of a linear layer.
    Nn,
    /// `B` is the transpose of a row-major matrix: the forward pass of a linear layer, `X·Wᵀ`.
    Nt,
    /// `A` is the transpose of a row-major matrix: the weight gradient of a linear layer, `dYᵀ·X`.
    Tn,
}

impl Form {
    /// The lower-case name: `nn`, `nt`, `tn`.
    pub fn name(self) -> &'static str {
        match self {
            Form::Nn => "nn",
            Form::Nt => "nt",
            Form::Tn => "tn",
        }
    }

    /// The form of a name.
    pub fn from_name(name: &str) -> Option<Form> {
        [Form::Nn, Form::Nt, Form::Tn]
            .into_iter()
            .find(|form| form.name() == name)
    }
}

/// A product, or a batch of products.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The kind of network it comes from.
    pub class: &'static str,
    /// How the operands lie.
    pub form: Form,
    /// Products.
    pub batch: usize,
    /// Rows of `C`.
    pub m: usize,
    /// Length of the sums.
    pub k: usize,
    /// Columns of `C`.
    pub n: usize,
}

/// A line of the table of cases: class, batch, `m`, `k`, `n` and the forms they come in.
type Line = (&'static str, usize, usize, usize, usize, &'static [Form]);

/// The measured cases.
pub fn cases() -> Vec<Case> {
    use Form::{Nn, Nt, Tn};
    const ALL: &[Form] = &[Nn, Nt, Tn];
    let table: &[Line] = &[
        ("mlp forward", 1, 128, 784, 512, &[Nt]),
        ("mlp forward", 1, 128, 512, 256, &[Nt]),
        ("mlp forward", 1, 128, 256, 10, &[Nt]),
        ("mlp dX", 1, 128, 256, 512, &[Nn]),
        ("mlp dX", 1, 128, 10, 256, &[Nn]),
        ("mlp dW", 1, 512, 128, 784, &[Tn]),
        ("mlp dW", 1, 256, 128, 512, &[Tn]),
        ("mlp dW", 1, 10, 128, 256, &[Tn]),
        ("mlp X.W", 1, 128, 784, 512, &[Nn]),
        ("mlp X.W", 1, 128, 256, 10, &[Nn]),
        ("mlp X.W", 1, 256, 128, 10, &[Tn]),
        ("lstm", 1, 32, 512, 2048, ALL),
        ("lstm", 1, 32, 256, 1024, ALL),
        ("lstm", 1, 32, 2048, 512, &[Nn]),
        ("lstm", 1, 32, 1024, 256, &[Nn]),
        ("lstm", 1, 1024, 32, 256, &[Tn]),
        ("lstm", 1, 2048, 32, 512, &[Tn]),
        ("attention", 48, 64, 32, 64, &[Nn, Nt, Tn]),
        ("attention", 48, 64, 64, 32, &[Nn, Nt, Tn]),
        ("attention", 96, 64, 32, 64, &[Nt]),
        ("attention", 48, 256, 64, 256, &[Nt]),
        ("attention", 48, 256, 256, 64, &[Nn, Tn]),
        ("transformer", 1, 768, 128, 512, ALL),
        ("transformer", 1, 768, 512, 128, ALL),
        ("transformer", 1, 768, 128, 384, &[Nt]),
        ("transformer", 1, 512, 768, 128, &[Tn]),
        ("transformer", 1, 2048, 384, 1536, ALL),
        ("transformer", 1, 2048, 1536, 384, ALL),
        ("transformer", 1, 1536, 2048, 384, &[Tn]),
        ("square", 1, 16, 16, 16, ALL),
        ("square", 1, 32, 32, 32, ALL),
        ("square", 1, 64, 64, 64, ALL),
        ("square", 1, 128, 128, 128, ALL),
        ("square", 1, 256, 256, 256, ALL),
        ("square", 1, 512, 512, 512, ALL),
        ("square", 1, 1024, 1024, 1024, &[Nn]),
        ("vector", 1, 1, 784, 512, &[Nn, Nt]),
        ("vector", 1, 1, 512, 256, &[Nt]),
        ("vector", 1, 1, 384, 1536, &[Nt]),
        ("vector", 1, 1, 2048, 2048, &[Nn, Nt]),
        ("vector", 1, 512, 784, 1, &[Nn, Tn]),
        ("im2col", 1, 32, 288, 4096, &[Nn]),
        ("im2col", 1, 64, 288, 576, &[Nn]),
        ("im2col", 1, 64, 27, 1024, &[Nn]),
        ("tiny", 1, 16, 4, 16, ALL),
        ("tiny", 1, 16, 16, 3, ALL),
        ("tiny", 1, 4, 16, 3, &[Nn, Nt]),
    ];
    let mut cases = Vec::new();
    for &(class, batch, m, k, n, forms) in table {
        cases.extend(forms.iter().map(|&form| Case {
            class,
            form,
            batch,
            m,
            k,
            n,
        }));
    }
    cases
}

/// A case with its operands.
pub struct Operands<T> {
    case: Case,
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
}

impl<T: GemmElement> Operands<T> {
    /// Operands of moderate numbers.
    pub fn new(case: Case) -> Self {
        let Case { batch, m, k, n, .. } = case;
        let fill = |len: usize, step: usize| {
            (0..len)
                .map(|i| T::from_f64((i * step % 101) as f64 / 50.0 - 1.0))
                .collect::<Vec<T>>()
        };
        Operands {
            case,
            a: fill(batch * m * k, 7),
            b: fill(batch * k * n, 13),
            c: fill(batch * m * n, 1),
        }
    }

    /// Computes the product. False if it was refused.
    pub fn run(&mut self) -> bool {
        let Case {
            form,
            batch,
            m,
            k,
            n,
            ..
        } = self.case;
        let a = match form {
            Form::Tn => MatRef::row_major(&self.a, k, m).map(MatRef::t),
            _ => MatRef::row_major(&self.a, m, k),
        };
        let b = match form {
            Form::Nt => MatRef::row_major(&self.b, n, k).map(MatRef::t),
            _ => MatRef::row_major(&self.b, k, n),
        };
        let (Some(a), Some(b), Some(c)) = (a, b, MatMut::row_major(&mut self.c, m, n)) else {
            return false;
        };
        if batch == 1 {
            gemm(a, b, c, &Epilogue::default()).is_ok()
        } else {
            let layout = Batch {
                dims: &[batch],
                a: &[m * k],
                b: &[k * n],
                c: &[m * n],
            };
            gemm_batched(&layout, a, b, c, &Epilogue::default()).is_ok()
        }
    }

    /// The result.
    pub fn result(&self) -> &[T] {
        &self.c
    }
}
