//! The messages on the channel of a topic.

use std::str;

use crate::{hub::epoch::Epoch, records::Seq};

/// A message. The scripts write them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// A packet that was published: `p`, the epoch, `number keylength\n`, the key if there is one, and the record.
    Packet { epoch: Epoch, number: Seq, key: Option<&'a str>, record: &'a [u8] },
    /// A right that was taken away: `r`, its time, a space and the member.
    Revoked { at: u64, member: &'a str },
}

impl<'a> Message<'a> {
    /// Reads a message; `None` if it is not one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'p', rest) => {
                let (epoch, rest) = rest.split_at_checked(Epoch::LENGTH)?;
                let line = rest.iter().position(|byte| *byte == b'\n')?;
                let (number, length) = str::from_utf8(&rest[..line]).ok()?.split_once(' ')?;
                let (mut key, mut record) = (None, &rest[line + 1..]);
                if length != "-" {
                    let (text, rest) = record.split_at_checked(length.parse().ok()?)?;
                    (key, record) = (Some(str::from_utf8(text).ok()?), rest);
                }
                Some(Self::Packet { epoch: Epoch::read(epoch)?, number: number.parse().ok()?, key, record })
            }
            (b'r', rest) => {
                let (at, member) = str::from_utf8(rest).ok()?.split_once(' ')?;
                Some(Self::Revoked { at: at.parse().ok()?, member })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_the_scripts_write_them() {
        let epoch = Epoch::random();
        let name = epoch.as_str();
        let packet = |key, record| Some(Message::Packet { epoch, number: 12, key, record });
        for (text, expected) in [
            (format!("p{name}12 -\nj{{}}"), packet(None, &b"j{}"[..])),
            (format!("p{name}12 3\nkeyj1"), packet(Some("key"), b"j1")),
            (format!("p{name}12 0\nj1"), packet(Some(""), b"j1")),
            ("r170 ada b".to_owned(), Some(Message::Revoked { at: 170, member: "ada b" })),
            (format!("p{name}12 9\nkeyj1"), None),
            ("p".to_owned(), None),
            ("x".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(Message::read(text.as_bytes()), expected, "{text}");
        }
    }
}
