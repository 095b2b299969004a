//! The answers of scripts about runs.

use crate::{
    redis::{answer::ScriptAnswer, error::RedisUnavailable},
    run::log::{Ack, AppendError, ClaimError, OpenError, ReadError, Seq, Unavailable},
};

/// Reads the acknowledgement of a write.
pub(super) fn ack(answer: &mut ScriptAnswer) -> Result<Ack, AppendError> {
    let word: String = answer.next()?;
    match &*word {
        "ok" => Ok(Ack { cancel_asked: answer.next::<Seq>()? == 1 }),
        "gap" => Err(AppendError::Gap { next: answer.next()? }),
        "full" => Err(AppendError::Full),
        _ => Err(AppendError::Closed),
    }
}

impl From<RedisUnavailable> for Unavailable {
    fn from(why: RedisUnavailable) -> Self {
        Self(why.0)
    }
}

impl From<RedisUnavailable> for ClaimError {
    fn from(why: RedisUnavailable) -> Self {
        Self::Unavailable(why.into())
    }
}

impl From<RedisUnavailable> for OpenError {
    fn from(why: RedisUnavailable) -> Self {
        Self::Unavailable(why.into())
    }
}

impl From<RedisUnavailable> for AppendError {
    fn from(why: RedisUnavailable) -> Self {
        Self::Unavailable(why.into())
    }
}

impl From<RedisUnavailable> for ReadError {
    fn from(why: RedisUnavailable) -> Self {
        Self::Unavailable(why.into())
    }
}
