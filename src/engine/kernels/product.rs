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
        Isa::Avx2 => unsafe { x86::avx2(chunk, chunk, form.bits, blocks, rows, sums) },
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

/// Rows that AVX-512 multiplies together with packed quants: as many as fill the registers. The quants of the next ones come
/// from the cache.
#[cfg(target_arch = "x86_64")]
const PACKED_ROWS: usize = 8;

/// How many chunks behind this one the memory is asked for that comes next.
pub(super) const CHUNKS_AHEAD: usize = 3;

/// Whether there is a [`multiply_packed`] for the processor.
pub(super) fn has_packed(isa: Isa) -> bool {
    isa != Isa::Portable
}

/// [`multiply`] for at most [`FEW_ROWS`] rows and a chunk whose quants are packed still: `scales` has its scales and minima.
///
/// # Panics
/// If [`has_packed`] is not true of this processor, or the chunk is too short.
#[inline]
pub(super) fn multiply_packed(
    isa: Isa,
    form: &Form,
    chunk: &[u8],
    scales: &Unpacked,
    blocks: usize,
    rows: &[Activation],
    sums: &mut [Lanes],
) {
    assert!(chunk.len() >= form.chunk_bytes(blocks) && blocks <= CHUNK_BLOCKS, "a chunk is too short");
    match isa {
        Isa::Portable => {
            let _ = (scales, rows, sums);
            panic!("no products of packed quants on this processor");
        }
        #[cfg(target_arch = "x86_64")]
        _ => {
            let (_, quants) = chunk.split_at(form.scale_bytes(blocks));
            let (low, high) = quants.split_at(form.low_bytes(blocks));
            let packed = x86::Packed { low, high, ahead: CHUNKS_AHEAD * form.chunk_bytes(blocks) };
            // SAFETY: a set of instructions is only ever named where the processor has it, and the chunk is long enough.
            unsafe {
                if isa == Isa::Avx2 {
                    return x86::avx2(&packed, scales, form.bits, blocks, rows, sums);
                }
                for (rows, sums) in rows.chunks(PACKED_ROWS).zip(sums.chunks_mut(PACKED_ROWS)) {
                    x86::avx512_packed(&packed, form.bits, scales, blocks, rows, sums);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// The quants of a chunk as it has them: the low four bits (or all eight) and what lies above.
    pub(super) struct Packed<'a> {
        pub(super) low: &'a [u8],
        pub(super) high: &'a [u8],
        /// Bytes from what is read to what is asked for meanwhile.
        pub(super) ahead: usize,
    }

    /// The quants of two groups of four inputs, each in two registers of eight outputs.
    type Pair = [[__m256i; 2]; 2];

    /// Where [`avx2_tile`] has quants from.
    pub(super) trait Quants {
        /// # Safety
        /// The processor must have AVX2, the quants so many bits, and the block must be there.
        unsafe fn pair<const BITS: usize>(&self, block: usize, pair: usize) -> Pair;
    }

    impl Quants for Unpacked {
        #[inline(always)]
        unsafe fn pair<const BITS: usize>(&self, block: usize, pair: usize) -> Pair {
            // SAFETY: the two groups have two halves of 32 bytes each, aligned as `Unpacked` is.
            unsafe {
                let halves = self.quants.as_ptr().add(GROUPS * block + 2 * pair).cast::<__m256i>();
                let load = |n| _mm256_load_si256(halves.add(n));
                [[load(0), load(1)], [load(2), load(3)]]
            }
        }
    }

    /// Both halves of a line of 64 bytes.
    ///
    /// # Safety
    /// The processor must have AVX2, and the line must be there.
    #[inline(always)]
    unsafe fn line(bytes: &[u8], n: usize) -> [__m256i; 2] {
        debug_assert!(bytes.len() >= 64 * (n + 1));
        // SAFETY: the caller's contract.
        unsafe {
            let halves = bytes.as_ptr().add(64 * n).cast::<__m256i>();
            [_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1))]
        }
    }

    impl Packed<'_> {
        /// [`line()`] of the low bits, which asks for one that comes later. A prefetch reads nothing that the program sees.
        ///
        /// # Safety
        /// As there.
        #[inline(always)]
        unsafe fn low_line(&self, n: usize) -> [__m256i; 2] {
            // SAFETY: the caller's contract.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(self.low.as_ptr().wrapping_add(64 * n + self.ahead).cast());
                line(self.low, n)
            }
        }
    }

    impl Quants for Packed<'_> {
        #[inline(always)]
        unsafe fn pair<const BITS: usize>(&self, block: usize, pair: usize) -> Pair {
            // SAFETY: the caller's contract.
            unsafe {
                if BITS == 8 {
                    let n = GROUPS * block + 2 * pair;
                    return [self.low_line(n), self.low_line(n + 1)];
                }
                let nibble = _mm256_set1_epi8(0xF);
                let mut groups = [self.low_line(GROUPS / 2 * block + pair); 2];
                for half in 0..2 {
                    groups[1][half] = _mm256_and_si256(_mm256_srli_epi16::<4>(groups[1][half]), nibble);
                    groups[0][half] = _mm256_and_si256(groups[0][half], nibble);
                }
                if BITS == 4 {
                    return groups;
                }
                // The bits above the fourth come to their place: one or two for each group of a line.
                let (mask, n) = if BITS == 5 { (0x10, block) } else { (0x30, 2 * block + pair / 2) };
                let mask = _mm256_set1_epi8(mask);
                if pair == 0 || BITS == 6 && pair == 2 {
                    _mm_prefetch::<_MM_HINT_T0>(self.high.as_ptr().wrapping_add(64 * n + self.ahead).cast());
                }
                for (half, high) in line(self.high, n).into_iter().enumerate() {
                    let shifted = match (BITS, pair) {
                        (5, 0) => [_mm256_slli_epi16::<4>(high), _mm256_slli_epi16::<3>(high)],
                        (5, 1) => [_mm256_slli_epi16::<2>(high), _mm256_slli_epi16::<1>(high)],
                        (5, 2) => [high, _mm256_srli_epi16::<1>(high)],
                        (5, _) => [_mm256_srli_epi16::<2>(high), _mm256_srli_epi16::<3>(high)],
                        (_, 0 | 2) => [_mm256_slli_epi16::<4>(high), _mm256_slli_epi16::<2>(high)],
                        _ => [high, _mm256_srli_epi16::<2>(high)],
                    };
                    for (group, shifted) in groups.iter_mut().zip(shifted) {
                        group[half] = _mm256_or_si256(group[half], _mm256_and_si256(shifted, mask));
                    }
                }
                groups
            }
        }
    }

    /// Rows that AVX2 multiplies together: their sums, quants and inputs fill the sixteen registers.
    const AVX2_ROWS: usize = 4;

    /// [`portable`] with products of pairs of bytes (`vpmaddubsw`).
    ///
    /// # Safety
    /// The processor must have AVX2 and FMA, and the quants so many bits and blocks.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn avx2<Q: Quants>(
        quants: &Q,
        scales: &Unpacked,
        bits: usize,
        blocks: usize,
        rows: &[Activation],
        sums: &mut [Lanes],
    ) {
        for (rows, sums) in rows.chunks(AVX2_ROWS).zip(sums.chunks_mut(AVX2_ROWS)) {
            macro_rules! by_size {
                ($($rows:literal)*) => {
                    match (rows.len(), bits) {
                        $(
                            ($rows, 4) => avx2_tile::<$rows, 4, Q>(quants, scales, blocks, rows, sums),
                            ($rows, 5) => avx2_tile::<$rows, 5, Q>(quants, scales, blocks, rows, sums),
                            ($rows, 6) => avx2_tile::<$rows, 6, Q>(quants, scales, blocks, rows, sums),
                            ($rows, _) => avx2_tile::<$rows, 8, Q>(quants, scales, blocks, rows, sums),
                        )*
                        _ => {}
                    }
                };
            }
            // SAFETY: the caller's contract.
            unsafe { by_size!(1 2 3 4) }
        }
    }

    /// Adds products of pairs of bytes to sums of 16 bits. Written out, because the compiler would add up products first, for
    /// which the registers do not suffice.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn add_products(mut sums: __m256i, quants: __m256i, inputs: __m256i) -> __m256i {
        // SAFETY: nothing but registers is touched.
        unsafe {
            std::arch::asm!(
                "vpmaddubsw {product}, {quants}, {inputs}",
                "vpaddw {sums}, {sums}, {product}",
                sums = inout(ymm_reg) sums, quants = in(ymm_reg) quants, inputs = in(ymm_reg) inputs,
                product = out(ymm_reg) _, options(pure, nomem, nostack, preserves_flags),
            );
        }
        sums
    }

    /// # Safety
    /// As for [`avx2`]; there must be so many rows and sums.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2_tile<const ROWS: usize, const BITS: usize, Q: Quants>(
        quants: &Q,
        scales: &Unpacked,
        blocks: usize,
        rows: &[Activation],
        sums: &mut [Lanes],
    ) {
        // Six bits are those of the one type with a scale for each 16 inputs.
        let parts = if BITS == 6 { 2 } else { 1 };
        // Inputs are at most 127, so sums of 16 bits hold the products of this many groups: 2 · 127 · 15 · 8, · 31 · 4 and
        // · 63 · 2 are all less than 2¹⁵.
        let pairs_together = match BITS {
            4 => 4,
            5 => 2,
            _ => 1,
        };
        let (ones, flip) = (_mm256_set1_epi16(1), _mm256_set1_epi8(-128));
        let zero = [[_mm256_setzero_si256(); 2]; ROWS];
        // SAFETY: blocks, rows and sums are there as the caller says; `Lanes` have two halves of eight numbers, and those of
        // `scales` are aligned as it is.
        unsafe {
            for part in 0..blocks * parts {
                let block = part / parts;
                let mut products = zero;
                for run in 0..GROUPS / 2 / parts / pairs_together {
                    let mut short = zero;
                    for pair in 0..pairs_together {
                        let pair = part % parts * GROUPS / 2 / parts + run * pairs_together + pair;
                        let groups = quants.pair::<BITS>(block, pair);
                        for g in 0..2 {
                            for r in 0..ROWS {
                                let inputs = rows.get_unchecked(r).quants.as_ptr().cast::<i32>();
                                let inputs = _mm256_set1_epi32(inputs.add(GROUPS * block + 2 * pair + g).read());
                                for half in 0..2 {
                                    if BITS == 8 {
                                        // 255 · 127 · 2 is too much. So the offset of 128 is taken off first, and the signs of the
                                        // quants go to the inputs.
                                        let signed = _mm256_xor_si256(groups[g][half], flip);
                                        let inputs = _mm256_sign_epi8(inputs, signed);
                                        let product = _mm256_maddubs_epi16(_mm256_abs_epi8(signed), inputs);
                                        let product = _mm256_madd_epi16(product, ones);
                                        products[r][half] = _mm256_add_epi32(products[r][half], product);
                                    } else {
                                        short[r][half] = add_products(short[r][half], groups[g][half], inputs);
                                    }
                                }
                            }
                        }
                    }
                    if BITS < 8 {
                        for r in 0..ROWS {
                            for half in 0..2 {
                                let product = _mm256_madd_epi16(short[r][half], ones);
                                products[r][half] = _mm256_add_epi32(products[r][half], product);
                            }
                        }
                    }
                }
                for half in 0..2 {
                    let weight = _mm256_load_ps(scales.scales[part].as_ptr().add(8 * half));
                    let minima = _mm256_load_ps(scales.minima[part].as_ptr().add(8 * half));
                    for r in 0..ROWS {
                        let row = rows.get_unchecked(r);
                        let sum = sums.get_unchecked_mut(r).as_mut_ptr().add(8 * half);
                        let scale = _mm256_mul_ps(weight, _mm256_set1_ps(row.scales[block]));
                        let product = _mm256_cvtepi32_ps(products[r][half]);
                        let mut new = _mm256_fmadd_ps(product, scale, _mm256_loadu_ps(sum));
                        // The minimum of a quant of eight bits is its offset, which is taken off already.
                        if BITS < 8 {
                            let total = if parts == 2 { row.fine_sums[part] } else { row.sums[part] };
                            new = _mm256_fmadd_ps(minima, _mm256_set1_ps(total), new);
                        }
                        _mm256_storeu_ps(sum, new);
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

    /// The product with quants as they are packed, for at most [`PACKED_ROWS`] rows.
    ///
    /// # Safety
    /// The processor must have AVX-512 F, BW and VNNI, and `chunk` must hold so many blocks.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) unsafe fn avx512_packed(
        quants: &Packed<'_>,
        bits: usize,
        scales: &Unpacked,
        blocks: usize,
        rows: &[Activation],
        sums: &mut [Lanes],
    ) {
        macro_rules! by_size {
            ($($rows:literal)*) => {
                match (rows.len(), bits) {
                    $(
                        ($rows, 4) => packed::<$rows, 4>(quants, scales, blocks, rows, sums),
                        ($rows, 5) => packed::<$rows, 5>(quants, scales, blocks, rows, sums),
                        ($rows, 6) => packed::<$rows, 6>(quants, scales, blocks, rows, sums),
                        ($rows, _) => packed::<$rows, 8>(quants, scales, blocks, rows, sums),
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
        &Packed { low, high, ahead }: &Packed<'_>,
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
