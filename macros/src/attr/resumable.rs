//! The options of `resumable(…)`.

use proc_macro2::Ident;
use syn::LitStr;

use super::{
    options::Table,
    value::{Given, Opt, Value},
};
use crate::errors::Errors;

pub const OPTIONS: Table<Opt> = &[
    ("key", Opt::new(KEY, "url")),
    ("name", Opt::new(Value::Param, "chat")),
    ("owner", Opt::new(Value::Path, "user")),
    ("retention", Opt::new(Value::Duration { zero: None }, "\"10m\"")),
    ("overflow", Opt::new(OVERFLOW, "window")),
    ("abandon_after", Opt::new(Value::Duration { zero: Some(ABANDONED_AT_ONCE) }, "\"10m\"")),
    ("max_runs", Opt::new(Value::Count, "100")),
    ("max_followers", Opt::new(Value::Count, "100")),
];

const KEY: Value = Value::Choice { ty: "KeyIn", variants: &[("header", "Header"), ("url", "Url"), ("off", "Off")] };

const OVERFLOW: Value = Value::Choice { ty: "Overflow", variants: &[("fail", "Fail"), ("window", "Window")] };

const ABANDONED_AT_ONCE: &str =
    "every run would be abandoned at once\nhelp: leave `abandon_after` out, and no run is abandoned";

/// The options that need an owner beside them.
pub fn check(given: &[(Ident, Given)], errors: &mut Errors) {
    let option = |known: &str| given.iter().find(|(name, _)| name == known);
    if option("owner").is_some() {
        return;
    }
    if let Some((_, Given::Choice { written, variant: "Off", .. })) = option("key") {
        errors.add(
            written,
            "without a key, anyone could read the run\nhelp: say who owns it, as in `resumable(key = off, owner = user)`",
        );
    } else if let Some((name, _)) = option("max_runs") {
        errors.add(
            name,
            "`max_runs` limits the runs of each owner\nhelp: say who owns them, as in `resumable(owner = user, max_runs = 3)`",
        );
    }
}

/// The parameter that names the format must not be one that a run has already.
pub fn check_query(query: &LitStr, errors: &mut Errors) {
    let name = query.value();
    if ["after", "key"].contains(&&*name) {
        errors.add(
            query,
            format!("the requests of a run have a parameter `{name}` already\nhelp: write `query = \"format\"`"),
        );
    }
}
