//! `formats(…)`: the formats of an action, and the parameter by which a link names one.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{LitStr, Path, Token, ext::IdentExt as _, parse::ParseStream, token::Paren};

use super::{
    csv,
    options::{List, Seen, Table, equals},
    value::{Given, Opt, Value, entries, options, string},
};

/// The value of `formats`.
pub struct Formats {
    /// Empty for all of them.
    pub list: Vec<Format>,
    /// The parameter of the query that names one.
    pub query: Option<LitStr>,
    /// The event that ends every stream of `sse`.
    pub end_event: Option<LitStr>,
}

/// One of `formats(…)`.
pub enum Format {
    /// One of ours: its module, and its name there.
    Known(Ident, Ident),
    /// `csv(…)`: the constant of the runtime, and the options.
    Csv(Ident, Vec<(Ident, Given)>),
    /// A constant of the user's.
    Own(Path),
}

/// One of ours.
struct Known {
    /// The runtime's module.
    module: &'static str,
    /// As the runtime spells it.
    constant: &'static str,
    options: Table<Opt>,
    /// An example of its options, for messages.
    example: &'static str,
}

const fn plain(constant: &'static str) -> Known {
    Known { module: "format", constant, options: &[], example: "" }
}

/// A protocol of AI front ends, which needs the feature `ai`.
const fn ai(constant: &'static str) -> Known {
    Known { module: "ai", ..plain(constant) }
}

const FORMATS: Table<Known> = &[
    ("sse", Known { module: "format", constant: "SSE", options: SSE, example: "(end_event = \"close\")" }),
    ("ndjson", plain("NDJSON")),
    ("json", Known { module: "format", constant: "JSON", options: JSON, example: "(array)" }),
    ("csv", Known { module: "format", constant: "CSV", options: csv::OPTIONS, example: "(bom)" }),
    ("text", plain("TEXT")),
    ("bytes", plain("BYTES")),
    ("hazaar", plain("HAZAAR")),
    ("ai_sdk", ai("AI_SDK")),
    ("ag_ui", ai("AG_UI")),
    ("openai_chat", ai("OPENAI_CHAT")),
    ("openai_responses", ai("OPENAI_RESPONSES")),
    ("anthropic", ai("ANTHROPIC")),
];

const SSE: Table<Opt> = &[("end_event", Opt::new(Value::EndEvent, "\"close\""))];

const JSON: Table<Opt> = &[("array", Opt::new(Value::Flag, ""))];

/// The options beside the formats.
const OPTIONS: Table<()> = &[("query", ())];

const QUERY: &str = "\"format\"";

impl Formats {
    /// Reads `(sse, csv(bom), self::YAML, query = "format")`.
    pub fn parse(name: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let usage = || syn::Error::new(name.span(), "`formats` takes a list\nhelp: write `formats(sse)`");
        if !input.peek(Paren) {
            return Err(usage());
        }
        let mut formats = Self { list: Vec::new(), query: None, end_event: None };
        let mut seen = Seen::default();
        entries(input, |list| formats.entry(list, &mut seen))?;
        if formats.list.is_empty() && formats.query.is_none() { Err(usage()) } else { Ok(formats) }
    }

    fn entry(&mut self, input: ParseStream<'_>, seen: &mut Seen) -> syn::Result<()> {
        if is_option(input) {
            let (name, ()) = List::options("in `formats(..)`").name(OPTIONS, input)?;
            seen.first(format!("`{name}`"), &name)?;
            equals(&name, QUERY, input)?;
            self.query = Some(parameter(&name, input)?);
        } else {
            let format = self.format(input, seen)?;
            self.list.push(format);
        }
        Ok(())
    }

    fn format(&mut self, input: ParseStream<'_>, seen: &mut Seen) -> syn::Result<Format> {
        if input.peek(Token![::]) || input.peek2(Token![::]) {
            let path = input.call(Path::parse_mod_style)?;
            seen.first(format!("`{}`", path.to_token_stream().to_string().replace(' ', "")), &path)?;
            return Ok(Format::Own(path));
        }
        let list = List { noun: "a format", place: "in `formats(..)`", besides: Some("a path such as `self::YAML`") };
        let (name, known) = list.name(FORMATS, input)?;
        seen.first(format!("`{name}`"), &name)?;
        let constant = |constant| Ident::new(constant, name.span());
        let module = constant(known.module);
        let Known { options: table, example, .. } = known;
        if table.is_empty() && (input.peek(Paren) || input.peek(Token![=])) {
            return Err(syn::Error::new(name.span(), format!("`{name}` has no options\nhelp: write `{name}`")));
        }
        let given = options(&name, example, table, input)?;
        Ok(match known.constant {
            "SSE" => {
                self.end_event = given.into_iter().find_map(|(_, given)| match given {
                    Given::EndEvent(event) => Some(event),
                    _ => None,
                });
                Format::Known(module, constant(known.constant))
            }
            _ if given.is_empty() => Format::Known(module, constant(known.constant)),
            "JSON" => Format::Known(module, constant("JSON_ARRAY")),
            _ => Format::Csv(constant(known.constant), given),
        })
    }
}

/// Whether an option comes next, maybe with a slip in its name or without its value.
fn is_option(input: ParseStream<'_>) -> bool {
    let Ok(name) = input.fork().call(Ident::parse_any) else { return false };
    let is_format = FORMATS.iter().any(|(known, _)| name == known);
    !input.peek2(Token![::]) && (name == "query" || !is_format && input.peek2(Token![=]))
}

/// The name of a parameter, which stands in a URL as it is (RFC 3986, section 2.3).
fn parameter(name: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    let help = format!("help: write `{name} = {QUERY}`");
    let literal = string(input, &format!("the name of a parameter must be a string\n{help}"))?;
    let text = literal.value();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
        let message = format!("{} is no name for a parameter of a URL\n{help}", literal.to_token_stream());
        return Err(syn::Error::new(literal.span(), message));
    }
    Ok(literal)
}

/// Reads `"close"`: the name of an event, a line of its own on the wire (WHATWG HTML, section 9.2.6).
pub fn end_event(name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<LitStr> {
    let help = format!("help: write `{name} = {example}`");
    let literal = string(input, &format!("the name of an event must be a string\n{help}"))?;
    let text = literal.value();
    let why = match &*text {
        "" => "the name of an event can't be empty".to_owned(),
        "done" | "error" => format!("the event `{text}` ends streams already, but only some of them"),
        "message" => "packets without a name are events of the name `message`".to_owned(),
        _ if text.contains(['\r', '\n', '\0']) => "the name of an event can't hold a line break or a NUL".to_owned(),
        _ => return Ok(literal),
    };
    Err(syn::Error::new(literal.span(), format!("{why}\n{help}")))
}
