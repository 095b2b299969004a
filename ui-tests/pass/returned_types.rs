use std::{borrow::Cow, collections::BTreeMap, io};

use axum::{http::StatusCode, response::IntoResponse};
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;
use serde::Serialize;

type Fallible<T = (), E = (StatusCode, String)> = Result<T, E>;

struct Jobs {
    name: String,
}

#[controller]
impl Jobs {
    #[action]
    async fn borrowed(&self) -> &str {
        self.stream(1);
        &self.name
    }

    #[action]
    async fn in_a_type(&self) -> Cow<'_, str> {
        self.stream(1);
        Cow::Borrowed(&self.name)
    }

    #[action]
    async fn hidden(&self) -> impl Serialize + use<'_> {
        self.stream(1);
        BTreeMap::from([(1, &self.name)])
    }

    #[action]
    async fn hidden_in_a_result(&self) -> Result<impl Serialize, impl IntoResponse> {
        self.stream(1);
        if self.name.is_empty() {
            return Err(StatusCode::NOT_FOUND);
        }
        Ok(self.name.len())
    }

    #[action]
    async fn alias(&self) -> Fallible {
        self.stream(1);
        Ok(())
    }

    #[action]
    async fn alias_with_types(&self) -> Fallible<u32, StatusCode> {
        self.stream(1);
        Err(StatusCode::NOT_FOUND)
    }

    #[action]
    async fn nested(&self) -> Result<Result<u32, String>, axum::response::Response> {
        self.stream(1);
        Ok(Err("inner".to_owned()))
    }

    #[action]
    async fn anyhow(&self) -> anyhow::Result<Option<u32>> {
        self.stream(1);
        Err(io::Error::other("no"))?
    }

    #[action]
    async fn response(&self) -> axum::response::Result<u32> {
        self.stream(1);
        Err(StatusCode::NOT_FOUND)?
    }

    #[action]
    async fn boxed(&self) -> Box<[u32]> {
        self.stream(1);
        Box::new([1])
    }

    #[action]
    async fn plain(&self) -> Result<impl IntoResponse, StatusCode> {
        Ok((StatusCode::CREATED, self.name.clone()))
    }

    #[action]
    async fn plain_unit(&self) {}

    #[action]
    async fn plain_response(&self) -> impl IntoResponse + use<> {
        StatusCode::CREATED
    }
}

fn main() {
    let jobs = Jobs { name: "all".to_owned() };
    assert_eq!(run(jobs.borrowed()).1, "all");
    assert_eq!(run(jobs.in_a_type()).1, "all");
    assert_eq!(serde_json::to_string(&run(jobs.hidden()).1).unwrap(), r#"{"1":"all"}"#);
    assert!(run(jobs.hidden_in_a_result()).1.is_ok());
    assert_eq!(run(jobs.alias()).1, Ok(()));
    assert_eq!(run(jobs.alias_with_types()).1, Err(StatusCode::NOT_FOUND));
    assert!(run(jobs.nested()).1.is_ok_and(|inner| inner.is_err()));
    assert!(run(jobs.anyhow()).1.is_err());
    assert!(run(jobs.response()).1.is_err());
    assert_eq!(*run(jobs.boxed()).1, [1]);
    let _router: axum::Router = jobs.into_router();
}
