//! Lists of names: the options of an attribute, and the values and formats that an option knows.
//!
//! A table for each list drives the parser and the messages.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
    spanned::Spanned as _,
};

use crate::errors::Errors;

/// The names that a list knows, each with its meaning.
pub type Table<T> = &'static [(&'static str, T)];

/// A list of names, as messages speak of it.
pub struct List<'a> {
    /// `an option`, `a format`, `a value`
    pub noun: &'static str,
    /// Where it stands: `` in `#[action(..)]` ``.
    pub place: &'a str,
    /// Anything else that may stand in it beside the names of the table.
    pub besides: Option<&'static str>,
}

impl<'a> List<'a> {
    pub fn options(place: &'a str) -> Self {
        Self { noun: "an option", place, besides: None }
    }

    /// Reads a name that the table knows.
    pub fn name<T>(&self, table: Table<T>, input: ParseStream<'_>) -> syn::Result<(Ident, &'static T)> {
        let Self { noun, place, .. } = self;
        let known = self.known(table);
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected {noun} {place}\nhelp: {known}")));
        }
        let name = input.call(Ident::parse_any)?;
        if let Some((_, found)) = table.iter().find(|(known, _)| name == known) {
            return Ok((name, found));
        }
        let noun = self.bare_noun();
        let help = match nearest(&name.to_string(), table.iter().map(|(known, _)| *known)) {
            Some(nearest) => format!("did you mean `{nearest}`?\nnote: {known}"),
            None => known,
        };
        Err(syn::Error::new(name.span(), format!("unknown {noun} `{name}` {place}\nhelp: {help}")))
    }

    fn known<T>(&self, table: Table<T>) -> String {
        let names: Vec<_> = table.iter().map(|(name, _)| format!("`{name}`")).collect();
        let besides = self.besides.map(|besides| format!(", or {besides}")).unwrap_or_default();
        format!("the {}s are {}{besides}", self.bare_noun(), names.join(", "))
    }

    fn bare_noun(&self) -> &'static str {
        self.noun.split_once(' ').map_or(self.noun, |(_, noun)| noun)
    }
}

/// The name that was probably meant, unless all of them are too different.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // One slip in three letters; a worse guess confuses more than it helps.
    let tolerance = (name.chars().count() / 3).max(1);
    let name = name.to_lowercase();
    known
        .map(|known| (strsim::osa_distance(&name, known), known))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Reads the `=` of an option that takes a value.
pub fn equals(name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(());
    }
    Err(syn::Error::new(name.span(), format!("`{name}` takes a value\nhelp: write `{name} = {example}`")))
}

/// The names that a list has had so far.
#[derive(Default)]
pub struct Seen(Vec<String>);

impl Seen {
    /// Notes `what` was read from `tokens`; an error if the list has had it before.
    pub fn first(&mut self, what: String, tokens: &impl ToTokens) -> syn::Result<()> {
        if self.0.contains(&what) {
            return Err(syn::Error::new(tokens.span(), format!("{what} is given twice\nhelp: keep one of them")));
        }
        self.0.push(what);
        Ok(())
    }
}

impl Errors {
    /// Reads the options of an attribute one by one, so that a mistake does not hide the next one.
    pub fn each_option(&mut self, args: TokenStream, mut read: impl FnMut(ParseStream<'_>) -> syn::Result<()>) {
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = read(input).and_then(|()| end_of_option(input)) {
                    self.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<proc_macro2::TokenTree>()?;
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(args) {
            self.push(error);
        }
    }
}

fn end_of_option(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("a comma is missing here\nhelp: put one between the options"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn nearest_option(name: &str) -> Option<&'static str> {
        nearest(name, ["get", "post", "path", "heartbeat", "on_disconnect"].into_iter())
    }

    #[test]
    fn slips_are_understood() {
        assert_eq!(nearest_option("pots"), Some("post"));
        assert_eq!(nearest_option("GET"), Some("get"));
        assert_eq!(nearest_option("heart_beat"), Some("heartbeat"));
        assert_eq!(nearest_option("on_disconect"), Some("on_disconnect"));
    }

    #[test]
    fn strangers_are_not_guessed_at() {
        assert_eq!(nearest_option("fetch"), None);
        assert_eq!(nearest_option("x"), None);
    }
}
