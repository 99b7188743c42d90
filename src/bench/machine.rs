//! The machine that a run was made on, and the memory that a job took.

use std::fs;

use serde::{Deserialize, Serialize};

/// What speed depends on, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system, such as `linux`.
    pub system: String,
    /// Architecture, such as `x86_64`.
    pub architecture: String,
    /// The processor's name.
    pub processor: Option<String>,
    /// Logical processors that this process may use.
    pub threads: usize,
    /// Memory in bytes.
    pub memory: Option<u64>,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        let field = |path: &str, name: &str| {
            let text = fs::read_to_string(path).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            system: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: field("/proc/cpuinfo", "model name"),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory: field("/proc/meminfo", "MemTotal").as_deref().and_then(kibibytes),
        }
    }
}

/// `1234 kB` in bytes.
fn kibibytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// Begins to look for the highest memory anew. Only Linux keeps that number.
pub fn reset_peak_memory() {
    // Where it cannot be reset, the peak is that of the whole process, which is no less true.
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory, in bytes, that this process held since [`reset_peak_memory`]; `None` where that is not known.
pub fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    kibibytes(line.strip_prefix("VmHWM:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kibibytes_are_read() {
        assert_eq!(kibibytes("  24 kB"), Some(24 << 10));
        assert_eq!(kibibytes("24"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_follows_what_is_held() {
        reset_peak_memory();
        let before = peak_memory().unwrap();
        let held = vec![1u8; 64 << 20];
        assert!(held.iter().map(|b| u64::from(*b)).sum::<u64>() > 0);
        assert!(peak_memory().unwrap() >= before.min(64 << 20));
        assert!(Machine::here().threads > 0);
    }
}
