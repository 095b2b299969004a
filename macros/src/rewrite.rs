//! Finds the calls of `self`'s methods in a body, and puts something else in their place.
//!
//! Two passes see to that. A visitor with a scope goes through what parses as Rust; a walker goes through the
//! tokens that macro calls hide from it. What neither can see, rustc reports: a call that is left as it was gives
//! an `Offer`, which must be used.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprConst, ExprMethodCall, Item, Macro,
    visit_mut::{self, VisitMut},
};

use crate::parse::Body;

/// The call that sends a packet.
pub const STREAM: &str = "stream";

/// One `self.method(…)`, its arguments rewritten already.
pub struct Call {
    pub scope: Scope,
    /// `self` and the dot, on the user's own tokens.
    pub receiver: TokenStream,
    pub method: Ident,
    pub turbofish: TokenStream,
    pub args: Group,
}

impl ToTokens for Call {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { receiver, method, turbofish, args, .. } = self;
        tokens.extend(quote!(#receiver #method #turbofish #args));
    }
}

/// What takes a call's place.
pub enum Replacement {
    /// Another call: an `.await` behind it stays.
    Call(TokenStream),
    /// A block that awaits already: an `.await` behind it goes.
    Awaited(TokenStream),
}

/// What surrounds a call, as far as it decides whether the call can wait there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The method itself, or an `async` block that it polls.
    Method,
    /// A closure that is not `async`.
    Closure,
    /// Something that outlives the method.
    Spawned,
    Const,
    /// A function within the method.
    Function,
}

/// Goes through a body, innermost calls first. `decide` says what takes a call's place; `None` leaves it.
pub fn body(body: &mut Body, decide: &mut dyn FnMut(&Call) -> Option<Replacement>) {
    let mut visitor = Visitor { scope: Scope::Method, decide };
    match body {
        Body::Parsed(block) => visitor.visit_block_mut(block),
        Body::Tokens(group) => {
            if let Some(walked) = visitor.walk(group.stream()) {
                *group = regroup(group, walked);
            }
        }
    }
}

struct Visitor<'a> {
    scope: Scope,
    decide: &'a mut dyn FnMut(&Call) -> Option<Replacement>,
}

impl Visitor<'_> {
    fn within(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        // Whatever is built inside a task that outlives the method outlives it too.
        let scope = if self.scope == Scope::Spawned { Scope::Spawned } else { scope };
        let outer = std::mem::replace(&mut self.scope, scope);
        visit(self);
        self.scope = outer;
    }

    /// Puts what `decide` says in the place of `self.method(…)` or `self.method(…).await`.
    fn replace(&mut self, expr: &mut Expr) {
        let Some(found) = self_call(expr) else { return };
        let ExprMethodCall { attrs, receiver, dot_token, method, turbofish, paren_token, args } = found;
        let mut group = Group::new(Delimiter::Parenthesis, args.to_token_stream());
        group.set_span(paren_token.span.join());
        let call = Call {
            scope: self.scope,
            receiver: quote!(#receiver #dot_token),
            method: method.clone(),
            turbofish: turbofish.to_token_stream(),
            args: group,
        };
        match (self.decide)(&call) {
            None => {}
            Some(Replacement::Call(tokens)) => {
                let tokens = quote!(#(#attrs)* #tokens);
                let place = if let Expr::Await(outer) = expr { &mut *outer.base } else { expr };
                *place = Expr::Verbatim(tokens);
            }
            Some(Replacement::Awaited(tokens)) => *expr = Expr::Verbatim(quote!(#(#attrs)* #tokens)),
        }
    }

    /// The tokens with the calls in them replaced, or `None` where there is no call.
    fn walk(&mut self, tokens: TokenStream) -> Option<TokenStream> {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut out: Vec<TokenTree> = Vec::with_capacity(trees.len());
        let mut changed = false;
        let mut rest = trees.as_slice();
        while let Some((first, after)) = rest.split_first() {
            if let Some(length) = nested_function(rest) {
                out.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
            } else if let Some((replacement, after)) = self.walk_call(rest) {
                out.extend(replacement);
                changed = true;
                rest = after;
            } else {
                match first {
                    TokenTree::Group(group) => {
                        let walked = self.walk_group(group, is_async(&out));
                        changed |= walked.is_some();
                        out.push(walked.unwrap_or_else(|| group.clone()).into());
                    }
                    other => out.push(other.clone()),
                }
                rest = after;
            }
        }
        changed.then(|| out.into_iter().collect())
    }

    /// The call that `trees` begin with, replaced, and what follows it.
    fn walk_call<'t>(&mut self, trees: &'t [TokenTree]) -> Option<(TokenStream, &'t [TokenTree])> {
        let [TokenTree::Ident(this), TokenTree::Punct(dot), TokenTree::Ident(method), rest @ ..] = trees else {
            return None;
        };
        if this != "self" || dot.as_char() != '.' {
            return None;
        }
        let (turbofish, rest) = split_turbofish(rest);
        let [TokenTree::Group(args), rest @ ..] = rest else { return None };
        if args.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let inner = self.walk_group(args, false);
        let walked = inner.is_some();
        let call = Call {
            scope: self.scope,
            receiver: quote!(#this #dot),
            method: method.clone(),
            turbofish: turbofish.iter().cloned().collect(),
            args: inner.unwrap_or_else(|| args.clone()),
        };
        match (self.decide)(&call) {
            None if walked => Some((call.to_token_stream(), rest)),
            None => None,
            Some(Replacement::Call(tokens)) => Some((tokens, rest)),
            Some(Replacement::Awaited(tokens)) => match rest {
                [TokenTree::Punct(dot), TokenTree::Ident(word), rest @ ..]
                    if dot.as_char() == '.' && word == "await" =>
                {
                    Some((tokens, rest))
                }
                _ => Some((tokens, rest)),
            },
        }
    }

    fn walk_group(&mut self, group: &Group, is_async: bool) -> Option<Group> {
        let mut walked = None;
        let scope = if is_async { Scope::Method } else { self.scope };
        self.within(scope, |this| walked = this.walk(group.stream()));
        walked.map(|walked| regroup(group, walked))
    }
}

impl VisitMut for Visitor<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match self_call(expr) {
            // Not the call itself, which `.await` belongs to.
            Some(call) => self.visit_expr_method_call_mut(call),
            None => visit_mut::visit_expr_mut(self, expr),
        }
        self.replace(expr);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        let scope = if closure.asyncness.is_some() { Scope::Method } else { Scope::Closure };
        self.within(scope, |this| visit_mut::visit_expr_closure_mut(this, closure));
    }

    /// An `async` block waits like the method that polls it.
    fn visit_expr_async_mut(&mut self, block: &mut ExprAsync) {
        self.within(Scope::Method, |this| visit_mut::visit_expr_async_mut(this, block));
    }

    fn visit_expr_const_mut(&mut self, block: &mut ExprConst) {
        self.within(Scope::Const, |this| visit_mut::visit_expr_const_mut(this, block));
    }

    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        let spawns = matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| is_spawn(&last.ident)));
        self.visit_expr_mut(&mut call.func);
        for argument in &mut call.args {
            self.visit_argument(argument, spawns);
        }
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        let spawns = is_spawn(&call.method);
        self.visit_expr_mut(&mut call.receiver);
        for argument in &mut call.args {
            self.visit_argument(argument, spawns);
        }
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        match item {
            Item::Fn(_) => self.within(Scope::Function, |this| visit_mut::visit_item_mut(this, item)),
            Item::Const(_) | Item::Static(_) => {
                self.within(Scope::Const, |this| visit_mut::visit_item_mut(this, item));
            }
            Item::Macro(item) => self.visit_macro_mut(&mut item.mac),
            // `self` is somebody else's there.
            _ => {}
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if let Some(walked) = self.walk(mac.tokens.clone()) {
            mac.tokens = walked;
        }
    }
}

