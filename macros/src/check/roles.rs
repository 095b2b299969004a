//! The role of each method: which of them take the sender, and in which form.

use std::collections::HashMap;

use super::{Judged, Validity};
use crate::{
    checked::{Callee, Role},
    model::Controller,
};

/// The methods that take the sender, by name. Several methods of one name, under different `#[cfg]`s, are called alike:
/// if one of them streams, all take the sender.
pub fn callees(controller: &Controller, methods: &[Judged<'_>]) -> HashMap<String, Callee> {
    let mut callees: HashMap<String, Callee> = HashMap::new();
    for judged in methods.iter().filter(|judged| judged.can_take_sender(true)) {
        let method = judged.method;
        if !controller.is_streaming(&method.name()) {
            continue;
        }
        let arity = Some(method.sig.inputs.len() - 1);
        let callee = Callee { is_action: method.action.is_some(), arity };
        let known = callees.entry(method.name()).or_insert(callee);
        known.is_action |= callee.is_action;
        known.arity = known.arity.filter(|known| Some(*known) == arity);
    }
    callees
}

/// The role of one method. A method that does not stream may share its name with a callee.
pub fn role(controller: &Controller, judged: &Judged<'_>, callees: &HashMap<String, Callee>) -> Role {
    let streams = controller.streams(judged.method);
    match callees.get(&judged.method.name()) {
        Some(callee) if judged.can_take_sender(streams) => match (callee.is_action, &judged.method.action) {
            (false, _) => Role::Helper,
            (true, Some(_)) if !streams => Role::SilentTwin,
            (true, _) => Role::Action,
        },
        _ if streams || judged.validity == Validity::NoAction => Role::Broken,
        _ => Role::Plain,
    }
}

impl Judged<'_> {
    /// Whether the sender can be an argument of the method. If it `streams` itself, it must also be able to wait.
    fn can_take_sender(&self, streams: bool) -> bool {
        let sig = &self.method.sig;
        let can_wait = sig.asyncness.is_some() && sig.constness.is_none();
        sig.receiver().is_some() && self.validity != Validity::NoAction && (can_wait || !streams)
    }
}
