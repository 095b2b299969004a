use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

macro_rules! counter {
    ($name:ident, $prefix:literal, $ty:ty, $method:ident: $to:expr, $($rest:tt)*) => {
        struct $name;

        #[controller($prefix)]
        impl $name {
            #[action]
            async fn $method(&self) -> $ty {
                let to: $ty = $to;
                for i in 0..to {
                    self.stream(i);
                }
                self.last(to).await
            }

            async fn last(&self, last: $ty) -> $ty {
                self.stream(last);
                last
            }

            $($rest)*
        }
    };
}

counter!(Bytes, "/bytes", u8, count: 2, );
counter! { Words, "/words", u32, words: 1,
    #[action(path = "/{id}")]
    async fn show(&self, id: u32) {
        self.stream(id);
        self.words().await;
    }
}

fn main() {
    assert_eq!(run(Bytes.count()), (vec!["0".into(), "1".into(), "2".into()], 2));
    assert_eq!(run(Words.show(7)).0, ["7", "0", "1"]);
    let _router: axum::Router = Bytes.into_router().merge(Words.into_router());
}
