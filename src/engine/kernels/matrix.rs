//! A quantized matrix in panels, and its products.

use candle_core::quantized::GgmlDType;

use super::activations::Activation;
use super::elementwise::{self, Gating};
use super::form::{BLOCK, CHUNK, Form, PANEL};
use super::isa::{Isa, for_each_isa};
use super::pack;
use super::parallel::{self, Shared};
use super::product;
use super::unpack::{self, Lanes, Unpacked};

/// Panels that are packed as one task.
const PACKED_TOGETHER: usize = 8;

/// Work of a task of a product in multiplications, large beside the cost of handing it out.
const TASK_WORK: usize = 1 << 19;

/// A weight matrix (outputs × inputs).
pub(in crate::engine) struct PackedMatrix {
    form: Form,
    pub(in crate::engine) outputs: usize,
    pub(in crate::engine) inputs: usize,
    /// Panels of 16 outputs, one after the other; vectors, so that they lie on cache lines.
    data: Vec<Line>,
    panel_bytes: usize,
}

/// 64 bytes that lie on a line of the cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

fn bytes(lines: &[Line]) -> &[u8] {
    // SAFETY: a line is 64 bytes and nothing else.
    unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), 64 * lines.len()) }
}

fn bytes_mut(lines: &mut [Line]) -> &mut [u8] {
    // SAFETY: a line is 64 bytes and nothing else.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), 64 * lines.len()) }
}

impl PackedMatrix {
    /// Packs a matrix that is stored row by row in blocks of that type. `None` if there are no kernels for the type.
    ///
    /// # Panics
    /// If `stored` does not hold as many bytes as the sizes say.
    pub(in crate::engine) fn pack(dtype: GgmlDType, stored: &[u8], outputs: usize, inputs: usize) -> Option<Self> {
        let form = Form::of(dtype, inputs)?;
        let row_bytes = inputs / form.stored_inputs() * form.stored_bytes;
        assert_eq!(stored.len(), outputs * row_bytes, "a stored matrix has another size than its shape says");
        let panel_bytes = form.panel_bytes(inputs).next_multiple_of(64);
        let panels = outputs.div_ceil(PANEL);
        let mut data = vec![Line([0; 64]); panels * panel_bytes / 64];
        let (isa, shared) = (Isa::best(), Shared::new(bytes_mut(&mut data)));
        parallel::for_each(
            panels.div_ceil(PACKED_TOGETHER),
            || (),
            |(), task| {
                for panel in task * PACKED_TOGETHER..panels.min((task + 1) * PACKED_TOGETHER) {
                    let rows =
                        stored[panel * PANEL * row_bytes..].chunks_exact(row_bytes).take(PANEL).collect::<Vec<_>>();
                    // SAFETY: each panel is written by one task, once.
                    pack_panel(isa, &form, inputs, &rows, unsafe { shared.part(panel * panel_bytes, panel_bytes) });
                }
            },
        );
        Some(Self { form, outputs, inputs, data, panel_bytes })
    }

    pub(super) fn panels(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// The weights of one output, in 32 bits.
    pub(in crate::engine) fn row(&self, output: usize, out: &mut [f32]) {
        let (mut at, mut unpacked) = (output / PANEL * self.panel_bytes, Unpacked::new());
        let r = output % PANEL;
        for part in out.chunks_mut(CHUNK) {
            let blocks = part.len() / BLOCK;
            let chunk = &bytes(&self.data)[at..at + self.form.chunk_bytes(blocks)];
            at += chunk.len();
            unpack_chunk(Isa::best(), &self.form, chunk, blocks, &mut unpacked);
            for (i, out) in part.iter_mut().enumerate() {
                let (group, scale) = (i / 4, if self.form.fine { 2 * i / BLOCK } else { i / BLOCK });
                let quant = f32::from(unpacked.quants[group][4 * r + i % 4]);
                *out = unpacked.scales[scale][r] * quant + unpacked.minima[scale][r];
            }
        }
    }

    /// The outputs of one panel for all rows.
    pub(super) fn panel(&self, isa: Isa, inputs: &Inputs, panel: usize, scratch: &mut Unpacked, sums: &mut [Lanes]) {
        sums.fill([0.0; PANEL]);
        for (chunk, blocks, rows) in self.chunks(panel, inputs) {
            if rows.len() <= product::FEW_ROWS && product::has_packed(isa) {
                // The product of few rows asks for the quants by itself.
                prefetch(chunk, self.form.scale_bytes(blocks));
                unpack_scales(isa, &self.form, chunk, blocks, scratch);
                product::multiply_packed(isa, &self.form, chunk, scratch, blocks, rows, sums);
                continue;
            }
            prefetch(chunk, chunk.len());
            unpack_chunk(isa, &self.form, chunk, blocks, scratch);
            product::multiply(isa, scratch, &self.form, blocks, rows, sums);
        }
    }

    /// The chunks of a panel, how many blocks each has, and the rows of inputs that belong to it.
    fn chunks<'a>(
        &'a self,
        panel: usize,
        inputs: &'a Inputs,
    ) -> impl Iterator<Item = (&'a [u8], usize, &'a [Activation])> {
        let mut rest = &bytes(&self.data)[panel * self.panel_bytes..][..self.panel_bytes];
        inputs.data.chunks_exact(inputs.rows).enumerate().map(move |(c, rows)| {
            let blocks = (self.inputs - c * CHUNK).min(CHUNK) / BLOCK;
            let chunk;
            (chunk, rest) = rest.split_at(self.form.chunk_bytes(blocks));
            (chunk, blocks, rows)
        })
    }
}

