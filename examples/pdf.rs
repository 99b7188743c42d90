//! Reads PDF files and writes the text of each, as the loader orders it, to a folder: to compare with other readers.
//!
//! `cargo run --example pdf -- FOLDER FILE…`; one line a file goes to standard output: seconds, result, name.

use std::path::{Path, PathBuf};
use std::time::Instant;

use faqtory::article::SourceFormat;
use faqtory::lang::Language;
use faqtory::loader::{LoadOptions, load};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let folder = args.next().unwrap_or_else(|| "pdf-text".into());
    std::fs::create_dir_all(&folder)?;
    let options = LoadOptions {
        format: Some(SourceFormat::Pdf),
        language: Some(Language::EN),
        max_bytes: 1 << 30,
        ..LoadOptions::default()
    };
    for file in args {
        let bytes = std::fs::read(&file)?;
        let began = Instant::now();
        let read = load(&bytes, &file.display().to_string(), &options);
        let seconds = began.elapsed().as_secs_f64();
        let name = file.file_name().map(Path::new).unwrap_or(&file);
        match read {
            Ok(article) => {
                std::fs::write(folder.join(name).with_extension("txt"), &article.text)?;
                println!("{seconds:.3}\tread\t{}", file.display());
            }
            Err(error) => println!("{seconds:.3}\t{}\t{}", error.message(), file.display()),
        }
    }
    Ok(())
}
