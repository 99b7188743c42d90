//! Which vector instructions the processor has, found out once.

use std::fmt;
use std::sync::OnceLock;

/// A set of instructions that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isa {
    /// What every processor of the target has.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2, FMA and AVX-VNNI: processors of clients that have no AVX-512.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 F, BW, VL, DQ and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// The same and BF16.
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
}

impl Isa {
    /// The best one that this processor has.
    pub(super) fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| *Self::available().last().unwrap_or(&Self::Portable))
    }

    /// All that this processor has, the fastest last.
    pub(super) fn available() -> Vec<Self> {
        let mut found = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let narrow = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if narrow {
                found.push(Self::Avx2);
            }
            if narrow && is_x86_feature_detected!("avxvnni") {
                found.push(Self::AvxVnni);
            }
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni");
            if wide {
                found.push(Self::Avx512Vnni);
            }
            if wide && is_x86_feature_detected!("avx512bf16") {
                found.push(Self::Avx512Bf16);
            }
        }
        found
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => "avx512-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => "avx512-vnni-bf16",
        })
    }
}

/// Compiles a function that is inlined always once for each set of instructions, so that its loops become the vector code of
/// each, and makes a function of that name that takes the set first.
macro_rules! for_each_isa {
    ($(#[$doc:meta])* $name:ident = $body:path; ($($arg:ident: $type:ty),* $(,)?)) => {
        $(#[$doc])*
        pub(super) fn $name(isa: crate::engine::kernels::isa::Isa, $($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2($($arg: $type),*) {
                $body($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
            #[allow(clippy::too_many_arguments)]
            fn avx512($($arg: $type),*) {
                $body($($arg),*)
            }
            match isa {
                crate::engine::kernels::isa::Isa::Portable => $body($($arg),*),
                // SAFETY: a set is only ever named where the processor has it.
                #[cfg(target_arch = "x86_64")]
                crate::engine::kernels::isa::Isa::Avx2 | crate::engine::kernels::isa::Isa::AvxVnni => unsafe {
                    avx2($($arg),*)
                },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                crate::engine::kernels::isa::Isa::Avx512Vnni | crate::engine::kernels::isa::Isa::Avx512Bf16 => unsafe {
                    avx512($($arg),*)
                },
            }
        }
    };
}

pub(super) use for_each_isa;
