//! The name of a file in `Content-Disposition` (RFC 6266), for clients that know only ASCII and, by RFC 8187, for all
//! others.

use std::fmt::Write as _;

use axum::http::HeaderValue;

/// The longest name that common file systems take, in bytes.
const LONGEST: usize = 255;

/// The extensions of the formats. One of them makes way for another.
const EXTENSIONS: [&str; 4] = ["csv", "ndjson", "json", "txt"];

/// A name that is safe to save a file under.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileName(String);

impl FileName {
    /// A file with this name and, if there is one, this extension.
    pub(super) fn new(name: &str, extension: Option<&str>) -> Self {
        let mut name = clean(name);
        let Some(extension) = extension else {
            truncate(&mut name, LONGEST);
            return Self(name);
        };
        let dot = name.rfind('.').filter(|dot| *dot > 0);
        let given = dot.map(|dot| name[dot + 1..].to_ascii_lowercase()).unwrap_or_default();
        if given == extension && name.len() <= LONGEST {
            return Self(name);
        }
        if let Some(dot) = dot.filter(|_| given == extension || EXTENSIONS.contains(&&*given)) {
            name.truncate(dot);
        }
        truncate(&mut name, LONGEST - extension.len() - 1);
        Self(format!("{name}.{extension}"))
    }

    /// The header of a download with this name.
    pub(super) fn disposition(&self) -> HeaderValue {
        let Self(name) = self;
        // Some clients decode percent signs in the plain name (RFC 6266, appendix D).
        let plain = |char: char| char.is_ascii() && char != '%';
        let ascii: String = name.chars().map(|char| if plain(char) { char } else { '_' }).collect();
        let mut text = format!("attachment; filename=\"{ascii}\"");
        if ascii != *name {
            text.push_str("; filename*=UTF-8''");
            for byte in name.bytes() {
                match byte {
                    _ if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) => text.push(char::from(byte)),
                    _ => {
                        // Writing to a string does not fail.
                        let _ = write!(text, "%{byte:02X}");
                    }
                }
            }
        }
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
    }
}

/// The name without what no file name can have: path parts, quotes, control characters, and those that change the
/// direction of the text, by which `fdp.exe` could read as a PDF. Nothing is left of a name of dots and spaces.
pub(super) fn clean(name: &str) -> String {
    let clean: String = name.chars().map(|char| if is_refused(char) { '_' } else { char }).collect();
    clean.trim_matches(|char: char| char == '.' || char.is_whitespace()).to_owned()
}

fn is_refused(char: char) -> bool {
    char.is_control()
        || matches!(char, '"' | '/' | '\\' | ':' | '*' | '?' | '<' | '>' | '|')
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn truncate(name: &mut String, longest: usize) {
    let mut end = name.len().min(longest);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(name: &str, extension: Option<&str>) -> String {
        let FileName(name) = FileName::new(name, extension);
        name
    }

    #[test]
    fn a_name_has_the_extension_of_the_format_once() {
        for (name, extension, expected) in [
            ("orders", Some("csv"), "orders.csv"),
            ("orders.csv", Some("csv"), "orders.csv"),
            ("Orders.CSV", Some("csv"), "Orders.CSV"),
            ("orders.csv", Some("json"), "orders.json"),
            ("report.2026", Some("csv"), "report.2026.csv"),
            ("v1.5", Some("txt"), "v1.5.txt"),
            ("csv", Some("csv"), "csv.csv"),
            ("dump.tar.gz", None, "dump.tar.gz"),
            ("data.json", None, "data.json"),
        ] {
            assert_eq!(saved(name, extension), expected, "{name} {extension:?}");
        }
    }

    #[test]
    fn nothing_of_a_name_leads_elsewhere() {
        for (name, expected) in [
            ("../../etc/passwd", "_.._etc_passwd.csv"),
            ("C:\\temp\\x", "C__temp_x.csv"),
            ("Q3/Q4 \"final\"", "Q3_Q4 _final_.csv"),
            ("two\r\nlines: yes", "two__lines_ yes.csv"),
            (" .hidden. ", "hidden.csv"),
            ("invoice\u{202e}fdp.exe", "invoice_fdp.exe.csv"),
        ] {
            assert_eq!(saved(name, Some("csv")), expected, "{name:?}");
        }
        assert_eq!(clean(" ... "), "");
    }

    #[test]
    fn a_long_name_is_cut_in_front_of_its_extension() {
        let name = saved(&"ž".repeat(300), Some("csv"));
        assert!(name.len() <= LONGEST && name.ends_with("ž.csv"), "{name}");
        let named = saved(&format!("{}.csv", "a".repeat(300)), Some("csv"));
        assert_eq!(named, format!("{}.csv", "a".repeat(LONGEST - 4)));
    }

    #[test]
    fn a_name_beyond_ascii_is_there_twice() {
        let disposition = |name| FileName::new(name, Some("csv")).disposition().to_str().unwrap().to_owned();
        assert_eq!(disposition("orders"), r#"attachment; filename="orders.csv""#);
        assert_eq!(disposition("a b;c='d',e"), r#"attachment; filename="a b;c='d',e.csv""#);
        assert_eq!(
            disposition("objednávky 1"),
            r#"attachment; filename="objedn_vky 1.csv"; filename*=UTF-8''objedn%C3%A1vky%201.csv"#
        );
        assert_eq!(disposition("100%"), r#"attachment; filename="100_.csv"; filename*=UTF-8''100%25.csv"#);
        assert_eq!(
            disposition("naïve'(x)€"),
            "attachment; filename=\"na_ve'(x)_.csv\"; filename*=UTF-8''na%C3%AFve%27%28x%29%E2%82%AC.csv"
        );
    }
}
