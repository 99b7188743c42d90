//! Tests of the kernels: against Candle's own reading of the stored types, and each set of instructions against the portable one.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::attention::{self, Attending, HeadPreparation, HeadShape, PAGE, RopePairs};
use super::elementwise::Gating;
use super::isa::Isa;
use super::matrix::{self, Affine, Inputs, Norm, PackedMatrix};

const TYPES: [GgmlDType; 8] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
];

/// Numbers from −0.5 to 0.5 that look random and are the same in every run.
fn numbers(count: usize, seed: f32) -> Vec<f32> {
    (0..count).map(|i| (((i as f32 + seed) * 12.9898).sin() * 43_758.547).fract() * 0.5).collect()
}

/// A packed matrix and the same in 32 bits. The weights lie around 0.1, so that minima count.
fn matrix(dtype: GgmlDType, outputs: usize, inputs: usize) -> (PackedMatrix, Vec<Vec<f32>>) {
    let weights = Tensor::from_vec(numbers(outputs * inputs, 1.0), (outputs, inputs), &Device::Cpu).unwrap();
    let stored = QTensor::quantize(&(weights + 0.1).unwrap(), dtype).unwrap();
    let packed = PackedMatrix::pack(dtype, &stored.data().unwrap(), outputs, inputs).unwrap();
    (packed, stored.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap())
}

