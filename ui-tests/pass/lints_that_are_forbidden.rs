//! Generated code allows no lint that a crate forbids, and keeps to all of them.

#![deny(warnings)]
#![forbid(
    dead_code,
    deprecated,
    unreachable_code,
    unreachable_patterns,
    unused_imports,
    unused_mut,
    unused_variables,
    unused,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    unreachable_pub,
    unsafe_code,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]

use std::convert::Infallible;

use axum::{Json, extract::Query, http::StatusCode};
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Jobs(u32);

#[controller("/jobs/{user}")]
impl Jobs {
    const FIRST: u32 = 1;

    /// Its generator has no other user.
    #[action(get, post, path = "/log/{id}")]
    async fn log(&self, user: String, id: u64, Query(limit): Query<u32>, Json(text): Json<String>) -> u64 {
        self.stream((user, limit, text));
        self.count(Self::FIRST).await;
        self.either().await;
        id
    }

    #[action]
    async fn result(&self) -> Result<u32, StatusCode> {
        self.stream(1);
        Err(StatusCode::CONFLICT)
    }

    #[action]
    async fn cannot_fail(&self) -> Result<u32, Infallible> {
        self.stream(1);
        Ok(1)
    }

    #[action]
    async fn endless(&self) -> ! {
        loop {
            self.stream(1);
        }
    }

    #[action]
    async fn plain(&self, _user: String) -> &'static str {
        "plain"
    }

    /// One of two actions of a name, which nothing calls.
    #[cfg(any())]
    #[action]
    async fn unused(&self) {
        self.stream(1);
    }

    #[cfg(not(any()))]
    #[action]
    async fn unused(&self) -> &'static str {
        "silent"
    }

    /// The same, called.
    #[cfg(any())]
    #[action]
    async fn either(&self) {
        self.stream(2);
    }

    #[cfg(not(any()))]
    #[action]
    async fn either(&self) {}

    async fn count(&self, to: u32) {
        for i in 0..to {
            self.stream(i + self.first());
        }
    }

    fn first(&self) -> u32 {
        self.0
    }
}

/// A generic controller, of which no generator has a user.
struct Any<T>(T);

#[controller("/any", crate = ::outflow)]
impl<T: Clone + serde::Serialize + Send + Sync + 'static> Any<T> {
    #[action]
    async fn one(&self) {
        self.stream(&self.0);
    }
}

fn main() {
    assert_eq!(run(Jobs(1).result()), (vec!["1".to_owned()], Err(StatusCode::CONFLICT)));
    let _router: axum::Router = Jobs(1).into_router().merge(Any("all").into_router());
}
