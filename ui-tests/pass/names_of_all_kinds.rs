use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct r#Match;

/// Neither of these is taken for something that is made of the other.
struct Names;

#[controller]
impl Names {
    #[action]
    async fn question(&self) {
        self.stream(1);
    }

    #[action]
    async fn answer_question(&self) {
        self.question().await;
    }

    #[action]
    async fn boxed_question(&self) {
        self.answer_question().await;
    }

    #[action]
    async fn answer(&self) {}
}

#[controller]
impl r#Match {
    #[action(path = "/{type}/{loop}")]
    async fn r#match(&self, r#type: u32, r#loop: u32) -> u32 {
        self.stream(r#type);
        self.r#async(r#loop).await
    }

    #[action]
    async fn r#move(&self) -> u32 {
        format!("{}", self.r#match(1, 2).await).len() as u32
    }

    async fn r#async(&self, r#loop: u32) -> u32 {
        self.r#stream(r#loop);
        r#loop
    }
}

fn main() {
    assert_eq!(run(Match.r#match(1, 2)), (vec!["1".into(), "2".into()], 2));
    assert_eq!(run(Match.r#move()).1, 1);
    assert_eq!(run(Names.boxed_question()).0, ["1"]);
    let _router: axum::Router = Match.into_router().merge(Names.into_router());
}
