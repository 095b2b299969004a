//! The client: the application under test, and the requests to it.

use std::{
    borrow::Borrow,
    fmt,
    future::Future,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Extensions, HeaderMap, Method, Request as HttpRequest, StatusCode, Version, header::ACCEPT},
};

use super::{
    answer::Answer,
    exchange::exchange,
    journal::Journal,
    request::{Request, header_name, header_value},
    run::{After, Run},
    server::{NUMBER, Sent, Server},
    wait::{LIMIT, Look, Wait},
};
use crate::{
    engine::witness::{Fate, FateState, Fates},
    server::{drain::Drain, serve::App},
};

/// A client of an application that is served for it alone.
///
/// # Panics
/// When it is dropped, if the end of a stream has come that the test has not looked at, or if a run still goes on. Not
/// while the test panics already.
pub struct Client {
    pub(super) settings: Settings,
    app: Router,
    drain: Drain,
    server: OnceLock<Arc<Server>>,
    sent: Sent,
    /// The journal of each request, by its number.
    journals: Mutex<Vec<Arc<Journal>>>,
    pub(super) fates: Arc<Fates>,
}

pub(super) struct Settings {
    /// The headers of each request.
    pub(super) headers: HeaderMap,
    delimiter: u8,
    version: Version,
    over_tcp: bool,
    pub(super) limit: Duration,
}

impl Client {
    /// A client of this controller or [`axum::Router`], over HTTP/1.1 on pipes within the process.
    pub fn new(app: impl App) -> Self {
        Self::with_drain(app, Drain::new())
    }

    /// A client of an application whose server has this grace period and these limits.
    pub fn with_drain(app: impl App, drain: Drain) -> Self {
        let settings = Settings {
            headers: HeaderMap::new(),
            delimiter: b',',
            version: Version::HTTP_11,
            over_tcp: false,
            limit: LIMIT,
        };
        Self {
            settings,
            app: app.into_app(),
            drain,
            server: OnceLock::new(),
            sent: Sent::default(),
            journals: Mutex::default(),
            fates: Arc::default(),
        }
    }

    /// Clients of two nodes, which share a log of runs if the applications do.
    pub fn pair(one: impl App, other: impl App) -> (Self, Self) {
        (Self::new(one), Self::new(other))
    }

    /// Asks for this media type in each request. By default requests have no `Accept`, and get the action's first
    /// format.
    ///
    /// # Panics
    /// If it can't be the value of a header.
    #[must_use]
    #[track_caller]
    pub fn accept(mut self, media_type: &str) -> Self {
        self.settings.headers.insert(ACCEPT, header_value(media_type));
        self
    }

