//! Attributes before, between and behind those of Outflow, on the block and on its methods.

#![deny(warnings, unused_attributes)]

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

pub struct Jobs;

#[cfg(all())]
#[allow(clippy::unused_async)]
#[controller]
#[doc = "All that jobs do."]
impl Jobs {
    /// Documented before.
    #[inline]
    #[action]
    #[must_use]
    pub async fn before(&self) -> u8 {
        self.stream("before");
        1
    }

    #[action]
    #[doc(alias = "later")]
    #[tracing::instrument(skip_all)]
    /// Documented behind.
    pub async fn behind(&self) {
        self.stream("behind");
    }

    #[tracing::instrument(skip(self), ret)]
    #[cfg_attr(all(), inline)]
    #[action]
    async fn above(&self, #[allow(unused_variables)] count: axum::extract::Query<Vec<(String, u8)>>) -> u8 {
        self.stream("above");
        2
    }
}

fn main() {
    assert_eq!(run(Jobs.before()), (vec![r#""before""#.to_owned()], 1));
    assert_eq!(run(Jobs.behind()).0, [r#""behind""#]);
    assert_eq!(run(Jobs.above(axum::extract::Query(vec![]))).1, 2);
    let _: axum::Router = Jobs.into_router();
}
