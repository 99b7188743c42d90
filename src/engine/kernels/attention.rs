//! Attention over pages of keys and values, and what is done to queries and keys before.
//!
//! Keys are looked at page by page with a running maximum and sum (Milakov and Gimelshein 2018, as in FlashAttention), eight
//! pages make a run, and runs are merged in their order. So what a token sees is added up in the same order in every pass,
//! whatever is computed beside it: a prompt in one pass or in many, one sequence or several, gives the same bits. Pages that
//! sequences share are read once for all of them.

use std::ops::Range;

use super::elementwise::{exp, rms_norm};
use super::half::{from_bf16, to_bf16};
use super::isa::{Isa, for_each_isa};
use super::matrix::Norm;
use super::parallel::{self, Shared};
use super::strip::{self, LANES, ROWS, Strip};

/// Tokens of a page.
pub(in crate::engine) const PAGE: usize = 64;
/// Pages of a run.
const RUN: usize = 8;
/// Query rows of a task: enough to make use of a page that is read.
const TASK_ROWS: usize = 96;

/// The sizes of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct HeadShape {
    pub(in crate::engine) heads: usize,
    pub(in crate::engine) kv_heads: usize,
    pub(in crate::engine) head_dim: usize,
}

impl HeadShape {
    /// Query heads that share keys and values.
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    /// Numbers of a value, up to whole registers.
    fn padded(&self) -> usize {
        self.head_dim.next_multiple_of(LANES)
    }

    /// Numbers of a page that belong to one key-value head: keys as (pairs of the head's numbers, tokens, 2), then values as
    /// (pairs of tokens, padded dim, 2).
    fn head_len(&self) -> usize {
        PAGE * (self.head_dim + self.padded())
    }

    /// Numbers of a page in one layer.
    pub(in crate::engine) fn page_len(&self) -> usize {
        self.kv_heads * self.head_len()
    }

    /// Writes keys and values of one token, (kv heads × head dim) each, to its place in a page of a layer.
    pub(super) fn store(&self, page: &mut [u16], place: usize, keys: &[f32], values: &[f32]) {
        for (head, page) in page.chunks_exact_mut(self.head_len()).enumerate() {
            let (key_page, value_page) = page.split_at_mut(PAGE * self.head_dim);
            let of_head = head * self.head_dim..(head + 1) * self.head_dim;
            for (line, pair) in key_page.chunks_exact_mut(2 * PAGE).zip(keys[of_head.clone()].as_chunks::<2>().0) {
                line[2 * place] = to_bf16(pair[0]);
                line[2 * place + 1] = to_bf16(pair[1]);
            }
            let line = &mut value_page[place / 2 * 2 * self.padded()..];
            for (pair, value) in line.as_chunks_mut::<2>().0.iter_mut().zip(&values[of_head]) {
                pair[place % 2] = to_bf16(*value);
            }
        }
    }
}

/// How pairs of a head's values are formed for rotary position embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum RopePairs {
    /// First half with second half (GPT-NeoX, Qwen).
    Halves,
    /// Neighbours (Llama as GGUF stores it).
    Neighbours,
}

/// How heads are made ready: normed where the model has it (Qwen3, Gemma 3), rotated to their position (Su et al. 2021).
#[derive(Clone, Copy)]
pub(in crate::engine) struct HeadPreparation<'a> {
    pub(in crate::engine) query_norm: Option<Norm<'a>>,
    pub(in crate::engine) key_norm: Option<Norm<'a>>,
    pub(in crate::engine) pairs: RopePairs,
    /// For each row and pair, cosine and sine of its angle: (rows, head dim / 2).
    pub(in crate::engine) cos: &'a [f32],
    pub(in crate::engine) sin: &'a [f32],
    /// Factor of the products of queries and keys, which the queries carry.
    pub(in crate::engine) scale: f32,
}

/// Norms, rotates and scales one head of one row.
fn prepare_head(
    isa: Isa,
    head: &[f32],
    norm: Option<Norm<'_>>,
    preparation: &HeadPreparation<'_>,
    row: usize,
    scale: f32,
    out: &mut [f32],
) {
    match norm {
        Some(Norm { weight, epsilon }) => rms_norm(isa, head, weight, epsilon, out),
        None => out.copy_from_slice(head),
    }
    let half = head.len() / 2;
    let (cos, sin) = (&preparation.cos[row * half..][..half], &preparation.sin[row * half..][..half]);
    match preparation.pairs {
        RopePairs::Halves => {
            let (first, second) = out.split_at_mut(half);
            for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                (*a, *b) = ((*a * cos - *b * sin) * scale, (*a * sin + *b * cos) * scale);
            }
        }
        RopePairs::Neighbours => {
            for ((pair, cos), sin) in out.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
                let [a, b] = *pair;
                *pair = [(a * cos - b * sin) * scale, (a * sin + b * cos) * scale];
            }
        }
    }
}