    /// Sends this header with every request, such as the one that logs a user in.
    ///
    /// # Panics
    /// If this can't be a header.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.settings.headers.append(header_name(name), header_value(value));
        self
    }

    /// Reads tables in `csv` whose fields have this character between them, as
    /// [`csv(delimiter = ';')`](macro@crate::action#formats) writes them. A comma by default.
    ///
    /// # Panics
    /// If it is not an ASCII character.
    #[must_use]
    #[track_caller]
    pub fn delimiter(mut self, delimiter: char) -> Self {
        let delimiter = u8::try_from(delimiter).ok().filter(u8::is_ascii);
        self.settings.delimiter = delimiter.expect("a delimiter is an ASCII character");
        self
    }

    /// Speaks HTTP/2.
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.settings.version = Version::HTTP_2;
        self
    }

    /// Connects over TCP, on a port of its own. A paused clock does not wait for sockets, so let it run.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        self.settings.over_tcp = true;
        self
    }

    /// Sets how long each wait may take, by tokio's clock. 30 seconds by default.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.settings.limit = limit;
        self
    }

    /// `GET path`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request(Method::GET, path)
    }

    /// `POST path`.
    #[track_caller]
    pub fn post(&self, path: &str) -> Request<'_> {
        self.request(Method::POST, path)
    }

    /// `PUT path`.
    #[track_caller]
    pub fn put(&self, path: &str) -> Request<'_> {
        self.request(Method::PUT, path)
    }

    /// `PATCH path`.
    #[track_caller]
    pub fn patch(&self, path: &str) -> Request<'_> {
        self.request(Method::PATCH, path)
    }

    /// `DELETE path`.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Request<'_> {
        self.request(Method::DELETE, path)
    }

    /// A request with this method.
    #[track_caller]
    pub fn request(&self, method: Method, path: &str) -> Request<'_> {
        Request::new(self, method, path)
    }

    /// Follows a run from this position on. The run may have been started by another client that shares its log.
    #[track_caller]
    pub fn follow(&self, run: impl Borrow<Run>, after: After) -> Request<'_> {
        self.of_run(Method::GET, run.borrow()).header("last-event-id", &after.0.to_string())
    }

    /// Cancels a run, and waits until its action has been dropped, if this client started it.
    #[track_caller]
    pub fn cancel(&self, run: impl Borrow<Run>) -> impl Future<Output = ()> + Send {
        let (place, run) = (Location::caller(), run.borrow().clone());
        let mut answer = self.of_run(Method::DELETE, &run).start();
        async move {
            let status = answer.head().await.status();
            assert!(status.is_success() || status == StatusCode::NOT_FOUND, "`cancel()` at {place}: {status}");
            answer.journal.pages().is_settled = true;
            let wait = Wait { call: "cancel()".to_owned(), place, limit: self.settings.limit };
            let look = || match self.fates.list().iter().any(|fate| is_open(fate) && self.is_of(fate, &run)) {
                true => Look::NotYet,
                false => Look::Ready(()),
            };
            wait.until(&self.fates.changed, look, || self.stories()).await;
        }
    }

    pub(super) fn of_run(&self, method: Method, run: &Run) -> Request<'_> {
        let request = self.request(method, run.path());
        run.key().into_iter().fold(request, |request, key| request.header("run-key", key))
    }

    /// Whether this action is the one of this run.
    fn is_of(&self, fate: &Fate, run: &Run) -> bool {
        let journal = self.journals()[fate.request].clone();
        let pages = journal.pages();
        let started = pages.head.as_ref().and_then(|head| Run::of(head.headers(), &journal.uri, None));
        started.is_some_and(|started| started.path() == run.path())
    }

    /// Starts to drain, as a signal would: no new streams, and open ones may finish within the grace period.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn drain(&self) {
        self.drain.start();
    }

    /// Ends the grace period, as a second signal would.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn shut_down(&self) {
        self.drain.start();
        self.drain.cut();
    }

    /// Sends a request over a connection of its own.
    pub(super) fn send(&self, mut request: HttpRequest<Body>, extensions: Extensions) -> Answer {
        let server = self.server.get_or_init(|| {
            let (app, drain, sent) = (self.app.clone(), &self.drain, self.sent.clone());
            Arc::new(Server::start(app, drain, self.settings.over_tcp, sent, self.fates.clone()))
        });
        let uri = request.uri().clone();
        let key = ["run-key", "idempotency-key"].iter().find_map(|name| request.headers().get(*name));
        let key = key.and_then(|key| key.to_str().ok()).map(str::to_owned);
        let journal = Arc::new(Journal::new(request.method(), uri.clone(), self.settings.delimiter));
        let number = {
            let mut journals = self.journals();
            journals.push(journal.clone());
            self.sent.add(extensions)
        };
        request.headers_mut().insert(NUMBER, number.into());
        *request.version_mut() = self.settings.version;
        if self.settings.version == Version::HTTP_2 {
            // HTTP/2 has no other place for the host.
            *request.uri_mut() = format!("http://localhost{uri}").parse().unwrap_or(uri);
        }
        let exchange = tokio::spawn(exchange(server.clone(), request, journal.clone())).abort_handle();
        Answer { journal, key, limit: self.settings.limit, exchange }
    }

    pub(super) fn journals(&self) -> MutexGuard<'_, Vec<Arc<Journal>>> {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that has come, for messages.
    pub(super) fn stories(&self) -> String {
        let journals = self.journals();
        let stories = journals.iter().map(|journal| format!("what came of {}:\n{}", journal.request, journal.pages()));
        stories.collect::<Vec<_>>().join("\n")
    }

    /// What the test should have looked at.
    fn left_open(&self) -> Vec<String> {
        let journals = self.journals();
        let ends = journals.iter().filter_map(|journal| {
            let pages = journal.pages();
            let end = pages.end.as_ref().filter(|_| !pages.is_settled)?;
            Some(format!("the test did not look at the end of {}: {end}\n{pages}", journal.request))
        });
        let gaps = journals.iter().filter_map(|journal| {
            let pages = journal.pages();
            let is_open = pages.is_gap_next() && pages.left.is_none();
            is_open.then(|| format!("the test did not look at a gap in {}: await `gap()`\n{pages}", journal.request))
        });
        let fates = self.fates.list();
        let runs = fates.iter().filter(|fate| is_open(fate)).map(|fate| {
            let request = &journals[fate.request].request;
            format!("the run of {request} still goes on: read it to its end, or `cancel` it")
        });
        ends.chain(gaps).chain(runs).collect()
    }
}

/// Whether this is a run that goes on.
fn is_open(fate: &Fate) -> bool {
    fate.is_run && fate.state == FateState::Running
}

impl Drop for Client {
    fn drop(&mut self) {
        let open = self.left_open();
        if !open.is_empty() && !std::thread::panicking() {
            panic!("{}", open.join("\n"));
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stories())
    }
}
