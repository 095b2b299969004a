//! A reading of a topic in Redis.

use std::time::Duration;

use crate::{
    hub::{copying::Reading, epoch::Epoch},
    records::Seq,
    redis::{answer::ScriptAnswer, error::RedisUnavailable},
};

/// Reads the answer of the script `read`.
pub(super) fn read(mut answer: ScriptAnswer) -> Result<Reading, RedisUnavailable> {
    let epoch: Vec<u8> = answer.next()?;
    let epoch = Epoch::read(&epoch).ok_or_else(|| RedisUnavailable("the epoch of a topic can't be read".to_owned()))?;
    let (tail, first) = (answer.next()?, answer.next()?);
    let records: Vec<(Seq, u64, Vec<u8>)> = answer.next()?;
    let records = records.into_iter().map(|(number, age, record)| (number, Duration::from_millis(age), record));
    let (forgotten, newest, revoked) = (answer.next()?, answer.next()?, answer.next()?);
    let members: Vec<(String, u64)> = answer.next()?;
    let members = members.into_iter().map(|(member, age)| (member, Duration::from_millis(age)));
    Ok(Reading {
        epoch,
        tail,
        first,
        records: records.collect(),
        forgotten,
        newest,
        revoked,
        members: members.collect(),
    })
}
