//! Rules about path parameters: each of the action's own is taken, and a `Path` takes as many as there are.

use quote::ToTokens as _;
use syn::{GenericArgument, Pat, PatType, PathArguments, Type};

use super::signature::compact;
use crate::{
    errors::Errors,
    model::{
        Method,
        action::{Action, Argument, takes_path},
    },
};

/// Whether the arguments take the parameters of the path.
pub fn check(method: &Method, action: &Action, errors: &mut Errors) -> bool {
    let before = errors.count();
    taken(action, errors);
    for (argument, typed) in action.arguments.iter().zip(method.typed()) {
        if let Argument::Extractor { ty } = argument {
            counted(ty, typed, action, errors);
        }
    }
    errors.count() == before
}

/// Checks that each parameter has an argument, and a name of its own.
fn taken(action: &Action, errors: &mut Errors) {
    let Some(path) = &action.args.path else { return };
    for param in path.params() {
        let taken = action.arguments.iter().any(|argument| match argument {
            Argument::Param { name, .. } => name == param,
            Argument::Extractor { ty } => takes_path(ty),
        });
        if !taken {
            let message = format!(
                "no argument takes the path parameter `{param}`\nhelp: add `{param}: …` to the method's arguments"
            );
            errors.push(syn::Error::new(path.span, message));
        }
        if action.path.params().iter().filter(|other| *other == param).count() > 1 {
            let message = format!(
                "the controller's prefix already has the parameter `{param}`\nhelp: give one of them another name"
            );
            errors.push(syn::Error::new(path.span, message));
        }
    }
}

/// Checks that a `Path` of a tuple or of a single value takes all parameters: axum answers with 500 otherwise.
///
/// It may take more than the path shows, because a router can be nested under a path with parameters of its own.
fn counted(ty: &Type, typed: &PatType, action: &Action, errors: &mut Errors) {
    let Some((path, value)) = path_of(ty) else { return };
    let takes = match value {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => tuple.elems.len(),
        value if is_scalar(value) => 1,
        _ => return,
    };
    let params = action.path.params();
    if takes >= params.len() {
        return;
    }
    let names: Vec<_> = params.iter().map(|param| format!("`{param}`")).collect();
    let help = match (value, params.last()) {
        (_, None) => return,
        (Type::Tuple(_), Some(last)) => format!("write an argument for each, such as `{last}: …`"),
        (value, Some(last)) => {
            let name = params.iter().find(|param| binds(&typed.pat, param)).unwrap_or(last);
            format!("write `{name}: {}`", compact(value))
        }
    };
    errors.add(
        path,
        format!(
            "`{}` takes {takes} parameter{}, and this path has {}: {}\nhelp: {help}",
            compact(path),
            if takes == 1 { "" } else { "s" },
            params.len(),
            names.join(", "),
        ),
    );
}

/// The `Path<T>` that a type is or holds, as in `Option<Path<T>>`, and its `T`.
fn path_of(ty: &Type) -> Option<(&Type, &Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    if last.ident == "Path" { Some((ty, types.next()?)) } else { types.find_map(path_of) }
}

/// Whether the type is a single value by its name.
fn is_scalar(ty: &Type) -> bool {
    const SCALARS: [&str; 18] = [
        "String", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
        "u128", "usize", "Uuid",
    ];
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| SCALARS.iter().any(|scalar| last.ident == scalar))
}

/// Whether the pattern gives the value the name of this parameter, as `Path(id)` does.
fn binds(pat: &Pat, param: &str) -> bool {
    let Pat::TupleStruct(pat) = pat else { return false };
    pat.elems.iter().any(|elem| elem.to_token_stream().to_string().trim_start_matches("r#") == param)
}
