//! Generated code answers to the user's lints.

#![deny(
    warnings,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    keyword_idents,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_abi,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_crate_dependencies,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![forbid(unsafe_code)]
#![allow(unused_crate_dependencies)]

use axum::{Json, extract::Query, http::StatusCode};
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

pub mod jobs {
    //! A documented controller.

    use super::*;

    /// The jobs.
    #[derive(Debug, Clone)]
    pub struct Jobs {
        name: String,
    }

    #[controller("/jobs/{user}")]
    impl Jobs {
        /// Makes it.
        #[must_use]
        pub fn new(name: &str) -> Self {
            Self { name: name.to_owned() }
        }

        /// Streams.
        #[action(get, post, path = "/log/{id}")]
        pub async fn log(
            &self,
            user: String,
            id: u64,
            Query(limit): Query<u32>,
            Json(text): Json<String>,
        ) -> Result<u64, StatusCode> {
            self.stream(&self.name);
            self.stream((user, id, limit, text));
            self.count(1, 2, 3, 4, 5, 6).await;
            Ok(id)
        }

        /// Does not stream.
        #[action]
        pub async fn index(&self, user: String) -> String {
            user
        }

        async fn count(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {
            use std::iter::once;
            const MORE: [u8; 0] = [];
            let all = once(a).chain(MORE);
            for i in all.chain([b, c, d, e, f]) {
                self.stream(i);
            }
        }
    }
}

fn main() {
    let jobs = jobs::Jobs::new("all");
    let (packets, id) = run(jobs.log("me".to_owned(), 1, Query(2), Json("text".to_owned())));
    assert_eq!(packets.len(), 8);
    assert_eq!(id, Ok(1));
    let _router: axum::Router = jobs.into_router();
}