/// Queries ready for [`attend`] and keys ready to be stored.
pub(super) struct Prepared {
    /// (kv heads, rows, group, head dim), scaled, as bf16.
    pub(super) queries: Vec<u16>,
    /// (rows, kv heads × head dim).
    pub(super) keys: Vec<f32>,
}

/// Makes queries and keys ready. A row of `qkv` holds queries, keys and values of all heads.
pub(super) fn prepare(isa: Isa, shape: &HeadShape, qkv: &[f32], preparation: &HeadPreparation<'_>) -> Prepared {
    let HeadShape { heads, kv_heads, head_dim } = *shape;
    let width = (heads + 2 * kv_heads) * head_dim;
    let (rows, group) = (qkv.len() / width, shape.group());
    let mut queries = vec![0; rows * heads * head_dim];
    let mut keys = vec![0.0; rows * kv_heads * head_dim];
    let (shared_queries, shared_keys) = (Shared::new(&mut queries), Shared::new(&mut keys));
    const TOGETHER: usize = 8;
    parallel::for_each(
        rows.div_ceil(TOGETHER),
        || vec![0.0; head_dim],
        |ready, task| {
            for row in task * TOGETHER..rows.min((task + 1) * TOGETHER) {
                for (head, from) in
                    qkv[row * width..][..(heads + kv_heads) * head_dim].chunks_exact(head_dim).enumerate()
                {
                    // SAFETY: each head of each row has a place of its own.
                    unsafe {
                        if head < heads {
                            let place = ((head / group * rows + row) * group + head % group) * head_dim;
                            prepare_head(isa, from, preparation.query_norm, preparation, row, preparation.scale, ready);
                            for (out, query) in shared_queries.part(place, head_dim).iter_mut().zip(ready.iter()) {
                                *out = to_bf16(*query);
                            }
                        } else {
                            let out = shared_keys.part((row * kv_heads + head - heads) * head_dim, head_dim);
                            prepare_head(isa, from, preparation.key_norm, preparation, row, 1.0, out);
                        }
                    }
                }
            }
        },
    );
    Prepared { queries, keys }
}

/// The rows of one sequence in a pass.
pub(super) struct Attending<'a> {
    /// Its pages in this layer; all of its keys are there, those of the new tokens too.
    pub(super) pages: Vec<&'a [u16]>,
    /// Position of its first new token.
    pub(super) start: usize,
    /// Its rows among those of the pass, one for each new token.
    pub(super) rows: Range<usize>,
}

/// What some query rows have seen so far: the largest score, the sum of the weights and of the weighted values.
struct Seen {
    largest: Vec<f32>,
    weight: Vec<f32>,
    values: Vec<f32>,
}

impl Seen {
    fn nothing(rows: usize, padded: usize) -> Self {
        Self { largest: vec![f32::NEG_INFINITY; rows], weight: vec![0.0; rows], values: vec![0.0; rows * padded] }
    }

    fn clear(&mut self) {
        self.largest.fill(f32::NEG_INFINITY);
        self.weight.fill(0.0);
        self.values.fill(0.0);
    }

    /// Adds what was seen in a later run.
    fn merge(&mut self, later: &Self, padded: usize) {
        for r in 0..self.largest.len() {
            if later.weight[r] == 0.0 {
                continue;
            }
            let largest = self.largest[r].max(later.largest[r]);
            let (a, b) = (exp(self.largest[r] - largest), exp(later.largest[r] - largest));
            self.largest[r] = largest;
            self.weight[r] = self.weight[r] * a + later.weight[r] * b;
            let range = r * padded..(r + 1) * padded;
            for (value, later) in self.values[range.clone()].iter_mut().zip(&later.values[range]) {
                *value = *value * a + later * b;
            }
        }
    }
}

