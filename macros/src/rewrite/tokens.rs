//! The arguments of macros, and bodies that do not parse.
//!
//! Most macros take expressions or statements, which the visitor reads like any others. The walker is for the rest,
//! such as the branches of `select!`: it looks for calls at the top, and hands each group of tokens on.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Block, Expr, Token, parse::Parser as _, punctuated::Punctuated, visit_mut::VisitMut as _};

use super::{Call, Consumer, Replacement, Rewriter, Scope, written::is_dbg};

/// Whether a name after these trees may be one of std's macros: it stands alone, or in `std` or `core`.
fn is_in_std(before: &[TokenTree]) -> bool {
    let [before @ .., first, second] = before else { return true };
    if !(is_punct(first, ':') && is_punct(second, ':')) {
        return true;
    }
    let [before @ .., TokenTree::Ident(krate)] = before else { return false };
    let is_longer = before.len() > 2
        && before.last().is_some_and(|last| is_punct(last, ':'))
        && matches!(before[before.len() - 3], TokenTree::Ident(_));
    !is_longer && (krate == "std" || krate == "core")
}

impl Consumer {
    /// The consumer of a group that follows these trees.
    fn of_group(before: &[TokenTree], delimiter: Delimiter) -> Self {
        match before {
            [.., TokenTree::Ident(name)] if delimiter == Delimiter::Parenthesis => Self::function(name),
            _ => Self::default(),
        }
    }

    /// Its name, if it takes a future between these trees.
    fn future_taker_between(&self, before: &[TokenTree], after: &[TokenTree]) -> Option<String> {
        let is_future = match (self.in_branches, before, after) {
            (true, [.., equals], [next, second, ..]) if is_punct(equals, '=') => {
                is_punct(next, '=') && is_punct(second, '>') || is_punct(next, ',') && is_word(second, "if")
            }
            (true, ..) => false,
            (false, before, after) => {
                before.last().is_none_or(|last| is_punct(last, ','))
                    && after.first().is_none_or(|next| is_punct(next, ','))
            }
        };
        self.future_taker.clone().filter(|_| is_future)
    }
}

impl Rewriter<'_> {
    /// The tokens with the calls in them replaced, or `None` where nothing is.
    pub fn tokens(&mut self, tokens: TokenStream, consumer: &Consumer) -> Option<TokenStream> {
        if !mentions_self(&tokens) {
            return None;
        }
        let replaced = self.replaced;
        let parsed = if let Ok(mut exprs) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            self.visit_arguments(consumer, exprs.iter_mut());
            exprs.into_token_stream()
        } else if let Ok(mut stmts) = Block::parse_within.parse2(tokens.clone()) {
            stmts.iter_mut().for_each(|stmt| self.visit_stmt_mut(stmt));
            quote!(#(#stmts)*)
        } else {
            return self.walk(tokens, consumer);
        };
        (self.replaced > replaced).then_some(parsed)
    }

    /// The same for tokens that do not parse.
    pub fn walk(&mut self, tokens: TokenStream, consumer: &Consumer) -> Option<TokenStream> {
        let replaced = self.replaced;
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut out: Vec<TokenTree> = Vec::with_capacity(trees.len());
        let mut rest = trees.as_slice();
        let outer = self.scope;
        while let Some((first, after)) = rest.split_first() {
            if ends_closure(rest) {
                self.scope = outer;
            }
            if let Some(length) = closure_head(&out, rest) {
                // Its body goes on up to the next comma or semicolon.
                if outer != Scope::Spawned {
                    self.scope = if is_async(&out) { Scope::Method } else { Scope::Closure };
                }
                out.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
            } else if let Some(length) = nested_function(rest) {
                out.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
            } else if let Some((call, after)) = self.walk_call(&trees[..trees.len() - rest.len()], rest, consumer) {
                out.extend(call);
                rest = after;
            } else if let Some((dbg, after)) = self.walk_dbg(&out, rest) {
                out.extend(dbg);
                rest = after;
            } else {
                out.push(match first {
                    TokenTree::Group(group) => self.walk_group(&out, group, consumer).into(),
                    other => other.clone(),
                });
                rest = after;
            }
        }
        self.scope = outer;
        (self.replaced > replaced).then(|| out.into_iter().collect())
    }

    /// The call that `trees` begin with, replaced, and the trees after it.
    fn walk_call<'t>(
        &mut self,
        before: &[TokenTree],
        trees: &'t [TokenTree],
        consumer: &Consumer,
    ) -> Option<(TokenStream, &'t [TokenTree])> {
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
        let inner = self.tokens(args.stream(), &Consumer::function(method));
        let (end, awaited) = match rest {
            [TokenTree::Punct(dot), word, rest @ ..] if dot.as_char() == '.' && is_word(word, "await") => {
                (word.span(), rest)
            }
            rest => (args.span_close(), rest),
        };
        let call = Call {
            scope: self.scope,
            receiver: quote!(#this #dot),
            by_type: false,
            method: method.clone(),
            turbofish: turbofish.iter().cloned().collect(),
            args: inner.map_or_else(|| args.clone(), |inner| regroup(args, inner)),
            end,
            future_taker: consumer.future_taker_between(before, awaited),
        };
        // Where no call can begin, rustc reports a syntax error, and would report another one in the tokens that replace
        // the call. A macro may have any grammar.
        let can_begin = self.in_macro || !ends_expression(before);
        Some(match self.replacement(&call).filter(|_| can_begin) {
            None => (call.to_token_stream(), rest),
            Some(Replacement::Call(tokens)) => (tokens, rest),
            Some(Replacement::Awaited(tokens)) if self.in_macro => (tokens, awaited),
            // A block would end a statement, and hide from rustc that a semicolon is missing behind the call.
            Some(Replacement::Awaited(tokens)) => {
                let mut group = Group::new(Delimiter::Parenthesis, tokens);
                group.set_span(Span::mixed_site().located_at(end));
                (TokenTree::from(group).into(), awaited)
            }
        })
    }

    /// The `dbg!` that `trees` begin with, and the trees after it.
    fn walk_dbg<'t>(&mut self, before: &[TokenTree], trees: &'t [TokenTree]) -> Option<(TokenStream, &'t [TokenTree])> {
        let [TokenTree::Ident(_), TokenTree::Punct(_), TokenTree::Group(_), after @ ..] = trees else { return None };
        // The last word of a longer path.
        if before.last().is_some_and(|last| is_punct(last, ':')) {
            return None;
        }
        let tokens: TokenStream = trees[..3].iter().cloned().collect();
        let mac = syn::parse2(tokens.clone()).ok().filter(is_dbg)?;
        Some((self.dbg(&mac).unwrap_or(tokens), after))
    }

    fn walk_group(&mut self, before: &[TokenTree], group: &Group, consumer: &Consumer) -> Group {
        let scope = match is_async(before) {
            true if consumer.spawns => Scope::Spawned,
            true => Scope::Method,
            false => self.scope,
        };
        let mut walked = None;
        self.within(scope, |this| {
            walked = match before {
                [path @ .., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
                    this.macro_arguments(name, is_in_std(path), &group.stream())
                }
                _ => this.tokens(group.stream(), &Consumer::of_group(before, group.delimiter())),
            };
        });
        walked.map_or_else(|| group.clone(), |walked| regroup(group, walked))
    }
}