impl Visitor<'_> {
    /// What is given to `spawn` outlives the method if it is a future or a closure; a value is made before.
    fn visit_argument(&mut self, argument: &mut Expr, spawns: bool) {
        if spawns && matches!(argument, Expr::Async(_) | Expr::Closure(_)) {
            self.within(Scope::Spawned, |this| this.visit_expr_mut(argument));
        } else {
            self.visit_expr_mut(argument);
        }
    }
}

/// The call of one of `self`'s methods that an expression is, awaited or not.
fn self_call(expr: &mut Expr) -> Option<&mut ExprMethodCall> {
    let expr = match expr {
        Expr::Await(outer) => ungroup(&mut outer.base),
        other => other,
    };
    match expr {
        Expr::MethodCall(call) if is_self(&call.receiver) => Some(call),
        _ => None,
    }
}

/// Looks through the invisible groups that `macro_rules!` puts around what it is given.
fn ungroup(mut expr: &mut Expr) -> &mut Expr {
    while let Expr::Group(group) = expr {
        expr = &mut group.expr;
    }
    expr
}

fn is_self(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => is_self(&group.expr),
        Expr::Path(path) => path.qself.is_none() && path.path.is_ident("self"),
        _ => false,
    }
}

fn is_spawn(name: &Ident) -> bool {
    name == "spawn" || name == "spawn_local" || name == "spawn_blocking"
}

/// How many of the trees are a function: `fn name … { … }`. It has a `self` of its own, or none.
fn nested_function(trees: &[TokenTree]) -> Option<usize> {
    let [TokenTree::Ident(word), TokenTree::Ident(_), rest @ ..] = trees else { return None };
    if word != "fn" {
        return None;
    }
    let is_body = |tree: &TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    Some(rest.iter().position(is_body)? + 3)
}

/// Whether a block that follows these trees is an `async` one.
fn is_async(before: &[TokenTree]) -> bool {
    let word = |tree: &TokenTree, word: &str| matches!(tree, TokenTree::Ident(ident) if ident == word);
    match before {
        [.., before, last] if word(last, "move") => word(before, "async"),
        [.., last] => word(last, "async"),
        [] => false,
    }
}

/// Splits `::<…>` off.
fn split_turbofish(trees: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let punct = |tree: &TokenTree, char: char| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char);
    match trees {
        [a, b, c, ..] if punct(a, ':') && punct(b, ':') && punct(c, '<') => {}
        _ => return (&[], trees),
    }
    let mut depth = 0;
    for (index, tree) in trees.iter().enumerate() {
        if punct(tree, '<') {
            depth += 1;
        } else if punct(tree, '>') && !punct(&trees[index - 1], '-') {
            depth -= 1;
            if depth == 0 {
                return trees.split_at(index + 1);
            }
        }
    }
    (&[], trees)
}

fn regroup(group: &Group, tokens: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), tokens);
    regrouped.set_span(group.span());
    regrouped
}
