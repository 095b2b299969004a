//! No name of the user's meets one of the generated code: items of a module, and methods of traits that every type has.

#![allow(non_upper_case_globals, non_camel_case_types, dead_code, clippy::all)]

use ::std::collections::HashMap;

use ::axum::{
    body::Bytes,
    extract::{FromRequestParts, Query, RawQuery},
    http::request::Parts,
};
use ::outflow::{action, controller};
use futures_util::stream;
use outflow_ui_tests::run;

mod std {}
mod core {}
mod outflow {}
mod axum {}
mod serde {}
mod tokio {}

/// Constants and statics are patterns, too, so `let value = …` would be refused.
mod values {
    pub const value: u8 = 0;
    pub const error: u8 = 0;
    pub const call: u8 = 0;
    pub const arguments: u8 = 0;
    pub const argument_1: u8 = 0;
    pub const argument_2: u8 = 0;
    pub const returned: u8 = 0;
    pub const response: u8 = 0;
    pub const params: u8 = 0;
    pub const OPTIONS: usize = 3;
    pub const DEFAULT: u8 = 0;
    pub const GET: u8 = 0;
    pub static routes: u8 = 0;
    pub static router: u8 = 0;
    pub static sender: u8 = 0;
    pub static sent: u8 = 0;
    pub static all: u8 = 0;
    pub static this: u8 = 0;
    pub static ready: u8 = 0;
    pub struct state;
}
use values::*;


mod macros {
    macro_rules! poisoned { ($($name:ident)*) => { $(
        #[allow(unused_macros)]
        macro_rules! $name { ($d:tt) => { compile_error!("not this one") }; }
    )* } }
    poisoned!(vec format println panic assert_eq stringify concat matches);
}

/// The names of our own types and traits, as types of the user's.
#[derive(Clone, Copy, ::serde::Serialize, ::serde::Deserialize)]
struct Returned(u32);
type Value = Returned;
type Thrown = Returned;
type FromText = Returned;
type FromStrText = Returned;
type AsFailure = Returned;
type AsResult = Returned;
type Infallibly = Returned;
type Streams = Returned;
type ForwardAll = Returned;
struct Options;
struct Param;
struct Argument;
struct LastArgument;
struct Call;
struct Answer;
struct Route;
struct Sender;
struct Generator;
struct Controller;
struct Router;
struct MethodFilter;
struct Arc;
struct Box;
struct Pin;
struct Future;
struct Send;
struct Sync;
struct Clone_;
struct String;
struct Vec;
struct Some;
struct None;
struct Ok;
struct Err;
struct Result;
struct Option;
struct u64;
struct usize;

/// Methods of every type, which are found before those that take `&self` or `&mut self`.
trait Everything: Sized {
    fn offer(self) {}
    fn forward(self) {}
    fn emitter_(self) {}
    fn clone(self) {}
    fn unwrap(self) {}
    fn into_response(self) {}
    fn named(self) {}
    fn parse(self) {}
    fn params(self) {}
    fn ready(self) {}
    fn open(self) {}
    fn run(self) {}
    fn take(self) {}
    fn ended(self) {}
    fn failed(self) {}
    fn outcome(self) {}
    fn or(self) {}
    fn formats(self) {}
    fn heartbeat(self) {}
    fn with_state(self) {}
    fn into_router(self) {}
    fn into_future(self) {}
    fn check(self) -> u8 {
        0
    }
}
impl<T> Everything for T {}

/// The same by reference.
trait Borrowed {
    fn offer(&self) {}
    fn forward(&self) {}
    fn params(&self) {}
    fn ended(&self) {}
    fn failed(&self) {}
    fn outcome(&self) {}
    fn plain(&self) -> u8 {
        0
    }
}
impl<T> Borrowed for T {}

struct Take<const N: ::core::primitive::usize>;

impl<S: ::core::marker::Sync, const N: ::core::primitive::usize> FromRequestParts<S> for Take<N> {
    type Rejection = ::core::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> ::core::result::Result<Self, Self::Rejection> {
        ::core::result::Result::Ok(Self)
    }
}

struct Jobs;

#[controller("/jobs")]
impl Jobs {
    #[action(path = "/{id}", heartbeat = "5s", formats(sse, ndjson))]
    async fn log(
        &self,
        id: Returned,
        Query(_map): Query<HashMap<::std::string::String, FromText>>,
        RawQuery(_query): RawQuery,
        _take: Take<OPTIONS>,
    ) -> ::core::result::Result<Value, ::std::string::String> {
        self.stream(id);
        self.count(3).await;
        self.stream_all(stream::iter([4, 5]));
        ::core::result::Result::Ok(Returned(6))
    }

    #[action]
    async fn endless(&self) -> AsResult {
        self.stream(1);
        Returned(1)
    }

    async fn count(&self, to: u32) {
        for i in 0..to {
            self.stream(i);
        }
    }

    #[action]
    async fn plain(&self, _number: Take<OPTIONS>) -> &'static str {
        "plain"
    }

    #[action(post)]
    async fn check(&self, _body: Bytes) -> ::core::result::Result<&'static str, ::axum::http::StatusCode> {
        ::core::result::Result::Ok("check")
    }
}

fn main() {
    let query = || Query(HashMap::new());
    let (packets, _) = run(Jobs.log(Returned(9), query(), RawQuery(::core::option::Option::None), Take));
    ::std::assert_eq!(packets, ["9", "0", "1", "2", "4", "5"]);
    ::std::assert_eq!(run(Jobs.endless()).0, ["1"]);
    let _router: ::axum::Router = ::outflow::Controller::into_router(Jobs);
}