/// The outputs of two panels for all rows, each as [`PackedMatrix::panel`] gives them.
fn two_panels(isa: Isa, inputs: &Inputs, panels: [(&PackedMatrix, usize); 2], scratch: &mut Scratch) {
    let [(first, _), (second, _)] = panels;
    let Scratch { unpacked, sums } = scratch;
    if inputs.rows <= product::FEW_ROWS || first.form.fine != second.form.fine {
        for (n, (matrix, panel)) in panels.into_iter().enumerate() {
            matrix.panel(isa, inputs, panel, &mut unpacked[n], &mut sums[n]);
        }
        return;
    }
    let [first_sums, second_sums] = sums;
    first_sums.fill([0.0; PANEL]);
    second_sums.fill([0.0; PANEL]);
    let [firsts, seconds] = panels.map(|(matrix, panel)| matrix.chunks(panel, inputs));
    for ((one, blocks, rows), (two, ..)) in firsts.zip(seconds) {
        for ((matrix, chunk), unpacked) in [(first, one), (second, two)].into_iter().zip(&mut *unpacked) {
            prefetch(chunk, chunk.len());
            unpack_chunk(isa, &matrix.form, chunk, blocks, unpacked);
        }
        let chunks = [&unpacked[0], &unpacked[1]];
        product::multiply_two(isa, chunks, &first.form, blocks, rows, [first_sums, second_sums]);
    }
}

/// Asks for the first bytes of a chunk that comes a little behind this one: while the rows are multiplied, the processor would
/// not look ahead.
#[inline]
fn prefetch(chunk: &[u8], bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let ahead = chunk.as_ptr().wrapping_add(product::CHUNKS_AHEAD * chunk.len());
        for line in (0..bytes).step_by(64) {
            // SAFETY: a prefetch reads nothing that the program sees, wherever it points.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line).cast()) };
        }
    }
}

for_each_isa! {
    pack_panel = pack::pack_panel; (form: &Form, inputs: usize, rows: &[&[u8]], panel: &mut [u8])
}

for_each_isa! {
    unpack_chunk = unpack::unpack; (form: &Form, chunk: &[u8], blocks: usize, to: &mut Unpacked)
}

for_each_isa! {
    unpack_scales = unpack::unpack_scales; (form: &Form, chunk: &[u8], blocks: usize, to: &mut Unpacked)
}

for_each_isa! {
    quantize = Activation::quantize; (to: &mut Activation, inputs: &[f32])
}

/// Rows of inputs, rounded: the first chunk of every row, then the second, …
pub(super) struct Inputs {
    pub(super) rows: usize,
    data: Vec<Activation>,
}

/// Rows that are rounded as one task.
const ROWS_TOGETHER: usize = 2;

/// The norm that rows go through before they are rounded.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Norm<'a> {
    pub(in crate::engine) weight: &'a [f32],
    pub(in crate::engine) epsilon: f32,
}

