//! Rules about routes: no two actions answer the same request, and axum's router can hold all of their paths.

use syn::ext::IdentExt as _;

use super::{Judged, Validity};
use crate::{
    errors::Errors,
    model::{Method, action::Action},
    path::Overlap,
};

/// The most parameters that axum's router takes in a path: it names each by a letter, and panics at the last one
/// (matchit 0.8, `normalize_params`).
const MOST_PARAMS: usize = 25;

/// Takes the route from an action with too many parameters, and from the second of two that clash.
pub fn check(methods: &mut [Judged<'_>], errors: &mut Errors) {
    for judged in methods.iter_mut() {
        let Some(Route { action, .. }) = judged.route() else { continue };
        let count = action.path.params().len() - usize::from(action.path.takes_the_rest());
        if count > MOST_PARAMS {
            let message = format!(
                "this path has {count} parameters, and a route takes {MOST_PARAMS} at most\nhelp: take the rest of the path as one parameter, `{{*rest}}`, or read the values from the query"
            );
            errors.push(syn::Error::new(action.path.span, message));
            judged.validity = Validity::NoRoute;
        }
    }
    runs(methods, errors);
    for index in 0..methods.len() {
        let (before, [judged, ..]) = methods.split_at_mut(index) else { continue };
        let Some(route) = judged.route().filter(|route| !route.is_conditional()) else { continue };
        let others = before.iter().filter_map(Judged::route).filter(|other| !other.is_conditional());
        if let Some(error) = others.into_iter().find_map(|other| clash(&other, &route)) {
            errors.push(error);
            judged.validity = Validity::NoRoute;
        }
    }
}

/// Checks the path that the runs of a resumable action have.
fn runs(methods: &mut [Judged<'_>], errors: &mut Errors) {
    for index in 0..methods.len() {
        let Some(Route { method, action }) = methods[index].route() else { continue };
        if action.args.resumable().is_none() {
            continue;
        }
        if action.path.takes_the_rest() {
            let message = "a resumable action has its runs under its path, so it can't take the rest of the path\nhelp: end the path before `{*…}`";
            errors.push(syn::Error::new(action.path.span, message));
            methods[index].validity = Validity::NoRoute;
            continue;
        }
        let name = &method.sig.ident;
        let mut taken = vec![(action.path.runs_shape(), "the runs")];
        if let Some(param) = action.args.run_name() {
            if !action.path.params().iter().any(|known| param.unraw() == known) {
                let message = format!(
                    "this path has no parameter `{param}`\nhelp: put it into the path, as in `path = \"/{{{param}}}\"`"
                );
                errors.add(param, message);
                methods[index].validity = Validity::NoRoute;
                continue;
            }
            taken.push((action.path.named_run_shape(), "the open run"));
        }
        for other in methods.iter_mut() {
            let Some(Route { action, .. }) = other.route() else { continue };
            let shape = action.path.shape();
            let Some((_, what)) = taken.iter().find(|(taken, _)| *taken == shape) else { continue };
            let message = format!(
                "`{}` is the path of {what} of `{name}`\nhelp: give one of them another `path = …`",
                action.path.text()
            );
            errors.push(syn::Error::new(action.path.span, message));
            other.validity = Validity::NoRoute;
        }
    }
}

/// An action whose route is known.
pub(super) struct Route<'a> {
    method: &'a Method,
    action: &'a Action,
}

impl<'a> Judged<'a> {
    pub(super) fn route(&self) -> Option<Route<'a>> {
        let action = self.method.action.as_ref().filter(|_| self.validity == Validity::Whole)?;
        Some(Route { method: self.method, action })
    }
}

impl Route<'_> {
    /// Whether `#[cfg]` decides about it: two such routes may never be compiled together.
    fn is_conditional(&self) -> bool {
        self.method.cfgs().next().is_some()
    }
}

fn clash(first: &Route<'_>, second: &Route<'_>) -> Option<syn::Error> {
    let name = &first.method.sig.ident;
    let (first, second) = (first.action, second.action);
    let (known, path) = (first.path.text(), second.path.text());
    let overlap = first.path.overlap(&second.path);
    if known == path || overlap == Some(Overlap::Names) {
        let answers = |filter: &str| first.args.methods.iter().any(|method| method.filter == filter);
        if let Some(verb) = second.args.methods.iter().find(|method| answers(method.filter)) {
            let message = format!(
                "`{} {known}` is already the route of `{name}`\nhelp: give one of them another `path = …` or method",
                verb.filter
            );
            return Some(syn::Error::new(verb.span().unwrap_or(second.path.span), message));
        }
    }
    let message = match overlap? {
        Overlap::Names => {
            format!(
                "`{path}` is the path `{known}` of `{name}` with other parameter names\nhelp: give the parameters the same names"
            )
        }
        Overlap::Rest => format!(
            "`{path}` and the path `{known}` of `{name}` take the same requests\nhelp: add a fixed segment to one of them"
        ),
    };
    Some(syn::Error::new(second.path.span, message))
}
