//! Any bytes, read as JSON Lines.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faqtory_fuzz::load_records(bytes));