fn mentions_self(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "self" || ident == "Self",
        TokenTree::Group(group) => mentions_self(&group.stream()),
        _ => false,
    })
}

/// How many of the trees are a function: `fn name … { … }`. It has a `self` of its own, or none.
fn nested_function(trees: &[TokenTree]) -> Option<usize> {
    let [word, TokenTree::Ident(_), rest @ ..] = trees else { return None };
    if !is_word(word, "fn") {
        return None;
    }
    let is_body = |tree: &TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    Some(rest.iter().position(is_body)? + 3)
}

/// How many of the trees are the head of a closure, `|…|`. A `|` behind a value is an operator.
fn closure_head(before: &[TokenTree], trees: &[TokenTree]) -> Option<usize> {
    let [pipe, inner @ ..] = trees else { return None };
    let begins = match before.last() {
        None => true,
        Some(TokenTree::Punct(punct)) => !matches!(punct.as_char(), '|' | '?'),
        Some(word) => ["move", "async", "return"].iter().any(|known| is_word(word, known)),
    };
    if !is_punct(pipe, '|') || !begins {
        return None;
    }
    Some(inner.iter().position(|tree| is_punct(tree, '|'))? + 2)
}

/// Whether the body of a closure ends in front of these trees. A `=>` says that it was none, but a pattern.
fn ends_closure(trees: &[TokenTree]) -> bool {
    match trees {
        [first, second, ..] if is_punct(first, '=') => is_punct(second, '>'),
        [first, ..] => is_punct(first, ',') || is_punct(first, ';'),
        [] => false,
    }
}

/// Whether these trees end with an expression that is complete.
fn ends_expression(trees: &[TokenTree]) -> bool {
    const CONTINUED: [&str; 13] =
        ["as", "async", "break", "else", "if", "in", "let", "match", "move", "mut", "return", "unsafe", "while"];
    match trees {
        [.., before, TokenTree::Ident(word)] => !is_punct(before, '\'') && CONTINUED.iter().all(|known| word != known),
        [TokenTree::Ident(word)] => CONTINUED.iter().all(|known| word != known),
        [.., TokenTree::Literal(_)] => true,
        [.., before, TokenTree::Group(group)] => match group.delimiter() {
            Delimiter::Parenthesis => true,
            // An attribute stands in front of an expression.
            Delimiter::Bracket => !is_punct(before, '#'),
            Delimiter::Brace | Delimiter::None => false,
        },
        _ => false,
    }
}

/// Whether a block or closure that follows these trees is an `async` one.
fn is_async(before: &[TokenTree]) -> bool {
    match before {
        [.., before, last] if is_word(last, "move") => is_word(before, "async"),
        [.., last] => is_word(last, "async"),
        [] => false,
    }
}

/// Splits `::<…>` off.
fn split_turbofish(trees: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    match trees {
        [a, b, c, ..] if is_punct(a, ':') && is_punct(b, ':') && is_punct(c, '<') => {}
        _ => return (&[], trees),
    }
    let mut depth = 0;
    for (index, tree) in trees.iter().enumerate() {
        if is_punct(tree, '<') {
            depth += 1;
        } else if is_punct(tree, '>') && !is_punct(&trees[index - 1], '-') {
            depth -= 1;
            if depth == 0 {
                return trees.split_at(index + 1);
            }
        }
    }
    (&[], trees)
}

fn is_punct(tree: &TokenTree, char: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == word)
}

/// A group of the same kind and place with other tokens in it.
pub fn regroup(group: &Group, tokens: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), tokens);
    regrouped.set_span(group.span());
    regrouped
}
