use axum::http::StatusCode;
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Jobs;

#[controller]
#[cfg(all())]
impl Jobs {
    #[action]
    async fn all(&self) -> u32 {
        #[cfg(all())]
        self.stream("here");
        #[cfg(any())]
        self.stream(Missing);
        self.export(1).await;
        self.count(2).await
    }

    #[cfg(all())]
    #[action(path = "/export/{from}")]
    async fn export(&self, from: u32) -> u32 {
        self.stream(from);
        from
    }

    /// Where there is nothing to export.
    #[action]
    #[cfg(not(all()))]
    async fn export(&self) -> StatusCode {
        StatusCode::NOT_IMPLEMENTED
    }

    #[cfg(not(all()))]
    #[action]
    async fn status(&self) {
        self.stream("no status");
    }

    #[cfg(all())]
    #[action]
    async fn status(&self) -> StatusCode {
        StatusCode::NO_CONTENT
    }

    #[cfg(any())]
    #[action(path = "/gone/{id}")]
    async fn gone(&self, id: Missing, other: missing::Extractor) -> Missing {
        self.stream(id);
        other
    }

    #[cfg(all())]
    async fn count(&self, to: u32) -> u32 {
        self.stream(to);
        to
    }

    #[cfg(any())]
    async fn count(&self, to: Missing) -> Missing {
        to
    }
}

fn main() {
    assert_eq!(run(Jobs.all()), ([r#""here""#, "1", "2"].map(String::from).to_vec(), 2));
    assert_eq!(outflow_ui_tests::block_on(Jobs.status()), StatusCode::NO_CONTENT);
    let _router: axum::Router = Jobs.into_router();
}
