//! The answers of scripts.

use redis::{FromRedisValue, Value, from_redis_value};

use crate::run::log::{Ack, AppendError, Seq, Unavailable};

/// The answer of a script: a word, and the values that belong to it.
pub(super) struct ScriptAnswer(std::vec::IntoIter<Value>);

impl ScriptAnswer {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(super) fn next<T: FromRedisValue>(&mut self) -> Result<T, Unavailable> {
        let value = self.0.next().unwrap_or(Value::Nil);
        from_redis_value(value).map_err(|error| Unavailable(format!("an unexpected answer of Redis: {error}")))
    }

    pub(super) fn ack(&mut self) -> Result<Ack, AppendError> {
        let word: String = self.next().map_err(AppendError::Unavailable)?;
        let mut number = || self.next::<Seq>().map_err(AppendError::Unavailable);
        match &*word {
            "ok" => Ok(Ack { cancel_asked: number()? == 1 }),
            "gap" => Err(AppendError::Gap { next: number()? }),
            "full" => Err(AppendError::Full),
            _ => Err(AppendError::Closed),
        }
    }
}
