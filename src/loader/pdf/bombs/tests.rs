//! Bombs in every wrapping that a PDF file may have, and files that are none.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;
use crate::loader::pdf::isolate;

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Zlib data of one byte more than may come out.
fn bomb() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    std::io::copy(&mut std::io::repeat(b' ').take(MAX_INFLATED + 1), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn hex(data: &[u8]) -> Vec<u8> {
    data.iter().flat_map(|b| format!("{b:02x}").into_bytes()).chain(*b">").collect()
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(100)
}

/// A file of one page whose content is that stream.
fn file(filter: &str, data: &[u8]) -> Vec<u8> {
    let head = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
                3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj 5 0 obj/LZWDecode endobj\n";
    let stream = format!("4 0 obj<</Length {}/Filter {filter}>>stream\n", data.len());
    let tail = b"\nendstream endobj\ntrailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF";
    [head.as_bytes(), stream.as_bytes(), data, tail].concat()
}

fn is_opened(bytes: &[u8]) -> Result<(), Refusal> {
    within(&Pdf::new(bytes.to_vec()).expect("a PDF file"), later())
}

#[test]
fn no_chain_of_filters_hides_a_bomb() {
    let bomb = bomb();
    let runs = [129, b' '].repeat(MAX_INFLATED as usize / 128 + 1);
    for (filter, data) in [
        ("/FlateDecode", bomb.clone()),
        ("/Fl#61teDecode", bomb.clone()),
        ("[/FlateDecode/FlateDecode]", zlib(&bomb)),
        ("[/FlateDecode/FlateDecode/FlateDecode]", zlib(&zlib(&bomb))),
        ("[/ASCIIHexDecode/FlateDecode]", hex(&bomb)),
        ("[/FlateDecode/AHx/Fl]", zlib(&hex(&bomb))),
        ("/RunLengthDecode", runs),
        ("[/LZWDecode/LZWDecode]", vec![0x80, 0x0B]),
        ("[/Fl/Fl/Fl/Fl/Fl]", zlib(b"x")),
    ] {
        let file = file(filter, &data);
        assert!(is_opened(&file).unwrap_err().contains("compressed data"), "{filter}");
    }
    let refused = isolate::read(&file("[/ASCIIHexDecode/FlateDecode]", &hex(&bomb)), None).unwrap_err();
    assert!(refused.contains("compressed data"), "{refused}");
    // What is needed to open the file is seen by its looks.
    for data in [bomb.clone(), zlib(&bomb), hex(&bomb), zlib(&hex(&bomb))] {
        assert!(before(&file("/FlateDecode", &data), later()).is_err());
    }
}

#[test]
fn usual_chains_pass() {
    for (filter, data) in [
        ("/FlateDecode", zlib(b"0 0 m")),
        ("[/ASCIIHexDecode/FlateDecode]", hex(&zlib(b"0 0 m"))),
        ("[/ASCII85Decode/FlateDecode]", b"Gap@Y0Ea~>".to_vec()),
        ("5 0 R", vec![0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]),
        ("[/FlateDecode/DCTDecode]", zlib(b"x")),
    ] {
        let file = file(filter, &data);
        assert_eq!((before(&file, later()), is_opened(&file)), (Ok(()), Ok(())), "{filter}");
    }
    let article = std::fs::read("fixtures/en/water-cuts-notice/article.pdf").unwrap();
    assert_eq!((before(&article, later()), is_opened(&article)), (Ok(()), Ok(())));
}

#[test]
fn images_are_measured_one_by_one_but_not_without_end() {
    let mut meter = Meter::new(later());
    let image = zlib(&vec![0; 200 << 20]);
    for _ in 0..5 {
        meter.chain(&image, &[Filter::FlateDecode], true).unwrap();
    }
    assert!(meter.chain(&image, &[Filter::FlateDecode], true).is_err());
    let mut meter = Meter::new(later());
    meter.chain(&image, &[Filter::FlateDecode], false).unwrap();
    assert!(meter.chain(&image, &[Filter::FlateDecode], false).is_err());
}

#[test]
fn sizes_are_those_of_the_decoders() {
    assert_eq!(hexadecimal(b"6 1 62\n7>x"), Some(b"abp".to_vec()));
    assert_eq!(base_85(b"87cUR z\nD]~>"), b"Hell\0\0\0\0o");
    assert_eq!(run_length_size(&[1, b'a', b'b', 254, b'c', 128, 9]), 5);
    // The example of ISO 32000-1: 45 45 45 45 45 65 45 45 45 66.
    assert_eq!(lzw_size(&[0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01], 1), 10);
}

#[test]
fn a_table_that_is_full_is_no_bound() {
    // Codes of one byte, then ever longer entries, then the longest one again and again: 12 bits for 3,839 bytes.
    let mut codes = vec![256, 32];
    codes.extend(258..4095);
    codes.extend([4094; 80_000]);
    let (mut data, mut bits, mut held) = (Vec::new(), 0u64, 0);
    for (i, code) in codes.into_iter().enumerate() {
        // The table has one entry less than codes since it was cleared.
        let width = match 258 + i.saturating_sub(2) + 1 {
            ..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        (bits, held) = (bits << width | code, held + width);
        while held >= 8 {
            held -= 8;
            data.push((bits >> held) as u8);
        }
        bits &= (1 << held) - 1;
    }
    assert!(data.len() < 1 << 20 && lzw_size(&data, 1) > MAX_INFLATED);
    assert!(is_opened(&file("5 0 R", &data)).is_err());
}

#[test]
fn time_that_is_up_ends_the_measuring() {
    let began = Instant::now();
    let many = b"stream x\x9c\x00\x00\x00\xff\xff".repeat(1000);
    let stopped = std::panic::catch_unwind(|| before(&many, began)).unwrap_err();
    assert_eq!(stopped.downcast_ref(), Some(&Stop::Late));
}
