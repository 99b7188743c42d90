//! Input that is compressed by gzip: inflated, but not without bound.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::decode::refused;
use super::too_large;
use crate::error::Result;

/// What gzip data begins with: its two magic bytes and the one method of compression there is (RFC 1952, section 2.3.1).
pub(super) const MARK: &[u8] = b"\x1F\x8B\x08";

/// Whether bytes begin as gzip data does.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// Inflates all of `bytes`, to no more than `limit` bytes.
pub(super) fn inflate(bytes: &[u8], limit: u64) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|e| refused("the gzip data is damaged; download or compress the page again").with_source(e))?;
    let size = out.len() as u64;
    if size > limit { Err(too_large(size, limit)) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn inflates_up_to_the_limit_and_refuses_bombs_and_torn_data() {
        let packed = gzip(&[b'a'; 5_000]);
        assert!(is_gzip(&packed) && !is_gzip(b"\x1F\x8Bx"));
        assert_eq!(inflate(&packed, 5_000).unwrap(), vec![b'a'; 5_000]);
        assert!(inflate(&packed, 4_999).unwrap_err().message().contains("5000 bytes or more"));
        let bomb = gzip(&vec![0; 50_000_000]);
        assert!(inflate(&bomb, 1_000_000).unwrap_err().message().contains("too large"));
        let torn = &packed[..packed.len() - 9];
        assert!(inflate(torn, 5_000).unwrap_err().message().contains("damaged"));
    }
}
