//! Any bytes as the package document and a chapter of an EPUB file; or as the file itself.
#![no_main]

use faqtory::article::SourceFormat;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faqtory_fuzz::load_as(&faqtory_fuzz::archive::epub(bytes), SourceFormat::Epub));
