//! Macros of the standard library that print their arguments: they print what was written, and not what it was
//! replaced by.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Expr, Macro, Path, Token,
    parse::{ParseStream, Parser as _},
    spanned::Spanned as _,
};

use super::{Consumer, Rewriter};

impl Rewriter<'_> {
    /// The arguments of a macro with the calls in them replaced, or `None` where nothing is. Whether the macro may be
    /// one of std's follows from its path.
    pub fn macro_arguments(&mut self, name: &Ident, is_std: bool, tokens: &TokenStream) -> Option<TokenStream> {
        if is_std && name == "stringify" {
            return None;
        }
        let outer = std::mem::replace(&mut self.in_macro, true);
        let rewritten = self.tokens(tokens.clone(), &Consumer::of_macro(name));
        self.in_macro = outer;
        let rewritten = rewritten?;
        let asserts = is_std && (name == "assert" || name == "debug_assert");
        Some(if asserts { assertion(tokens, &rewritten).unwrap_or(rewritten) } else { rewritten })
    }

    /// A `dbg!` as what it stands for, or `None` where nothing in it is replaced.
    pub fn dbg(&mut self, mac: &Macro) -> Option<TokenStream> {
        let replaced = self.replaced;
        let values: Vec<_> = values(&mac.tokens)?.into_iter().map(|value| self.value(mac, value)).collect();
        let values = if let [value] = &values[..] { value.clone() } else { quote!(#(#values),*) };
        (self.replaced > replaced).then(|| quote!((#values)))
    }

    /// One value of `dbg!`.
    fn value(&mut self, mac: &Macro, Value { mut expr, written }: Value) -> TokenStream {
        let replaced = self.replaced;
        self.visit_arguments(&Consumer::default(), std::iter::once(&mut expr));
        if self.replaced == replaced {
            return Macro { tokens: written, ..mac.clone() }.into_token_stream();
        }
        // These three name the place of their own tokens.
        let place = quote_spanned!(mac.path.span()=> ::core::file!(), ::core::line!(), ::core::column!());
        quote_spanned! {Span::mixed_site().located_at(mac.path.span())=>
            match #expr {
                __value => {
                    ::std::eprintln!("[{}:{}:{}] {} = {:#?}", #place, ::core::stringify!(#written), &__value);
                    __value
                }
            }
        }
    }
}

/// An assertion without a message of its own, with the message that it has in std.
fn assertion(tokens: &TokenStream, rewritten: &TokenStream) -> Option<TokenStream> {
    let (condition, rewritten) = (alone(tokens)?, alone(rewritten)?);
    let written = condition.written;
    let site = Span::mixed_site().located_at(condition.expr.span());
    let rewritten = rewritten.expr;
    Some(quote_spanned!(site=> #rewritten, "assertion failed: {}", ::core::stringify!(#written)))
}

/// One of the arguments of a macro, parsed and as it was written.
struct Value {
    expr: Expr,
    written: TokenStream,
}

fn alone(tokens: &TokenStream) -> Option<Value> {
    values(tokens).filter(|values| values.len() == 1)?.pop()
}

fn values(tokens: &TokenStream) -> Option<Vec<Value>> {
    let parser = |input: ParseStream<'_>| {
        let mut values = Vec::new();
        while !input.is_empty() {
            let mut cursor = input.cursor();
            let expr = input.parse()?;
            let mut written = TokenStream::new();
            while cursor != input.cursor() {
                let Some((tree, next)) = cursor.token_tree() else { break };
                written.extend([tree]);
                cursor = next;
            }
            values.push(Value { expr, written });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(values)
    };
    let mut values: Vec<Value> = parser.parse2(tokens.clone()).ok()?;
    // As a whole they still know which of them stood side by side.
    if let [value] = &mut values[..] {
        if value.written.clone().into_iter().count() == tokens.clone().into_iter().count() {
            value.written = tokens.clone();
        }
    }
    Some(values)
}

/// Whether the path of a macro may lead to std: the bare name, or one in `std` or `core`.
pub fn is_std(path: &Path) -> bool {
    let mut segments = path.segments.iter();
    match (segments.next(), segments.next(), segments.next()) {
        (Some(_), None, None) => path.leading_colon.is_none(),
        (Some(krate), Some(_), None) => krate.ident == "std" || krate.ident == "core",
        _ => false,
    }
}

/// Whether it is std's `dbg!`, and its arguments can be read.
pub fn is_dbg(mac: &Macro) -> bool {
    let is_named = mac.path.segments.last().is_some_and(|last| last.ident == "dbg");
    is_named && is_std(&mac.path) && values(&mac.tokens).is_some()
}
