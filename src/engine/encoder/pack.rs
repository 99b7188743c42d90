//! The encoder in one file: sizes, vocabulary and character map, then tensors of which the matrices are
//! blocks of GGML's type Q4_0.
//!
//! All numbers are little-endian. `E5S1`, version; hidden, layers, heads, feed-forward, vocabulary, positions,
//! token types (i32), epsilon (f32), block size (i32); pieces, bos, eos, pad, unknown (i32), bytes of their texts
//! (u64), their offsets (u32 × pieces + 1), scores (f32 × pieces), texts; entries of the character map (i32), its
//! bytes (u32), entries (character u32, length u8, characters u32 each); tensors (i32), each with its name's
//! length (u16), name, type (u8), values (u32), offset and size (u64).

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::{Device, Tensor};

use super::bert::{Bert, Config, Layer, Linear, Norm, Words};
use super::pieces::{CharacterMap, Pieces};
use super::{damaged, wrong};
use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8] = b"E5S1";

pub(super) fn load(path: &Path, device: &Device) -> Result<(Bert, Pieces)> {
    let bytes = std::fs::read(path)
        .map_err(|e| Error::new(ErrorKind::Io, "the encoder's file cannot be read").with_source(e))?;
    read(&bytes, device)
}

/// Reads a file's bytes.
pub(super) fn read(bytes: &[u8], device: &Device) -> Result<(Bert, Pieces)> {
    let mut cursor = Cursor { bytes, at: 0 };
    if cursor.take(4)? != MAGIC {
        return Err(damaged("it does not begin with `E5S1`"));
    }
    cursor.u32()?;
    let mut size = || cursor.size();
    let [hidden, layers, heads, feed_forward, vocabulary, positions, kinds] =
        [size()?, size()?, size()?, size()?, size()?, size()?, size()?];
    let epsilon = cursor.f32()?;
    let block = cursor.size()?;
    let config = Config { hidden, layers, heads, feed_forward, vocabulary, positions, epsilon };
    let possible = (1..=1 << 14).contains(&hidden)
        && (1..=256).contains(&layers)
        && (1..=hidden).contains(&heads)
        && hidden.is_multiple_of(heads)
        && hidden.is_multiple_of(GgmlDType::Q4_0.block_size())
        && (1..=1 << 16).contains(&feed_forward)
        && (3..=1 << 16).contains(&positions)
        && kinds >= 1
        && block == GgmlDType::Q4_0.block_size();
    if !possible {
        return Err(damaged(format!("its sizes cannot be right: {config:?}, blocks of {block}")));
    }
    let pieces = read_pieces(&mut cursor)?;
    let tensors = Tensors { bytes, directory: read_directory(&mut cursor)?, device };
    Ok((tensors.bert(config)?, pieces))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| damaged(format!("it ends at byte {}, in the middle", self.bytes.len())))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn f32(&mut self) -> Result<f32> {
        self.array().map(f32::from_le_bytes)
    }

    /// A number of things: an i32 that is not negative.
    fn size(&mut self) -> Result<usize> {
        let n = self.array().map(i32::from_le_bytes)?;
        usize::try_from(n).map_err(|_| damaged(format!("a size is {n}")))
    }

    fn long_size(&mut self) -> Result<usize> {
        let n = self.array().map(u64::from_le_bytes)?;
        usize::try_from(n).map_err(|_| damaged(format!("a size is {n}")))
    }

    fn many(&mut self, n: usize) -> Result<impl Iterator<Item = [u8; 4]> + 'a> {
        let bytes = self.take(n.checked_mul(4).ok_or_else(|| damaged(format!("a size is {n}")))?)?;
        Ok(bytes.chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]]))
    }
}

