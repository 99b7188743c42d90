//! `faqtory read-pdf`: reads one PDF file for the loader, in a process that may crash without harm.

use std::io::{Read, Write};

use clap::Args;
use faqtory::loader::{self, Worker};
use faqtory::{Error, ErrorKind};

use super::failure::Failure;

/// The command's name.
pub(crate) const NAME: &str = "read-pdf";

/// The most memory, in bytes of address space, that reading a PDF file may take; 256 MiB of it are for the stack.
#[cfg(unix)]
const MEMORY: u64 = 2 << 30;

/// Read a PDF file from standard input for another process of faqtory
#[derive(Debug, Args)]
pub(crate) struct ReadPdfArgs {}

/// This program as the worker of the loader, if it can tell where it is.
pub(crate) fn worker() -> Option<Worker> {
    std::env::current_exe().ok().map(|program| Worker::new(program, vec![NAME.into()]))
}

pub(crate) fn run(_: &ReadPdfArgs) -> Result<(), Failure> {
    // What the reader of PDF files panics about is told as an error of the file.
    std::panic::set_hook(Box::new(|_| {}));
    limit_memory();
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, "cannot pass on the PDF file").with_source(e);
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    let reply = loader::read_pdf(bytes);
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&reply).and_then(|()| stdout.flush()).map_err(failed)?;
    Ok(())
}

/// An allocation over the limit ends this process, and nothing else on the machine.
#[cfg(unix)]
fn limit_memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let hard = getrlimit(Resource::As).maximum;
    let limit = Rlimit { current: Some(hard.map_or(MEMORY, |hard| hard.min(MEMORY))), maximum: hard };
    // A system that knows no such limit reads the file without.
    let _ = setrlimit(Resource::As, limit);
}

#[cfg(not(unix))]
fn limit_memory() {}
