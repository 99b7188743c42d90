//! PDF files, good ones and those that are made to do harm.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::harness::World;

/// What the model makes of the notice.
const NOTICE: &str = "The Town Council of Ardonal informs residents that the water supply will be cut off in part of the town. \
    There will be no water on Weavers Street. The council will replace 640 meters of pipe laid in 1974.";

fn notice() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/en/water-cuts-notice/article.pdf");
    fs::read(path).expect("the fixture")
}

/// A small file whose page inflates to more memory than its reader is granted.
fn bomb() -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::repeat(b' ').take(1_300_000_000), &mut packed).expect("packed");
    let packed = packed.finish().expect("packed");
    let mut file = format!(
        "%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n2 0 obj <</Type /Pages /Kids [5 0 R] /Count 1>> endobj\n\
         5 0 obj <</Type /Page /Parent 2 0 R /Contents 6 0 R>> endobj\n\
         6 0 obj <</Filter /FlateDecode /Length {}>> stream\n",
        packed.len()
    )
    .into_bytes();
    file.write_all(&packed).expect("memory");
    file.extend(b"\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF");
    file
}

#[test]
fn a_pdf_is_known_by_its_content() {
    let world = World::with_articles();
    world.file("notice", notice());
    world.run("inspect notice").exits(0).says_nothing().prints(&[
        "format    pdf",
        "title     Notice of planned water cuts in Ardonal on April 14 and 16, 2026",
        "list item",
        "1. First cut.",
    ]);
    world.run_with("inspect -", &notice()).exits(0).prints(&["format    pdf"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_takes_all_memory_fails_alone() {
    let world = World::with_articles();
    world.file("notice.pdf", notice());
    world.script("notice.toml", &[("summary", NOTICE)]);
    world.file("bomb.pdf", bomb());
    world
        .run("summarize bomb.pdf notice.pdf --model scripted:notice.toml")
        .exits(1)
        .prints(&["Ardonal"])
        .says(&["bomb.pdf: reading the PDF needs more memory"]);
}

#[test]
fn damaged_files_are_errors_of_their_own() {
    let world = World::with_articles();
    let mut torn = notice();
    torn.truncate(200);
    world.file("torn.pdf", torn);
    world.file("notice.pdf", notice());
    world.script("notice.toml", &[("summary", NOTICE)]);
    let ran = world.run("summarize torn.pdf notice.pdf --model scripted:notice.toml").exits(1);
    let ran = ran.prints(&["Ardonal"]).says(&["torn.pdf: the PDF is damaged"]);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn the_command_that_reads_for_others_is_hidden() {
    let ran = World::new().run("--help").exits(0);
    assert!(!ran.stdout.contains("read-pdf"));
}
