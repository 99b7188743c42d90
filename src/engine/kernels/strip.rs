//! Products of a few rows with a strip of columns, all in bf16, summed in 32 bits: the scores and the sums of attention.
//!
//! Numbers lie in pairs along the depth, as the processor multiplies them: two of a row with two of a column.

use super::half::from_bf16;
use super::isa::Isa;

/// Columns of a register.
pub(super) const LANES: usize = 16;

/// Rows that are multiplied together at most: as many as fill the registers beside a strip of four.
pub(super) const ROWS: usize = 6;

/// A strip: `depth` lines of `16 · columns` pairs of bf16, `stride` numbers apart.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a> {
    pub(super) data: &'a [u16],
    pub(super) stride: usize,
    pub(super) depth: usize,
    /// In units of 16: 1, 2 or 4.
    pub(super) columns: usize,
}

/// `out[r] += a[r] · strip` for rows of `a` (pairs along the depth) that are `a_stride` numbers apart and rows of `out` that are
/// `out_stride` apart. Each row's sums are added up in the same order whatever the other rows are.
pub(super) fn multiply_add(isa: Isa, a: &[u16], a_stride: usize, strip: Strip<'_>, out: &mut [f32], out_stride: usize) {
    if strip.depth == 0 {
        return;
    }
    let rows = a.len().div_ceil(a_stride);
    assert!(rows <= ROWS && a.len() >= (rows - 1) * a_stride + 2 * strip.depth, "rows of a strip are too short");
    assert!(out.len() >= (rows - 1) * out_stride + LANES * strip.columns, "results of a strip are too short");
    let needed = (strip.depth - 1) * strip.stride + 2 * LANES * strip.columns;
    assert!(strip.data.len() >= needed, "a strip is too short");
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, and the lengths were checked.
        Isa::Avx512Bf16 => unsafe { x86::by_pairs(rows, a, a_stride, strip, out, out_stride) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx512Vnni => unsafe { x86::by_halves(rows, a, a_stride, strip, out, out_stride) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 | Isa::AvxVnni => unsafe { x86::narrow(rows, a, a_stride, strip, out, out_stride) },
        Isa::Portable => portable(a, a_stride, strip, out, out_stride),
    }
}

fn portable(a: &[u16], a_stride: usize, strip: Strip<'_>, out: &mut [f32], out_stride: usize) {
    for (a, out) in a.chunks(a_stride).zip(out.chunks_mut(out_stride)) {
        let out = &mut out[..LANES * strip.columns];
        let pairs = &a.as_chunks::<2>().0[..strip.depth];
        for ([first, second], line) in pairs.iter().zip(strip.data.chunks(strip.stride)) {
            let (first, second) = (from_bf16(*first), from_bf16(*second));
            for (out, [a, b]) in out.iter_mut().zip(line.as_chunks::<2>().0) {
                *out += first * from_bf16(*a);
                *out += second * from_bf16(*b);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// The tile of so many rows and columns, with the product of pairs (BF16) or without.
    macro_rules! by_size {
        ($pairs:literal, $rows:expr, $strip:expr, $arguments:tt; $($count:literal)*) => {
            match ($rows, $strip.columns) {
                $(
                    ($count, 1) => tile::<$count, 1, $pairs> $arguments,
                    ($count, 2) => tile::<$count, 2, $pairs> $arguments,
                    ($count, _) => tile::<$count, 4, $pairs> $arguments,
                )*
                _ => {}
            }
        };
    }

    /// # Safety
    /// The processor must have AVX-512 F and BF16, and the slices the lengths that [`multiply_add`] checks.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) unsafe fn by_pairs(
        rows: usize,
        a: &[u16],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        // SAFETY: the caller's contract.
        unsafe { by_size!(true, rows, strip, (a, a_stride, strip, out, out_stride); 1 2 3 4 5 6) }
    }

    /// # Safety
    /// The processor must have AVX-512 F, and the slices the lengths that [`multiply_add`] checks.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn by_halves(
        rows: usize,
        a: &[u16],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        // SAFETY: the caller's contract.
        unsafe { by_size!(false, rows, strip, (a, a_stride, strip, out, out_stride); 1 2 3 4 5 6) }
    }

    /// Becomes a part of its caller, and so is compiled for its instructions.
    ///
    /// # Safety
    /// As the callers say; with `PAIRS` the processor must have BF16.
    #[inline(always)]
    unsafe fn tile<const R: usize, const C: usize, const PAIRS: bool>(
        a: &[u16],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        // SAFETY: all places lie within the lengths that were checked.
        unsafe {
            let mut sums = [[_mm512_setzero_ps(); C]; R];
            for r in 0..R {
                for c in 0..C {
                    sums[r][c] = _mm512_loadu_ps(out.as_ptr().add(r * out_stride + c * LANES));
                }
            }
            let upper = _mm512_set1_epi32(0xFFFF_0000_u32.cast_signed());
            for d in 0..strip.depth {
                let from = strip.data.as_ptr().add(d * strip.stride);
                let mut b = [_mm512_setzero_si512(); C];
                for c in 0..C {
                    b[c] = _mm512_loadu_si512(from.add(2 * c * LANES).cast());
                }
                for r in 0..R {
                    let a = _mm512_set1_epi32(a.as_ptr().add(r * a_stride + 2 * d).cast::<i32>().read_unaligned());
                    for c in 0..C {
                        if PAIRS {
                            let bf16 = |x| std::mem::transmute::<__m512i, __m512bh>(x);
                            let (a, b) = (bf16(a), bf16(b[c]));
                            sums[r][c] = _mm512_dpbf16_ps(sums[r][c], a, b);
                        } else {
                            let first = |x| _mm512_castsi512_ps(_mm512_slli_epi32::<16>(x));
                            let second = |x| _mm512_castsi512_ps(_mm512_and_si512(x, upper));
                            sums[r][c] = _mm512_fmadd_ps(first(a), first(b[c]), sums[r][c]);
                            sums[r][c] = _mm512_fmadd_ps(second(a), second(b[c]), sums[r][c]);
                        }
                    }
                }
            }
            for r in 0..R {
                for c in 0..C {
                    _mm512_storeu_ps(out.as_mut_ptr().add(r * out_stride + c * LANES), sums[r][c]);
                }
            }
        }
    }

    /// Rows of a tile of AVX2, whose sixteen registers hold their sums for sixteen columns, a line and an input.
    const NARROW_ROWS: usize = 3;

    /// # Safety
    /// The processor must have AVX2 and FMA, and the slices the lengths that [`multiply_add`] checks.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn narrow(
        rows: usize,
        a: &[u16],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        for first in (0..rows).step_by(NARROW_ROWS) {
            let (a, out) = (&a[first * a_stride..], &mut out[first * out_stride..]);
            // SAFETY: the caller's contract.
            unsafe {
                match rows - first {
                    1 => narrow_tile::<1>(a, a_stride, strip, out, out_stride),
                    2 => narrow_tile::<2>(a, a_stride, strip, out, out_stride),
                    _ => narrow_tile::<NARROW_ROWS>(a, a_stride, strip, out, out_stride),
                }
            }
        }
    }

    /// # Safety
    /// As above.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn narrow_tile<const R: usize>(
        a: &[u16],
        a_stride: usize,
        strip: Strip<'_>,
        out: &mut [f32],
        out_stride: usize,
    ) {
        let upper = _mm256_set1_epi32(0xFFFF_0000_u32.cast_signed());
        let first = |x| _mm256_castsi256_ps(_mm256_slli_epi32::<16>(x));
        let second = |x| _mm256_castsi256_ps(_mm256_and_si256(x, upper));
        // SAFETY: all places lie within the lengths that were checked.
        unsafe {
            for c in 0..strip.columns {
                let mut sums = [[_mm256_setzero_ps(); 2]; R];
                for r in 0..R {
                    for half in 0..2 {
                        sums[r][half] = _mm256_loadu_ps(out.as_ptr().add(r * out_stride + c * LANES + 8 * half));
                    }
                }
                for d in 0..strip.depth {
                    let from = strip.data.as_ptr().add(d * strip.stride + 2 * c * LANES);
                    let b = [_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(LANES).cast())];
                    for r in 0..R {
                        let a = _mm256_set1_epi32(a.as_ptr().add(r * a_stride + 2 * d).cast::<i32>().read_unaligned());
                        for half in 0..2 {
                            sums[r][half] = _mm256_fmadd_ps(first(a), first(b[half]), sums[r][half]);
                            sums[r][half] = _mm256_fmadd_ps(second(a), second(b[half]), sums[r][half]);
                        }
                    }
                }
                for r in 0..R {
                    for half in 0..2 {
                        _mm256_storeu_ps(out.as_mut_ptr().add(r * out_stride + c * LANES + 8 * half), sums[r][half]);
                    }
                }
            }
        }
    }
}
