//! Ctrl-C: the first asks the work to stop, the second ends the program at once.

use std::ops::ControlFlow;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use faqtory::{Error, ErrorKind};

use super::failure::INTERRUPTED;

static STOP: AtomicBool = AtomicBool::new(false);

/// Installs the handler, once, before work that looks at [`flow`]. Until then, and where it cannot
/// be installed, Ctrl-C ends the program as it always did: waiting for standard input must not
/// need two of them.
pub(crate) fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
    });
}

/// What a callback should return.
pub(crate) fn flow() -> ControlFlow<()> {
    if STOP.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// An error if the user asked to stop, for the places between two pieces of work.
pub(crate) fn check() -> Result<(), Error> {
    match flow() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
    }
}
