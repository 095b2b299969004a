//! The model that answers: this example's own, or one behind an endpoint that speaks OpenAI's protocol.

use std::env;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::stream::BoxStream;
use outflow::{
    Problem,
    ai::{ChatRequest, Part},
};

use crate::{openai::OpenAi, stand_in::StandIn};

pub enum Model {
    Own(StandIn),
    Remote(Box<OpenAi>),
}

/// The output of a model: parts, and possibly a failure as the last item.
pub type Parts = BoxStream<'static, Result<Part, Trouble>>;

impl Model {
    /// The model that the environment chooses: `OPENAI_BASE_URL`, with `OPENAI_API_KEY` and `OPENAI_MODEL`.
    pub fn from_env() -> Result<Self, String> {
        let Ok(base) = env::var("OPENAI_BASE_URL") else { return Ok(Self::Own(StandIn::new())) };
        let model = env::var("OPENAI_MODEL").unwrap_or_else(|_| "gpt-4o-mini".to_owned());
        OpenAi::new(&base, env::var("OPENAI_API_KEY").ok(), model).map(|remote| Self::Remote(Box::new(remote)))
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Own(_) => "two words of memory",
            Self::Remote(remote) => remote.model(),
        }
    }

    /// Answers the last message of a conversation, or goes on after an approval.
    pub async fn answer(&self, request: &ChatRequest) -> Result<Parts, Trouble> {
        if request.prompt().trim().is_empty() {
            return Err(Trouble::NoQuestion);
        }
        match self {
            Self::Own(model) => Ok(model.answer(request)),
            Self::Remote(model) => model.answer(&request.messages()).await,
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
        let gateway = |detail: String| Problem::new(StatusCode::BAD_GATEWAY).with_detail(detail);
        let problem = match self {
            Self::NoQuestion => Problem::new(StatusCode::UNPROCESSABLE_ENTITY).with_detail("There is no question."),
            Self::Unreachable(why) => {
                let help = "See that the model is there and that OPENAI_BASE_URL is right, then ask again.";
                gateway(format!("The model can't be reached: {why}.")).with("help", help)
            }
            Self::Refused { status, why } => {
                let help = "See that OPENAI_API_KEY and OPENAI_MODEL are right, then ask again.";
                gateway(format!("The model refused with {}: {why}", status.as_u16())).with("help", help)
            }
            Self::BrokeOff(why) => gateway(format!("The model broke off: {why}")).with("help", "Ask again."),
        };
        problem.into_response()
    }
}
