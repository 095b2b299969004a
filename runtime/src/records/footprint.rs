//! The memory of a block on the heap. An allocator does not tell, and a count that is too low would let what is kept grow
//! beyond its bound.

/// The bytes that an allocator adds to each block: its header, and rounding up.
const BESIDE: usize = 16;

/// The memory of a block of this many bytes.
pub(crate) const fn block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + BESIDE }
}
