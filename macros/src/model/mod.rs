//! The model: a controller, its methods, and the calls in their bodies.

use std::collections::HashSet;

use heck::ToKebabCase as _;
use syn::{
    Attribute, FnArg, ItemImpl, PatType, ReceiverKind, Signature, Type, Visibility, ext::IdentExt as _,
    spanned::Spanned as _,
};

use crate::{
    attr::{ControllerArgs, action::take_action},
    body::Body,
    errors::Errors,
    names::Crate,
    parse::{self, Other, Source},
    path::RoutePath,
    rewrite::{self, Call},
};

pub mod action;

use self::action::Action;

pub struct Controller {
    pub head: ItemImpl,
    /// The items of the block, in order, with `#[action]` taken off.
    pub items: Vec<Item>,
    pub state: Option<Type>,
    /// Whether its rejections are problem documents.
    pub problems: bool,
    /// The path of the runtime crate.
    pub krate: Crate,
    /// Whether its routes are known: no mistake hides their prefix.
    pub has_routes: bool,
    /// The names of the methods that stream, themselves or through another one.
    streaming: HashSet<String>,
}

pub enum Item {
    Method(Box<Method>),
    Other(Other),
}

pub struct Method {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    pub body: Body,
    /// The calls of `self`'s methods in the body, in the order in which `rewrite::body` meets them.
    pub calls: Vec<Call>,
    pub action: Option<Action>,
}

impl Controller {
    pub fn new(args: ControllerArgs, source: Source, errors: &mut Errors) -> Self {
        let Source { head, items } = source;
        let ControllerArgs { prefix, state, problems, krate, broken } = args;
        let prefix = match prefix {
            None if !broken => derived_prefix(&head, errors),
            given => given,
        };
        let item = |item| match item {
            parse::Item::Method(method) => Item::Method(Box::new(Method::new(*method, prefix.as_ref(), errors))),
            parse::Item::Other(other) => Item::Other(other),
        };
        let items: Vec<_> = items.into_iter().map(item).collect();
        let has_routes = prefix.is_some() && !broken;
        let streaming = streaming(&items);
        Self { head, items, state, problems, krate, has_routes, streaming }
    }

    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        methods(&self.items)
    }

    /// The actions, and the method that each of them is.
    pub fn actions(&self) -> impl Iterator<Item = (&Method, &Action)> {
        self.methods().filter_map(|method| Some((method, method.action.as_ref()?)))
    }

    /// Whether the method streams, itself or through another one.
    pub fn streams(&self, method: &Method) -> bool {
        self.streaming_call(method).is_some()
    }

    /// Whether a method of this name streams.
    pub fn is_streaming(&self, name: &str) -> bool {
        self.streaming.contains(name)
    }

    /// The first call that makes the method a streaming one.
    pub fn streaming_call<'a>(&self, method: &'a Method) -> Option<&'a Call> {
        streaming_calls(method, &self.streaming).next()
    }

    /// The streaming methods that the method calls, by name.
    pub fn delegates(&self, method: &Method) -> impl Iterator<Item = String> {
        method.calls.iter().map(Call::name).filter(|called| self.is_streaming(called))
    }
}

impl Method {
    fn new(method: parse::Method, prefix: Option<&RoutePath>, errors: &mut Errors) -> Self {
        let parse::Method { mut attrs, vis, sig, mut body } = method;
        let attribute = take_action(&mut attrs, errors);
        let action = attribute.map(|attribute| Action::new(&attribute, &sig, prefix, errors));
        rewrite::yields::refuse(&mut body, errors);
        let calls = rewrite::calls(&mut body);
        Self { attrs, vis, sig, body, calls, action }
    }

    /// The name without `r#`.
    pub fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// The attributes that decide whether the method exists at all.
    pub fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    /// The arguments after `self`.
    pub fn typed(&self) -> impl Iterator<Item = &PatType> {
        typed(&self.sig)
    }

    /// Whether it takes `&self`, in any spelling.
    pub fn borrows_self(&self) -> bool {
        self.borrow_is_mutable() == Some(false)
    }

    /// Whether it takes `&mut self`, in any spelling.
    pub fn borrows_self_mutably(&self) -> bool {
        self.borrow_is_mutable() == Some(true)
    }

    /// Whether it borrows `self` mutably, if it takes a reference to it.
    fn borrow_is_mutable(&self) -> Option<bool> {
        match &self.sig.receiver()?.kind {
            ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
            ReceiverKind::Typed(_, ty) => match &**ty {
                Type::Reference(reference) => match &*reference.elem {
                    Type::Path(path) if path.path.is_ident("Self") => Some(reference.mutability.is_some()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}

fn typed(sig: &Signature) -> impl Iterator<Item = &PatType> {
    sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

fn methods(items: &[Item]) -> impl Iterator<Item = &Method> {
    items.iter().filter_map(|item| match item {
        Item::Method(method) => Some(&**method),
        Item::Other(_) => None,
    })
}

/// The methods that call a builtin, and the methods that call those.
fn streaming(items: &[Item]) -> HashSet<String> {
    let mut streaming = HashSet::new();
    loop {
        let known = streaming.len();
        for method in methods(items) {
            if streaming_calls(method, &streaming).next().is_some() {
                streaming.insert(method.name());
            }
        }
        if streaming.len() == known {
            return streaming;
        }
    }
}

fn streaming_calls<'a>(method: &'a Method, streaming: &HashSet<String>) -> impl Iterator<Item = &'a Call> {
    let calls = method.calls.iter().filter(|call| !call.by_type);
    calls.filter(|call| call.builtin().is_some() || streaming.contains(&call.name()))
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
                "no route prefix can be derived from this type\nhelp: write one, as in `#[controller(\"/stream\")]`",
            );
            None
        }
    }
}
