//! The values that the words of `#[action(…)]` take.

use proc_macro2::Ident;
use syn::{Lit, LitStr, Token, parse::ParseStream, token::Paren};

use super::{Seen, word};

/// A format by its name.
#[derive(Clone, Copy)]
pub struct Format {
    name: &'static str,
    /// As the runtime spells it.
    pub variant: &'static str,
}

const FORMATS: [Format; 2] = [Format { name: "sse", variant: "Sse" }, Format { name: "hazaar", variant: "Hazaar" }];

/// `formats(sse, hazaar)`.
pub fn formats(word_formats: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Format>> {
    let usage = || syn::Error::new(word_formats.span(), "`formats` takes a list\nhelp: write `formats(sse)`");
    if !input.peek(Paren) {
        return Err(usage());
    }
    let list;
    syn::parenthesized!(list in input);
    let names = FORMATS.map(|format| format.name);
    let mut seen = Seen::default();
    let mut formats = Vec::new();
    while !list.is_empty() {
        let name = word(&list, "`formats`", &names, "")?;
        seen.first(&format!("`{name}`"), &name)?;
        formats.extend(FORMATS.iter().find(|format| name == format.name));
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    if formats.is_empty() { Err(usage()) } else { Ok(formats) }
}

/// A duration such as `"250ms"`, in milliseconds.
pub fn millis(word: &Ident, input: ParseStream<'_>) -> syn::Result<u64> {
    let help = format!("help: write `{word} = \"250ms\"`, or \"15s\", \"2m\", \"1h\"");
    let literal = string(input, &format!("a duration is a string\n{help}"))?;
    let text = literal.value();
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    millis.ok_or_else(|| syn::Error::new(literal.span(), format!("`{text}` is not a duration\n{help}")))
}

/// A string, or `message` at what stands in its place.
pub fn string(input: ParseStream<'_>, message: &str) -> syn::Result<LitStr> {
    if !input.peek(Lit) {
        return Err(input.error(message));
    }
    match input.parse()? {
        Lit::Str(literal) => Ok(literal),
        other => Err(syn::Error::new(other.span(), message)),
    }
}

/// A word that takes no value.
pub fn none(word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) || input.peek(Paren) {
        return Err(syn::Error::new(word.span(), format!("`{word}` takes no value\nhelp: write `{word}`")));
    }
    Ok(())
}

/// One of a few words.
pub fn one_of(of: &Ident, known: &[&str], input: ParseStream<'_>) -> syn::Result<()> {
    word(input, &format!("`{of}`"), known, "").map(|_| ())
}
