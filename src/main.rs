//! The `faqtory` program; all it does is in [`cli`].

mod cli;

/// The program's allocator; the library leaves the choice to whoever uses it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
