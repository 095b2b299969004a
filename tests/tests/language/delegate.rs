//! A streaming method calls another one: its packets pass through, its value comes back.

use axum::http::StatusCode;
use futures_util::future::join;
use outflow::{Controller as _, action, controller};

use crate::support::get;

struct Tree;

#[controller]
impl Tree {
    #[action]
    async fn sum(&self) -> Result<u32, (StatusCode, String)> {
        let one = self.count(2).await;
        let two = self.again().await?;
        let (three, four) = join(self.count(1), async { self.count(1).await }).await;
        println!("{}", self.count(0).await);
        Ok(one + two + three + four)
    }

    /// An action that another one calls is a method like any other.
    #[action]
    async fn again(&self) -> Result<u32, (StatusCode, String)> {
        self.stream("again");
        Ok(10)
    }

    #[action(path = "/depth/{depth}")]
    async fn depth(&self, depth: u32) -> Result<u32, (StatusCode, String)> {
        self.down(depth).await
    }

    async fn count(&self, n: u32) -> u32 {
        for i in 0..n {
            self.stream(i);
        }
        n
    }

    async fn down(&self, depth: u32) -> Down {
        self.stream(depth);
        match depth {
            0 => Ok(0),
            13 => Err((StatusCode::CONFLICT, "unlucky".to_owned())),
            _ => Ok(1 + Box::pin(self.down(depth - 1)).await?),
        }
    }
}

type Down = Result<u32, (StatusCode, String)>;

#[tokio::test]
async fn packets_pass_through_and_the_value_comes_back() {
    let body = get(&Tree.into_router(), "/tree/sum").await.body;
    let expected =
        "data: 0\n\ndata: 1\n\ndata: \"again\"\n\ndata: 0\n\ndata: 0\n\nevent: done\nid: outflow-end\ndata: 14\n\n";
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_method_may_call_itself() {
    let app = Tree.into_router();
    let reply = get(&app, "/tree/depth/3").await;
    assert!(reply.body.starts_with("data: 3\n\ndata: 2\n\ndata: 1\n\ndata: 0\n\n"), "{}", reply.body);
    assert_eq!(reply.last_event("done"), 3);
    let reply = get(&app, "/tree/depth/15").await;
    assert!(reply.body.starts_with("data: 15\n\ndata: 14\n\ndata: 13\n\nevent: error\n"), "{}", reply.body);
    assert_eq!(reply.last_event("error")["detail"], "unlucky");
}
