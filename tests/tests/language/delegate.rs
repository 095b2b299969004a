//! A streaming method calls another one: its packets pass through, its value comes back.

use axum::http::StatusCode;
use futures_util::future::join;
use outflow::{action, controller, test::Client};
use serde_json::{Value, json};

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

#[tokio::test(start_paused = true)]
async fn packets_pass_through_and_the_value_comes_back() {
    let all = Client::new(Tree).get("/tree/sum").all::<Value, u32>().await;
    assert_eq!((Value::from(all.packets), all.result), (json!([0, 1, "again", 0, 0]), 14));
}

#[tokio::test(start_paused = true)]
async fn a_method_may_call_itself() {
    let client = Client::new(Tree);
    let all = client.get("/tree/depth/3").all::<u32, u32>().await;
    assert_eq!((all.packets, all.result), (vec![3, 2, 1, 0], 3));
    let mut answer = client.get("/tree/depth/15").start();
    assert_eq!(answer.failed().await.detail(), "unlucky");
    assert_eq!(answer.unread::<u32>(), [15, 14, 13]);
}
