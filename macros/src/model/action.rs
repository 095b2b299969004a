//! An action: its attribute, its route and its arguments.

use heck::ToKebabCase as _;
use syn::{Attribute, GenericArgument, Pat, PatType, PathArguments, Signature, Type, ext::IdentExt as _};

use super::typed;
use crate::{attr::action::ActionArgs, errors::Errors, path::RoutePath};

pub struct Action {
    /// The path of the attribute itself, `action` or `outflow::action`.
    pub attribute: syn::Path,
    pub args: ActionArgs,
    /// The whole path, prefix included.
    pub path: RoutePath,
    pub arguments: Vec<Argument>,
}

/// One argument after `&self`.
pub enum Argument {
    /// The path parameter of this name.
    Param {
        name: String,
        ty: Type,
    },
    Extractor {
        ty: Type,
    },
}

impl Action {
    pub fn new(attribute: &Attribute, sig: &Signature, prefix: Option<&RoutePath>, errors: &mut Errors) -> Self {
        let args = ActionArgs::parse(attribute, errors);
        let path = args.path.clone().unwrap_or_else(|| derived_path(sig));
        let path = prefix.map_or_else(|| path.clone(), |prefix| path.under(prefix));
        let arguments = typed(sig).map(|typed| Argument::new(typed, &path)).collect();
        Self { attribute: attribute.path().clone(), args, path, arguments }
    }
}

/// `/event-log` for `event_log`, and the prefix itself for `index`.
fn derived_path(sig: &Signature) -> RoutePath {
    let span = sig.ident.span();
    match &*sig.ident.unraw().to_string() {
        "index" => RoutePath::root(span),
        name => RoutePath::derived(&name.to_kebab_case(), span),
    }
}

impl Argument {
    fn new(typed: &PatType, path: &RoutePath) -> Self {
        let ty = (*typed.ty).clone();
        let name = parameter_name(&typed.pat).filter(|_| !takes_path(&ty));
        match name.and_then(|name| matching(&name, path)) {
            Some(name) => Self::Param { name, ty },
            None => Self::Extractor { ty },
        }
    }
}

/// Whether an extractor takes all parameters of the path. An argument may then have the name of one of them.
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

/// The name in a pattern that is only a name: `id`, `mut id`.
fn parameter_name(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => Some(ident.ident.unraw().to_string()),
        _ => None,
    }
}

/// The path parameter that an argument takes. An argument that is not used yet may begin with an underscore.
fn matching(argument: &str, path: &RoutePath) -> Option<String> {
    let unused = argument.strip_prefix('_').unwrap_or(argument);
    [argument, unused].into_iter().find(|name| path.params().iter().any(|param| param == name)).map(str::to_owned)
}
