//! The model that answers: this example's own, or one behind an endpoint that speaks OpenAI's protocol.

use std::{env, time::Duration};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::{markov::Markov, openai::OpenAi};

/// Time that the example's own model takes for a token.
const PACE: Duration = Duration::from_millis(45);

/// One turn of a conversation.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

pub enum Model {
    Own(Markov),
    Remote(Box<OpenAi>),
}

/// The output of a model: texts, and possibly a failure as the last item.
pub type Tokens = BoxStream<'static, Result<String, Trouble>>;

impl Model {
    /// The model that the environment chooses: `OPENAI_BASE_URL`, with `OPENAI_API_KEY` and `OPENAI_MODEL`.
    pub fn from_env() -> Result<Self, String> {
        let Ok(base) = env::var("OPENAI_BASE_URL") else { return Ok(Self::Own(Markov::new())) };
        let model = env::var("OPENAI_MODEL").unwrap_or_else(|_| "gpt-4o-mini".to_owned());
        OpenAi::new(&base, env::var("OPENAI_API_KEY").ok(), model).map(|remote| Self::Remote(Box::new(remote)))
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Own(_) => "two words of memory",
            Self::Remote(remote) => remote.model(),
        }
    }

    /// Answers the last message of a conversation.
    pub async fn answer(&self, conversation: &[Message]) -> Result<Tokens, Trouble> {
        let question = conversation.last().map_or("", |message| &message.content);
        if question.trim().is_empty() {
            return Err(Trouble::NoQuestion);
        }
        match self {
            Self::Own(markov) => {
                let tokens = stream::iter(markov.answer(question, &mut rand::rng()));
                let paced = tokens.then(|token| async {
                    sleep(PACE).await;
                    Ok(token)
                });
                Ok(paced.boxed())
            }
            Self::Remote(remote) => remote.answer(conversation).await,
        }
    }
}

/// The reason for a missing or incomplete answer.
#[derive(Debug)]
pub enum Trouble {
    /// The last message is empty.
    NoQuestion,
    /// There is no connection to the model.
    Unreachable(String),
    /// The model's server refused to answer, and said why.
    Refused { status: StatusCode, why: String },
    /// The model's server stopped before the answer was complete.
    BrokeOff(String),
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let answer = match self {
            Self::NoQuestion => (StatusCode::UNPROCESSABLE_ENTITY, "There is no question.".to_owned()),
            Self::Unreachable(why) => (StatusCode::BAD_GATEWAY, format!("The model can't be reached: {why}.")),
            Self::Refused { status, why } => {
                (StatusCode::BAD_GATEWAY, format!("The model refused with {}: {why}", status.as_u16()))
            }
            Self::BrokeOff(why) => (StatusCode::BAD_GATEWAY, format!("The model broke off: {why}")),
        };
        answer.into_response()
    }
}
