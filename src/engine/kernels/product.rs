//! The product of an unpacked chunk with rows of rounded inputs, for each kind of processor.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

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
        Isa::Avx2 => unsafe { avx2::multiply::<_, false>(chunk, chunk, form.bits, blocks, rows, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni => unsafe { avx2::multiply::<_, true>(chunk, chunk, form.bits, blocks, rows, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni | Isa::Avx512Bf16 => unsafe { avx512::multiply(chunk, form.fine, blocks, rows, sums) },
    }
}

/// [`multiply`] for two chunks with the same number of scales, each with its own sums: a row's inputs are read once for both.
/// The sums are the same as one by one.
pub(super) fn multiply_two(
    isa: Isa,
    chunks: [&Unpacked; 2],
    form: &Form,
    blocks: usize,
    rows: &[Activation],
    sums: [&mut [Lanes]; 2],
) {
    match isa {
        // SAFETY: a set of instructions is only ever named where the processor has it.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni | Isa::Avx512Bf16 => unsafe { avx512::multiply_two(chunks, form.fine, blocks, rows, sums) },
        _ => {
            for (chunk, sums) in chunks.into_iter().zip(sums) {
                multiply(isa, chunk, form, blocks, rows, sums);
            }
        }
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
            let packed = Packed { low, high, ahead: CHUNKS_AHEAD * form.chunk_bytes(blocks) };
            // SAFETY: a set of instructions is only ever named where the processor has it, and the chunk is long enough.
            unsafe {
                match isa {
                    Isa::Avx2 => return avx2::multiply::<_, false>(&packed, scales, form.bits, blocks, rows, sums),
                    Isa::AvxVnni => return avx2::multiply::<_, true>(&packed, scales, form.bits, blocks, rows, sums),
                    _ => {}
                }
                for (rows, sums) in rows.chunks(PACKED_ROWS).zip(sums.chunks_mut(PACKED_ROWS)) {
                    avx512::multiply_packed(&packed, form.bits, scales, blocks, rows, sums);
                }
            }
        }
    }
}

/// The quants of a chunk as it has them: the low four bits (or all eight) and what lies above.
#[cfg(target_arch = "x86_64")]
struct Packed<'a> {
    low: &'a [u8],
    high: &'a [u8],
    /// Bytes from what is read to what is asked for meanwhile.
    ahead: usize,
}
