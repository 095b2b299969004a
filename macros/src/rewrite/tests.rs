//! The calls that are found in bodies and in the arguments of macros, and where they are found to be.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};

use super::{Call, Replacement, Scope, body};
use crate::body::Body;

/// Replaces each call by its scope, in capitals: `self.stream(1)` by `METHOD(1)`. An `.await` behind it goes.
fn marked(statements: &str) -> String {
    let tokens: TokenStream = statements.parse().unwrap();
    let mut marked = Body::parse(Group::new(Delimiter::Brace, tokens), &mut Vec::new());
    body(&mut marked, &mut |call| Some(Replacement::Awaited(mark(call))));
    compact(&marked.to_token_stream())
}

fn mark(call: &Call) -> TokenStream {
    let scope = match call.scope {
        Scope::Method => "METHOD",
        Scope::Closure => "CLOSURE",
        Scope::Spawned => "SPAWNED",
        Scope::Const => "CONST",
        Scope::Function => "FUNCTION",
    };
    let scope = Ident::new(scope, Span::call_site());
    let scope = match call.future_taker.as_deref() {
        Some(taker) => format_ident!("{scope}_OF_{}", taker.trim_end_matches('!')),
        None => scope,
    };
    let (turbofish, args) = (&call.turbofish, &call.args);
    quote!(#scope #turbofish #args)
}

fn compact(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (statements, expected) in cases {
        let expected: String = format!("{{{expected}}}").split_whitespace().collect();
        assert_eq!(marked(statements), expected, "{statements}");
    }
}

#[test]
fn calls_in_a_body() {
    check(&[
        ("self.stream(1);", "METHOD(1);"),
        ("self.stream(1).await;", "METHOD(1);"),
        ("self.stream::<Vec<u8>>(x)?", "METHOD::<Vec<u8>>(x)?"),
        ("self.stream(self.count(2).await)", "METHOD(METHOD(2))"),
        ("Self::count(self, 1).await", "METHOD(self, 1).await"),
        ("self.field.stream(1); this.stream(1); stream(self)", "self.field.stream(1); this.stream(1); stream(self)"),
        ("list.for_each(|x| self.stream(x)); self.stream(1)", "list.for_each(|x| CLOSURE(x)); METHOD(1)"),
        ("let f = async |x| self.stream(x);", "let f = async |x| METHOD(x);"),
        ("|| async move { self.stream(1) }", "|| async move { METHOD(1) }"),
        ("const { self.stream(1) }", "const { CONST(1) }"),
        ("const N: u8 = self.stream(1);", "const N: u8 = CONST(1);"),
        ("fn inner() { self.stream(1) }", "fn inner() { FUNCTION(1) }"),
        ("fn inner(&self) { self.stream(1) }", "fn inner(&self) { self.stream(1) }"),
        ("impl A { fn b(&self) { self.stream(1) } }", "impl A { fn b(&self) { self.stream(1) } }"),
    ]);
}

#[test]
fn calls_in_a_spawned_task() {
    check(&[
        ("tokio::spawn(async move { self.stream(1) })", "tokio::spawn(async move { SPAWNED(1) })"),
        ("set.spawn_blocking(|| self.stream(1))", "set.spawn_blocking(|| SPAWNED(1))"),
        ("spawn(async { list.map(|x| self.stream(x)) })", "spawn(async { list.map(|x| SPAWNED(x)) })"),
        ("spawn(ready(self.stream(1)))", "spawn(ready(METHOD(1)))"),
        ("vec![spawn(async { self.stream(1) }); 2]", "vec![spawn(async { SPAWNED(1) }); 2]"),
        ("select! { _ = spawn(async { self.stream(1) }) => {} }", "select! { _ = spawn(async { SPAWNED(1) }) => {} }"),
    ]);
}

#[test]
fn calls_in_the_place_of_a_future() {
    check(&[
        ("timeout(limit, self.stream(1))", "timeout(limit, METHOD_OF_timeout(1))"),
        ("timeout(limit, self.stream(1) + 1)", "timeout(limit, METHOD(1) + 1)"),
        ("join!(self.stream(1), async { self.stream(2) })", "join!(METHOD_OF_join(1), async { METHOD(2) })"),
        ("select! { _ = self.stream(1) => {} }", "select! { _ = METHOD_OF_select(1) => {} }"),
        ("select! { x = self.count(1), if ok => x }", "select! { x = METHOD_OF_select(1), if ok => x }"),
        ("select! { _ = f => self.stream(1), }", "select! { _ = f => METHOD(1), }"),
    ]);
}

#[test]
fn calls_in_macros_that_take_expressions_or_statements() {
    check(&[
        (r#"println!("{}", self.stream(1))"#, r#"println!("{}", METHOD(1))"#),
        ("format!(\"{x}\", x = self.stream(1).await,)", "format!(\"{x}\", x = METHOD(1),)"),
        ("vec![self.stream(1); 3]", "vec![METHOD(1); 3]"),
        ("show!(show!(self.stream(1)))", "show!(show!(METHOD(1)))"),
        ("show!(list.map(|x| self.stream(x)), self.stream(1))", "show!(list.map(|x| CLOSURE(x)), METHOD(1))"),
        ("stream! { let f = |x| self.stream(x); self.stream(1); }", "stream! { let f = |x| CLOSURE(x); METHOD(1); }"),
        ("stream! { match x { | 1 | 2 => self.stream(1) } }", "stream! { match x { | 1 | 2 => METHOD(1) } }"),
        ("own!(Self::count(self, 1))", "own!(METHOD(self, 1))"),
    ]);
}

/// What they print is told by the case `macros_that_print_their_arguments`.
#[test]
fn calls_in_macros_that_print_their_arguments() {
    let assertion = |condition: &str, written: &str| {
        format!(r#"assert!({condition}, "assertion failed: {{}}", ::core::stringify!({written}))"#)
    };
    let dbg = |value: &str, written: &str| {
        format!(
            r#"match {value} {{ __value => {{
                ::std::eprintln!("[{{}}:{{}}:{{}}] {{}} = {{:#?}}", ::core::file!(), ::core::line!(), ::core::column!(),
                    ::core::stringify!({written}), &__value);
                __value
            }} }}"#
        )
    };
    check(&[
        ("stringify!(self.stream(1))", "stringify!(self.stream(1))"),
        ("own!(a => stringify!(self.stream(1)))", "own!(a => stringify!(self.stream(1)))"),
        ("assert!(self.count(1) == 1,)", &assertion("METHOD(1) == 1", "self.count(1) == 1")),
        ("assert!(ok, \"{}\", self.count(1))", "assert!(ok, \"{}\", METHOD(1))"),
        ("assert!(ok)", "assert!(ok)"),
        ("dbg!(self.count(1));", &format!("({});", dbg("METHOD(1)", "self.count(1)"))),
        ("dbg!(ok, self.count(1))", &format!("(dbg!(ok), {})", dbg("METHOD(1)", "self.count(1)"))),
        ("own!(a => dbg!(self.count(1)))", &format!("own!(a => ({}))", dbg("METHOD(1)", "self.count(1)"))),
        ("own!(a => dbg!(ok))", "own!(a => dbg!(ok))"),
        ("std::dbg!(self.count(1))", &format!("({})", dbg("METHOD(1)", "self.count(1)"))),
        ("other::dbg!(self.count(1))", "other::dbg!(METHOD(1))"),
        ("core::assert!(self.count(1) == 1)", &format!("core::{}", assertion("METHOD(1) == 1", "self.count(1) == 1"))),
        ("other::assert!(self.count(1) == 1)", "other::assert!(METHOD(1) == 1)"),
        ("::other::debug_assert!(self.count(1) == 1)", "::other::debug_assert!(METHOD(1) == 1)"),
        ("own!(a => other::std::assert!(self.count(1)))", "own!(a => other::std::assert!(METHOD(1)))"),
        ("own!(a => ::core::stringify!(self.count(1)))", "own!(a => ::core::stringify!(self.count(1)))"),
    ]);
}

