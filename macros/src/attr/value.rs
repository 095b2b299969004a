//! The values that the words of `#[action(…)]` take.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Lit, LitStr, Path, Token, parse::ParseStream, token::Paren};

use super::{Seen, word};

/// The formats by their names, and as the runtime spells them.
const FORMATS: [(&str, &str); 7] = [
    ("sse", "SSE"),
    ("ndjson", "NDJSON"),
    ("json", "JSON"),
    ("csv", "CSV"),
    ("text", "TEXT"),
    ("bytes", "BYTES"),
    ("hazaar", "HAZAAR"),
];

/// One of `formats(…)`.
pub enum Format {
    /// One of ours, as the runtime spells it.
    Known(Ident),
    /// A constant of the user's.
    Own(Path),
}

/// `formats(sse, hazaar, self::YAML)`.
pub fn formats(word_formats: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Format>> {
    let usage = || syn::Error::new(word_formats.span(), "`formats` takes a list\nhelp: write `formats(sse)`");
    if !input.peek(Paren) {
        return Err(usage());
    }
    let list;
    syn::parenthesized!(list in input);
    let mut seen = Seen::default();
    let mut formats = Vec::new();
    while !list.is_empty() {
        formats.push(format(&list, &mut seen)?);
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    if formats.is_empty() { Err(usage()) } else { Ok(formats) }
}

fn format(list: ParseStream<'_>, seen: &mut Seen) -> syn::Result<Format> {
    if list.peek(Token![::]) || list.peek2(Token![::]) {
        let path = list.call(Path::parse_mod_style)?;
        seen.first(&format!("`{}`", path.to_token_stream().to_string().replace(' ', "")), &path)?;
        return Ok(Format::Own(path));
    }
    let name = word(list, "`formats`", &FORMATS.map(|(name, _)| name), "a path such as `self::YAML`")?;
    seen.first(&format!("`{name}`"), &name)?;
    let constant = FORMATS.iter().find(|(known, _)| name == known).map_or("SSE", |(_, constant)| constant);
    Ok(Format::Known(Ident::new(constant, name.span())))
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

/// How many there may be of something: one at least.
pub fn count(word: &Ident, input: ParseStream<'_>) -> syn::Result<u64> {
    let message = format!("`{word}` is a number of 1 or more\nhelp: write `{word} = 100`");
    let value = input.fork();
    match input.parse() {
        Ok(Lit::Int(number)) => number.base10_parse().ok().filter(|number| *number > 0),
        _ => None,
    }
    .ok_or_else(|| value.error(message))
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

/// One of a few words.
pub fn one_of(of: &Ident, known: &[&str], input: ParseStream<'_>) -> syn::Result<Ident> {
    word(input, &format!("`{of}`"), known, "")
}
