//! Products by AVX-512 VNNI, up to eight rows at a time.

use std::arch::x86_64::*;
use std::mem::offset_of;

use super::{Activation, GROUPS, Lanes, Packed, Unpacked};

/// The portable product with `vpdpbusd`, which adds four products of an unsigned and a signed byte.
///
/// # Safety
/// The processor must have AVX-512 F, BW and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn multiply(chunk: &Unpacked, fine: bool, blocks: usize, rows: &[Activation], sums: &mut [Lanes]) {
    let (mut rows, mut sums) = (rows, sums);
    while !rows.is_empty() {
        (rows, sums) = match rows.len() {
            8.. => tile::<8>(chunk, fine, blocks, rows, sums),
            4.. => tile::<4>(chunk, fine, blocks, rows, sums),
            2.. => tile::<2>(chunk, fine, blocks, rows, sums),
            _ => tile::<1>(chunk, fine, blocks, rows, sums),
        };
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<'a, const ROWS: usize>(
    chunk: &Unpacked,
    fine: bool,
    blocks: usize,
    rows: &'a [Activation],
    sums: &'a mut [Lanes],
) -> (&'a [Activation], &'a mut [Lanes]) {
    let (Some((tile, rows)), Some((tile_sums, sums))) = (rows.split_first_chunk(), sums.split_first_chunk_mut()) else {
        return (&[], &mut []);
    };
    if fine {
        tile_blocks::<ROWS, true>(chunk, blocks, tile, tile_sums);
    } else {
        tile_blocks::<ROWS, false>(chunk, blocks, tile, tile_sums);
    }
    (rows, sums)
}

/// Rows that are multiplied with two panels at a time: as many as fill the registers.
const ROWS_OF_TWO: usize = 6;

