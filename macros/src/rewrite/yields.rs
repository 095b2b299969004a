//! `yield`, which is how async-stream sends. rustc says that it is experimental, and not what to write here.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Expr, Item, Macro, parse_quote, parse_quote_spanned,
    spanned::Spanned as _,
    visit_mut::{self, VisitMut},
};

use super::takes_futures;
use crate::{body::Body, errors::Errors};

/// Reports each `yield` in a body, and puts `self.stream(…)` in its place, so that nothing else is reported about it.
pub fn refuse(body: &mut Body, errors: &mut Errors) {
    if let Body::Parsed(block) = body {
        Yields { errors }.visit_block_mut(block);
    }
}

struct Yields<'a> {
    errors: &'a mut Errors,
}

impl VisitMut for Yields<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Expr::Yield(found) = expr else { return };
        let packet: Expr = found.expr.as_ref().map_or_else(|| parse_quote!(()), |packet| (**packet).clone());
        let shown = match &packet {
            Expr::Lit(_) => packet.to_token_stream().to_string(),
            Expr::Path(path) => path.path.get_ident().map_or_else(|| "..".to_owned(), ToString::to_string),
            _ => "..".to_owned(),
        };
        self.errors.add(&*found, message(&shown));
        *expr = parse_quote_spanned!(found.span()=> self.stream(#packet));
    }

    /// `self` is somebody else's there.
    fn visit_item_mut(&mut self, _: &mut Item) {}

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if mac.path.segments.last().is_some_and(|name| takes_futures(&name.ident)) {
            self.tokens(mac.tokens.clone());
        }
    }
}

impl Yields<'_> {
    /// Reports each `yield` in the arguments of a macro that takes Rust as it is. To other macros, such as `stream!`,
    /// the word may have a meaning.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, tree) in trees.iter().enumerate() {
            match (tree, &trees[..index]) {
                (TokenTree::Ident(word), _) if word == "yield" => self.errors.add(word, message("..")),
                (TokenTree::Group(_), [.., TokenTree::Ident(name), TokenTree::Punct(bang)])
                    if bang.as_char() == '!' && !takes_futures(name) => {}
                (TokenTree::Group(group), _) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }
}

fn message(packet: &str) -> String {
    format!("`yield` does not send packets\nhelp: write `self.stream({packet})`")
}
