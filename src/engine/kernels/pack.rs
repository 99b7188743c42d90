//! From the blocks of a file to panels.

use super::form::{BLOCK, CHUNK, CHUNK_BLOCKS, Form, GROUPS, PANEL};

/// What a stored block of one output says, as numbers. Of a plain block only the first 32 quants are there.
struct Stored {
    quants: [u8; CHUNK],
    /// `d` and the minimum or `dmin`, as f16.
    halves: [[u8; 2]; 2],
    /// Scales and minima of one byte; of the K types only.
    scales: [u8; 2 * CHUNK_BLOCKS],
    minima: [u8; CHUNK_BLOCKS],
}

impl Stored {
    const fn empty() -> Self {
        Self { quants: [0; CHUNK], halves: [[0; 2]; 2], scales: [0; 2 * CHUNK_BLOCKS], minima: [0; CHUNK_BLOCKS] }
    }

    /// Reads a block, laid out as in ggml (`ggml-common.h`, `block_q4_0` and its like).
    #[inline(always)]
    fn read(&mut self, form: &Form, bytes: &[u8]) {
        match (form.nested, form.bits) {
            (true, 6) => self.read_q6_k(bytes),
            (true, bits) => self.read_q45_k(bytes, bits == 5),
            (false, 8) => {
                self.halves[0] = [bytes[0], bytes[1]];
                for (quant, byte) in self.quants.iter_mut().zip(&bytes[2..]) {
                    *quant = byte ^ 0x80;
                }
            }
            (false, bits) => self.read_plain(bytes, form.minima, bits == 5),
        }
    }

    #[inline(always)]
    fn read_plain(&mut self, bytes: &[u8], minima: bool, fifth: bool) {
        let (mut rest, halves) = (bytes, 1 + usize::from(minima));
        for half in &mut self.halves[..halves] {
            *half = [rest[0], rest[1]];
            rest = &rest[2..];
        }
        let mut high = 0;
        if fifth {
            high = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
            rest = &rest[4..];
        }
        // The first half of a block is in the low bits, the second in the high ones.
        for (i, byte) in rest.iter().enumerate() {
            self.quants[i] = byte & 0xF | ((high >> i & 1) as u8) << 4;
            self.quants[i + BLOCK / 2] = byte >> 4 | ((high >> (i + BLOCK / 2) & 1) as u8) << 4;
        }
    }

    #[inline(always)]
    fn read_q45_k(&mut self, bytes: &[u8], fifth: bool) {
        self.halves = [[bytes[0], bytes[1]], [bytes[2], bytes[3]]];
        let packed = &bytes[4..16];
        for j in 0..CHUNK_BLOCKS {
            (self.scales[j], self.minima[j]) = if j < 4 {
                (packed[j] & 63, packed[j + 4] & 63)
            } else {
                (packed[j + 4] & 0xF | packed[j - 4] >> 6 << 4, packed[j + 4] >> 4 | packed[j] >> 6 << 4)
            };
        }
        let (high, low) = bytes[16..].split_at(if fifth { BLOCK } else { 0 });
        for (pair, (quants, low)) in
            self.quants.as_chunks_mut::<{ 2 * BLOCK }>().0.iter_mut().zip(low.as_chunks::<BLOCK>().0).enumerate()
        {
            for i in 0..BLOCK {
                quants[i] = low[i] & 0xF;
                quants[BLOCK + i] = low[i] >> 4;
            }
            if let Some(high) = high.first_chunk::<BLOCK>() {
                for i in 0..BLOCK {
                    quants[i] |= (high[i] >> (2 * pair) & 1) << 4;
                    quants[BLOCK + i] |= (high[i] >> (2 * pair + 1) & 1) << 4;
                }
            }
        }
    }

