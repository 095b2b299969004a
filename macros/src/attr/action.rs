//! The words in `#[action(…)]`.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Attribute, LitStr, Meta, Token, Type, parse::ParseStream, punctuated::Punctuated, token::Paren};

use super::{Seen, equals, resumable::ResumableArgs, value, value::Format, word};
use crate::{errors::Errors, fallback::is_action_path, path::RoutePath};

/// What `#[action(…)]` says.
pub struct ActionArgs {
    pub methods: Vec<Method>,
    pub path: Option<RoutePath>,
    /// What every packet is, where it says so.
    pub item: Option<Type>,
    /// The formats to choose from; none means all.
    pub formats: Vec<Format>,
    /// `open_after`, `heartbeat` and `timeout`, in milliseconds.
    pub durations: Vec<(Ident, u64)>,
    /// `on_disconnect` and `on_shutdown`, and what is to happen then.
    pub events: Vec<(Ident, Ident)>,
    /// How the action survives its client, if it does.
    pub resumable: Option<ResumableArgs>,
    /// The words that only mean something where the action streams.
    pub about_streams: Vec<Ident>,
    /// Something in it is wrong, so the route is not known.
    pub broken: bool,
}

/// An HTTP method as an action names it.
#[derive(Clone)]
pub struct Method {
    /// `None` for the `get` that goes without saying.
    word: Option<Ident>,
    /// As `axum::routing::MethodFilter` spells it.
    pub filter: &'static str,
}

impl Method {
    fn parse(word: Ident, filter: &'static str, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![=]) || input.peek(Paren) {
            let message = format!("`{word}` takes no value\nhelp: write `{word}, path = \"/…\"`");
            return Err(syn::Error::new(word.span(), message));
        }
        Ok(Self { word: Some(word), filter })
    }

    pub fn span(&self) -> Option<proc_macro2::Span> {
        self.word.as_ref().map(Ident::span)
    }
}

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

const OPTIONS: [&str; 9] =
    ["path", "item", "formats", "open_after", "heartbeat", "timeout", "on_disconnect", "on_shutdown", "resumable"];

/// Takes `#[action]` off a method, so that it does not run on its own.
pub fn take_action(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Attribute> {
    let mut actions = Vec::new();
    attrs.retain(|attr| {
        let conditional = conditional_action(attr);
        if conditional.is_some() {
            errors.add(
                attr,
                "whether a method is an action can't depend on `cfg_attr`\nhelp: put `#[cfg(…)]` on the method",
            );
        }
        let found = conditional.or_else(|| is_action_path(attr.path()).then(|| attr.clone()));
        let others = found.is_none();
        actions.extend(found);
        others
    });
    let mut actions = actions.into_iter();
    let first = actions.next();
    for second in actions {
        errors.add(
            second,
            "this method has a second `#[action]`\nhelp: several words go into one, as in `#[action(get, post)]`",
        );
    }
    first
}

/// The `action` of `#[cfg_attr(…, action)]`.
fn conditional_action(attr: &Attribute) -> Option<Attribute> {
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let meta = metas.into_iter().skip(1).find(|meta| is_action_path(meta.path()))?;
    Some(Attribute { meta, ..attr.clone() })
}

impl ActionArgs {
    pub fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut parsed = Self {
            methods: Vec::new(),
            path: None,
            item: None,
            formats: Vec::new(),
            durations: Vec::new(),
            events: Vec::new(),
            resumable: None,
            about_streams: Vec::new(),
            broken: false,
        };
        let mut seen = Seen::default();
        let before = errors.count();
        let each = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                let message =
                    format!("this path has no word in front of it\nhelp: write `path = {}`", literal.to_token_stream());
                return Err(syn::Error::new_spanned(literal, message));
            }
            let words: Vec<_> = METHODS.iter().map(|(word, _)| *word).chain(OPTIONS).collect();
            let word = word(input, "`#[action]`", &words, "")?;
            seen.first(&format!("`{word}`"), &word)?;
            match METHODS.iter().find(|(method, _)| word == method) {
                Some((_, filter)) => parsed.methods.push(Method::parse(word, filter, input)?),
                None => parsed.option(word, input)?,
            }
            Ok(())
        };
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => errors.all(list.tokens.clone(), each),
            Meta::NameValue(pair) => errors.add(
                &pair.value,
                "`#[action]` takes its words in parentheses\nhelp: write `#[action(get, path = \"/…\")]`",
            ),
        }
        parsed.check_resumable(errors);
        if parsed.methods.is_empty() {
            parsed.methods.push(Method { word: None, filter: "GET" });
        }
        parsed.broken = errors.count() > before;
        parsed
    }

    /// A run goes on when its client leaves, and is only started on purpose.
    fn check_resumable(&self, errors: &mut Errors) {
        let word = |name: &str| self.about_streams.iter().find(|word| *word == name);
        let Some(resumable) = word("resumable") else { return };
        if let Some(on_disconnect) = word("on_disconnect") {
            errors.add(
                on_disconnect,
                "a resumable action goes on when its client leaves\nhelp: remove `on_disconnect`, or `resumable`",
            );
        }
        let get = self.methods.iter().find(|method| method.filter == "GET");
        if get.is_some() || self.methods.is_empty() {
            errors.add(
                get.and_then(|get| get.word.as_ref()).unwrap_or(resumable),
                "a resumable action can't be started by `GET`, which crawlers and prefetching browsers send\nhelp: write `#[action(post, resumable)]`",
            );
        }
    }

    /// A word that is no method.
    fn option(&mut self, word: Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if word == "path" {
            equals(input, &word)?;
            let literal = value::string(input, "this path is not a string\nhelp: write `path = \"/…\"`")?;
            self.path = Some(RoutePath::parse(&literal)?);
            return Ok(());
        }
        match &*word.to_string() {
            "formats" => self.formats = value::formats(&word, input)?,
            "resumable" => self.resumable = Some(ResumableArgs::parse(&word, input)?),
            other => {
                equals(input, &word)?;
                match other {
                    "item" => self.item = Some(input.parse()?),
                    "on_disconnect" => self.on(&word, &["cancel", "finish"], input)?,
                    "on_shutdown" => self.on(&word, &["finish", "close"], input)?,
                    // `open_after`, `heartbeat` and `timeout`.
                    _ => self.durations.push((word.clone(), value::millis(&word, input)?)),
                }
            }
        }
        self.about_streams.push(word);
        Ok(())
    }

    fn on(&mut self, event: &Ident, known: &[&str], input: ParseStream<'_>) -> syn::Result<()> {
        let then = value::one_of(event, known, input)?;
        self.events.push((event.clone(), then));
        Ok(())
    }
}