impl Inputs {
    /// Rounds `x`, rows of `inputs` numbers.
    pub(super) fn new(isa: Isa, x: &[f32], inputs: usize, norm: Option<Norm<'_>>) -> Self {
        let rows = x.len() / inputs;
        let chunks = inputs.div_ceil(CHUNK);
        let mut data = vec![Activation::EMPTY; rows * chunks];
        let shared = Shared::new(&mut data);
        parallel::for_each(
            rows.div_ceil(ROWS_TOGETHER),
            || vec![0.0; inputs],
            |normed, task| {
                for row in task * ROWS_TOGETHER..rows.min((task + 1) * ROWS_TOGETHER) {
                    let mut x = &x[row * inputs..][..inputs];
                    if let Some(Norm { weight, epsilon }) = norm {
                        elementwise::rms_norm(isa, x, weight, epsilon, normed);
                        x = normed;
                    }
                    for (c, x) in x.chunks(CHUNK).enumerate() {
                        // SAFETY: each chunk of each row is written by one task, once.
                        quantize(isa, &mut unsafe { shared.part(c * rows + row, 1) }[0], x);
                    }
                }
            },
        );
        Self { rows, data }
    }
}

/// A matrix and what is added to its outputs.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Affine<'a> {
    pub(in crate::engine) matrix: &'a PackedMatrix,
    pub(in crate::engine) bias: Option<&'a [f32]>,
}

/// How many panels of matrices with so many inputs make a task.
fn panels_together(inputs: usize, rows: usize) -> usize {
    (TASK_WORK / (PANEL * inputs * rows)).clamp(1, 32)
}

/// What a thread needs while it multiplies.
struct Scratch {
    unpacked: [Unpacked; 2],
    sums: [Vec<Lanes>; 2],
}

impl Scratch {
    fn new(rows: usize) -> Self {
        Self {
            unpacked: [Unpacked::new(), Unpacked::new()],
            sums: [vec![[0.0; PANEL]; rows], vec![[0.0; PANEL]; rows]],
        }
    }
}

/// The outputs of several matrices for the same inputs, beside one another in each row of `out`. They replace what is there,
/// or are added to it.
pub(super) fn multiply(isa: Isa, inputs: &Inputs, parts: &[Affine<'_>], out: &mut [f32], add: bool) {
    let width: usize = parts.iter().map(|part| part.matrix.outputs).sum();
    let mut tasks = Vec::new();
    let mut before = 0;
    for part in parts {
        let together = panels_together(part.matrix.inputs, inputs.rows).next_multiple_of(2);
        let panels = part.matrix.panels();
        tasks.extend((0..panels).step_by(together).map(|first| (part, before, first..panels.min(first + together))));
        before += part.matrix.outputs;
    }
    let shared = Shared::new(out);
    parallel::for_each(
        tasks.len(),
        || Scratch::new(inputs.rows),
        |scratch, task| {
            let (part, before, panels) = &tasks[task];
            for panel in panels.clone().step_by(2) {
                let pair = panel..panels.end.min(panel + 2);
                if pair.len() == 2 {
                    two_panels(isa, inputs, [(part.matrix, panel), (part.matrix, panel + 1)], scratch);
                } else {
                    part.matrix.panel(isa, inputs, panel, &mut scratch.unpacked[0], &mut scratch.sums[0]);
                }
                for (panel, sums) in pair.zip(&scratch.sums) {
                    let first = panel * PANEL;
                    let count = PANEL.min(part.matrix.outputs - first);
                    let bias = part.bias.map(|bias| &bias[first..]);
                    for (row, sums) in sums.iter().enumerate() {
                        // SAFETY: each panel's columns are written by one task.
                        let out = unsafe { shared.part(row * width + before + first, count) };
                        elementwise::put(isa, sums, bias, add, out);
                    }
                }
            }
        },
    );
}

/// `gating(x · gateᵀ) · (x · upᵀ)`: rows of as many numbers as both matrices have outputs.
pub(super) fn multiply_gated(
    isa: Isa,
    inputs: &Inputs,
    gating: Gating,
    gate: &PackedMatrix,
    up: &PackedMatrix,
    out: &mut [f32],
) {
    let (width, panels) = (gate.outputs, gate.panels());
    let together = panels_together(gate.inputs, inputs.rows).div_ceil(2);
    let shared = Shared::new(out);
    parallel::for_each(
        panels.div_ceil(together),
        || Scratch::new(inputs.rows),
        |scratch, task| {
            for panel in task * together..panels.min((task + 1) * together) {
                two_panels(isa, inputs, [(gate, panel), (up, panel)], scratch);
                let [gates, ups] = &scratch.sums;
                let first = panel * PANEL;
                let count = PANEL.min(width - first);
                for (row, (gate, up)) in gates.iter().zip(ups).enumerate() {
                    // SAFETY: each panel's columns are written by one task.
                    let out = unsafe { shared.part(row * width + first, count) };
                    gating.gate(isa, gate, up, out);
                }
            }
        },
    );
}
