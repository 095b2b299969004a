//! What stands in the parentheses of `resumable(…)`.

use proc_macro2::{Ident, TokenStream};
use syn::{Path, Token, parse::ParseStream, token::Paren};

use super::{Seen, equals, value, word};

/// How a run is kept, and who may see it.
#[derive(Default)]
pub struct ResumableArgs {
    /// `key`, and where it is.
    pub key: Option<(Ident, Ident)>,
    /// The function that tells who asks.
    pub owner: Option<Path>,
    /// `overflow`, and what happens then.
    pub overflow: Option<(Ident, Ident)>,
    /// `retention` and `abandon_after`, in milliseconds, and how many there may be of what.
    pub numbers: Vec<(Ident, u64)>,
}

const WORDS: [&str; 7] = ["key", "owner", "retention", "overflow", "abandon_after", "max_runs", "max_followers"];

impl ResumableArgs {
    /// `resumable`, or `resumable(key = url, …)`.
    pub fn parse(resumable: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut parsed = Self::default();
        if input.peek(Token![=]) {
            let message = "`resumable` takes no value\nhelp: write `resumable`, or `resumable(key = url)`";
            return Err(syn::Error::new(resumable.span(), message));
        }
        if !input.peek(Paren) {
            return Ok(parsed);
        }
        let list;
        syn::parenthesized!(list in input);
        if let Err(error) = parsed.words(&list) {
            // What follows the mistake is none of its own.
            list.parse::<TokenStream>()?;
            return Err(error);
        }
        match &parsed.key {
            Some((_, key)) if key == "off" && parsed.owner.is_none() => Err(syn::Error::new(
                key.span(),
                "without a key anybody could read the run\nhelp: say who owns it, as in `resumable(key = off, owner = user)`",
            )),
            _ => {
                let max_runs = parsed.numbers.iter().find(|(word, _)| word == "max_runs");
                match max_runs {
                    Some((word, _)) if parsed.owner.is_none() => Err(syn::Error::new(
                        word.span(),
                        "`max_runs` bounds the runs of one owner\nhelp: say who owns them, as in `resumable(owner = user, max_runs = 3)`",
                    )),
                    _ => Ok(parsed),
                }
            }
        }
    }

    fn words(&mut self, list: ParseStream<'_>) -> syn::Result<()> {
        let mut seen = Seen::default();
        while !list.is_empty() {
            let word = word(list, "`resumable`", &WORDS, "")?;
            seen.first(&format!("`{word}`"), &word)?;
            equals(list, &word)?;
            match &*word.to_string() {
                "key" => self.key = Some((word.clone(), value::one_of(&word, &["header", "url", "off"], list)?)),
                "overflow" => self.overflow = Some((word.clone(), value::one_of(&word, &["fail", "window"], list)?)),
                "owner" => self.owner = Some(list.call(Path::parse_mod_style)?),
                "max_runs" | "max_followers" => self.numbers.push((word.clone(), value::count(&word, list)?)),
                "abandon_after" => {
                    let value = list.fork();
                    let millis = value::millis(&word, list)?;
                    if millis == 0 {
                        let message =
                            "every run would be abandoned at once\nhelp: leave `abandon_after` out, and none is";
                        return Err(value.error(message));
                    }
                    self.numbers.push((word.clone(), millis));
                }
                _ => self.numbers.push((word.clone(), value::millis(&word, list)?)),
            }
            if !list.is_empty() {
                list.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }
}
