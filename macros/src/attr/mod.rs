//! The words in `#[controller(…)]` and `#[action(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    LitStr, Path, Token, Type,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
    spanned::Spanned as _,
};

use crate::{errors::Errors, names, path::RoutePath};

mod action;
mod resumable;
mod value;

pub use self::{
    action::{ActionArgs, take_action},
    resumable::ResumableArgs,
    value::Format,
};

/// What `#[controller(…)]` says.
pub struct ControllerArgs {
    pub prefix: Option<RoutePath>,
    pub state: Option<Type>,
    pub krate: TokenStream,
    /// Something in it is wrong, so the routes are not known.
    pub broken: bool,
}

impl ControllerArgs {
    pub fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut parsed = Self { prefix: None, state: None, krate: names::default_crate(), broken: false };
        let mut seen = Seen::default();
        let before = errors.count();
        let each = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                seen.first("the prefix", &literal)?;
                parsed.prefix = Some(RoutePath::parse_prefix(&literal)?);
                return Ok(());
            }
            let word = word(input, "`#[controller]`", &["state", "crate"], "a prefix such as \"/stream\"")?;
            seen.first(&format!("`{}`", word.unraw()), &word)?;
            equals(input, &word)?;
            if word == "crate" {
                let path: Path = input.call(Path::parse_mod_style)?;
                parsed.krate = path.to_token_stream();
                check_crate(&path)?;
            } else {
                parsed.state = Some(input.parse()?);
            }
            Ok(())
        };
        errors.all(args, each);
        parsed.broken = errors.count() > before;
        parsed
    }
}

/// The path to the runtime must mean the same in every module that the generated code lands in.
fn check_crate(path: &Path) -> syn::Result<()> {
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    // What `macro_rules!` makes of `$crate` is one word, and absolute.
    if path.leading_colon.is_some() || matches!(first.as_deref(), Some("crate" | "$crate")) {
        return Ok(());
    }
    let message = format!(
        "the path of `crate` starts with `::` or `crate::`\nhelp: write `crate = ::{}`",
        path.to_token_stream().to_string().replace(' ', "")
    );
    Err(syn::Error::new_spanned(path, message))
}

impl Errors {
    /// Reads the arguments one by one; one that is wrong does not hide the next.
    fn all(&mut self, args: TokenStream, mut each: impl FnMut(ParseStream<'_>) -> syn::Result<()>) {
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let argument = each(input).and_then(|()| end_of_argument(input));
                if let Err(error) = argument {
                    self.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<proc_macro2::TokenTree>()?;
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(args) {
            self.push(error);
        }
    }
}

fn end_of_argument(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("a comma is missing here\nhelp: put one between the words"))
}

/// Reads a word and checks that it is one of those that are known here.
fn word(input: ParseStream<'_>, attribute: &str, known: &[&str], besides: &str) -> syn::Result<Ident> {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let list = if besides.is_empty() { list } else { format!("{besides}, {list}") };
    if !input.peek(syn::Ident::peek_any) {
        return Err(input.error(format!("{attribute} takes words\nhelp: it knows {list}")));
    }
    let word = input.call(Ident::parse_any)?;
    if known.iter().any(|known| word == known) {
        return Ok(word);
    }
    let lower = word.to_string().to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(known, &lower);
    let nearest = known.iter().min_by_key(|known| distance(known));
    let help = match nearest.filter(|known| distance(known) <= known.len() / 3) {
        Some(nearest) => format!("did you mean `{nearest}`?\nnote: it knows {list}"),
        None => format!("it knows {list}"),
    };
    // What follows the unknown word belongs to it.
    Err(syn::Error::new(word.span(), format!("{attribute} does not know the word `{word}`\nhelp: {help}")))
}

/// Reads the `=` of a word that takes a value.
fn equals(input: ParseStream<'_>, word: &Ident) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(());
    }
    let example = match &*word.to_string() {
        "path" => "\"/…\"",
        "crate" => "::…",
        "item" => "Token",
        "on_disconnect" => "finish",
        "on_shutdown" => "close",
        "open_after" | "heartbeat" | "timeout" => "\"15s\"",
        "retention" => "\"10m\"",
        "key" => "url",
        "owner" => "user",
        "overflow" => "window",
        _ => "AppState",
    };
    Err(syn::Error::new(word.span(), format!("`{word}` takes a value\nhelp: write `{word} = {example}`")))
}

/// The words that were there already.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn first(&mut self, word: &str, tokens: &impl quote::ToTokens) -> syn::Result<()> {
        if self.0.iter().any(|seen| seen == word) {
            let tokens = quote!(#tokens);
            return Err(syn::Error::new(tokens.span(), format!("{word} is given twice\nhelp: keep one of them")));
        }
        self.0.push(word.to_owned());
        Ok(())
    }
}
