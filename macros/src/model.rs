//! What the rest of the crate talks about: a controller, its actions and their arguments.

use std::collections::{HashMap, HashSet};

use heck::ToKebabCase as _;
use proc_macro2::TokenStream;
use syn::{Attribute, FnArg, ItemImpl, Pat, PatType, Type, ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    attr::{ActionArgs, ControllerArgs},
    errors::Errors,
    fallback::is_action_path,
    parse::{Item, Method, Source},
    path::RoutePath,
    rewrite,
};

pub struct Controller {
    pub head: ItemImpl,
    /// Every item of the block, in order, with `#[action]` taken off.
    pub items: Vec<Item>,
    pub actions: Vec<Action>,
    /// The names of the methods that stream, themselves or through another one.
    streaming: HashSet<String>,
    /// Those of them that are given the sending half: where the signature is wrong, there is none to give.
    senders: HashMap<String, Sender>,
    pub state: Option<Type>,
    pub krate: TokenStream,
}

/// A method that is given the sending half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Action,
    Helper,
}

pub struct Action {
    /// Which of the block's items it is.
    pub item: usize,
    /// The attribute's own path, `action` or `outflow::action`.
    pub attribute: syn::Path,
    pub args: ActionArgs,
    /// The whole path, prefix included.
    pub path: RoutePath,
    pub arguments: Vec<Argument>,
    /// It has an error of its own, so it gets no route.
    pub broken: bool,
}

/// One argument after `&self`.
pub enum Argument {
    /// A path parameter of this name.
    Param {
        name: String,
        ty: Type,
    },
    Extractor {
        ty: Type,
    },
}

impl Controller {
    pub fn new(args: ControllerArgs, source: Source, errors: &mut Errors) -> Self {
        let Source { head, mut items } = source;
        let prefix = args.prefix.or_else(|| derived_prefix(&head, errors));
        let mut actions = Vec::new();
        for (index, item) in items.iter_mut().enumerate() {
            let Item::Method(method) = item else { continue };
            let Some(attribute) = take_action(&mut method.attrs, errors) else { continue };
            let args = ActionArgs::parse(&attribute, errors);
            let path = args.path.clone().unwrap_or_else(|| derived_path(method));
            let path = match &prefix {
                Some(prefix) => path.under(prefix),
                None => path,
            };
            let arguments = arguments(method, &path);
            let attribute = attribute.path().clone();
            actions.push(Action { item: index, attribute, args, path, arguments, broken: false });
        }
        let streaming = streaming(&mut items);
        let senders = senders(&items, &actions, &streaming);
        Self { head, items, actions, streaming, senders, state: args.state, krate: args.krate }
    }

    pub fn method(&self, action: &Action) -> &Method {
        match &self.items[action.item] {
            Item::Method(method) => method,
            Item::Other(_) => unreachable!("an action is a method"),
        }
    }

    /// Whether the method streams, itself or through another one.
    pub fn is_streaming(&self, method: &Method) -> bool {
        self.streaming.contains(&method.name())
    }

    /// How the method of this name is given the sending half, if it is.
    pub fn sender(&self, name: &str) -> Option<Sender> {
        self.senders.get(name).copied()
    }

    /// Whether the method of this index carries `#[action]`.
    pub fn is_action(&self, item: usize) -> bool {
        self.actions.iter().any(|action| action.item == item)
    }
}

impl Method {
    /// The name without `r#`.
    pub fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    pub fn has_attr(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }
}

fn senders(items: &[Item], actions: &[Action], streaming: &HashSet<String>) -> HashMap<String, Sender> {
    let mut senders = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let Item::Method(method) = item else { continue };
        let can_wait = method.sig.asyncness.is_some() && method.sig.constness.is_none();
        if can_wait && method.sig.receiver().is_some() && streaming.contains(&method.name()) {
            let is_action = actions.iter().any(|action| action.item == index);
            senders.insert(method.name(), if is_action { Sender::Action } else { Sender::Helper });
        }
    }
    senders
}

/// Takes `#[action]` off a method, so that it does not run on its own.
fn take_action(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Attribute> {
    let (actions, others): (Vec<_>, Vec<_>) =
        std::mem::take(attrs).into_iter().partition(|attr| is_action_path(attr.path()));
    *attrs = others;
    let mut actions = actions.into_iter();
    let first = actions.next();
    for second in actions {
        errors.add(
            second,
            "a method is one action\nhelp: several methods go into one attribute, as in `#[action(get, post)]`",
        );
    }
    first
}

/// `/stream` for `StreamController`.
fn derived_prefix(head: &ItemImpl, errors: &mut Errors) -> Option<RoutePath> {
    let last = match &*head.self_ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.unraw().to_string()),
        _ => None,
    };
    let name = last.as_deref().map(|name| name.strip_suffix("Controller").unwrap_or(name).to_kebab_case());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Some(RoutePath::derived(&name, head.self_ty.span())),
        None => {
            errors.add(
                &head.self_ty,
                "this type gives no prefix for the controller's routes\nhelp: write it, as in `#[controller(\"/stream\")]`",
            );
            None
        }
    }
}

/// `/event-log` for `event_log`, and the prefix itself for `index`.
fn derived_path(method: &Method) -> RoutePath {
    let span = method.sig.ident.span();
    match &*method.name() {
        "index" => RoutePath::root(span),
        name => RoutePath::derived(&name.to_kebab_case(), span),
    }
}

fn arguments(method: &Method, path: &RoutePath) -> Vec<Argument> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let argument = |typed: &PatType| {
        let ty = (*typed.ty).clone();
        match parameter_name(&typed.pat).and_then(|name| matching(&name, path)) {
            Some(name) => Argument::Param { name, ty },
            None => Argument::Extractor { ty },
        }
    };
    typed.map(argument).collect()
}

/// The name of an argument that is one: `id`, `mut id`.
fn parameter_name(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => Some(ident.ident.unraw().to_string()),
        _ => None,
    }
}

/// The path parameter that an argument takes. An argument that is not used yet may wear an underscore.
fn matching(argument: &str, path: &RoutePath) -> Option<String> {
    let unused = argument.strip_prefix('_').unwrap_or(argument);
    [argument, unused].into_iter().find(|name| path.params().iter().any(|param| param == name)).map(str::to_owned)
}

/// Whoever calls `self.stream` streams, and whoever calls one that streams.
fn streaming(items: &mut [Item]) -> HashSet<String> {
    let mut calls: Vec<(String, HashSet<String>)> = Vec::new();
    for item in items {
        if let Item::Method(method) = item {
            let mut called = HashSet::new();
            rewrite::body(&mut method.body, &mut |call| {
                called.insert(call.method.unraw().to_string());
                None
            });
            calls.push((method.name(), called));
        }
    }
    let mut streaming = HashSet::new();
    loop {
        let known = streaming.len();
        for (name, called) in &calls {
            if called.iter().any(|called| called == rewrite::STREAM || streaming.contains(called)) {
                streaming.insert(name.clone());
            }
        }
        if streaming.len() == known {
            return streaming;
        }
    }
}
