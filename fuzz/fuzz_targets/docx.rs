//! Any bytes as the document, the styles and the lists of a DOCX file; or as the file itself.
#![no_main]

use faqtory::article::SourceFormat;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faqtory_fuzz::load_as(&faqtory_fuzz::archive::docx(bytes), SourceFormat::Docx));
