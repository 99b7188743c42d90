//! Any bytes, read as PDF in this process.
#![no_main]

use faqtory::article::SourceFormat;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faqtory_fuzz::load_as(bytes, SourceFormat::Pdf));
