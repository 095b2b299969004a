//! The words in `#[controller(…)]` and `#[action(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Attribute, LitStr, Meta, Path, Token, Type,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
    spanned::Spanned as _,
};

use crate::{errors::Errors, names, path::RoutePath};

/// What `#[controller(…)]` says.
pub struct ControllerArgs {
    pub prefix: Option<RoutePath>,
    pub state: Option<Type>,
    pub krate: TokenStream,
}

/// What `#[action(…)]` says.
pub struct ActionArgs {
    pub methods: Vec<Method>,
    pub path: Option<RoutePath>,
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
        let mut parsed = Self { prefix: None, state: None, krate: names::default_crate() };
        let mut seen = Seen::default();
        let each = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                seen.first("the prefix", &literal)?;
                parsed.prefix = Some(RoutePath::parse(&literal)?);
                return Ok(());
            }
            let word = word(input, "`#[controller]`", &["state", "crate"], "a prefix such as \"/stream\"")?;
            seen.first(&format!("`{}`", word.unraw()), &word)?;
            value(input, &word)?;
            if word == "crate" {
                let path: Path = input.call(Path::parse_mod_style)?;
                parsed.krate = crate_path(&path)?;
            } else {
                parsed.state = Some(input.parse()?);
            }
            Ok(())
        };
        errors.all(args, each);
        parsed
    }
}

/// The path to the runtime must mean the same in every module that the generated code lands in.
fn crate_path(path: &Path) -> syn::Result<TokenStream> {
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    if path.leading_colon.is_some() || first.as_deref() == Some("crate") {
        return Ok(path.to_token_stream());
    }
    let message = format!(
        "the path of `crate` starts with `::` or `crate::`\nhelp: write `crate = ::{}`",
        path.to_token_stream().to_string().replace(' ', "")
    );
    Err(syn::Error::new_spanned(path, message))
}

impl ActionArgs {
    pub fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut parsed = Self { methods: Vec::new(), path: None };
        let mut seen = Seen::default();
        let each = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                let message = format!("an action names its path\nhelp: write `path = {}`", literal.to_token_stream());
                return Err(syn::Error::new_spanned(literal, message));
            }
            let words: Vec<_> = METHODS.iter().map(|(word, _)| *word).chain(["path"]).collect();
            let word = word(input, "`#[action]`", &words, "")?;
            seen.first(&format!("`{word}`"), &word)?;
            if word == "path" {
                value(input, &word)?;
                parsed.path = Some(RoutePath::parse(&input.parse()?)?);
            } else if let Some((_, filter)) = METHODS.iter().find(|(method, _)| word == method) {
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
    Err(input.error("expected a comma"))
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
    let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, &lower));
    let nearest = nearest.filter(|known| strsim::damerau_levenshtein(known, &lower) <= 2);
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? It knows {list}"),
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
    Err(syn::Error::new(word.span(), format!("`{word}` takes a value\nhelp: write `{word} = …`")))
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
