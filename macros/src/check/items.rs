//! The type of each method's packets: `item = T`, and `event = tag` beside it, hold for the action and for every method
//! that it calls.

use std::collections::HashMap;

use quote::ToTokens as _;
use syn::Type;

use crate::{checked::Packets, errors::Errors, model::Controller};

/// The type of an action's packets, and its name.
#[derive(Clone, Copy)]
struct Sent<'a> {
    item: Option<&'a Type>,
    is_named: bool,
    action: &'a str,
}

/// Follows each action to the methods that it reaches, and gives the type of their packets, by name. Two actions that
/// reach the same method must agree on it.
pub fn check(controller: &Controller, errors: &mut Errors) -> HashMap<String, Packets> {
    let names: Vec<_> = controller.actions().map(|(method, _)| method.name()).collect();
    let mut sent: HashMap<String, Sent<'_>> = HashMap::new();
    for ((_, action), name) in controller.actions().zip(&names) {
        let args = &action.args;
        let from = Sent { item: args.item.as_ref(), is_named: args.event.is_some(), action: name };
        let mut open = vec![name.clone()];
        while let Some(reached) = open.pop() {
            match sent.get(&reached) {
                Some(known) if same(*known, from) => continue,
                Some(known) => {
                    refuse(controller, &reached, *known, from, errors);
                    continue;
                }
                None => sent.insert(reached.clone(), from),
            };
            for method in controller.methods().filter(|method| method.name() == reached) {
                open.extend(controller.delegates(method));
            }
        }
    }
    let packets = |sent: Sent<'_>| Some(Packets { ty: sent.item?.clone(), is_named: sent.is_named });
    sent.into_iter().filter_map(|(name, sent)| Some((name, packets(sent)?))).collect()
}

fn same(one: Sent<'_>, other: Sent<'_>) -> bool {
    same_type(one, other) && one.is_named == other.is_named
}

fn same_type(one: Sent<'_>, other: Sent<'_>) -> bool {
    let text = |sent: Sent<'_>| sent.item.map(|item| item.to_token_stream().to_string());
    text(one) == text(other)
}

fn refuse(controller: &Controller, reached: &str, one: Sent<'_>, other: Sent<'_>, errors: &mut Errors) {
    let Some(method) = controller.methods().find(|method| method.name() == reached) else { return };
    let option = if same_type(one, other) { "event" } else { "item" };
    let says = |sent: Sent<'_>| match sent.item {
        _ if option == "event" => (if sent.is_named { "named events" } else { "events without a name" }).to_owned(),
        Some(item) => format!("`{}`", item.to_token_stream().to_string().replace(' ', "")),
        None => "packets of any type".to_owned(),
    };
    let message = format!(
        "`{reached}` sends {} for `{}` and {} for `{}`\nhelp: give both actions the same `{option}`, or each a method of its own",
        says(one),
        one.action,
        says(other),
        other.action,
    );
    errors.add(&method.sig.ident, message);
}
