#![deny(warnings)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;
use tracing::{Metadata, Subscriber, instrument, span};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    #[instrument]
    async fn instrumented(&self, id: Name) -> u32 {
        self.stream(id.0.len());
        self.helper(1).await
    }

    #[instrument(skip(self), fields(more), ret)]
    #[action(post)]
    async fn instrumented_below(&self, Name(name): Name) -> u32 {
        self.stream(name);
        self.helper(2).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn helper(&self, number: u32) -> u32 {
        self.stream(number);
        number
    }

    /// Old.
    #[deprecated = "use the other one"]
    #[action]
    async fn old(&self) {
        self.stream("old");
    }

    #[deprecated]
    #[action]
    async fn old_and_silent(&self) {}

    #[allow(unused_variables)]
    #[action]
    async fn allowed(&self, name: Name) {
        let unused = 1;
        self.stream("allowed");
    }

    #[expect(unused_variables, reason = "it says so")]
    #[action]
    async fn expected(&self) {
        let unused = 1;
        self.stream("expected");
    }

    #[expect(non_snake_case)]
    #[action]
    async fn Named(&self) {
        self.stream("named");
    }

    #[action]
    #[inline]
    #[must_use]
    #[cfg_attr(all(), doc = "Documented.")]
    async fn inlined(&self) -> u32 {
        #![allow(unused_mut)]
        let mut number = 1;
        self.stream(number);
        number
    }

    #[action]
    #[rustfmt::skip]
    async fn unformatted(&self, #[allow(unused)] name: Name, /* an argument */) { self . stream ( "unformatted" ) ; }
}

#[derive(Debug)]
struct Name(String);

impl<S: Sync> axum::extract::FromRequestParts<S> for Name {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.uri.to_string()))
    }
}

/// Notes what spans record.
#[derive(Default)]
struct Spans {
    fields: Arc<Mutex<Vec<String>>>,
    next: AtomicU64,
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let metadata = attributes.metadata();
        let fields: Vec<_> = metadata.fields().iter().map(|field| field.name()).collect();
        self.fields.lock().unwrap().push(format!("{}({})", metadata.name(), fields.join(", ")));
        span::Id::from_u64(self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs")
    }
}

fn main() {
    let spans = Spans::default();
    let fields = spans.fields.clone();
    tracing::subscriber::with_default(spans, || {
        assert_eq!(run(Jobs.instrumented(Name("n".into()))), (vec!["1".into(), "1".into()], 1));
        assert_eq!(run(Jobs.instrumented_below(Name("n".into()))).1, 2);
    });
    let words = "instrumented(self, id) helper() instrumented_below(name, more) helper()";
    assert_eq!(fields.lock().unwrap().join(" "), words);

    #[expect(deprecated)]
    let old = Jobs.old();
    assert_eq!(run(old).0, [r#""old""#]);
    assert_eq!(run(Jobs.inlined()).1, 1);
    drop((Jobs.allowed(Name(String::new())), Jobs.expected(), Jobs.Named(), Jobs.unformatted(Name(String::new()))));
    let _router: axum::Router = Jobs.into_router();
}
