use std::{fmt::Display, marker::PhantomData};

use axum::extract::State;
use outflow::{Controller, action, controller};
use outflow_ui_tests::run;
use serde::Serialize;

struct Pages<T, const N: usize, F = fn(u32) -> u32>
where
    T: Clone,
{
    page: [T; N],
    next: F,
}

#[controller]
impl<T, const N: usize, F> Pages<T, N, F>
where
    T: Serialize + Clone + Display + Send + Sync + 'static,
    F: Fn(u32) -> u32 + Send + Sync + 'static,
{
    const SIZE: usize = N;

    #[action]
    async fn all(&self) -> Option<T> {
        for item in &self.page {
            self.stream(item);
        }
        self.one(Self::SIZE - 1, T::clone).await
    }

    async fn one<'a, U>(&'a self, index: usize, map: impl Fn(&'a T) -> U) -> Option<U>
    where
        T: 'a,
    {
        let item = self.page.get(index)?;
        self.stream((self.next)(index as u32));
        Some(map(item))
    }

    #[action]
    async fn first<'a>(&'a self) -> Option<&'a T> {
        self.one(0, |item| item).await
    }

    #[action]
    async fn length(&self) -> String {
        format!("{N}")
    }
}

struct Typed<S>(PhantomData<S>);

#[controller("/typed", state = S)]
impl<S: Clone + Send + Sync + Serialize + 'static> Typed<S> {
    #[action]
    async fn state(&self, State(state): State<S>) {
        self.stream(state);
    }
}

struct Nested<T>(T);

#[controller]
impl<T: Send + Sync + 'static> Nested<Vec<T>> {
    #[action]
    async fn count(&self) {
        self.stream(self.0.len());
    }
}

fn main() {
    let pages = Pages { page: ["a", "b"], next: |index| index + 10 };
    assert_eq!(run(pages.all()), ([r#""a""#, r#""b""#, "11"].map(String::from).to_vec(), Some("b")));
    assert_eq!(run(pages.first()).1, Some(&"a"));
    let _router: axum::Router<u8> = pages.into_router();
    let _router: axum::Router<u8> = Typed(PhantomData).into_router();
    assert_eq!(run(Nested(vec![1, 2]).count()).0, ["2"]);
    fn is_controller<C: Controller<S>, S>(_: C) {}
    is_controller::<_, String>(Nested(vec![1]));
}
