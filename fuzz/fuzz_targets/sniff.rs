//! Any bytes, of which the loader has to find out what they are: format, encoding, compression, language.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faqtory_fuzz::load_unknown(bytes));
