#![deny(warnings)]

pub extern crate outflow as of;

/// Nobody is to be reached by this name.
mod outflow {}

mod vendored {
    pub use ::of as inner;
}

struct Renamed;

#[of::controller(crate = ::of)]
impl Renamed {
    #[of::action(path = "/{id}")]
    async fn log(&self, id: u64) -> Result<u64, String> {
        self.stream(id);
        self.more().await;
        Ok(id)
    }

    async fn more(&self) {
        self.stream("more");
    }

    #[of::action(post)]
    async fn plain(&self, body: String) -> String {
        body
    }
}

struct Vendored;

#[of::controller("/vendored", state = String, crate = crate::vendored::inner)]
impl Vendored {
    #[of::action]
    async fn log(&self) {
        self.stream("vendored");
    }
}

fn main() {
    assert_eq!(outflow_ui_tests::run(Renamed.log(1)).0, ["1", r#""more""#]);
    assert_eq!(outflow_ui_tests::run(Vendored.log()).0, [r#""vendored""#]);
    let _router: axum::Router = of::Controller::into_router(Renamed);
}
