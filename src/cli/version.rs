//! `faqtory --version`: the version, and what this build and this machine can do.

/// The text of the long form.
pub(crate) fn long() -> String {
    let features = list(&[("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))]);
    format!("{}\nfeatures: {features}\ntarget: {}\ncpu: {}", env!("CARGO_PKG_VERSION"), target(), instructions())
}

/// The instructions that matter for the speed of a model, as far as this machine has them.
pub(crate) fn instructions() -> String {
    list(&cpu())
}

/// Architecture, system and ABI of the build.
fn target() -> String {
    let abi = if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "msvc") {
        "-msvc"
    } else {
        ""
    };
    format!("{}-{}{abi}", std::env::consts::ARCH, std::env::consts::OS)
}

/// The same, those that it does not have too.
fn cpu() -> Vec<(&'static str, bool)> {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        vec![
            ("avx2", has!("avx2")),
            ("fma", has!("fma")),
            ("f16c", has!("f16c")),
            ("avx512f", has!("avx512f")),
            ("avx512bw", has!("avx512bw")),
            ("avx512vnni", has!("avx512vnni")),
        ]
    }
    #[cfg(target_arch = "aarch64")]
    {
        use std::arch::is_aarch64_feature_detected as has;
        vec![("neon", has!("neon")), ("fp16", has!("fp16")), ("dotprod", has!("dotprod")), ("i8mm", has!("i8mm"))]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

fn list(items: &[(&str, bool)]) -> String {
    let there: Vec<_> = items.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    if there.is_empty() { "none".to_owned() } else { there.join(", ") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_is_there_is_listed() {
        assert_eq!(super::list(&[("a", true), ("b", false), ("c", true)]), "a, c");
        assert_eq!(super::list(&[("a", false)]), "none");
    }
}