#[inline(always)]
fn weigh_body(
    scores: &mut [f32; PAGE],
    visible: Range<usize>,
    largest: &mut f32,
    weight: &mut f32,
    values: &mut [f32],
    weights: &mut [u16; PAGE],
) {
    scores[..visible.start].fill(f32::NEG_INFINITY);
    scores[visible.end..].fill(f32::NEG_INFINITY);
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for part in scores.as_chunks::<LANES>().0 {
        for (lane, score) in lanes.iter_mut().zip(part) {
            *lane = if *score > *lane { *score } else { *lane };
        }
    }
    let mut new = *largest;
    for lane in lanes {
        new = if lane > new { lane } else { new };
    }
    let before = exp(*largest - new);
    // What is rounded counts as it is rounded, in the sum too.
    let mut sums = [0.0; LANES];
    for (part, weights) in scores.as_chunks::<LANES>().0.iter().zip(weights.as_chunks_mut::<LANES>().0) {
        for ((sum, score), weight) in sums.iter_mut().zip(part).zip(weights) {
            *weight = to_bf16(exp(*score - new));
            *sum += from_bf16(*weight);
        }
    }
    *weight = *weight * before + sums.iter().sum::<f32>();
    *largest = new;
    if before != 1.0 {
        for value in values {
            *value *= before;
        }
    }
}

for_each_isa! {
    /// Turns the scores of a page into weights, and brings what was seen before to the same scale.
    weigh = weigh_body; (
        scores: &mut [f32; PAGE],
        visible: Range<usize>,
        largest: &mut f32,
        weight: &mut f32,
        values: &mut [f32],
        weights: &mut [u16; PAGE],
    )
}

/// The sizes of a pass.
struct Pass<'a> {
    isa: Isa,
    shape: HeadShape,
    /// How many tokens a query looks back over, itself included, where not over all.
    window: Option<usize>,
    sequences: &'a [Attending<'a>],
    /// (kv heads, rows, group, head dim).
    queries: &'a [u16],
    rows: usize,
}

