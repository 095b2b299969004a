//! The options in `#[controller(…)]` and `#[action(…)]`.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{LitStr, Path, Type, parse::ParseStream};

use crate::{errors::Errors, names::Crate, path::RoutePath};

pub mod action;
mod csv;
pub mod formats;
mod options;
mod resumable;
pub mod value;

use self::{
    options::{List, Seen, Table},
    value::{Given, Opt, Value},
};

/// The options that `#[controller(…)]` knows beside the prefix.
const OPTIONS: Table<Opt> = &[
    ("state", Opt::new(Value::Type, "AppState")),
    ("problems", Opt::new(Value::Flag, "")),
    ("crate", Opt::new(Value::Path, "::…")),
];

/// The options of one `#[controller(…)]`.
pub struct ControllerArgs {
    pub prefix: Option<RoutePath>,
    pub state: Option<Type>,
    /// Whether its rejections are problem documents.
    pub problems: bool,
    pub krate: Crate,
    /// Whether there is a mistake in it, which leaves the routes unknown.
    pub broken: bool,
}

impl ControllerArgs {
    pub fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut parsed = Self { prefix: None, state: None, problems: false, krate: Crate::default(), broken: false };
        let mut seen = Seen::default();
        let list = List { besides: Some("a prefix such as \"/stream\""), ..List::options("in `#[controller(..)]`") };
        let before = errors.count();
        errors.each_option(args, |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                seen.first("the prefix".to_owned(), &literal)?;
                parsed.prefix = Some(RoutePath::parse_prefix(&literal)?);
                return Ok(());
            }
            match list.option(OPTIONS, &mut seen, input)?.1 {
                Given::Type(state) => parsed.state = Some(state),
                Given::Path(path) => {
                    parsed.krate = Crate::new(&path);
                    check_crate(&path)?;
                }
                Given::Flag => parsed.problems = true,
                _ => unreachable!("the table has a type, a word and a path"),
            }
            Ok(())
        });
        parsed.broken = errors.count() > before;
        parsed
    }
}

/// The path of the runtime must mean the same in every module that the generated code lands in.
fn check_crate(path: &Path) -> syn::Result<()> {
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    // `macro_rules!` turns `$crate` into one word, which is absolute.
    if path.leading_colon.is_some() || matches!(first.as_deref(), Some("crate" | "$crate")) {
        return Ok(());
    }
    let message = format!(
        "the path after `crate =` must start with `::` or `crate::`\nhelp: write `crate = ::{}`",
        path.to_token_stream().to_string().replace(' ', "")
    );
    Err(syn::Error::new_spanned(path, message))
}
