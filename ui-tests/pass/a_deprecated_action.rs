//! Only the callers of a deprecated action are warned.

#![deny(warnings)]

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Jobs;

#[controller]
impl Jobs {
    #[deprecated]
    #[action]
    async fn old(&self) {
        self.stream(1);
    }

    #[deprecated(note = "it says nothing")]
    #[action]
    async fn plain(&self) -> &'static str {
        "plain"
    }
}

fn main() {
    #[expect(deprecated)]
    let old = Jobs.old();
    assert_eq!(run(old).0, ["1"]);
    let _router: axum::Router = Jobs.into_router();
}