#[test]
fn calls_in_macros_with_a_grammar_of_their_own() {
    check(&[
        (
            r#"json!({ "a": self.stream(1).await, "b": [self.stream(2)] })"#,
            r#"json!({ "a": METHOD(1), "b": [METHOD(2)] })"#,
        ),
        ("own!(a => self.stream::<fn() -> u8>(self.count()))", "own!(a => METHOD::<fn() -> u8>(METHOD()))"),
        ("own!(a => self.field.stream(1))", "own!(a => self.field.stream(1))"),
        ("own!(a => list.map(|x| self.stream(x)))", "own!(a => list.map(|x| CLOSURE(x)))"),
        ("own!(a => { let f = |x| self.stream(x); })", "own!(a => { let f = |x| CLOSURE(x); })"),
        ("own!(a => |x| self.stream(x), self.stream(1))", "own!(a => |x| CLOSURE(x), METHOD(1))"),
        ("own!(a => || self.stream(1); self.stream(2))", "own!(a => || CLOSURE(1); METHOD(2))"),
        ("own!(a => move |x, y| { self.stream(x) })", "own!(a => move |x, y| { CLOSURE(x) })"),
        ("own!(a => async move |x| self.stream(x))", "own!(a => async move |x| METHOD(x))"),
        ("own!(a => |x| async move { self.stream(x) })", "own!(a => |x| async move { METHOD(x) })"),
        ("own!(a => b || self.stream(1) | c)", "own!(a => b || METHOD(1) | c)"),
        ("own!(| 1 | 2 => self.stream(1), b => self.stream(2))", "own!(| 1 | 2 => METHOD(1), b => METHOD(2))"),
        ("own!(a => async move { self.stream(1) })", "own!(a => async move { METHOD(1) })"),
        ("own!(a => join!(self.stream(1)))", "own!(a => join!(METHOD_OF_join(1)))"),
        ("own!(a => fn f(&self) { self.stream(1) })", "own!(a => fn f(&self) { self.stream(1) })"),
        ("own!(self.stream(1) self.stream(2))", "own!(METHOD(1) METHOD(2))"),
        ("own!(a => self.stream[1], self.stream)", "own!(a => self.stream[1], self.stream)"),
    ]);
}

