//! Compressed data that inflates to more than a reader in this process may hold, found by inflating it bit by bit first.
//!
//! [`before`] looks at the bytes of the file, for what is inflated to find its objects; [`within`] at all streams of the
//! opened file, with the filters that it names.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Read;
use std::time::Instant;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::object::{Name, Object};
use hayro_syntax::{Filter, Pdf};

use super::device::Stop;
use super::glyphs::Refusal;

/// Compressed data may inflate to so many bytes: all of it together without images, and each image.
pub(super) const MAX_INFLATED: u64 = 256 << 20;
/// So many bytes are inflated for measuring at most, images included.
const MAX_WORK: u64 = 1 << 30;
/// Data that is compressed more often than this is made to do harm.
const MAX_LAYERS: usize = 3;
/// The dictionary of a stream stands within so many bytes before it.
const DICTIONARY: usize = 400;

/// Measures what looks like compressed streams in a file that is not opened yet.
///
/// # Errors
/// What is said of a file that inflates too far.
pub(super) fn before(bytes: &[u8], deadline: Instant) -> Result<(), Refusal> {
    let mut meter = Meter::new(deadline);
    for at in memchr::memmem::find_iter(bytes, b"stream") {
        let data = bytes[at + b"stream".len()..].trim_ascii_start();
        let image = memchr::memmem::find(&bytes[at.saturating_sub(DICTIONARY)..at], b"/Image").is_some();
        meter.looks(data, image)?;
    }
    Ok(())
}

/// Measures all streams of an opened file.
///
/// # Errors
/// What is said of a file that inflates too far.
pub(super) fn within(pdf: &Pdf, deadline: Instant) -> Result<(), Refusal> {
    let mut meter = Meter::new(deadline);
    for object in pdf.objects() {
        let Object::Stream(stream) = object else { continue };
        let filters = stream.filters();
        if !filters.is_empty() {
            let image = stream.dict().get::<Name<'_>>(b"Subtype").is_some_and(|name| &*name == b"Image");
            meter.chain(&stream.raw_data(), &filters, image)?;
        }
    }
    Ok(())
}

/// What came out so far.
struct Meter {
    deadline: Instant,
    /// Bytes of everything but images.
    kept: u64,
    /// Bytes of everything.
    work: u64,
}

impl Meter {
    fn new(deadline: Instant) -> Self {
        Self { deadline, kept: 0, work: 0 }
    }

    /// Ends the measuring where time is up, in the way of the reading: some data costs time and gives next to nothing.
    fn tick(&self) {
        if Instant::now() > self.deadline {
            std::panic::resume_unwind(Box::new(Stop::Late));
        }
    }

    /// Counts what came out of one filter.
    fn count(&mut self, size: u64, image: bool) -> Result<(), Refusal> {
        self.work += size;
        self.kept += if image { 0 } else { size };
        if size > MAX_INFLATED || self.kept > MAX_INFLATED || self.work > MAX_WORK { Err(too_much()) } else { Ok(()) }
    }

    /// Inflates data as often as it looks compressed.
    fn looks(&mut self, data: &[u8], image: bool) -> Result<(), Refusal> {
        self.tick();
        let mut data = Cow::Borrowed(data);
        for _ in 0..MAX_LAYERS {
            if !is_zlib(&data) {
                let Some(plain) = hexadecimal(&data).filter(|plain| is_zlib(plain)) else { return Ok(()) };
                data = Cow::Owned(plain);
            }
            let mut head = Vec::new();
            // An error is the end of what can be inflated.
            let _ = ZlibDecoder::new(&data[..]).take(512).read_to_end(&mut head);
            if !is_zlib(&head) && hexadecimal(&head).is_none() {
                return self.count(size(ZlibDecoder::new(&data[..])), image);
            }
            let inner = inflated(ZlibDecoder::new(&data[..]));
            self.count(inner.len() as u64, image)?;
            data = Cow::Owned(inner);
        }
        if is_zlib(&data) { Err(too_much()) } else { Ok(()) }
    }

    /// Goes through the filters of a stream, in the order that they are undone.
    fn chain(&mut self, data: &[u8], filters: &[Filter], image: bool) -> Result<(), Refusal> {
        self.tick();
        if filters.len() > MAX_LAYERS + 1 {
            return Err(too_much());
        }
        let mut data = Cow::Borrowed(data);
        for (i, filter) in filters.iter().enumerate() {
            let last = i + 1 == filters.len();
            let out = match filter {
                Filter::AsciiHexDecode => hexadecimal(&data),
                Filter::Ascii85Decode => Some(base_85(&data)),
                Filter::FlateDecode if last => {
                    self.count(size(ZlibDecoder::new(&data[..])).max(size(DeflateDecoder::new(&data[..]))), image)?;
                    None
                }
                Filter::FlateDecode if is_zlib(&data) => Some(inflated(ZlibDecoder::new(&data[..]))),
                Filter::FlateDecode => Some(inflated(DeflateDecoder::new(&data[..]))),
                // Their measure is enough where nothing follows; no writer puts one of them into another.
                Filter::LzwDecode | Filter::RunLengthDecode if !last && !image => return Err(too_much()),
                Filter::LzwDecode => {
                    self.count(lzw_size(&data, 0).max(lzw_size(&data, 1)), image)?;
                    None
                }
                Filter::RunLengthDecode => {
                    self.count(run_length_size(&data), image)?;
                    None
                }
                Filter::Crypt => continue,
                // Pictures are not decoded.
                _ => None,
            };
            let Some(out) = out else { return Ok(()) };
            self.count(out.len() as u64, image)?;
            data = Cow::Owned(out);
        }
        Ok(())
    }
}

