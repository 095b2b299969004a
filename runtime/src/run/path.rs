//! The path of an action, in the one spelling by which its runs and keys are compared.

use std::fmt::Write as _;

/// The normal form of a path (RFC 3986, section 6.2.2): what needs no percent-encoding has none, and what needs it has
/// capital digits. A slash at the end is dropped, because layers may add or remove one.
pub(super) fn normal(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let encoded = if byte == b'%' { encoded(after) } else { None };
        rest = if encoded.is_some() { &after[2..] } else { after };
        match encoded.unwrap_or(byte) {
            byte if is_unreserved(byte) || encoded.is_none() && is_allowed(byte) => normal.push(char::from(byte)),
            byte => {
                // Writing to a string does not fail.
                let _ = write!(normal, "%{byte:02X}");
            }
        }
    }
    match normal.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// The byte that two digits stand for.
fn encoded(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What else may stand in a path as it is (RFC 3986, section 3.3).
fn is_allowed(byte: u8) -> bool {
    b"/!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn every_spelling_of_a_path_has_one_normal_form() {
        for (spellings, expected) in [
            (&["/u/~bob/ask", "/u/%7Ebob/ask", "/u/%7ebob/%61sk", "/u/~bob/ask/"][..], "/u/~bob/ask"),
            (&["/caf%c3%a9", "/caf%C3%A9", "/café", "/%63af%c3%A9"], "/caf%C3%A9"),
            (&["/a%2fb", "/a%2Fb"], "/a%2Fb"),
            (&["/a!b"], "/a!b"),
            (&["/a%21b"], "/a%21b"),
            (&["/100%", "/100%25"], "/100%25"),
            (&["/%", "/%25"], "/%25"),
            (&["/", "", "//"], "/"),
        ] {
            for spelling in spellings {
                assert_eq!(normal(spelling), expected, "{spelling}");
            }
        }
    }
}
