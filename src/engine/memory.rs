//! Whether what is about to be computed fits into the memory: better refused with numbers than ended by the system.

use std::fs;

use crate::error::{Error, ErrorKind, Result};

/// Bytes that can be had without swapping; `None` where the system does not say.
fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// Refuses what needs more memory than there is. `what` is the subject of the message.
///
/// # Errors
/// `Inference`, with both numbers.
pub(super) fn check(needed: u64, what: &str) -> Result<()> {
    compare(needed, available(), what)
}

fn compare(needed: u64, available: Option<u64>, what: &str) -> Result<()> {
    match available {
        Some(available) if needed > available => {
            let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
            Err(Error::new(
                ErrorKind::Inference,
                format!(
                    "{what} needs about {:.2} GiB of memory and {:.2} GiB are free; close other programs, take a smaller \
                     model (`faqtory models list` shows what each needs), or give a shorter article",
                    gib(needed),
                    gib(available)
                ),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_numbers() {
        let error = compare(3 << 30, Some(1 << 30), "the model").unwrap_err();
        assert!(error.message().contains("the model needs about 3.00 GiB of memory and 1.00 GiB are free"), "{error}");
        assert!(compare(1 << 30, Some(1 << 30), "").is_ok());
        assert!(compare(u64::MAX, None, "").is_ok(), "nothing is known");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_what_is_free() {
        assert!(available().unwrap() > 1 << 20);
        assert!(check(u64::MAX >> 1, "it").is_err());
    }
}
