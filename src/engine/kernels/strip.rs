//! Products of a few rows of f32 with a strip of f16 columns: the scores and the sums of attention.

use super::half::to_f32;
use super::isa::Isa;

/// Numbers of a register.
pub(super) const LANES: usize = 16;

/// Rows that are multiplied together at most: as many as fill the registers beside a strip of four.
pub(super) const ROWS: usize = 6;

/// A strip: `depth` rows of `16 · columns` f16 numbers, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a> {
    pub(super) data: &'a [u16],
    pub(super) stride: usize,
    pub(super) depth: usize,
    /// In units of 16: 1, 2 or 4.
    pub(super) columns: usize,
}

/// `out[r] += a[r] · strip` for rows of `a` that are `a_stride` apart and rows of `out` that are `out_stride` apart. Each row's
/// sums are added up in the same order whatever the other rows are.
pub(super) fn multiply_add(isa: Isa, a: &[f32], a_stride: usize, strip: Strip<'_>, out: &mut [f32], out_stride: usize) {
    let rows = a.len().div_ceil(a_stride);
    assert!(rows <= ROWS && a.len() >= (rows - 1) * a_stride + strip.depth, "rows of a strip are too short");
    assert!(out.len() >= (rows - 1) * out_stride + LANES * strip.columns, "results of a strip are too short");
    let needed = (strip.depth - 1) * strip.stride + LANES * strip.columns;
    assert!(strip.data.len() >= needed, "a strip is too short");
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, and the lengths were checked.
        Isa::Avx512Vnni => unsafe { x86::avx512(rows, a, a_stride, strip, out, out_stride) },
        _ => portable(a, a_stride, strip, out, out_stride),
    }
}

fn portable(a: &[f32], a_stride: usize, strip: Strip<'_>, out: &mut [f32], out_stride: usize) {
    for (a, out) in a.chunks(a_stride).zip(out.chunks_mut(out_stride)) {
        let out = &mut out[..LANES * strip.columns];
        for (a, b) in a[..strip.depth].iter().zip(strip.data.chunks(strip.stride)) {
            for (out, b) in out.iter_mut().zip(b) {
                *out += a * to_f32(*b);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// # Safety
    /// The processor must have AVX-512 F, and the slices the lengths that [`multiply_add`] checks.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn avx512(
        rows: usize,
        a: &[f32],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        macro_rules! by_size {
            ($($rows:literal)*) => {
                // SAFETY: the caller's contract.
                unsafe { match (rows, strip.columns) {
                    $(
                        ($rows, 1) => tile::<$rows, 1>(a, a_stride, strip, out, out_stride),
                        ($rows, 2) => tile::<$rows, 2>(a, a_stride, strip, out, out_stride),
                        ($rows, _) => tile::<$rows, 4>(a, a_stride, strip, out, out_stride),
                    )*
                    _ => {}
                } }
            };
        }
        by_size!(1 2 3 4 5 6);
    }

    /// # Safety
    /// As above.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const R: usize, const C: usize>(
        a: &[f32],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        // SAFETY: all places lie within the lengths that were checked.
        unsafe {
            let mut sums = [[_mm512_setzero_ps(); C]; R];
            for (r, sums) in sums.iter_mut().enumerate() {
                for (c, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm512_loadu_ps(out.as_ptr().add(r * out_stride + c * LANES));
                }
            }
            for d in 0..strip.depth {
                let from = strip.data.as_ptr().add(d * strip.stride);
                let mut b = [_mm512_setzero_ps(); C];
                for (c, b) in b.iter_mut().enumerate() {
                    *b = _mm512_cvtph_ps(_mm256_loadu_si256(from.add(c * LANES).cast()));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let a = _mm512_set1_ps(*a.as_ptr().add(r * a_stride + d));
                    for (sum, b) in sums.iter_mut().zip(b) {
                        *sum = _mm512_fmadd_ps(a, b, *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (c, sum) in sums.iter().enumerate() {
                    _mm512_storeu_ps(out.as_mut_ptr().add(r * out_stride + c * LANES), *sum);
                }
            }
        }
    }
}
