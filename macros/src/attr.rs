//! The words in `#[controller(…)]` and `#[action(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Attribute, LitStr, Meta, Path, Token, Type,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
    punctuated::Punctuated,
    spanned::Spanned as _,
    token::Paren,
};

use crate::{errors::Errors, fallback::is_action_path, names, path::RoutePath};

/// What `#[controller(…)]` says.
pub struct ControllerArgs {
    pub prefix: Option<RoutePath>,
    pub state: Option<Type>,
    pub krate: TokenStream,
    /// Something in it is wrong, so the routes are not known.
    pub broken: bool,
}

/// What `#[action(…)]` says.
pub struct ActionArgs {
    pub methods: Vec<Method>,
    pub path: Option<RoutePath>,
    /// Something in it is wrong, so the route is not known.
    pub broken: bool,
}

/// An HTTP method as an action names it.
#[derive(Clone)]
pub struct Method {
    /// `None` for the `get` that goes without saying.
    word: Option<Ident>,
    /// As `axum::routing::MethodFilter` spells it.
    pub filter: &'static str,
}

impl Method {
    pub fn span(&self) -> Option<proc_macro2::Span> {
        self.word.as_ref().map(Ident::span)
    }
}

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

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
            value(input, &word)?;
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

/// Takes `#[action]` off a method, so that it does not run on its own.
pub fn take_action(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Attribute> {
    let mut actions = Vec::new();
    attrs.retain(|attr| {
        let conditional = conditional_action(attr);
        if conditional.is_some() {
            errors.add(
                attr,
                "whether a method is an action can't depend on `cfg_attr`\nhelp: put `#[cfg(…)]` on the method",
            );
        }
        let found = conditional.or_else(|| is_action_path(attr.path()).then(|| attr.clone()));
        let others = found.is_none();
        actions.extend(found);
        others
    });
    let mut actions = actions.into_iter();
    let first = actions.next();
    for second in actions {
        errors.add(
            second,
            "this method has a second `#[action]`\nhelp: several words go into one, as in `#[action(get, post)]`",
        );
    }
    first
}

/// The `action` of `#[cfg_attr(…, action)]`.
fn conditional_action(attr: &Attribute) -> Option<Attribute> {
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let meta = metas.into_iter().skip(1).find(|meta| is_action_path(meta.path()))?;
    Some(Attribute { meta, ..attr.clone() })
}

impl ActionArgs {
    pub fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut parsed = Self { methods: Vec::new(), path: None, broken: false };
        let mut seen = Seen::default();
        let before = errors.count();
        let each = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                let message =
                    format!("this path has no word in front of it\nhelp: write `path = {}`", literal.to_token_stream());
                return Err(syn::Error::new_spanned(literal, message));
            }
            let words: Vec<_> = METHODS.iter().map(|(word, _)| *word).chain(["path"]).collect();
            let word = word(input, "`#[action]`", &words, "")?;
            seen.first(&format!("`{word}`"), &word)?;
            if word == "path" {
                value(input, &word)?;
                let Ok(literal) = input.parse::<LitStr>() else {
                    return Err(input.error("this path is not a string\nhelp: write `path = \"/…\"`"));
                };
                parsed.path = Some(RoutePath::parse(&literal)?);
            } else if let Some((_, filter)) = METHODS.iter().find(|(method, _)| word == method) {
                if input.peek(Token![=]) || input.peek(Paren) {
                    let message = format!("`{word}` takes no value\nhelp: write `{word}, path = \"/…\"`");
                    return Err(syn::Error::new(word.span(), message));
                }
                parsed.methods.push(Method { word: Some(word), filter });
            }
            Ok(())
        };
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => errors.all(list.tokens.clone(), each),
            Meta::NameValue(pair) => errors.add(
                &pair.value,
                "`#[action]` takes its words in parentheses\nhelp: write `#[action(get, path = \"/…\")]`",
            ),
        }
        if parsed.methods.is_empty() {
            parsed.methods.push(Method { word: None, filter: "GET" });
        }
        parsed.broken = errors.count() > before;
        parsed
    }
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
fn value(input: ParseStream<'_>, word: &Ident) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(());
    }
    let example = match &*word.to_string() {
        "path" => "\"/…\"",
        "crate" => "::…",
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
