//! What macro calls hide from the visitor: their tokens, whose grammar nobody else knows.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};

use super::{Call, Replacement, Rewriter, Scope, is_spawn, takes_futures};

/// What the tokens are given to.
#[derive(Default)]
pub struct Around {
    /// It outlives the method.
    spawns: bool,
    wants: Option<Wants>,
}

/// It takes futures, such as `join!(future, …)` or `select!(pattern = future => …)`.
struct Wants {
    name: String,
    in_branches: bool,
}

impl Around {
    pub fn of_macro(name: Option<&Ident>) -> Self {
        let wants = name.filter(|name| takes_futures(name)).map(|name| {
            let name = name.to_string();
            Wants { in_branches: name.starts_with("select"), name: format!("{name}!") }
        });
        Self { spawns: false, wants }
    }

    fn of_function(name: &Ident) -> Self {
        let wants = takes_futures(name).then(|| Wants { name: name.to_string(), in_branches: false });
        Self { spawns: is_spawn(name), wants }
    }

    /// What a group that stands behind these trees is given to.
    fn of_group(before: &[TokenTree], delimiter: Delimiter) -> Self {
        match before {
            [.., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => Self::of_macro(Some(name)),
            [.., TokenTree::Ident(name)] if delimiter == Delimiter::Parenthesis => Self::of_function(name),
            _ => Self::default(),
        }
    }

    /// Who wants a future between these trees, if anyone does.
    fn wanted_by(&self, before: &[TokenTree], after: &[TokenTree]) -> Option<String> {
        let Wants { name, in_branches } = self.wants.as_ref()?;
        let is_future = match (in_branches, before, after) {
            (true, [.., equals], [next, second, ..]) if is_punct(equals, '=') => {
                is_punct(next, '=') && is_punct(second, '>') || is_punct(next, ',') && is_word(second, "if")
            }
            (true, ..) => false,
            (false, before, after) => {
                before.last().is_none_or(|last| is_punct(last, ','))
                    && after.first().is_none_or(|next| is_punct(next, ','))
            }
        };
        is_future.then(|| name.clone())
    }
}

impl Rewriter<'_> {
    /// The tokens with the calls in them replaced, or `None` where there is no call.
    pub fn walk(&mut self, tokens: TokenStream, around: &Around) -> Option<TokenStream> {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut out: Vec<TokenTree> = Vec::with_capacity(trees.len());
        let mut changed = false;
        let mut rest = trees.as_slice();
        let outer = self.scope;
        while let Some((first, after)) = rest.split_first() {
            if let Some(length) = nested_function(rest) {
                out.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = closure_head(&out, rest) {
                // Its body ends with the argument or the statement.
                self.enter(match is_async(&out) {
                    _ if around.spawns => Scope::Spawned,
                    true => Scope::Method,
                    false => Scope::Closure,
                });
                out.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            if let Some((replacement, after)) = self.walk_call(&out, rest, around) {
                out.extend(replacement);
                changed = true;
                rest = after;
                continue;
            }
            match first {
                TokenTree::Group(group) => {
                    let walked = self.walk_group(&out, group, around);
                    changed |= walked.is_some();
                    out.push(walked.unwrap_or_else(|| group.clone()).into());
                }
                other => {
                    if is_punct(other, ',') || is_punct(other, ';') {
                        self.scope = outer;
                    }
                    out.push(other.clone());
                }
            }
            rest = after;
        }
        self.scope = outer;
        changed.then(|| out.into_iter().collect())
    }

    /// The call that `trees` begin with, replaced, and what follows it.
    fn walk_call<'t>(
        &mut self,
        before: &[TokenTree],
        trees: &'t [TokenTree],
        around: &Around,
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
        let inner = self.walk(args.stream(), &Around::of_function(method)).map(|walked| regroup(args, walked));
        let walked = inner.is_some();
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
            args: inner.unwrap_or_else(|| args.clone()),
            end,
            wanted_by: around.wanted_by(before, awaited),
        };
        match (self.decide)(&call) {
            None => walked.then(|| (call.to_token_stream(), rest)),
            Some(Replacement::Call(tokens)) => Some((tokens, rest)),
            Some(Replacement::Awaited(tokens)) => Some((tokens, awaited)),
        }
    }

    fn walk_group(&mut self, before: &[TokenTree], group: &Group, around: &Around) -> Option<Group> {
        let scope = match is_async(before) {
            true if around.spawns => Scope::Spawned,
            true => Scope::Method,
            false => self.scope,
        };
        let mut walked = None;
        let around = Around::of_group(before, group.delimiter());
        self.within(scope, |this| walked = this.walk(group.stream(), &around));
        walked.map(|walked| regroup(group, walked))
    }
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

/// How many of the trees are the head of a closure: `|…|`, where an expression begins.
fn closure_head(before: &[TokenTree], trees: &[TokenTree]) -> Option<usize> {
    let begins = match before {
        [] => true,
        [.., TokenTree::Ident(word)] => ["move", "async", "return", "in"].iter().any(|keyword| word == keyword),
        [.., arrow, TokenTree::Punct(end)] if end.as_char() == '>' => is_punct(arrow, '='),
        [.., TokenTree::Punct(punct)] => !matches!(punct.as_char(), '?' | '>' | '|'),
        _ => false,
    };
    let (first, rest) = trees.split_first()?;
    if !begins || !is_punct(first, '|') {
        return None;
    }
    let end = rest.iter().position(|tree| is_punct(tree, '|'))?;
    (!is_pattern(&rest[end + 1..])).then_some(end + 2)
}

/// Whether an arm follows its pattern here, which may begin with a bar too: `| 1 | 2 => …`. A closure has its body,
/// and after that a comma or a brace, before any arrow.
fn is_pattern(trees: &[TokenTree]) -> bool {
    let is_arrow = |trees: &[TokenTree]| matches!(trees, [a, b, ..] if is_punct(a, '=') && is_punct(b, '>'));
    let ends = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        tree => is_punct(tree, ',') || is_punct(tree, ';'),
    };
    (0..trees.len()).find_map(|at| match is_arrow(&trees[at..]) {
        true => Some(true),
        false if ends(&trees[at]) => Some(is_arrow(&trees[at + 1..])),
        false => None,
    }) == Some(true)
}

/// Whether a block or a closure that follows these trees is an `async` one.
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

pub fn regroup(group: &Group, tokens: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), tokens);
    regrouped.set_span(group.span());
    regrouped
}
