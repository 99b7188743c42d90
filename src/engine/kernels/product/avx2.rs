//! Products by AVX2, four rows at a time; with AVX-VNNI, where the processor has it.

use std::arch::x86_64::*;

use super::{Activation, GROUPS, Lanes, Packed, Unpacked};

/// The quants of two groups of four inputs, each in two registers of eight outputs.
type Pair = [[__m256i; 2]; 2];

/// Where [`tile`] has quants from.
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
const ROWS_TOGETHER: usize = 4;

/// The portable product with products of pairs of bytes (`vpmaddubsw`), or of four of them (`vpdpbusd`).
///
/// # Safety
/// The processor must have AVX2 and FMA, with `VNNI` AVX-VNNI, and the quants so many bits and blocks.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply<Q: Quants, const VNNI: bool>(
    quants: &Q,
    scales: &Unpacked,
    bits: usize,
    blocks: usize,
    rows: &[Activation],
    sums: &mut [Lanes],
) {
    for (rows, sums) in rows.chunks(ROWS_TOGETHER).zip(sums.chunks_mut(ROWS_TOGETHER)) {
        macro_rules! by_size {
            ($($rows:literal)*) => {
                match (rows.len(), bits) {
                    $(
                        ($rows, 4) => tile::<$rows, 4, Q, VNNI>(quants, scales, blocks, rows, sums),
                        ($rows, 5) => tile::<$rows, 5, Q, VNNI>(quants, scales, blocks, rows, sums),
                        ($rows, 6) => tile::<$rows, 6, Q, VNNI>(quants, scales, blocks, rows, sums),
                        ($rows, _) => tile::<$rows, 8, Q, VNNI>(quants, scales, blocks, rows, sums),
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

/// Adds products of four bytes to sums of 32 bits. Written out, because the intrinsic is not there for functions without the
/// feature, and this one becomes a part of those with it and without.
///
/// # Safety
/// The processor must have AVX-VNNI.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_four_products(mut sums: __m256i, quants: __m256i, inputs: __m256i) -> __m256i {
    // SAFETY: nothing but registers is touched.
    unsafe {
        std::arch::asm!(
            "{{vex}} vpdpbusd {sums}, {quants}, {inputs}",
            sums = inout(ymm_reg) sums, quants = in(ymm_reg) quants, inputs = in(ymm_reg) inputs,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// # Safety
/// As for [`multiply`]; there must be so many rows and sums.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const ROWS: usize, const BITS: usize, Q: Quants, const VNNI: bool>(
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
                                if VNNI {
                                    products[r][half] = add_four_products(products[r][half], groups[g][half], inputs);
                                } else if BITS == 8 {
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
                if BITS < 8 && !VNNI {
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
                    // The minimum of a quant of eight bits is its offset, which is taken off already without AVX-VNNI.
                    if BITS < 8 || VNNI {
                        let total = if parts == 2 { row.fine_sums[part] } else { row.sums[part] };
                        new = _mm256_fmadd_ps(minima, _mm256_set1_ps(total), new);
                    }
                    _mm256_storeu_ps(sum, new);
                }
            }
        }
    }
}
