#![deny(warnings)]

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, RawPathParams, State},
    http::{HeaderMap, Method},
};
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;
use serde::Deserialize;

/// A name that outflow has too.
mod page {
    use axum::http::HeaderMap;

    pub type Head = HeaderMap;
}

#[derive(Deserialize)]
struct Page {
    from: u32,
    to: u32,
}

/// Read by `FromStr` only.
struct Color(String);

impl std::str::FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

struct Jobs;

#[controller("/jobs/{user}", state = u32)]
impl Jobs {
    #[action(path = "/{id}/{*rest}")]
    async fn all(&self, mut id: u64, rest: String, user: String, _headers: HeaderMap) {
        id += 1;
        self.stream((id, rest, user));
    }

    #[action(post, path = "/patterns/{_odd}/{even}")]
    async fn patterns(
        &self,
        Query(Page { from, to }): Query<Page>,
        _even: u32,
        State(limit): State<u32>,
        _odd: u32,
        Json((first, [second, ..])): Json<(u32, [u32; 2])>,
    ) -> u32 {
        self.stream([from, to, limit, first, second]);
        limit
    }

    #[action(path = "/color/{color}")]
    async fn color(&self, color: Color, _: Method) {
        self.stream(color.0);
    }

    #[action(path = "/whole/{a}/{b}")]
    async fn whole(&self, Path((_user, a, b)): Path<(String, u8, u8)>) {
        self.stream(a + b);
    }

    #[action(path = "/named/{id}")]
    async fn named(&self, id: Path<(String, u8)>) {
        self.stream(&id.1);
    }

    #[action(path = "/raw/{a}")]
    async fn raw(
        &self,
        params: RawPathParams,
        body: Result<Bytes, axum::extract::rejection::BytesRejection>,
    ) -> String {
        format!("{}{}", params.iter().count(), body.is_ok())
    }

    #[action(put)]
    async fn taken(&self, body: Option<Json<u32>>, user: String) {
        self.stream(body.map(|Json(number)| number));
        self.stream(user);
    }

    /// It never streams, and the head is not outflow's.
    #[action]
    async fn page(&self, _head: page::Head) {}

    #[action(path = "/nothing/")]
    async fn nothing(self: &Self) {
        self.stream(())
    }
}

fn main() {
    assert_eq!(run(Jobs.all(1, "a/b".into(), "me".into(), HeaderMap::new())).0, [r#"[2,"a/b","me"]"#]);
    let query = Query(Page { from: 1, to: 2 });
    assert_eq!(run(Jobs.patterns(query, 0, State(3), 0, Json((4, [5, 6])))), (vec!["[1,2,3,4,5]".into()], 3));
    assert_eq!(run(Jobs.color(Color("red".into()), Method::GET)).0, [r#""red""#]);
    assert_eq!(run(Jobs.taken(None, "me".into())).0, ["null", r#""me""#]);
    assert_eq!(run(Jobs.nothing()).0, ["null"]);
    let _router: axum::Router<u32> = Jobs.into_router();
}
