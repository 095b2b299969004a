//! The proxy with Outflow: an action that streams each token.

use anyhow::Result;
use futures_util::StreamExt as _;
use outflow::{Server, action, ai::ChatCompletionRequest, controller};
use tokio::net::TcpListener;

use super::model::Model;

struct Proxy {
    model: Model,
}

#[controller("/v1")]
impl Proxy {
    #[action(post, path = "/chat/completions", formats(openai_chat))]
    async fn chat_completions(&self, request: ChatCompletionRequest) -> Result<()> {
        let mut tokens = self.model.answer(&request).await?;
        while let Some(token) = tokens.next().await {
            self.stream(token?);
        }
        Ok(())
    }
}

pub(super) async fn serve(model: Model) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(Server::new(Proxy { model }).serve_on(listener).await?)
}
