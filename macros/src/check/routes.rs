//! No two actions answer the same request, and axum can hold all of their paths.

use crate::{
    errors::Errors,
    model::{Action, Controller, Fit},
    path::Overlap,
};

/// Takes the route from the second of two actions that meet.
pub fn check(controller: &Controller, actions: &mut [Action], errors: &mut Errors) {
    for index in 0..actions.len() {
        let (before, [action, ..]) = actions.split_at_mut(index) else { continue };
        if action.fit != Fit::Whole || is_conditional(controller, action) {
            continue;
        }
        let others = before.iter().filter(|other| other.fit == Fit::Whole && !is_conditional(controller, other));
        if let Some(error) = others.into_iter().find_map(|other| clash(controller, other, action)) {
            errors.push(error);
            action.fit = Fit::NoRoute;
        }
    }
}

/// Which of two is compiled is not known here.
fn is_conditional(controller: &Controller, action: &Action) -> bool {
    controller.method(action).cfgs().next().is_some()
}

fn clash(controller: &Controller, first: &Action, second: &Action) -> Option<syn::Error> {
    let name = &controller.method(first).sig.ident;
    let (known, path) = (first.path.text(), second.path.text());
    let overlap = first.path.overlap(&second.path);
    if known == path || overlap == Some(Overlap::Names) {
        let answers = |filter: &str| first.args.methods.iter().any(|method| method.filter == filter);
        if let Some(verb) = second.args.methods.iter().find(|method| answers(method.filter)) {
            let message = format!(
                "`{} {known}` is the route of `{name}` already\nhelp: give one of them another `path = …` or method",
                verb.filter
            );
            return Some(syn::Error::new(verb.span().unwrap_or(second.path.span), message));
        }
    }
    let message = match overlap? {
        Overlap::Names => {
            format!("`{path}` is the path `{known}` of `{name}`, by other names\nhelp: name its parameters alike")
        }
        Overlap::Rest => format!(
            "`{path}` and the path `{known}` of `{name}` take the same requests\nhelp: put a fixed word into one of them"
        ),
    };
    Some(syn::Error::new(second.path.span, message))
}
