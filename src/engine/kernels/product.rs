//! The product of an unpacked chunk with rows of rounded inputs, for each kind of processor.

use super::activations::Activation;
use super::form::{BLOCK, CHUNK_BLOCKS, Form, GROUPS, PANEL};
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

/// The rows from which on a chunk is unpacked to memory before it is multiplied. For fewer it is done in registers, between the
/// products, which so wait less for the weights to come from memory.
pub(super) const FEW_ROWS: usize = 16;

/// Rows that are multiplied together with packed quants: as many as fill the registers. The quants of the next ones come from
/// the cache.
#[cfg(target_arch = "x86_64")]
const PACKED_ROWS: usize = 8;

/// How many chunks behind this one the memory is asked for that comes next.
pub(super) const CHUNKS_AHEAD: usize = 3;

/// Whether there is a [`multiply_packed`] for the processor.
pub(super) fn has_packed(isa: Isa) -> bool {
    #[cfg(target_arch = "x86_64")]
    return matches!(isa, Isa::Avx512Vnni | Isa::Avx512Bf16);
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// [`multiply`] for at most [`FEW_ROWS`] rows and a chunk whose quants are packed still: `scales` has its scales and minima.
///
/// # Panics
/// If [`has_packed`] is not true of this processor, or the chunk is too short.
#[inline]
pub(super) fn multiply_packed(
    form: &Form,
    chunk: &[u8],
    scales: &Unpacked,
    blocks: usize,
    rows: &[Activation],
    sums: &mut [Lanes],
) {
    assert!(chunk.len() >= form.chunk_bytes(blocks) && blocks <= CHUNK_BLOCKS, "a chunk is too short");
    assert!(has_packed(Isa::best()), "no products of packed quants on this processor");
    // SAFETY: the processor has the instructions, and the chunk is long enough.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        for (rows, sums) in rows.chunks(PACKED_ROWS).zip(sums.chunks_mut(PACKED_ROWS)) {
            x86::avx512_packed(form, chunk, scales, blocks, rows, sums);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (scales, rows, sums);
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

    /// The product with quants as they are packed, for at most eight rows.
    ///
    /// # Safety
    /// The processor must have AVX-512 F, BW and VNNI, and `chunk` must hold so many blocks.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) unsafe fn avx512_packed(
        form: &Form,
        chunk: &[u8],
        scales: &Unpacked,
        blocks: usize,
        rows: &[Activation],
        sums: &mut [Lanes],
    ) {
        let (_, quants) = chunk.split_at(form.scale_bytes(blocks));
        let (low, high) = quants.split_at(form.low_bytes(blocks));
        let ahead = CHUNKS_AHEAD * form.chunk_bytes(blocks);
        macro_rules! by_size {
            ($($rows:literal)*) => {
                match (rows.len(), form.bits) {
                    $(
                        ($rows, 4) => packed::<$rows, 4>(low, high, ahead, scales, blocks, rows, sums),
                        ($rows, 5) => packed::<$rows, 5>(low, high, ahead, scales, blocks, rows, sums),
                        ($rows, 6) => packed::<$rows, 6>(low, high, ahead, scales, blocks, rows, sums),
                        ($rows, _) => packed::<$rows, 8>(low, high, ahead, scales, blocks, rows, sums),
                    )*
                    _ => {}
                }
            };
        }
        // SAFETY: the caller's contract.
        unsafe { by_size!(1 2 3 4 5 6 7 8) }
    }

    /// # Safety
    /// As above; `high` holds the bits above the fourth.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    unsafe fn packed<const ROWS: usize, const BITS: usize>(
        low: &[u8],
        high: &[u8],
        ahead: usize,
        chunk: &Unpacked,
        blocks: usize,
        rows: &[Activation],
        sums: &mut [Lanes],
    ) {
        // Six bits are those of the one type with a scale for each 16 inputs.
        let parts = if BITS == 6 { 2 } else { 1 };
        let nibble = _mm512_set1_epi8(0xF);
        let line = |bytes: &[u8], n: usize| {
            debug_assert!(bytes.len() >= 64 * (n + 1));
            // SAFETY: the caller sees to it that the line is there. A prefetch reads nothing that the program sees, wherever
            // it points; one a line, because many at a time would fill the queue of the loads.
            unsafe {
                let line = bytes.as_ptr().add(64 * n);
                _mm_prefetch::<_MM_HINT_T0>(line.wrapping_add(ahead).cast());
                _mm512_loadu_si512(line.cast())
            }
        };
        let mut floats = [_mm512_setzero_ps(); ROWS];
        for r in 0..ROWS {
            // SAFETY: `Lanes` have the 64 bytes that are read.
            floats[r] = unsafe { _mm512_loadu_ps(sums[r].as_ptr()) };
        }
        for block in 0..blocks {
            let fifth = if BITS == 5 { line(high, block) } else { nibble };
            let mut products = [_mm512_setzero_si512(); ROWS];
            for pair in 0..GROUPS / 2 {
                let (mut first, mut second);
                if BITS == 8 {
                    first = line(low, GROUPS * block + 2 * pair);
                    second = line(low, GROUPS * block + 2 * pair + 1);
                } else {
                    let both = line(low, GROUPS / 2 * block + pair);
                    first = _mm512_and_si512(both, nibble);
                    second = _mm512_and_si512(_mm512_srli_epi16::<4>(both), nibble);
                }
                if BITS == 5 {
                    let bit = _mm512_set1_epi8(0x10);
                    // Bits 2 · pair and 2 · pair + 1 of each byte become the fifth.
                    let shifted = match pair {
                        0 => [_mm512_slli_epi16::<4>(fifth), _mm512_slli_epi16::<3>(fifth)],
                        1 => [_mm512_slli_epi16::<2>(fifth), _mm512_slli_epi16::<1>(fifth)],
                        2 => [fifth, _mm512_srli_epi16::<1>(fifth)],
                        _ => [_mm512_srli_epi16::<2>(fifth), _mm512_srli_epi16::<3>(fifth)],
                    };
                    first = _mm512_or_si512(first, _mm512_and_si512(shifted[0], bit));
                    second = _mm512_or_si512(second, _mm512_and_si512(shifted[1], bit));
                }
                if BITS == 6 {
                    let two = _mm512_set1_epi8(0x30);
                    let upper = line(high, 2 * block + pair / 2);
                    let shifted = if pair % 2 == 0 {
                        [_mm512_slli_epi16::<4>(upper), _mm512_slli_epi16::<2>(upper)]
                    } else {
                        [upper, _mm512_srli_epi16::<2>(upper)]
                    };
                    first = _mm512_or_si512(first, _mm512_and_si512(shifted[0], two));
                    second = _mm512_or_si512(second, _mm512_and_si512(shifted[1], two));
                }
                for r in 0..ROWS {
                    let group = GROUPS * block + 2 * pair;
                    // SAFETY: there are as many rows, and `quants` has four bytes for each group.
                    let inputs = unsafe { rows.get_unchecked(r).quants.as_ptr().cast::<i32>().add(group) };
                    // SAFETY: as above.
                    let (a, b) = unsafe { (inputs.read(), inputs.add(1).read()) };
                    products[r] = _mm512_dpbusd_epi32(products[r], first, _mm512_set1_epi32(a));
                    products[r] = _mm512_dpbusd_epi32(products[r], second, _mm512_set1_epi32(b));
                }
                if parts == 1 && pair < GROUPS / 2 - 1 || pair % 2 == 0 {
                    continue;
                }
                let part = parts * block + if parts == 2 { pair / 2 } else { 0 };
                // SAFETY: `Lanes` have 64 bytes, and they are aligned as `Unpacked` is.
                let (scales, minima) = unsafe {
                    (_mm512_load_ps(chunk.scales[part].as_ptr()), _mm512_load_ps(chunk.minima[part].as_ptr()))
                };
                for r in 0..ROWS {
                    let total = if parts == 2 { rows[r].fine_sums[part] } else { rows[r].sums[part] };
                    let scales = _mm512_mul_ps(scales, _mm512_set1_ps(rows[r].scales[block]));
                    floats[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[r]), scales, floats[r]);
                    floats[r] = _mm512_fmadd_ps(minima, _mm512_set1_ps(total), floats[r]);
                    products[r] = _mm512_setzero_si512();
                }
            }
        }
        for r in 0..ROWS {
            // SAFETY: `Lanes` have 64 bytes.
            unsafe { _mm512_storeu_ps(sums[r].as_mut_ptr(), floats[r]) };
        }
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
