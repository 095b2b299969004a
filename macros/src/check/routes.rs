//! No two actions answer the same request, and axum can hold all of their paths.

use crate::{
    errors::Errors,
    model::{Action, Controller, Fit},
    path::Overlap,
};

/// What axum's router takes of them: it names each by a letter, and panics at the last (matchit 0.8, `normalize_params`).
const MOST_PARAMS: usize = 25;

/// Takes the route from an action with too many parameters, and from the second of two that meet.
pub fn check(controller: &Controller, actions: &mut [Action], errors: &mut Errors) {
    for action in actions.iter_mut().filter(|action| action.fit == Fit::Whole) {
        let count = action.path.text().matches("/{").count() - action.path.text().matches("/{*").count();
        if count > MOST_PARAMS {
            let message = format!(
                "this path has {count} parameters, and a route takes {MOST_PARAMS} at most\nhelp: take the rest of the path as one, by `{{*rest}}`, or read the values from the query"
            );
            errors.push(syn::Error::new(action.path.span, message));
            action.fit = Fit::NoRoute;
        }
    }
    runs(controller, actions, errors);
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

/// The runs of a resumable action have a path of their own.
fn runs(controller: &Controller, actions: &mut [Action], errors: &mut Errors) {
    for index in 0..actions.len() {
        let action = &actions[index];
        if action.args.resumable.is_none() || action.fit != Fit::Whole {
            continue;
        }
        if action.path.takes_the_rest() {
            let message = "a resumable action has its runs under its path, so it can't take the rest of the path\nhelp: end the path before `{*…}`";
            errors.push(syn::Error::new(action.path.span, message));
            actions[index].fit = Fit::NoRoute;
            continue;
        }
        let runs = action.path.runs_shape();
        let name = controller.method(action).sig.ident.clone();
        for other in actions.iter_mut().filter(|other| other.fit == Fit::Whole && other.path.shape() == runs) {
            let message = format!(
                "`{}` is the path of the runs of `{name}`\nhelp: give one of them another `path = …`",
                other.path.text()
            );
            errors.push(syn::Error::new(other.path.span, message));
            other.fit = Fit::NoRoute;
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
