//! Options and their values.

use proc_macro2::{Ident, TokenStream};
use syn::{Lit, LitStr, Path, Token, Type, ext::IdentExt as _, parse::ParseStream, token::Paren};

use super::{
    csv,
    formats::{self, Formats},
    options::{List, Seen, Table, equals},
};
use crate::path::RoutePath;

/// One option of an attribute.
pub struct Opt {
    pub value: Value,
    /// An example of its value, for messages.
    pub example: &'static str,
}

impl Opt {
    pub const fn new(value: Value, example: &'static str) -> Self {
        Self { value, example }
    }
}

impl List<'_> {
    /// Reads one option: its name, and its value.
    pub fn option(&self, table: Table<Opt>, seen: &mut Seen, input: ParseStream<'_>) -> syn::Result<(Ident, Given)> {
        let (name, option) = self.name(table, input)?;
        seen.first(format!("`{}`", name.unraw()), &name)?;
        let given = option.value.parse(&name, option.example, input)?;
        Ok((name, given))
    }
}

/// The kind of value that an option takes.
pub enum Value {
    /// None: the option is an HTTP method, as `axum::routing::MethodFilter` spells it.
    Method(&'static str),
    /// None: the option is a word alone.
    Flag,
    /// A path such as `"/count/{id}"`.
    Route,
    /// A type.
    Type,
    /// A path of Rust, such as that of a function.
    Path,
    /// A duration such as `"250ms"`. Where it can't be zero, the message says why.
    Duration { zero: Option<&'static str> },
    /// A number of 1 or more.
    Count,
    /// One of a few words: a variant of an enum of the runtime, each with its name there.
    Choice { ty: &'static str, variants: Table<&'static str> },
    /// A list of formats in parentheses.
    Formats,
    /// Options of its own in parentheses, all of which may be left out.
    Options(Table<Opt>),
    /// A character between the fields of a record.
    Delimiter,
    /// The columns of a table in parentheses.
    Columns,
    /// The name of an event.
    EndEvent,
    /// A parameter of the path.
    Param,
}

/// The value of an option.
pub enum Given {
    Method(&'static str),
    Flag,
    Route(RoutePath),
    Type(Type),
    Path(Path),
    /// Milliseconds, or a count.
    Number(u64),
    Choice {
        written: Ident,
        ty: &'static str,
        variant: &'static str,
    },
    Formats(Formats),
    Options(Vec<(Ident, Given)>),
    /// An ASCII character.
    Delimiter(u8),
    /// Fields, each with its title.
    Columns(Vec<(LitStr, LitStr)>),
    EndEvent(LitStr),
    Param(Ident),
}

impl Value {
    /// Reads the value of the option `name`, with the `=` or the parentheses around it.
    pub fn parse(&self, name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<Given> {
        match self {
            Self::Method(_) | Self::Formats | Self::Options(_) | Self::Flag | Self::Columns => {}
            _ => equals(name, example, input)?,
        }
        Ok(match self {
            Self::Method(filter) => {
                if input.peek(Token![=]) || input.peek(Paren) {
                    let message = format!("`{name}` takes no value\nhelp: write `{name}, path = {example}`");
                    return Err(syn::Error::new(name.span(), message));
                }
                Given::Method(filter)
            }
            Self::Flag => {
                if input.peek(Token![=]) || input.peek(Paren) {
                    let message = format!("`{name}` takes no value\nhelp: write `{name}` alone");
                    return Err(syn::Error::new(name.span(), message));
                }
                Given::Flag
            }
            Self::Route => {
                let literal = string(input, &format!("this path is not a string\nhelp: write `{name} = {example}`"))?;
                Given::Route(RoutePath::parse(&literal)?)
            }
            Self::Type => Given::Type(input.parse()?),
            Self::Path => Given::Path(input.call(Path::parse_mod_style)?),
            Self::Duration { zero } => {
                let value = input.fork();
                let millis = millis(name, input)?;
                match zero {
                    Some(message) if millis == 0 => return Err(value.error(message)),
                    _ => Given::Number(millis),
                }
            }
            Self::Count => Given::Number(count(name, example, input)?),
            Self::Choice { ty, variants } => {
                let list = List { noun: "a value", place: &format!("for `{name}`"), besides: None };
                let (written, variant) = list.name(variants, input)?;
                Given::Choice { written, ty, variant }
            }
            Self::Formats => Given::Formats(Formats::parse(name, input)?),
            Self::Options(table) => Given::Options(options(name, example, table, input)?),
            Self::Delimiter => Given::Delimiter(csv::delimiter(name, example, input)?),
            Self::EndEvent => Given::EndEvent(formats::end_event(name, example, input)?),
            Self::Columns => Given::Columns(csv::columns(name, example, input)?),
            Self::Param => {
                let message = format!(
                    "`{name}` takes a parameter of the path, without quotes\nhelp: write `{name} = {example}`, with `path = \"/{{{example}}}\"`"
                );
                let value = input.fork();
                Given::Param(input.parse().map_err(|_| value.error(message))?)
            }
        })
    }
}

/// `resumable`, or `resumable(key = url, …)`.
pub(super) fn options(
    name: &Ident,
    example: &str,
    table: Table<Opt>,
    input: ParseStream<'_>,
) -> syn::Result<Vec<(Ident, Given)>> {
    if input.peek(Token![=]) {
        let message = format!("`{name}` takes no value\nhelp: write `{name}`, or `{name}{example}`");
        return Err(syn::Error::new(name.span(), message));
    }
    let mut given = Vec::new();
    if !input.peek(Paren) {
        return Ok(given);
    }
    let mut seen = Seen::default();
    let place = format!("in `{name}(..)`");
    entries(input, |list| {
        given.push(List::options(&place).option(table, &mut seen, list)?);
        Ok(())
    })?;
    Ok(given)
}

/// Reads the entries of a list in parentheses, with commas between them.
pub(super) fn entries(
    input: ParseStream<'_>,
    mut entry: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let list;
    syn::parenthesized!(list in input);
    let mut read = || {
        while !list.is_empty() {
            entry(&list)?;
            if !list.is_empty() {
                list.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = read() {
        // Only the first mistake in the list is reported: syn reports an unread rest in its place.
        list.parse::<TokenStream>()?;
        return Err(error);
    }
    Ok(())
}

/// A duration such as `"250ms"`, in milliseconds.
fn millis(name: &Ident, input: ParseStream<'_>) -> syn::Result<u64> {
    let help = format!("help: write `{name} = \"250ms\"`, or \"15s\", \"2m\", \"1h\"");
    let literal = string(input, &format!("a duration must be a string\n{help}"))?;
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

fn count(name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<u64> {
    let message = format!("`{name}` must be a whole number of 1 or more\nhelp: write `{name} = {example}`");
    let value = input.fork();
    match input.parse() {
        Ok(Lit::Int(number)) => number.base10_parse().ok().filter(|number| *number > 0),
        _ => None,
    }
    .ok_or_else(|| value.error(message))
}

/// A string literal; anything else is an error with this message.
pub(super) fn string(input: ParseStream<'_>, message: &str) -> syn::Result<LitStr> {
    if !input.peek(Lit) {
        return Err(input.error(message));
    }
    match input.parse()? {
        Lit::Str(literal) => Ok(literal),
        other => Err(syn::Error::new(other.span(), message)),
    }
}
