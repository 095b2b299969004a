//! Randomness of the operating system, for names that can't be guessed.

/// Random bytes.
///
/// # Panics
/// If the operating system has none to give.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
    bytes
}
