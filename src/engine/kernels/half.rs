//! Half-precision numbers by arithmetic that the compiler turns into vector code.

/// An f16 as f32. Infinities and not-a-number become large numbers; nothing that is stored here has them.
#[inline(always)]
pub(super) fn to_f32(half: u16) -> f32 {
    // The exponent moves by multiplication, which makes subnormal numbers right too (Giesen, "half to float, done quick").
    let magnitude = f32::from_bits(u32::from(half & 0x7FFF) << 13) * f32::from_bits(0x7780_0000);
    f32::from_bits(magnitude.to_bits() | u32::from(half & 0x8000) << 16)
}

/// The nearest f16; what is too large becomes the largest, 65504.
#[inline(always)]
pub(super) fn from_f32(value: f32) -> u16 {
    half::f16::from_f32_const(value.clamp(-65504.0, 65504.0)).to_bits()
}