/// Attends with all rows of a pass, each over the last `window` tokens or over all: `out` gets (rows, heads × head dim).
pub(super) fn attend(
    isa: Isa,
    shape: &HeadShape,
    window: Option<usize>,
    sequences: &[Attending<'_>],
    queries: &[u16],
    out: &mut [f32],
) {
    let rows = sequences.last().map_or(0, |s| s.rows.end);
    let pass = Pass { isa, shape: *shape, window, sequences, queries, rows };
    let (query_rows, padded) = (rows * shape.group(), shape.padded());
    let tiles = query_rows.div_ceil(TASK_ROWS);
    let tile = |t: usize| t * TASK_ROWS..query_rows.min((t + 1) * TASK_ROWS);
    let runs = sequences.iter().map(|s| (s.start + s.rows.len()).div_ceil(PAGE * RUN)).max().unwrap_or(0);
    let out = Shared::new(out);
    if tiles * shape.kv_heads >= 2 * rayon::current_num_threads() || runs == 1 {
        let scratch = || (Seen::nothing(TASK_ROWS, padded), Seen::nothing(TASK_ROWS, padded));
        parallel::for_each(tiles * shape.kv_heads, scratch, |(seen, run), task| {
            let (head, tile) = (task / tiles, tile(task % tiles));
            seen.clear();
            for r in 0..runs {
                pass.see(head, &tile, r, run);
                seen.merge(run, padded);
            }
            pass.write(head, &tile, seen, &out);
        });
        return;
    }
    // Few rows: every run of pages is a task of its own.
    let mut seen: Vec<Option<Seen>> = (0..tiles * shape.kv_heads * runs).map(|_| None).collect();
    let places = Shared::new(&mut seen);
    parallel::for_each(
        tiles * shape.kv_heads * runs,
        || (),
        |(), task| {
            let (head, t, r) = (task / runs / tiles, task / runs % tiles, task % runs);
            let mut run = Seen::nothing(TASK_ROWS, padded);
            pass.see(head, &tile(t), r, &mut run);
            // SAFETY: each task has a place of its own.
            unsafe { places.part(task, 1)[0] = Some(run) };
        },
    );
    for (task, runs) in seen.chunks(runs).enumerate() {
        let mut seen = Seen::nothing(TASK_ROWS, padded);
        for run in runs.iter().flatten() {
            seen.merge(run, padded);
        }
        pass.write(task / tiles, &tile(task % tiles), &seen, &out);
    }
}

impl Pass<'_> {
    /// What query rows `tile` of a key-value head see in run `r` of the pages.
    fn see(&self, head: usize, tile: &Range<usize>, r: usize, seen: &mut Seen) {
        seen.clear();
        let group = self.shape.group();
        for page in r * RUN..(r + 1) * RUN {
            // Neighbouring rows that look at the same page.
            let mut open: Option<(&[u16], Range<usize>)> = None;
            for sequence in self.sequences {
                let Some(data) = sequence.pages.get(page) else { continue };
                // Tokens before the page see nothing of it, nor do those that look back less far.
                let row = |position: usize| {
                    sequence.rows.start + position.saturating_sub(sequence.start).min(sequence.rows.len())
                };
                let end = self.window.map_or(sequence.rows.end, |window| row((page + 1) * PAGE + window - 1));
                let rows = (row(page * PAGE) * group).max(tile.start)..(end * group).min(tile.end);
                if rows.is_empty() {
                    continue;
                }
                match &mut open {
                    Some((known, range)) if std::ptr::eq(*known, *data) && range.end == rows.start => {
                        range.end = rows.end
                    }
                    _ => {
                        if let Some((data, rows)) = open.replace((data, rows)) {
                            self.see_page(head, tile, page, data, rows, seen);
                        }
                    }
                }
            }
            if let Some((data, rows)) = open {
                self.see_page(head, tile, page, data, rows, seen);
            }
        }
    }

    /// Which keys of a page a query row may look at.
    fn visible(&self, query_row: usize, page: usize) -> Range<usize> {
        let row = query_row / self.shape.group();
        let position =
            self.sequences.iter().find(|s| s.rows.contains(&row)).map_or(0, |s| s.start + row - s.rows.start);
        let place = |position: usize| position.saturating_sub(page * PAGE).min(PAGE);
        place(self.window.map_or(0, |window| (position + 1).saturating_sub(window)))..place(position + 1)
    }

    fn see_page(
        &self,
        head: usize,
        tile: &Range<usize>,
        page: usize,
        data: &[u16],
        rows: Range<usize>,
        seen: &mut Seen,
    ) {
        let HeadShape { head_dim, .. } = self.shape;
        let padded = self.shape.padded();
        let data = &data[head * self.shape.head_len()..][..self.shape.head_len()];
        let (keys, values) = data.split_at(PAGE * head_dim);
        let queries = &self.queries[head * self.rows * self.shape.group() * head_dim..];
        let (mut scores, mut weights) = ([[0.0; PAGE]; ROWS], [[0; PAGE]; ROWS]);
        for first in rows.clone().step_by(ROWS) {
            let count = ROWS.min(rows.end - first);
            let (scores, weights) = (&mut scores[..count], &mut weights[..count]);
            scores.as_flattened_mut().fill(0.0);
            let strip = Strip { data: keys, stride: 2 * PAGE, depth: head_dim / 2, columns: PAGE / LANES };
            let queries = &queries[first * head_dim..(first + count) * head_dim];
            strip::multiply_add(self.isa, queries, head_dim, strip, scores.as_flattened_mut(), PAGE);
            let at = first - tile.start;
            let mut most = 0;
            for (i, (scores, weights)) in scores.iter_mut().zip(weights.iter_mut()).enumerate() {
                let visible = self.visible(first + i, page);
                most = most.max(visible.end);
                let values = &mut seen.values[(at + i) * padded..][..padded];
                weigh(self.isa, scores, visible, &mut seen.largest[at + i], &mut seen.weight[at + i], values, weights);
            }
            let out = &mut seen.values[at * padded..(at + count) * padded];
            let mut column = 0;
            while column < padded {
                let columns = match padded - column {
                    64.. => 4,
                    32.. => 2,
                    _ => 1,
                };
                let strip = Strip { data: &values[2 * column..], stride: 2 * padded, depth: most.div_ceil(2), columns };
                strip::multiply_add(self.isa, weights.as_flattened(), PAGE, strip, &mut out[column..], padded);
                column += columns * LANES;
            }
        }
    }

    /// Writes the weighted means that query rows `tile` of a head have come to.
    fn write(&self, head: usize, tile: &Range<usize>, seen: &Seen, out: &Shared<'_, f32>) {
        let HeadShape { heads, head_dim, .. } = self.shape;
        let (group, padded) = (self.shape.group(), self.shape.padded());
        for (i, query_row) in tile.clone().enumerate() {
            let (row, head) = (query_row / group, head * group + query_row % group);
            // SAFETY: each query row has a place of its own.
            let out = unsafe { out.part((row * heads + head) * head_dim, head_dim) };
            for (out, value) in out.iter_mut().zip(&seen.values[i * padded..]) {
                *out = value / seen.weight[i];
            }
        }
    }
}