fn read_pieces(cursor: &mut Cursor<'_>) -> Result<Pieces> {
    let count = cursor.size()?;
    let [bos, eos, _pad, unknown] = [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
    let length = cursor.long_size()?;
    let offsets: Vec<usize> = cursor.many(count + 1)?.map(|b| u32::from_le_bytes(b) as usize).collect();
    let scores: Vec<f32> = cursor.many(count)?.map(f32::from_le_bytes).collect();
    let texts = cursor.take(length)?;
    let piece = |n: usize| {
        let text = texts.get(offsets[n]..offsets[n + 1]).and_then(|t| std::str::from_utf8(t).ok());
        text.map(|t| (t.to_owned(), f64::from(scores[n]))).ok_or_else(|| damaged(format!("its piece {n} is no text")))
    };
    let pieces = (0..count).map(piece).collect::<Result<Vec<_>>>()?;
    let characters = read_characters(cursor)?;
    Pieces::of_vocabulary(pieces, characters, [bos, eos, unknown])
}

fn read_characters(cursor: &mut Cursor<'_>) -> Result<CharacterMap> {
    let count = cursor.size()?;
    let length = cursor.u32()? as usize;
    let mut entries = Cursor { bytes: cursor.take(length)?, at: 0 };
    let mut characters = CharacterMap::new();
    let character = |n: u32| char::from_u32(n).ok_or_else(|| damaged(format!("{n:#x} is no character")));
    for _ in 0..count {
        let from = character(entries.u32()?)?;
        let [many] = entries.array()?;
        let to = (0..many).map(|_| character(entries.u32()?)).collect::<Result<String>>()?;
        characters.insert(from, to);
    }
    Ok(characters)
}

fn read_directory(cursor: &mut Cursor<'_>) -> Result<HashMap<String, Range<usize>>> {
    let mut directory = HashMap::new();
    for _ in 0..cursor.size()? {
        let length = u16::from_le_bytes(cursor.array()?);
        let name = String::from_utf8_lossy(cursor.take(length.into())?).into_owned();
        let [_type] = cursor.array()?;
        cursor.u32()?;
        let (offset, size) = (cursor.long_size()?, cursor.long_size()?);
        let end = offset.checked_add(size).filter(|end| *end <= cursor.bytes.len());
        let end = end.ok_or_else(|| damaged(format!("its tensor `{name}` lies behind the end")))?;
        directory.insert(name, offset..end);
    }
    Ok(directory)
}

struct Tensors<'a> {
    bytes: &'a [u8],
    directory: HashMap<String, Range<usize>>,
    device: &'a Device,
}

impl Tensors<'_> {
    fn raw(&self, name: &str, size: usize) -> Result<&[u8]> {
        let range = self.directory.get(name).ok_or_else(|| damaged(format!("it has no tensor `{name}`")))?;
        if range.len() != size {
            return Err(damaged(format!("its tensor `{name}` has {} bytes instead of {size}", range.len())));
        }
        Ok(&self.bytes[range.clone()])
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let raw = self.raw(name, shape.iter().product::<usize>() * 4)?;
        let values: Vec<f32> = raw.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        Tensor::from_vec(values, shape, self.device).map_err(wrong(name))
    }

    /// The matrix as it is stored.
    fn blocks(&self, name: &str, rows: usize, columns: usize) -> Result<candle_core::quantized::QTensor> {
        let kind = GgmlDType::Q4_0;
        let raw = self.raw(name, rows * columns / kind.block_size() * kind.type_size())?;
        qtensor_from_ggml(kind, raw, vec![rows, columns], self.device).map_err(wrong(name))
    }

    /// The matrix in 32 bits: windows have many rows, for which products in 32 bits are the fastest.
    fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Tensor> {
        self.blocks(name, rows, columns)?.dequantize(self.device).map_err(wrong(name))
    }

    fn linear(&self, name: &str, rows: usize, columns: usize) -> Result<Linear> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.w"), rows, columns)?,
            bias: self.floats(&format!("{name}.b"), &[rows])?,
        })
    }

    fn norm(&self, name: &str, hidden: usize) -> Result<Norm> {
        Ok(Norm {
            weight: self.floats(&format!("{name}.w"), &[hidden])?,
            bias: self.floats(&format!("{name}.b"), &[hidden])?,
        })
    }

    fn layer(&self, n: usize, config: &Config) -> Result<Layer> {
        let &Config { hidden, feed_forward, .. } = config;
        let at = |part: &str| format!("l{n}.{part}");
        let [q, k, v] = ["q", "k", "v"].map(|part| self.linear(&at(part), hidden, hidden));
        Ok(Layer {
            qkv: Linear::stacked([q?, k?, v?]).map_err(wrong("attention"))?,
            output: self.linear(&at("ao"), hidden, hidden)?,
            attention_norm: self.norm(&at("aln"), hidden)?,
            up: self.linear(&at("fi"), feed_forward, hidden)?,
            down: self.linear(&at("fo"), hidden, feed_forward)?,
            norm: self.norm(&at("oln"), hidden)?,
        })
    }

    fn bert(&self, config: Config) -> Result<Bert> {
        let Config { hidden, vocabulary, positions, .. } = config;
        let kinds = self.directory.get("emb.type").map_or(0, Range::len) / (4 * hidden);
        let kind = self.floats("emb.type", &[kinds, hidden])?.narrow(0, 0, 1).map_err(wrong("emb.type"))?;
        let places = self.floats("emb.pos", &[positions, hidden])?;
        Ok(Bert {
            config,
            device: self.device.clone(),
            words: Words::Quantized(self.blocks("emb.word", vocabulary, hidden)?.into()),
            positions: places.broadcast_add(&kind).map_err(wrong("emb.pos"))?,
            norm: self.norm("emb.ln", hidden)?,
            layers: (0..config.layers).map(|n| self.layer(n, &config)).collect::<Result<_>>()?,
        })
    }
}
