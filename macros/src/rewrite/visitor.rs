//! The visitor: goes through everything that parses as Rust.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprConst, ExprMacro, ExprMethodCall, Item, Macro, Path, PathArguments,
    Stmt, StmtMacro,
    visit_mut::{self, VisitMut},
};

use super::{
    Call, Consumer, Replacement, Rewriter, Scope,
    tokens::regroup,
    written::{is_dbg, is_std},
};
use crate::body::Body;

impl Rewriter<'_> {
    pub fn body(&mut self, body: &mut Body) {
        match body {
            Body::Parsed(block) => self.visit_block_mut(block),
            Body::Tokens(group) => {
                if let Some(walked) = self.walk(group.stream(), &Consumer::default()) {
                    *group = regroup(group, walked);
                }
            }
        }
    }

    /// Replaces `self.method(…)` or `self.method(…).await`.
    fn replace(&mut self, expr: &mut Expr, future_taker: Option<String>) {
        let awaited = if let Expr::Await(outer) = expr { Some(outer.await_token.span) } else { None };
        let Some(found) = self_call(expr) else { return };
        let ExprMethodCall { attrs, receiver, dot_token, method, turbofish, paren_token, args } = found;
        let mut group = Group::new(Delimiter::Parenthesis, args.to_token_stream());
        group.set_span(paren_token.span.join());
        let call = Call {
            scope: self.scope,
            receiver: quote!(#receiver #dot_token),
            by_type: false,
            method: method.clone(),
            turbofish: turbofish.to_token_stream(),
            args: group,
            end: awaited.unwrap_or_else(|| paren_token.span.close()),
            future_taker,
        };
        match self.replacement(&call) {
            None => {}
            Some(Replacement::Call(tokens)) => {
                let tokens = quote!(#(#attrs)* #tokens);
                let place = if let Expr::Await(outer) = expr { &mut *outer.base } else { expr };
                *place = Expr::Verbatim(tokens);
            }
            Some(Replacement::Awaited(tokens)) => {
                let tokens = quote!(#(#attrs)* #tokens);
                let outer = if let Expr::Await(outer) = expr { &outer.attrs[..] } else { &[] };
                *expr = Expr::Verbatim(quote!(#(#outer)* #tokens));
            }
        }
    }

    /// Replaces `Self::method(self, …)` alone, without an `.await` behind it.
    fn replace_by_type(&mut self, expr: &mut Expr) {
        let Expr::Call(ExprCall { func, args, paren_token, .. }) = expr else { return };
        let Expr::Path(path) = &**func else { return };
        let Some((receiver, method)) = path.qself.is_none().then(|| by_type(&path.path)).flatten() else { return };
        let mut group = Group::new(Delimiter::Parenthesis, args.to_token_stream());
        group.set_span(paren_token.span.join());
        let call = Call {
            scope: self.scope,
            receiver,
            by_type: true,
            method: method.clone(),
            turbofish: path.path.segments.last().map(|last| last.arguments.to_token_stream()).unwrap_or_default(),
            args: group,
            end: paren_token.span.close(),
            future_taker: None,
        };
        if let Some(Replacement::Call(tokens) | Replacement::Awaited(tokens)) = self.replacement(&call) {
            *expr = Expr::Verbatim(tokens);
        }
    }

    pub fn visit_arguments<'a>(&mut self, consumer: &Consumer, arguments: impl Iterator<Item = &'a mut Expr>) {
        for argument in arguments {
            // A future or a closure that is given to `spawn` outlives the method; a value is made before.
            if consumer.spawns && matches!(argument, Expr::Async(_) | Expr::Closure(_)) {
                self.within(Scope::Spawned, |this| this.visit_expr_mut(argument));
            } else {
                self.future_taker.clone_from(&consumer.future_taker);
                self.visit_expr_mut(argument);
            }
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        match stmt {
            Stmt::Macro(StmtMacro { attrs, mac, semi_token }) if is_dbg(mac) => {
                if let Some(dbg) = self.dbg(mac) {
                    *stmt = Stmt::Expr(Expr::Verbatim(quote!(#(#attrs)* #dbg)), *semi_token);
                }
            }
            other => visit_mut::visit_stmt_mut(self, other),
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(ExprMacro { attrs, mac }) = expr {
            if is_dbg(mac) {
                if let Some(dbg) = self.dbg(mac) {
                    *expr = Expr::Verbatim(quote!(#(#attrs)* #dbg));
                }
                return;
            }
        }
        let future_taker = self.future_taker.take();
        match self_call(expr) {
            // Not the call itself, which `.await` belongs to.
            Some(call) => self.visit_expr_method_call_mut(call),
            None => visit_mut::visit_expr_mut(self, expr),
        }
        self.replace(expr, future_taker);
        self.replace_by_type(expr);
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
        self.visit_expr_mut(&mut call.func);
        let callee = match &*call.func {
            Expr::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let consumer = callee.map(|callee| Consumer::function(&callee.ident)).unwrap_or_default();
        self.visit_arguments(&consumer, call.args.iter_mut());
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        self.visit_expr_mut(&mut call.receiver);
        self.visit_arguments(&Consumer::function(&call.method), call.args.iter_mut());
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        match item {
            // The block's next method, where a brace is not closed yet.
            Item::Fn(function) if function.sig.receiver().is_some() => {}
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
        let Some(name) = mac.path.segments.last() else { return };
        if let Some(rewritten) = self.macro_arguments(&name.ident, is_std(&mac.path), &mac.tokens) {
            mac.tokens = rewritten;
        }
    }
}

/// The call of one of `self`'s methods that the expression is, awaited or not.
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

/// Looks through the invisible groups that `macro_rules!` puts around its arguments.
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

/// `Self ::` and `method` of `Self::method`.
fn by_type(path: &Path) -> Option<(TokenStream, &Ident)> {
    let mut segments = path.segments.pairs();
    let (first, second) = (segments.next()?, segments.next()?);
    let is_self = first.value().ident == "Self" && matches!(first.value().arguments, PathArguments::None);
    (is_self && segments.next().is_none()).then(|| (first.to_token_stream(), &second.into_value().ident))
}
