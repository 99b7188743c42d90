//! Half-precision numbers by arithmetic that the compiler turns into vector code.

/// An f16 as f32. Infinities and not-a-number become large numbers; nothing that is stored here has them.
#[inline(always)]
pub(super) fn to_f32(half: u16) -> f32 {
    // The exponent moves by whole numbers. A subnormal half becomes a normal number with the leading one that it lacks, which
    // is taken off again (Giesen, "half to float, done quick"). No product with a subnormal number is computed: some
    // processors take a hundred cycles for one, and most scales of six-bit quants are subnormal.
    let moved = (u32::from(half & 0x7FFF) << 13) + (112 << 23);
    let subnormal = f32::from_bits(moved + (1 << 23)) - f32::from_bits(113 << 23);
    let magnitude = if half & 0x7C00 == 0 { subnormal.to_bits() } else { moved };
    f32::from_bits(magnitude | u32::from(half & 0x8000) << 16)
}

/// The bf16 nearest to a number, to the even one where two are; that is, the upper half of an f32.
#[inline(always)]
pub(super) fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

/// A bf16 as f32.
#[inline(always)]
pub(super) fn from_bf16(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}
