//! What the rest of the crate talks about: a controller, its actions and their arguments.

use std::collections::{HashMap, HashSet};

use heck::ToKebabCase as _;
use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, FnArg, GenericArgument, ItemImpl, Pat, PatType, PathArguments, ReceiverKind, Type, ext::IdentExt as _,
    spanned::Spanned as _,
};

use crate::{
    attr::{self, ActionArgs, ControllerArgs},
    errors::Errors,
    names,
    parse::{Item, Method, Source},
    path::RoutePath,
    rewrite::Word,
};

pub struct Controller {
    pub head: ItemImpl,
    /// Every item of the block, in order, with `#[action]` taken off.
    pub items: Vec<Item>,
    pub actions: Vec<Action>,
    /// The names of the methods that stream, themselves or through another one.
    streaming: HashSet<String>,
    /// What each of them sends, where an action that reaches it says so.
    items_sent: HashMap<String, Type>,
    /// Those of them that are given the sending half: where the signature is wrong, there is none to give.
    callees: HashMap<String, Callee>,
    pub state: Option<Type>,
    /// Whether a router can hold it.
    pub can_serve: bool,
    /// Whether a method of its own, which is an error, hides one of the language.
    pub hides_language: bool,
    krate: TokenStream,
}

/// A method that is given the sending half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Callee {
    pub is_action: bool,
    /// How many arguments it has beside `self`, unless `#[cfg]` decides about that.
    pub arity: Option<usize>,
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
    pub fit: Fit,
}

/// How much is left of an action after its mistakes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Whole,
    /// Nobody knows its route.
    NoRoute,
    /// Its signature is none that an action can have.
    NoAction,
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
        let prefix = match args.prefix {
            None if !args.broken => derived_prefix(&head, errors),
            given => given,
        };
        let mut actions = Vec::new();
        for (index, item) in items.iter_mut().enumerate() {
            let Item::Method(method) = item else { continue };
            let Some(attribute) = attr::take_action(&mut method.attrs, errors) else { continue };
            let action_args = ActionArgs::parse(&attribute, errors);
            let path = action_args.path.clone().unwrap_or_else(|| derived_path(method));
            let path = prefix.as_ref().map_or_else(|| path.clone(), |prefix| path.under(prefix));
            let arguments = arguments(method, &path);
            let attribute = attribute.path().clone();
            let is_known = prefix.is_some() && !args.broken && !action_args.broken;
            let fit = if is_known { Fit::Whole } else { Fit::NoRoute };
            actions.push(Action { item: index, attribute, args: action_args, path, arguments, fit });
        }
        let streaming = streaming(&items);
        let hides_language =
            items.iter().any(|item| matches!(item, Item::Method(method) if Word::of(&method.name()).is_some()));
        let ControllerArgs { state, krate, .. } = args;
        let (callees, items_sent) = (HashMap::new(), HashMap::new());
        Self { head, items, actions, streaming, items_sent, callees, state, can_serve: true, hides_language, krate }
    }

    /// What the method of this name may send: a type, or anything.
    pub fn item_sent(&self, name: &str) -> Option<&Type> {
        self.items_sent.get(name)
    }

    /// Settles what each streaming method sends.
    pub fn set_items_sent(&mut self, items_sent: HashMap<String, Type>) {
        self.items_sent = items_sent;
    }

    /// The streaming methods that a method calls, by name.
    pub fn delegates<'a>(&'a self, method: &'a Method) -> impl Iterator<Item = &'a String> {
        method.calls.iter().filter(|called| self.streaming.contains(*called))
    }

    /// Gives the sending half to every streaming method that can take it, once the actions have been checked.
    pub fn choose_callees(&mut self) {
        let mut callees: HashMap<String, Callee> = HashMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let Item::Method(method) = item else { continue };
            let action = self.action(index);
            let fits = method.sig.receiver().is_some() && action.is_none_or(|action| action.fit != Fit::NoAction);
            let can_wait = method.sig.asyncness.is_some() && method.sig.constness.is_none();
            if fits && can_wait && self.streaming.contains(&method.name()) {
                let arity = Some(method.sig.inputs.len() - 1);
                let callee = Callee { is_action: action.is_some(), arity };
                let callee = callees.entry(method.name()).or_insert(callee);
                callee.arity = callee.arity.filter(|known| Some(*known) == arity);
            }
        }
        self.callees = callees;
    }

    pub fn method(&self, action: &Action) -> &Method {
        match &self.items[action.item] {
            Item::Method(method) => method,
            Item::Other(_) => unreachable!("an action is a method"),
        }
    }

    /// The action that the item of this index is, if it is one.
    pub fn action(&self, item: usize) -> Option<&Action> {
        self.actions.iter().find(|action| action.item == item)
    }

    /// Whether the method streams, itself or through another one.
    pub fn streams(&self, method: &Method) -> bool {
        self.streaming_call(method).is_some()
    }

    /// What the method streams by: a word of the language, or the first by name of the streaming methods that it calls.
    pub fn streaming_call<'a>(&self, method: &'a Method) -> Option<&'a str> {
        let calls = || method.calls.iter().map(String::as_str);
        let delegated = || calls().filter(|called| self.streaming.contains(*called)).min();
        calls().find(|called| Word::of(called).is_some()).or_else(delegated)
    }

    /// How the method of this name is given the sending half, if it is.
    pub fn callee(&self, name: &str) -> Option<Callee> {
        self.callees.get(name).copied()
    }

    /// The path to the runtime.
    pub fn krate(&self) -> &TokenStream {
        &self.krate
    }

    /// The path to the runtime, in a place where an error about what follows it belongs.
    pub fn krate_at(&self, place: Span) -> TokenStream {
        names::moved(&self.krate, place)
    }
}

impl Method {
    /// The name without `r#`.
    pub fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// What decides whether there is such a method at all.
    pub fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    /// The arguments after `self`.
    pub fn typed(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
    }

    /// Whether it takes `&self`, in any spelling.
    pub fn borrows_self(&self) -> bool {
        self.sig.receiver().is_some_and(|receiver| match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
            ReceiverKind::Typed(_, ty) => matches!(
                &**ty,
                Type::Reference(reference) if reference.mutability.is_none()
                    && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"))
            ),
            _ => false,
        })
    }
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
    let argument = |typed: &PatType| {
        let ty = (*typed.ty).clone();
        let name = parameter_name(&typed.pat).filter(|_| !takes_path(&ty));
        match name.and_then(|name| matching(&name, path)) {
            Some(name) => Argument::Param { name, ty },
            None => Argument::Extractor { ty },
        }
    };
    method.typed().map(argument).collect()
}

/// Whether an extractor takes the path's parameters by itself. Its name may be that of the one it takes.
pub fn takes_path(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| match &last.arguments {
        _ if last.ident == "Path" || last.ident == "RawPathParams" => true,
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Type(inner) if takes_path(inner)))
        }
        _ => false,
    })
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
fn streaming(items: &[Item]) -> HashSet<String> {
    let mut streaming = HashSet::new();
    loop {
        let known = streaming.len();
        for item in items {
            let Item::Method(method) = item else { continue };
            if method.calls.iter().any(|called| Word::of(called).is_some() || streaming.contains(called)) {
                streaming.insert(method.name());
            }
        }
        if streaming.len() == known {
            return streaming;
        }
    }
}