fn largest_gap(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Sizes that fill no panel and no chunk, where the type allows it.
fn sizes(dtype: GgmlDType) -> [(usize, usize); 2] {
    if dtype.block_size() == 256 { [(40, 256), (16, 768)] } else { [(40, 64), (21, 576)] }
}

#[test]
fn weights_are_those_that_candle_reads() {
    for dtype in TYPES {
        for (outputs, inputs) in sizes(dtype) {
            let (packed, dense) = matrix(dtype, outputs, inputs);
            let mut row = vec![0.0; inputs];
            for (output, expected) in dense.iter().enumerate() {
                packed.row(output, &mut row);
                assert!(largest_gap(&row, expected) < 1e-6, "{dtype:?}, output {output}");
            }
        }
    }
}

#[test]
fn products_are_those_of_the_weights_with_rounded_inputs() {
    for dtype in TYPES {
        for (outputs, inputs) in sizes(dtype) {
            let (packed, dense) = matrix(dtype, outputs, inputs);
            // Few rows are multiplied from packed quants, many from unpacked ones.
            for rows in [1, 2, 3, 7, 8, 13, 21] {
                let x: Vec<f32> = numbers(13 * inputs, 7.0).into_iter().cycle().take(rows * inputs).collect();
                let exact: Vec<f32> = x
                    .chunks(inputs)
                    .flat_map(|x| dense.iter().map(|w| x.iter().zip(w).map(|(x, w)| x * w).sum::<f32>()))
                    .collect();
                let results = Isa::available().into_iter().map(|isa| {
                    let mut out = vec![f32::NAN; rows * outputs];
                    let parts = [Affine { matrix: &packed, bias: None }];
                    matrix::multiply(isa, &Inputs::new(isa, &x, inputs, None), &parts, &mut out, false);
                    (isa, out)
                });
                let results: Vec<_> = results.collect();
                for (isa, out) in &results {
                    // An input is rounded by at most a 254th of the largest of its block, so the sum errs by far less than this.
                    assert!(largest_gap(out, &exact) < 0.03, "{dtype:?} {isa}: {}", largest_gap(out, &exact));
                    let gap = largest_gap(out, &results[0].1);
                    assert!(gap < 1e-4, "{dtype:?} {isa}: {gap} from the portable one");
                }
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_whatever_stands_beside_it() {
    for dtype in TYPES {
        let (packed, _) = matrix(dtype, 48, 512);
        let x = numbers(21 * 512, 3.0);
        for isa in Isa::available() {
            let run = |x: &[f32]| {
                let mut out = vec![0.0; x.len() / 512 * 48];
                matrix::multiply(
                    isa,
                    &Inputs::new(isa, x, 512, None),
                    &[Affine { matrix: &packed, bias: None }],
                    &mut out,
                    false,
                );
                out
            };
            let together = run(&x);
            let alone: Vec<f32> = x.chunks(512).flat_map(run).collect();
            assert_eq!(together, alone, "{dtype:?} {isa}");
        }
    }
}

#[test]
fn the_largest_quants_and_inputs_do_not_overflow() {
    for dtype in TYPES {
        let (outputs, inputs) = (16, 256);
        // Beside one weight of the other sign, all quants of a block are the largest or the smallest.
        for sign in [1.0f32, -1.0] {
            let weights = (0..outputs * inputs).map(|i| if i % 32 == 0 { -sign } else { sign }).collect::<Vec<_>>();
            let weights = Tensor::from_vec(weights, (outputs, inputs), &Device::Cpu).unwrap();
            let stored = QTensor::quantize(&weights, dtype).unwrap();
            let packed = PackedMatrix::pack(dtype, &stored.data().unwrap(), outputs, inputs).unwrap();
            let dense = stored.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            for rows in [1, 4, 21] {
                for input in [1.0f32, -1.0] {
                    let x = vec![input; rows * inputs];
                    let exact = dense[0].iter().sum::<f32>() * input;
                    for isa in Isa::available() {
                        let mut out = vec![f32::NAN; rows * outputs];
                        let parts = [Affine { matrix: &packed, bias: None }];
                        matrix::multiply(isa, &Inputs::new(isa, &x, inputs, None), &parts, &mut out, false);
                        for out in out {
                            assert!((out - exact).abs() < 0.01, "{dtype:?} {isa}, {rows} rows: {out}, not {exact}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn norm_bias_sum_and_gate_are_what_they_say() {
    let (gate, dense_gate) = matrix(GgmlDType::Q8_0, 20, 64);
    let (up, dense_up) = matrix(GgmlDType::Q5_1, 20, 64);
    let (x, weight, bias) = (numbers(3 * 64, 5.0), numbers(64, 9.0), numbers(20, 2.0));
    let normed: Vec<f32> = x
        .chunks(64)
        .flat_map(|x| {
            let rms = (x.iter().map(|x| x * x).sum::<f32>() / 64.0 + 1e-6).sqrt();
            x.iter().zip(&weight).map(move |(x, w)| x / rms * w)
        })
        .collect();
    let dot = |row: usize, w: &[f32]| normed[row * 64..][..64].iter().zip(w).map(|(x, w)| x * w).sum::<f32>();
    for isa in Isa::available() {
        let inputs = Inputs::new(isa, &x, 64, Some(Norm { weight: &weight, epsilon: 1e-6 }));
        let parts = [Affine { matrix: &gate, bias: Some(&bias) }, Affine { matrix: &up, bias: None }];
        let mut out = vec![1.0; 3 * 40];
        matrix::multiply(isa, &inputs, &parts, &mut out, true);
        let expected: Vec<f32> = (0..3)
            .flat_map(|row| {
                let first = dense_gate.iter().zip(&bias).map(move |(w, b)| 1.0 + dot(row, w) + b);
                first.chain(dense_up.iter().map(move |w| 1.0 + dot(row, w))).collect::<Vec<_>>()
            })
            .collect();
        assert!(largest_gap(&out, &expected) < 0.02, "{isa}: {}", largest_gap(&out, &expected));

        let silu = |x: f32| x / (1.0 + (-x).exp());
        let gelu = |x: f32| 0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044_715 * x * x * x)).tanh());
        for (gating, bend) in [(Gating::Silu, &silu as &dyn Fn(f32) -> f32), (Gating::Gelu, &gelu)] {
            let mut out = vec![0.0; 3 * 20];
            matrix::multiply_gated(isa, &inputs, gating, &gate, &up, &mut out);
            let expected: Vec<f32> = (0..3)
                .flat_map(|row| dense_gate.iter().zip(&dense_up).map(move |(g, u)| bend(dot(row, g)) * dot(row, u)))
                .collect();
            assert!(largest_gap(&out, &expected) < 0.02, "{isa} {gating:?}: {}", largest_gap(&out, &expected));
        }
    }
}

#[test]
fn a_gated_row_has_the_same_bits_whatever_stands_beside_it() {
    // Many rows are multiplied with two panels at a time, the gate's and the other's, unless their scales are not equally many.
    for types in [[GgmlDType::Q4K, GgmlDType::Q4K], [GgmlDType::Q6K, GgmlDType::Q6K], [GgmlDType::Q6K, GgmlDType::Q4K]]
    {
        let [(gate, _), (up, _)] = types.map(|dtype| matrix(dtype, 40, 512));
        let (x, weight) = (numbers(21 * 512, 3.0), numbers(512, 9.0));
        for isa in Isa::available() {
            let run = |x: &[f32]| {
                let inputs = Inputs::new(isa, x, 512, Some(Norm { weight: &weight, epsilon: 1e-6 }));
                let mut out = vec![f32::NAN; x.len() / 512 * 40];
                matrix::multiply_gated(isa, &inputs, Gating::Gelu, &gate, &up, &mut out);
                out
            };
            let alone: Vec<f32> = x.chunks(512).flat_map(run).collect();
            assert_eq!(run(&x), alone, "{types:?} {isa}");
        }
    }
}

/// Keys and values of sequences in pages, as numbers besides.
struct Cache {
    shape: HeadShape,
    window: Option<usize>,
    pages: Vec<Vec<u16>>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
}

impl Cache {
    fn new(shape: HeadShape, window: Option<usize>, tokens: usize) -> Self {
        let width = shape.kv_heads * shape.head_dim;
        let rows = |seed| numbers(tokens * width, seed).chunks(width).map(<[f32]>::to_vec).collect::<Vec<_>>();
        let (keys, values) = (rows(11.0), rows(12.0));
        let mut pages = vec![vec![0; shape.page_len()]; tokens.div_ceil(PAGE)];
        for (i, (key, value)) in keys.iter().zip(&values).enumerate() {
            shape.store(&mut pages[i / PAGE], i % PAGE, key, value);
        }
        Self { shape, window, pages, keys, values }
    }

    fn attend(&self, isa: Isa, sequences: &[(usize, usize)], qkv: &[f32]) -> Vec<f32> {
        let half = self.shape.head_dim / 2;
        let rows = sequences.iter().map(|(_, new)| new).sum::<usize>();
        let preparation = HeadPreparation {
            query_norm: None,
            key_norm: None,
            pairs: RopePairs::Halves,
            cos: &vec![1.0; rows * half],
            sin: &vec![0.0; rows * half],
            scale: 1.0 / (self.shape.head_dim as f32).sqrt(),
        };
        let prepared = attention::prepare(isa, &self.shape, qkv, &preparation);
        let mut row = 0;
        let attending: Vec<_> = sequences
            .iter()
            .map(|&(start, new)| {
                row += new;
                let pages = self.pages[..(start + new).div_ceil(PAGE)].iter().map(Vec::as_slice).collect();
                Attending { pages, start, rows: row - new..row }
            })
            .collect();
        let mut out = vec![f32::NAN; rows * self.shape.heads * self.shape.head_dim];
        attention::attend(isa, &self.shape, self.window, &attending, &prepared.queries, &mut out);
        out
    }

    /// By the definition, in double precision.
    fn expected(&self, position: usize, query: &[f32]) -> Vec<f32> {
        let HeadShape { heads, kv_heads, head_dim } = self.shape;
        let mut out = Vec::new();
        let seen = self.window.map_or(0, |window| (position + 1).saturating_sub(window))..=position;
        for head in 0..heads {
            let of_head = |x: &[f32]| x[head / (heads / kv_heads) * head_dim..][..head_dim].to_vec();
            let query = &query[head * head_dim..][..head_dim];
            let dot = |key: &[f32]| query.iter().zip(of_head(key)).map(|(q, k)| f64::from(q * k)).sum::<f64>();
            let weights: Vec<f64> =
                self.keys[seen.clone()].iter().map(|key| (dot(key) / (head_dim as f64).sqrt()).exp()).collect();
            let total: f64 = weights.iter().sum();
            let mean = |d: usize| {
                weights
                    .iter()
                    .zip(&self.values[seen.clone()])
                    .map(|(w, v)| w / total * f64::from(of_head(v)[d]))
                    .sum::<f64>() as f32
            };
            out.extend((0..head_dim).map(mean));
        }
        out
    }
}

#[test]
fn attention_is_what_its_definition_says() {
    for (shape, window) in [
        (HeadShape { heads: 4, kv_heads: 2, head_dim: 8 }, None),
        (HeadShape { heads: 6, kv_heads: 2, head_dim: 64 }, None),
        (HeadShape { heads: 7, kv_heads: 1, head_dim: 112 }, None),
        // Windows within a page, over parts of several, and longer than a run of them.
        (HeadShape { heads: 4, kv_heads: 2, head_dim: 8 }, Some(5)),
        (HeadShape { heads: 4, kv_heads: 1, head_dim: 256 }, Some(130)),
        (HeadShape { heads: 6, kv_heads: 2, head_dim: 64 }, Some(640)),
        (HeadShape { heads: 4, kv_heads: 2, head_dim: 8 }, Some(1)),
    ] {
        let tokens = 1100;
        let cache = Cache::new(shape, window, tokens);
        let width = (shape.heads + 2 * shape.kv_heads) * shape.head_dim;
        // A long sequence, a short one that shares its pages, one token, and one that begins a page.
        let sequences = [(1090, 10), (3, 40), (700, 1), (2 * PAGE, 2)];
        let qkv = numbers(53 * width, 4.0);
        let mut portable = None;
        for isa in Isa::available() {
            let out = cache.attend(isa, &sequences, &qkv);
            let mut row = 0;
            for (start, new) in sequences {
                for i in 0..new {
                    let got = &out[row * shape.heads * shape.head_dim..][..shape.heads * shape.head_dim];
                    let expected = cache.expected(start + i, &qkv[row * width..]);
                    assert!(
                        largest_gap(got, &expected) < 3e-3,
                        "{isa} {shape:?} {window:?} {start}+{i}: {}",
                        largest_gap(got, &expected)
                    );
                    row += 1;
                }
            }
            let gap = largest_gap(&out, portable.get_or_insert_with(|| out.clone()));
            assert!(gap < 1e-5, "{isa}: {gap} from the portable one");
            // One by one, each token comes to the same bits.
            let mut alone = Vec::new();
            let mut row = 0;
            for (start, new) in sequences {
                for i in 0..new {
                    alone.extend(cache.attend(isa, &[(start + i, 1)], &qkv[row * width..(row + 1) * width]));
                    row += 1;
                }
            }
            assert_eq!(out, alone, "{isa} {shape:?} {window:?}");
        }
    }
}

#[test]
fn exponentials_are_right() {
    for i in -9000..8800 {
        let x = i as f32 / 100.0;
        let (got, expected) = (super::elementwise::exp(x), f64::from(x).exp());
        let off = (f64::from(got) - expected).abs() / expected.max(1e-37);
        assert!(off < 3e-7 || x < -87.0 && got == 0.0, "exp({x}) = {got}, not {expected}");
    }
    assert_eq!((super::elementwise::exp(f32::NEG_INFINITY), super::elementwise::exp(0.0)), (0.0, 1.0));
}

#[test]
fn halves_are_rounded_to_the_nearest_and_read_back() {
    use super::half::{from_bf16, to_bf16, to_f32};
    for bits in 0..=u16::MAX {
        let half = ::half::f16::from_bits(bits);
        if half.is_finite() {
            assert_eq!(to_f32(bits).to_bits(), half.to_f32().to_bits(), "{bits}");
        }
        let half = ::half::bf16::from_bits(bits);
        if half.is_finite() {
            assert_eq!(from_bf16(bits).to_bits(), half.to_f32().to_bits(), "{bits}");
        }
    }
    for x in numbers(1000, 3.0).into_iter().chain([1.0, 1.003_906_3, 1.011_718_8, 0.0, -0.0]) {
        assert_eq!(to_bf16(x), ::half::bf16::from_f32(x).to_bits(), "{x}");
    }
}
