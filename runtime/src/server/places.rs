//! The places of open streams: how many a server has, and how many one client or user may take.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::request::Parts;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::drain::Drain;
use crate::retry::TurnedAway;

/// The places of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    all: Option<Arc<Semaphore>>,
    quotas: Vec<Arc<Quota>>,
}

/// A limit of the streams whose requests have the same key.
struct Quota {
    limit: usize,
    key: Box<KeyOf>,
    /// How many streams are open. No key is kept without one.
    open: Mutex<HashMap<String, usize>>,
}

/// Finds the key of a request.
type KeyOf = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// The keys of one request, in the order of the limits.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<Option<String>>);

/// The place of one stream, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    _shares: Vec<Share>,
}

/// The place of a stream under one limit.
#[derive(Debug)]
struct Share {
    quota: Arc<Quota>,
    key: String,
}

impl Drain {
    /// How many streams may be open at once; one more is answered with 503 and `Retry-After`. No limit by default.
    pub fn max_streams(mut self, streams: usize) -> Self {
        self.parts_mut().places.all = Some(Arc::new(Semaphore::new(streams.min(Semaphore::MAX_PERMITS))));
        self
    }

    /// How many streams may be open at once whose requests have the same key: the client's address, or the user. One
    /// more is answered with 429 (RFC 6585, section 4) and `Retry-After`; an `EventSource` that reconnects is told when
    /// to try again. A request without a key has no limit. Each call adds a limit; there is none by default.
    ///
    /// The key is found when the request has passed the layers, so it may be what a layer has put into the extensions.
    /// Behind a proxy the address is the proxy's: take what it says of its client, if nobody else can reach the server.
    /// One client has many addresses of IPv6, so take the first 64 bits. A run counts until its end, and the responses
    /// that follow it do not.
    ///
    /// ```
    /// use axum::{extract::ConnectInfo, http::request::Parts};
    /// use outflow::Drain;
    /// use std::net::{IpAddr, SocketAddr};
    ///
    /// fn address(request: &Parts) -> Option<String> {
    ///     let ConnectInfo(client) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     Some(match client.ip().to_canonical() {
    ///         IpAddr::V4(address) => address.to_string(),
    ///         IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    ///     })
    /// }
    ///
    /// let drain = Drain::new().max_streams(10_000).max_streams_per(20, address);
    /// ```
    pub fn max_streams_per(
        mut self,
        streams: usize,
        key: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let quota = Quota { limit: streams, key: Box::new(key), open: Mutex::default() };
        self.parts_mut().places.quotas.push(Arc::new(quota));
        self
    }

    /// The keys of a request.
    pub(crate) fn keys(&self, request: &Parts) -> Keys {
        Keys(self.parts().places.quotas.iter().map(|quota| (quota.key)(request)).collect())
    }

    /// Admits a stream, for as long as the place is held.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn admit(&self, keys: Keys) -> Result<Place, TurnedAway> {
        if self.is_draining() {
            return Err(TurnedAway::Stopping);
        }
        // First its own shares: a client that has used them up must not hold a place that another one could have.
        let shares = self.parts().places.quotas.iter().zip(keys.0);
        let shares = shares.filter_map(|(quota, key)| Some(quota.take(key?))).collect::<Result<_, _>>()?;
        let permit = self.parts().places.all.clone().map(Semaphore::try_acquire_owned).transpose();
        let permit = permit.map_err(|_| TurnedAway::Full)?;
        Ok(Place { _permit: permit, _shares: shares })
    }
}

impl Quota {
    fn take(self: &Arc<Self>, key: String) -> Result<Share, TurnedAway> {
        let mut open = self.lock();
        let streams = open.get(&key).copied().unwrap_or(0);
        if streams >= self.limit {
            return Err(TurnedAway::TooMany);
        }
        open.insert(key.clone(), streams + 1);
        Ok(Share { quota: self.clone(), key })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut open = self.quota.lock();
        match open.get_mut(&self.key) {
            Some(streams) if *streams > 1 => *streams -= 1,
            _ => drop(open.remove(&self.key)),
        }
    }
}

impl Places {
    /// How many streams may still be opened, if there is a limit.
    pub(super) fn free(&self) -> Option<usize> {
        self.all.as_ref().map(|all| all.available_permits())
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys may be names of people.
        f.debug_struct("Quota").field("limit", &self.limit).field("keys", &self.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_stream_is_not_kept() {
        let drain = Drain::new().max_streams_per(2, |_| None);
        let keys = || Keys(vec![Some("one".to_owned())]);
        let places = [drain.admit(keys()).unwrap(), drain.admit(keys()).unwrap()];
        assert_eq!(drain.admit(keys()).unwrap_err(), TurnedAway::TooMany);
        drop(places);
        assert!(drain.parts().places.quotas[0].lock().is_empty());
    }

    #[test]
    fn a_stream_that_is_refused_takes_no_place() {
        let drain = Drain::new().max_streams(1).max_streams_per(0, |_| None).max_streams_per(9, |_| None);
        let keys = |first: Option<&str>| Keys(vec![first.map(str::to_owned), Some("one".to_owned())]);
        assert_eq!(drain.admit(keys(Some("one"))).unwrap_err(), TurnedAway::TooMany);
        assert!(drain.parts().places.quotas[1].lock().is_empty());
        assert!(drain.admit(keys(None)).is_ok());
    }
}
