//! Names in TypeScript: those of declarations, of members, and of text.

use std::collections::{BTreeMap, BTreeSet};

/// Names that a declaration cannot have, or that the file means the platform's type by.
const TAKEN: &str = "any as async await bigint boolean break case catch class const continue debugger declare default \
    delete do else enum export extends false finally for from function get if implements import in infer instanceof \
    interface is keyof let module namespace never new null number object of package private protected public readonly \
    require return set static string super switch symbol this throw true try type typeof undefined unique unknown var \
    void while with yield DeclaredRoutes FormData RequestInit URLSearchParams";

/// The name of each declaration, by the name of its schema.
pub(super) fn declarations<'s>(schemas: impl IntoIterator<Item = &'s str>) -> BTreeMap<&'s str, String> {
    let mut taken: BTreeSet<_> = TAKEN.split_whitespace().map(str::to_owned).collect();
    let mut schemas: Vec<_> = schemas.into_iter().collect();
    // Names that can stay as they are come first, so that they do.
    schemas.sort_unstable_by_key(|name| (!is_identifier(name), *name));
    let mut names = BTreeMap::new();
    for schema in schemas {
        let plain = identifier(schema);
        let numbered = (2..).map(|number| format!("{plain}{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
        let name = name.unwrap_or(plain);
        taken.insert(name.clone());
        names.insert(schema, name);
    }
    names
}

/// The name of a member, in quotes if it needs them.
pub(super) fn property(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { text(name) }
}

/// A text as a literal.
pub(super) fn text(value: &str) -> String {
    let quote = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    let mut literal = String::from(quote);
    for char in value.chars() {
        match char {
            '\\' => literal += "\\\\",
            char if char == quote => literal.extend(['\\', char]),
            '\n' => literal += "\\n",
            '\r' => literal += "\\r",
            '\t' => literal += "\\t",
            char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                literal += &format!("\\u{:04x}", u32::from(char));
            }
            char => literal.push(char),
        }
    }
    literal.push(quote);
    literal
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = |char: char| char.is_ascii_alphabetic() || matches!(char, '_' | '$');
    chars.next().is_some_and(starts) && chars.all(|char| starts(char) || char.is_ascii_digit())
}

fn identifier(name: &str) -> String {
    let mut words = name.split(|char: char| !is_identifier(&format!("_{char}"))).filter(|word| !word.is_empty());
    let joined = words.by_ref().collect::<Vec<_>>().join("_");
    if is_identifier(&joined) { joined } else { format!("_{joined}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_identifiers_become_some_and_stay_apart() {
        let names = declarations(["Page<Item>", "Page_Item", "string", "2D", "Größe", "Ok"]);
        let names: Vec<_> = names.into_iter().collect();
        let expected = [
            ("2D", "_2D"),
            ("Größe", "Gr_e"),
            ("Ok", "Ok"),
            ("Page<Item>", "Page_Item2"),
            ("Page_Item", "Page_Item"),
            ("string", "string2"),
        ];
        assert_eq!(names, expected.map(|(schema, name)| (schema, name.to_owned())));
    }

    #[test]
    fn a_text_is_quoted() {
        assert_eq!(text("a \\ \n\u{0}\u{2028}"), r"'a \\ \n\u0000\u2028'");
        assert_eq!(text("it's"), r#""it's""#);
        assert_eq!(text(r#"it's "it""#), r#"'it\'s "it"'"#);
        assert_eq!(property("content-type"), "'content-type'");
        assert_eq!(property("class"), "class");
    }
}