    #[inline(always)]
    fn read_q6_k(&mut self, bytes: &[u8]) {
        // Halves of 128: 64 bytes of low bits and 32 of high bits serve four runs of 32.
        let (low, high) = (bytes[..128].as_chunks::<64>().0, bytes[128..192].as_chunks::<BLOCK>().0);
        for ((quants, low), high) in self.quants.as_chunks_mut::<128>().0.iter_mut().zip(low).zip(high) {
            for i in 0..BLOCK {
                quants[i] = low[i] & 0xF | (high[i] & 3) << 4;
                quants[32 + i] = low[32 + i] & 0xF | (high[i] >> 2 & 3) << 4;
                quants[64 + i] = low[i] >> 4 | (high[i] >> 4 & 3) << 4;
                quants[96 + i] = low[32 + i] >> 4 | (high[i] >> 6) << 4;
            }
        }
        self.scales.copy_from_slice(&bytes[192..208]);
        self.halves[0] = [bytes[208], bytes[209]];
    }
}

/// Writes the rows of one panel, each as it is stored, as that panel. Fewer than 16 rows leave the others 0.
#[inline(always)]
pub(super) fn pack_panel(form: &Form, inputs: usize, rows: &[&[u8]], panel: &mut [u8]) {
    let mut stored = Stored::empty();
    let mut start = 0;
    for first in (0..inputs).step_by(CHUNK) {
        let blocks = (inputs - first).min(CHUNK) / BLOCK;
        let chunk = &mut panel[start..start + form.chunk_bytes(blocks)];
        start += chunk.len();
        for (r, row) in rows.iter().enumerate() {
            for block in (0..blocks).step_by(form.stored_inputs() / BLOCK) {
                let at = (first + block * BLOCK) / form.stored_inputs() * form.stored_bytes;
                stored.read(form, &row[at..at + form.stored_bytes]);
                put(form, &stored, blocks, block, r, chunk);
            }
        }
    }
}

/// Puts a stored block of output `r` of the panel into its chunk.
#[inline(always)]
fn put(form: &Form, stored: &Stored, blocks: usize, block: usize, r: usize, chunk: &mut [u8]) {
    let (scales, quants) = chunk.split_at_mut(form.scale_bytes(blocks));
    let mut half = |row: usize, value: [u8; 2]| scales[2 * (row * PANEL + r)..][..2].copy_from_slice(&value);
    let halves = 1 + usize::from(form.minima);
    let mut count = 1;
    if form.nested {
        for (i, value) in stored.halves[..halves].iter().enumerate() {
            half(i, *value);
        }
        let bytes = &mut scales[2 * PANEL * halves..];
        let (scale_rows, minimum_rows) = (form.scales(blocks), if form.minima { blocks } else { 0 });
        let values = stored.scales[..scale_rows].iter().chain(&stored.minima[..minimum_rows]);
        for (row, value) in values.enumerate() {
            bytes[row * PANEL + r] = *value;
        }
        count = blocks;
    } else {
        half(block, stored.halves[0]);
        if form.minima {
            half(blocks + block, stored.halves[1]);
        }
    }
    // Four quants at a time, as the bytes of a word: none is larger than its byte, so shifts of words shift them all.
    let (low, high) = quants.split_at_mut(form.low_bytes(blocks));
    let word = |words: &mut [u8], line: usize, value: u32| {
        let place = &mut words[64 * line + 4 * r..][..4];
        let old = u32::from_le_bytes([place[0], place[1], place[2], place[3]]);
        place.copy_from_slice(&(old | value).to_le_bytes());
    };
    for (group, four) in stored.quants[..count * BLOCK].as_chunks::<4>().0.iter().enumerate() {
        let (group, four) = (block * GROUPS + group, u32::from_le_bytes(*four));
        if form.bits == 8 {
            word(low, group, four);
            continue;
        }
        word(low, group / 2, (four & 0x0F0F_0F0F) << (4 * (group % 2)));
        match form.bits {
            5 => word(high, group / 8, (four >> 4 & 0x0101_0101) << (group % 8)),
            6 => word(high, group / 4, (four >> 4 & 0x0303_0303) << (2 * (group % 4))),
            _ => {}
        }
    }
}