fn too_much() -> Refusal {
    format!("the PDF holds compressed data of more than {MAX_INFLATED} bytes; the file may be made to do harm")
}

/// Whether data begins as zlib data does (RFC 1950, section 2.2).
fn is_zlib(data: &[u8]) -> bool {
    matches!(data, [a, b, ..] if a & 0x0F == 8 && u16::from_be_bytes([*a, *b]).is_multiple_of(31))
}

/// How many bytes come out, as far as the data is whole, and one more than may be at most.
fn size(decoder: impl Read) -> u64 {
    let (mut decoder, mut buffer, mut size) = (decoder.take(MAX_INFLATED + 1), [0; 1 << 14], 0);
    while let Ok(n @ 1..) = decoder.read(&mut buffer) {
        size += n as u64;
    }
    size
}

/// The bytes that come out, as far as [`size`] counts them.
fn inflated(decoder: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    // An error is the end of what can be inflated.
    let _ = decoder.take(MAX_INFLATED + 1).read_to_end(&mut out);
    out
}

/// The bytes of hexadecimal digits up to `>`, if the first of them are such.
fn hexadecimal(data: &[u8]) -> Option<Vec<u8>> {
    let mut digits = data.iter().take_while(|b| **b != b'>').filter(|b| !b.is_ascii_whitespace());
    let mut out = Vec::new();
    while let Some(high) = digits.next() {
        let digit = |b: u8| (b as char).to_digit(16);
        match (digit(*high), digits.next().map_or(Some(0), |low| digit(*low))) {
            (Some(high), Some(low)) => out.push((high * 16 + low) as u8),
            _ => break,
        }
    }
    (out.len() > 1).then_some(out)
}

/// The bytes of digits of base 85 up to `~`.
fn base_85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = Vec::new();
    for &b in data.iter().take_while(|b| **b != b'~') {
        match b {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(b - b'!')),
            _ => {}
        }
        if group.len() == 5 {
            let value = group.drain(..).fold(0u32, |value, digit| value.wrapping_mul(85).wrapping_add(digit));
            out.extend(value.to_be_bytes());
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        let value = group.into_iter().fold(0u32, |value, digit| value.wrapping_mul(85).wrapping_add(digit));
        out.extend(&value.to_be_bytes()[..kept]);
    }
    out
}

/// The bytes that come out of LZW, whose codes become wider `early` entries before they must (ISO 32000-1, section
/// 7.4.4): what an entry of the table stands for does not matter, only how long it is.
fn lzw_size(data: &[u8], early: usize) -> u64 {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let fresh = || {
        let mut lengths = vec![1u64; 258];
        lengths.reserve(4096 - 258);
        lengths
    };
    let (mut lengths, mut last, mut all) = (fresh(), None, 0u64);
    let (mut bits, mut held) = (0usize, 0u32);
    let mut bytes = data.iter();
    loop {
        let width = match lengths.len() + early {
            ..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        while held < width {
            let Some(byte) = bytes.next() else { return all };
            bits = (bits << 8 | usize::from(*byte)) & 0xFF_FFFF;
            held += 8;
        }
        held -= width;
        let code = bits >> held & ((1 << width) - 1);
        match code {
            CLEAR => (lengths, last) = (fresh(), None),
            END => return all,
            _ => {
                let length = match (lengths.get(code), last) {
                    (Some(length), _) => *length,
                    (None, Some(last)) if code == lengths.len() => last + 1,
                    (None, _) => return all,
                };
                if let Some(last) = last
                    && lengths.len() < 4096
                {
                    lengths.push(last + 1);
                }
                all += length;
                last = Some(length);
                if all > MAX_INFLATED {
                    return all;
                }
            }
        }
    }
}

/// The bytes that come out of runs (ISO 32000-1, section 7.4.5).
fn run_length_size(data: &[u8]) -> u64 {
    let (mut at, mut all) = (0, 0);
    while let Some(&length) = data.get(at) {
        let length = usize::from(length);
        match length {
            0..128 => {
                all += length as u64 + 1;
                at += length + 2;
            }
            128 => break,
            _ => {
                all += 257 - length as u64;
                at += 2;
            }
        }
    }
    all
}
