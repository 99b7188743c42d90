//! The product of an unpacked chunk with rows of rounded inputs, for each kind of processor.

use super::activations::Activation;
use super::form::{BLOCK, Form, GROUPS, PANEL};
use super::isa::Isa;
use super::unpack::{Lanes, Unpacked};

/// Adds to `sums[r]`, the outputs of a panel for row `r`, what the chunk's `blocks` give with `rows[r]`. A row's sums do not
/// depend on the other rows.
pub(super) fn multiply(
    isa: Isa,
    chunk: &Unpacked,
    form: &Form,
    blocks: usize,
    rows: &[Activation],
    sums: &mut [Lanes],
) {
    match isa {
        Isa::Portable => portable(chunk, form.fine, blocks, rows, sums),
        // SAFETY: a set of instructions is only ever named where the processor has it.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { x86::avx2(chunk, form, blocks, rows, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni | Isa::Avx512Bf16 => unsafe { x86::avx512_vnni(chunk, form.fine, blocks, rows, sums) },
    }
}

fn portable(chunk: &Unpacked, fine: bool, blocks: usize, rows: &[Activation], sums: &mut [Lanes]) {
    let parts = if fine { 2 } else { 1 };
    let groups = GROUPS / parts;
    for (row, sums) in rows.iter().zip(sums) {
        for part in 0..blocks * parts {
            let mut products = [0i32; PANEL];
            let inputs = &row.quants[part * BLOCK / parts..][..BLOCK / parts];
            for (quants, inputs) in chunk.quants[part * groups..][..groups].iter().zip(inputs.as_chunks::<4>().0) {
                for (product, quants) in products.iter_mut().zip(quants.as_chunks::<4>().0) {
                    *product += quants.iter().zip(inputs).map(|(&q, &x)| i32::from(q) * i32::from(x)).sum::<i32>();
                }
            }
            let scale = row.scales[part / parts];
            let total = if fine { row.fine_sums[part] } else { row.sums[part] };
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum += products[r] as f32 * (chunk.scales[part][r] * scale) + chunk.minima[part][r] * total;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// [`portable`] with products of pairs of bytes. They would overflow 16 bits for quants of eight bits, so those are
    /// multiplied in two halves of four bits.
    ///
    /// # Safety
    /// The processor must have AVX2 and FMA.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(chunk: &Unpacked, form: &Form, blocks: usize, rows: &[Activation], sums: &mut [Lanes]) {
        let parts = if form.fine { 2 } else { 1 };
        let groups = GROUPS / parts;
        let (ones, sixteens, low) = (_mm256_set1_epi16(1), _mm256_set1_epi16(16), _mm256_set1_epi8(0xF));
        for (row, sums) in rows.iter().zip(sums) {
            for part in 0..blocks * parts {
                let mut products = [_mm256_setzero_si256(); 2];
                for g in part * groups..(part + 1) * groups {
                    // SAFETY: `quants` has four bytes for each group.
                    let inputs = _mm256_set1_epi32(unsafe { row.quants.as_ptr().cast::<i32>().add(g).read() });
                    for (half, product) in products.iter_mut().enumerate() {
                        // SAFETY: a group has two halves of 32 bytes.
                        let quants = unsafe { _mm256_load_si256(chunk.quants[g].as_ptr().cast::<__m256i>().add(half)) };
                        let sum = if form.bits == 8 {
                            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(quants), low);
                            let high = _mm256_madd_epi16(_mm256_maddubs_epi16(high, inputs), sixteens);
                            let low = _mm256_maddubs_epi16(_mm256_and_si256(quants, low), inputs);
                            _mm256_add_epi32(high, _mm256_madd_epi16(low, ones))
                        } else {
                            _mm256_madd_epi16(_mm256_maddubs_epi16(quants, inputs), ones)
                        };
                        *product = _mm256_add_epi32(*product, sum);
                    }
                }
                let scale = _mm256_set1_ps(row.scales[part / parts]);
                let total = _mm256_set1_ps(if form.fine { row.fine_sums[part] } else { row.sums[part] });
                for (half, product) in products.into_iter().enumerate() {
                    // SAFETY: `Lanes` have two halves of eight numbers.
                    unsafe {
                        let scales = _mm256_load_ps(chunk.scales[part].as_ptr().add(8 * half));
                        let minima = _mm256_load_ps(chunk.minima[part].as_ptr().add(8 * half));
                        let to = sums.as_mut_ptr().add(8 * half);
                        let sum = _mm256_fmadd_ps(
                            _mm256_cvtepi32_ps(product),
                            _mm256_mul_ps(scales, scale),
                            _mm256_loadu_ps(to),
                        );
                        _mm256_storeu_ps(to, _mm256_fmadd_ps(minima, total, sum));
                    }
                }
            }
        }
    }

    /// [`portable`] with `vpdpbusd`, which adds four products of an unsigned and a signed byte.
    ///
    /// # Safety
    /// The processor must have AVX-512 F, BW and VNNI.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn avx512_vnni(chunk: &Unpacked, fine: bool, blocks: usize, rows: &[Activation], sums: &mut [Lanes]) {
        let (mut rows, mut sums) = (rows, sums);
        while !rows.is_empty() {
            (rows, sums) = match rows.len() {
                8.. => avx512_tile::<8>(chunk, fine, blocks, rows, sums),
                4.. => avx512_tile::<4>(chunk, fine, blocks, rows, sums),
                2.. => avx512_tile::<2>(chunk, fine, blocks, rows, sums),
                _ => avx512_tile::<1>(chunk, fine, blocks, rows, sums),
            };
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn avx512_tile<'a, const ROWS: usize>(
        chunk: &Unpacked,
        fine: bool,
        blocks: usize,
        rows: &'a [Activation],
        sums: &'a mut [Lanes],
    ) -> (&'a [Activation], &'a mut [Lanes]) {
        let (Some((tile, rows)), Some((tile_sums, sums))) = (rows.split_first_chunk(), sums.split_first_chunk_mut())
        else {
            return (&[], &mut []);
        };
        if fine {
            avx512_blocks::<ROWS, true>(chunk, blocks, tile, tile_sums);
        } else {
            avx512_blocks::<ROWS, false>(chunk, blocks, tile, tile_sums);
        }
        (rows, sums)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn avx512_blocks<const ROWS: usize, const FINE: bool>(
        chunk: &Unpacked,
        blocks: usize,
        rows: &[Activation; ROWS],
        sums: &mut [Lanes; ROWS],
    ) {
        let groups = if FINE { GROUPS / 2 } else { GROUPS };
        // SAFETY: a `Lanes` has the 64 bytes that each load reads.
        let mut floats: [__m512; ROWS] = std::array::from_fn(|r| unsafe { _mm512_loadu_ps(sums[r].as_ptr()) });
        for part in 0..if FINE { 2 * blocks } else { blocks } {
            let mut products = [_mm512_setzero_si512(); ROWS];
            for g in part * groups..(part + 1) * groups {
                // SAFETY: a group has 64 bytes, and `quants` four bytes for each group.
                let weights = unsafe { _mm512_load_si512(chunk.quants[g].as_ptr().cast()) };
                for r in 0..ROWS {
                    // SAFETY: as above.
                    let inputs = unsafe { rows[r].quants.as_ptr().cast::<i32>().add(g).read() };
                    products[r] = _mm512_dpbusd_epi32(products[r], weights, _mm512_set1_epi32(inputs));
                }
            }
            // SAFETY: a `Lanes` has 64 bytes, and they are aligned as `Unpacked` is.
            let (scales, minima) =
                unsafe { (_mm512_load_ps(chunk.scales[part].as_ptr()), _mm512_load_ps(chunk.minima[part].as_ptr())) };
            for r in 0..ROWS {
                let (scale, total) = if FINE {
                    (rows[r].scales[part / 2], rows[r].fine_sums[part])
                } else {
                    (rows[r].scales[part], rows[r].sums[part])
                };
                let scales = _mm512_mul_ps(scales, _mm512_set1_ps(scale));
                floats[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[r]), scales, floats[r]);
                floats[r] = _mm512_fmadd_ps(minima, _mm512_set1_ps(total), floats[r]);
            }
        }
        for r in 0..ROWS {
            // SAFETY: a `Lanes` has 64 bytes.
            unsafe { _mm512_storeu_ps(sums[r].as_mut_ptr(), floats[r]) };
        }
    }
}