#[test]
fn calls_in_a_body_that_does_not_parse() {
    check(&[
        ("let line = ; self.stream(line);", "let line = ; (METHOD(line));"),
        ("self.stream(1); self.", "(METHOD(1)); self."),
        ("let f = |x| self.stream(x); self.stream(1); let", "let f = |x| (CLOSURE(x)); (METHOD(1)); let"),
        ("if x { self.stream(list.map(|x| self.count(x))) } else", "if x { METHOD(list.map(|x| CLOSURE(x))) } else"),
        ("own!(a self.stream(1)) let", "own!(a METHOD(1)) let"),
    ]);
}

/// A semicolon is missing in front of the second call, which rustc reports best if the call is still there.
#[test]
fn calls_where_none_can_begin() {
    check(&[
        ("let x = 1 self.stream(x);", "let x = 1 self.stream(x);"),
        ("self.stream(1) self.stream(2);", "(METHOD(1)) self.stream(2);"),
        ("self.stream(1).await self.stream(2).await;", "(METHOD(1)) self.stream(2).await;"),
        ("list[0] self.stream(1);", "list[0] self.stream(1);"),
        ("if done self.stream(1);", "if done self.stream(1);"),
        ("let x = ; return self.stream(1)", "let x = ; return (METHOD(1))"),
        ("let x = ; break 'all self.stream(1)", "let x = ; break 'all (METHOD(1))"),
        ("let x = ; #[rustfmt::skip] self.stream(1)", "let x = ; #[rustfmt::skip] (METHOD(1))"),
        ("if done {} self.stream(1) let", "if done {} (METHOD(1)) let"),
    ]);
}

/// Tokens without a call come out as they went in, spans and spacing included.
#[test]
fn other_tokens_stay_as_they_are() {
    let tokens = "own!(a&&b, x: &&self, |y| y+=1)";
    let mut body = Body::parse(Group::new(Delimiter::Brace, tokens.parse().unwrap()), &mut Vec::new());
    let before = body.to_token_stream().to_string();
    super::body(&mut body, &mut |_| panic!("there is no call"));
    assert_eq!(body.to_token_stream().to_string(), before);
}