/// The product with two chunks. An instruction that multiplies by a number in memory is held up by the loads; here a number that is
/// loaded serves two of them.
///
/// # Safety
/// The processor must have AVX-512 F, BW and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn multiply_two(
    chunks: [&Unpacked; 2],
    fine: bool,
    blocks: usize,
    rows: &[Activation],
    [first, second]: [&mut [Lanes]; 2],
) {
    let (tiles, rest) = rows.as_chunks::<ROWS_OF_TWO>();
    let (firsts, first_rest) = first.as_chunks_mut::<ROWS_OF_TWO>();
    let (seconds, second_rest) = second.as_chunks_mut::<ROWS_OF_TWO>();
    for ((rows, first), second) in tiles.iter().zip(firsts).zip(seconds) {
        if fine {
            tile_of_two::<true>(chunks, blocks, rows, [first, second]);
        } else {
            tile_of_two::<false>(chunks, blocks, rows, [first, second]);
        }
    }
    multiply(chunks[0], fine, blocks, rest, first_rest);
    multiply(chunks[1], fine, blocks, rest, second_rest);
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile_of_two<const FINE: bool>(
    chunks: [&Unpacked; 2],
    blocks: usize,
    rows: &[Activation; ROWS_OF_TWO],
    sums: [&mut [Lanes; ROWS_OF_TWO]; 2],
) {
    let groups = if FINE { GROUPS / 2 } else { GROUPS };
    let mut floats = [[_mm512_setzero_ps(); ROWS_OF_TWO]; 2];
    for (floats, sums) in floats.iter_mut().zip(&sums) {
        for (float, sum) in floats.iter_mut().zip(sums.iter()) {
            // SAFETY: a `Lanes` has the 64 bytes that are read.
            *float = unsafe { _mm512_loadu_ps(sum.as_ptr()) };
        }
    }
    let inputs = rows.as_ptr().cast::<i32>().wrapping_byte_add(offset_of!(Activation, quants));
    for part in 0..if FINE { 2 * blocks } else { blocks } {
        let mut products = [[_mm512_setzero_si512(); ROWS_OF_TWO]; 2];
        for group in part * groups..(part + 1) * groups {
            let [[a, b, c, d, e, f], [g, h, i, j, k, l]] = &mut products;
            // SAFETY: `quants` of a chunk has 64 bytes for each group, and those of each of the six rows have four.
            unsafe {
                let weights = [0, 1].map(|n| _mm512_load_si512(chunks[n].quants[group].as_ptr().cast()));
                std::arch::asm!(
                    "vpbroadcastd {x}, dword ptr [{inputs}]",
                    "vpbroadcastd {y}, dword ptr [{inputs} + {row}]",
                    "vpdpbusd {a}, {first}, {x}",
                    "vpdpbusd {g}, {second}, {x}",
                    "vpbroadcastd {x}, dword ptr [{inputs} + 2*{row}]",
                    "vpdpbusd {b}, {first}, {y}",
                    "vpdpbusd {h}, {second}, {y}",
                    "vpbroadcastd {y}, dword ptr [{inputs} + 3*{row}]",
                    "vpdpbusd {c}, {first}, {x}",
                    "vpdpbusd {i}, {second}, {x}",
                    "vpbroadcastd {x}, dword ptr [{inputs} + 4*{row}]",
                    "vpdpbusd {d}, {first}, {y}",
                    "vpdpbusd {j}, {second}, {y}",
                    "vpbroadcastd {y}, dword ptr [{inputs} + 5*{row}]",
                    "vpdpbusd {e}, {first}, {x}",
                    "vpdpbusd {k}, {second}, {x}",
                    "vpdpbusd {f}, {first}, {y}",
                    "vpdpbusd {l}, {second}, {y}",
                    a = inout(zmm_reg) *a, b = inout(zmm_reg) *b, c = inout(zmm_reg) *c, d = inout(zmm_reg) *d,
                    e = inout(zmm_reg) *e, f = inout(zmm_reg) *f, g = inout(zmm_reg) *g, h = inout(zmm_reg) *h,
                    i = inout(zmm_reg) *i, j = inout(zmm_reg) *j, k = inout(zmm_reg) *k, l = inout(zmm_reg) *l,
                    x = out(zmm_reg) _, y = out(zmm_reg) _,
                    first = in(zmm_reg) weights[0], second = in(zmm_reg) weights[1],
                    inputs = in(reg) inputs.add(group), row = const size_of::<Activation>(),
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
        }
        for r in 0..ROWS_OF_TWO {
            let (scale, total) = if FINE {
                (rows[r].scales[part / 2], rows[r].fine_sums[part])
            } else {
                (rows[r].scales[part], rows[r].sums[part])
            };
            let (scale, total) = (_mm512_set1_ps(scale), _mm512_set1_ps(total));
            for n in 0..2 {
                // SAFETY: a `Lanes` has 64 bytes, and they are aligned as `Unpacked` is.
                let (scales, minima) = unsafe {
                    let (scales, minima) = (&chunks[n].scales[part], &chunks[n].minima[part]);
                    (_mm512_load_ps(scales.as_ptr()), _mm512_load_ps(minima.as_ptr()))
                };
                let scales = _mm512_mul_ps(scales, scale);
                floats[n][r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[n][r]), scales, floats[n][r]);
                floats[n][r] = _mm512_fmadd_ps(minima, total, floats[n][r]);
            }
        }
    }
    for (floats, sums) in floats.iter().zip(sums) {
        for (float, sum) in floats.iter().zip(sums) {
            // SAFETY: a `Lanes` has 64 bytes.
            unsafe { _mm512_storeu_ps(sum.as_mut_ptr(), *float) };
        }
    }
}

/// The product with quants as they are packed, for at most [`super::PACKED_ROWS`] rows.
///
/// # Safety
/// The processor must have AVX-512 F, BW and VNNI, and `chunk` must hold so many blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn multiply_packed(
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
    let (Some(rows), Some(sums)) = (rows.first_chunk::<ROWS>(), sums.first_chunk_mut::<ROWS>()) else { return };
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
            let group = GROUPS * block + 2 * pair;
            // SAFETY: `quants` has four bytes for each group.
            unsafe {
                add_products(&mut products, first, rows, group);
                add_products(&mut products, second, rows, group + 1);
            }
            if parts == 1 && pair < GROUPS / 2 - 1 || pair % 2 == 0 {
                continue;
            }
            let part = parts * block + if parts == 2 { pair / 2 } else { 0 };
            // SAFETY: `Lanes` have 64 bytes, and they are aligned as `Unpacked` is.
            let (scales, minima) =
                unsafe { (_mm512_load_ps(chunk.scales[part].as_ptr()), _mm512_load_ps(chunk.minima[part].as_ptr())) };
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

/// Adds to the products of each row those of a group. For eight rows it is written out: the compiler would multiply row by
/// row, so that each instruction waits for the one before it.
///
/// # Safety
/// `group` must be one of the quants of a row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_products<const ROWS: usize>(
    products: &mut [__m512i; ROWS],
    weights: __m512i,
    rows: &[Activation; ROWS],
    group: usize,
) {
    debug_assert!(4 * group + 4 <= rows[0].quants.len());
    // SAFETY: the caller's contract.
    let inputs = unsafe { rows.as_ptr().cast::<i32>().byte_add(offset_of!(Activation, quants)).add(group) };
    let Some([a, b, c, d, e, f, g, h]) = products.first_chunk_mut() else {
        for r in 0..ROWS {
            // SAFETY: there are as many rows.
            let inputs = unsafe { inputs.byte_add(r * size_of::<Activation>()).read() };
            products[r] = _mm512_dpbusd_epi32(products[r], weights, _mm512_set1_epi32(inputs));
        }
        return;
    };
    // SAFETY: there are eight rows, and nothing is written but registers.
    unsafe {
        std::arch::asm!(
            "vpdpbusd {a}, {weights}, dword ptr [{inputs}]{{1to16}}",
            "vpdpbusd {b}, {weights}, dword ptr [{inputs} + {row}]{{1to16}}",
            "vpdpbusd {c}, {weights}, dword ptr [{inputs} + 2*{row}]{{1to16}}",
            "vpdpbusd {d}, {weights}, dword ptr [{inputs} + 3*{row}]{{1to16}}",
            "vpdpbusd {e}, {weights}, dword ptr [{inputs} + 4*{row}]{{1to16}}",
            "vpdpbusd {f}, {weights}, dword ptr [{inputs} + 5*{row}]{{1to16}}",
            "vpdpbusd {g}, {weights}, dword ptr [{inputs} + 6*{row}]{{1to16}}",
            "vpdpbusd {h}, {weights}, dword ptr [{inputs} + 7*{row}]{{1to16}}",
            a = inout(zmm_reg) *a, b = inout(zmm_reg) *b, c = inout(zmm_reg) *c, d = inout(zmm_reg) *d,
            e = inout(zmm_reg) *e, f = inout(zmm_reg) *f, g = inout(zmm_reg) *g, h = inout(zmm_reg) *h,
            weights = in(zmm_reg) weights, inputs = in(reg) inputs, row = const size_of::<Activation>(),
            options(pure, readonly, nostack, preserves_flags),
        );
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile_blocks<const ROWS: usize, const FINE: bool>(
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
            // SAFETY: `quants` has four bytes for each group.
            unsafe { add_products(&mut products, weights, rows, g) };
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
