//! The options of `#[action(…)]`.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::{Attribute, LitStr, Meta, Token, Type, parse::ParseStream, punctuated::Punctuated};

use super::{
    formats::Formats,
    options::{List, Seen, Table},
    resumable,
    value::{Given, Opt, Value},
};
use crate::{errors::Errors, names, path::RoutePath};

const OPTIONS: Table<Opt> = &[
    ("get", Opt::new(Value::Method("GET"), "\"/…\"")),
    ("post", Opt::new(Value::Method("POST"), "\"/…\"")),
    ("put", Opt::new(Value::Method("PUT"), "\"/…\"")),
    ("patch", Opt::new(Value::Method("PATCH"), "\"/…\"")),
    ("delete", Opt::new(Value::Method("DELETE"), "\"/…\"")),
    ("path", Opt::new(Value::Route, "\"/…\"")),
    ("item", Opt::new(Value::Type, "Token")),
    ("event", Opt::new(EVENT, "tag")),
    ("formats", Opt::new(Value::Formats, "(sse)")),
    ("open_after", Opt::new(Value::Duration { zero: None }, "\"15s\"")),
    ("heartbeat", Opt::new(Value::Duration { zero: None }, "\"15s\"")),
    ("timeout", Opt::new(Value::Duration { zero: None }, "\"15s\"")),
    ("max_age", Opt::new(Value::Duration { zero: Some(ENDED_AT_ONCE) }, "\"1h\"")),
    ("on_disconnect", Opt::new(ON_DISCONNECT, "finish")),
    ("on_shutdown", Opt::new(ON_SHUTDOWN, "close")),
    ("resumable", Opt::new(Value::Options(resumable::OPTIONS), "(key = url)")),
];

const EVENT: Value = Value::Choice { ty: "Event", variants: &[("tag", "Tag")] };

const ENDED_AT_ONCE: &str = "every stream would end at once\nhelp: leave `max_age` out, and no stream ends by its age";

const ON_DISCONNECT: Value =
    Value::Choice { ty: "OnDisconnect", variants: &[("cancel", "Cancel"), ("finish", "Finish")] };

const ON_SHUTDOWN: Value = Value::Choice { ty: "OnShutdown", variants: &[("finish", "Finish"), ("close", "Close")] };

/// The options of one `#[action(…)]`.
pub struct ActionArgs {
    pub methods: Vec<Method>,
    pub path: Option<RoutePath>,
    /// The type of every packet, where one is given.
    pub item: Option<Type>,
    /// `event`, where the variant of each packet names its event.
    pub event: Option<Ident>,
    /// The settings for the runtime, each by the name of its builder method.
    pub settings: Vec<(Ident, Given)>,
    /// The options that only mean something where the action streams.
    pub about_streams: Vec<Ident>,
    /// Whether there is a mistake in it, which leaves the route unknown.
    pub broken: bool,
}

/// An HTTP method of an action.
#[derive(Clone)]
pub struct Method {
    /// `None` for `get` where no method is given.
    option: Option<Ident>,
    /// As `axum::routing::MethodFilter` spells it.
    pub filter: &'static str,
}

impl Method {
    pub fn span(&self) -> Option<Span> {
        self.option.as_ref().map(Ident::span)
    }
}

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
        let found = conditional.or_else(|| names::is_action(attr.path()).then(|| attr.clone()));
        let others = found.is_none();
        actions.extend(found);
        others
    });
    let mut actions = actions.into_iter();
    let first = actions.next();
    for second in actions {
        errors.add(
            second,
            "this method has a second `#[action]`\nhelp: put all options into one, as in `#[action(get, post)]`",
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
    let meta = metas.into_iter().skip(1).find(|meta| names::is_action(meta.path()))?;
    Some(Attribute { meta, ..attr.clone() })
}

impl ActionArgs {
    pub fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut parsed = Self {
            methods: Vec::new(),
            path: None,
            item: None,
            event: None,
            settings: Vec::new(),
            about_streams: Vec::new(),
            broken: false,
        };
        let mut seen = Seen::default();
        let before = errors.count();
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => errors.each_option(list.tokens.clone(), |input| parsed.option(&mut seen, input)),
            Meta::NameValue(pair) => errors.add(
                &pair.value,
                "`#[action]` takes its options in parentheses\nhelp: write `#[action(get, path = \"/…\")]`",
            ),
        }
        parsed.check_resumable(errors);
        parsed.check_event(errors);
        if parsed.methods.is_empty() {
            parsed.methods.push(Method { option: None, filter: "GET" });
        }
        parsed.broken = errors.count() > before;
        parsed
    }

    /// The option `resumable`, if it is there.
    pub fn resumable(&self) -> Option<&Ident> {
        self.about_streams.iter().find(|option| *option == "resumable")
    }

    /// The parameter that names the runs, as in `resumable(name = chat)`.
    pub fn run_name(&self) -> Option<&Ident> {
        self.settings.iter().find_map(|(_, setting)| match setting {
            Given::Options(given) => given.iter().find_map(|(_, given)| match given {
                Given::Param(name) => Some(name),
                _ => None,
            }),
            _ => None,
        })
    }

    fn option(&mut self, seen: &mut Seen, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            let message =
                format!("a path needs `path =` in front of it\nhelp: write `path = {}`", literal.to_token_stream());
            return Err(syn::Error::new_spanned(literal, message));
        }
        let (name, given) = List::options("in `#[action(..)]`").option(OPTIONS, seen, input)?;
        match given {
            Given::Method(filter) => {
                self.methods.push(Method { option: Some(name), filter });
                return Ok(());
            }
            Given::Route(path) => {
                self.path = Some(path);
                return Ok(());
            }
            Given::Type(item) => self.item = Some(item),
            Given::Choice { .. } if name == "event" => self.event = Some(name.clone()),
            setting => self.settings.push((name.clone(), setting)),
        }
        self.about_streams.push(name);
        Ok(())
    }

    /// Without the type, nobody knows which events there are.
    fn check_event(&self, errors: &mut Errors) {
        if let (Some(event), None) = (&self.event, &self.item) {
            errors.add(
                event,
                "`event = tag` needs the enum whose variants name the events\nhelp: write `item = Update, event = tag`, with your enum for `Update`",
            );
        }
    }

    /// A run goes on when its client leaves, and must be started on purpose.
    fn check_resumable(&self, errors: &mut Errors) {
        let Some(resumable) = self.resumable() else { return };
        if let Some(on_disconnect) = self.about_streams.iter().find(|option| *option == "on_disconnect") {
            errors.add(
                on_disconnect,
                "a resumable action goes on when its client leaves\nhelp: remove `on_disconnect`, or `resumable`",
            );
        }
        let get = self.methods.iter().find(|method| method.filter == "GET");
        if get.is_some() || self.methods.is_empty() {
            errors.add(
                get.and_then(|get| get.option.as_ref()).unwrap_or(resumable),
                "a resumable action can't be started by `GET`, which crawlers and prefetching browsers send\nhelp: write `#[action(post, resumable)]`",
            );
        }
        for (_, setting) in &self.settings {
            match setting {
                Given::Options(given) => resumable::check(given, errors),
                Given::Formats(Formats { query: Some(query), .. }) => resumable::check_query(query, errors),
                _ => {}
            }
        }
    }
}
