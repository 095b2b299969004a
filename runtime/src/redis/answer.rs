//! The answers of scripts.

use redis::{FromRedisValue, Value, from_redis_value};

use super::error::RedisUnavailable;

/// The answer of a script: its values, one after the other.
pub(crate) struct ScriptAnswer(std::vec::IntoIter<Value>);

impl ScriptAnswer {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(crate) fn next<T: FromRedisValue>(&mut self) -> Result<T, RedisUnavailable> {
        let value = self.0.next().unwrap_or(Value::Nil);
        from_redis_value(value).map_err(|error| RedisUnavailable(format!("an unexpected answer of Redis: {error}")))
    }
}
