//! Small writes in one piece.

use std::io::IoSlice;

/// A write of so few bytes costs the system less in one piece than in several, by more than it takes to copy them.
pub(super) const SMALL: usize = 256;

/// Puts a write of few bytes into one piece.
pub(super) fn gather<'s>(bufs: &[IoSlice<'_>], small: &'s mut [u8; SMALL]) -> Option<&'s [u8]> {
    let mut length = 0;
    for buf in bufs {
        small.get_mut(length..length + buf.len())?.copy_from_slice(buf);
        length += buf.len();
    }
    Some(&small[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_of_few_bytes_is_put_into_one_piece() {
        let (large, mut small) = ([0; SMALL], [0; SMALL]);
        let mut gathered = |parts: [&[u8]; 3]| gather(&parts.map(IoSlice::new), &mut small).map(<[u8]>::to_vec);
        assert_eq!(gathered([b"4\r\n", b"data", b"\r\n"]), Some(b"4\r\ndata\r\n".to_vec()));
        assert_eq!(gathered([&large, b"", b""]), Some(large.to_vec()));
        assert_eq!(gathered([b"100\r\n", &large, b"\r\n"]), None);
    }
}
