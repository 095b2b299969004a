//! Routes: from a request to a call of the action.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, MatchedPath, OriginalUri, RawPathParams, Request, State},
    http::{HeaderMap, Method, StatusCode, Version, header::VARY, request::Parts},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use futures_core::future::BoxFuture;

use crate::{
    account::{Labels, shed},
    channel::Channel,
    drain::Drain,
    format::{self, Representation, SSE, accept::negotiate, sse},
    options::{Options, Resumable},
    outcome::Outcome,
    remains::Remains,
    response::{Live, Opening},
    run::{FollowRequest, RunRequest, Runs, Start, Unlogged, follow, no_store},
    streams::OneControllerBlockPerType,
    supervise::Admission,
    turned::Turned,
};

/// What a route answers with; an `Err` is an extractor's rejection or another early answer.
pub type Answer = BoxFuture<'static, Result<Response, Response>>;

/// The routes of one controller, as the macro lists them.
pub struct Routes<C, S> {
    controller: Arc<C>,
    router: Router<S>,
    /// Where runs are kept, unless the application says otherwise.
    runs: Runs,
}

impl<C, S> Routes<C, S>
where
    C: OneControllerBlockPerType + 'static,
    S: Clone + Send + Sync + 'static,
{
    /// No routes yet.
    pub fn new(controller: C) -> Self {
        Self { controller: Arc::new(controller), router: Router::new(), runs: Runs::default() }
    }

    /// Adds one action; `answer` is made by the macro.
    #[must_use]
    pub fn action(mut self, methods: &[MethodFilter], path: &str, answer: fn(Arc<C>, Call<S>) -> Answer) -> Self {
        let controller = self.controller.clone();
        let route: Arc<str> = path.into();
        let runs = self.runs.clone();
        let handler = move |State(state): State<S>, request: Request| {
            let answer = answer(controller.clone(), Call::new(&route, &runs, state, request));
            async move { answer.await.unwrap_or_else(|early| early) }
        };
        if let Some(methods) = methods.iter().copied().reduce(MethodFilter::or) {
            self.router = self.router.route(path, on(methods, handler));
        }
        self
    }

    /// Adds the routes of a resumable action's runs.
    #[must_use]
    pub fn runs(mut self, path: &str, options: &'static Options) -> Self {
        let Some(resumable) = &options.resumable else { return self };
        let path = format!("{}/runs/{{{RUN}}}", path.trim_end_matches('/'));
        let route: Arc<str> = path.as_str().into();
        let runs = self.runs.clone();
        let handler = move |params: RawPathParams, request: Request| {
            let request = follow_request(&params, request, resumable, options, &route, &runs);
            async move { no_store(follow(request).await.unwrap_or_else(|early| early)) }
        };
        self.router = self.router.route(&path, on(MethodFilter::GET.or(MethodFilter::DELETE), handler));
        self
    }

    /// The routes as a router.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}

/// The parameter of a run's path. No argument has its name.
const RUN: &str = "__run";

fn follow_request(
    params: &RawPathParams,
    request: Request,
    resumable: &'static Resumable,
    options: &'static Options,
    route: &Arc<str>,
    runs: &Runs,
) -> FollowRequest {
    let (parts, _) = request.into_parts();
    let run = params.iter().find(|(name, _)| *name == RUN).map_or("", |(_, run)| run).to_owned();
    let path = whole_path(&parts);
    let action = path.strip_suffix(&run).and_then(|path| path.strip_suffix("/runs/")).unwrap_or(path);
    let action = if action.is_empty() { "/" } else { action };
    let Runs { log, followers } = parts.extensions.get().unwrap_or(runs).clone();
    FollowRequest {
        request: RunRequest::new(resumable, &parts, action),
        run,
        log,
        followers,
        options,
        route: matched(&parts, route),
        drain: parts.extensions.get().cloned(),
        method: parts.method,
        headers: parts.headers,
    }
}

/// The path as the client sent it: two routers that are nested under different paths share no runs.
fn whole_path(parts: &Parts) -> &str {
    parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.path())
}

/// The whole path, where the controller's router is nested in another one.
fn matched(parts: &Parts, route: &Arc<str>) -> Arc<str> {
    match parts.extensions.get::<MatchedPath>() {
        Some(path) if path.as_str() != &**route => path.as_str().into(),
        _ => route.clone(),
    }
}

impl<C, S> fmt::Debug for Routes<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

/// One request to an action: gives the arguments one by one, then opens the response.
#[derive(Debug)]
pub struct Call<S> {
    state: S,
    parts: Parts,
    ready: Ready,
}

/// What the request wants of the response. Kept apart where the last extractor takes the request whole.
#[derive(Debug)]
struct Preferences {
    method: Method,
    version: Version,
    headers: HeaderMap,
}

impl Preferences {
    /// Keeps the headers that decide on the response.
    fn note(&mut self, headers: &HeaderMap) {
        for name in ["accept", "last-event-id", "x-request-type"] {
            for value in headers.get_all(name) {
                self.headers.append(name, value.clone());
            }
        }
    }
}

impl<S: Send + Sync> Call<S> {
    fn new(route: &Arc<str>, runs: &Runs, state: S, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let preferences =
            Preferences { method: parts.method.clone(), version: parts.version, headers: HeaderMap::new() };
        let route = matched(&parts, route);
        let drain = parts.extensions.get().cloned();
        let runs = parts.extensions.get().unwrap_or(runs).clone();
        Self { state, parts, ready: Ready { route, preferences, drain, runs, remains: Remains::new(body), run: None } }
    }

    /// Notes what the request says of a run, before the arguments are taken from it.
    pub fn resumable(&mut self, options: &'static Options) {
        let Some(resumable) = &options.resumable else { return };
        let request = RunRequest::new(resumable, &self.parts, whole_path(&self.parts));
        self.ready.remains.wrap(|body| request.body.of(body));
        self.ready.run = Some(request);
    }

    /// The path's parameters, decoded.
    pub async fn params(&mut self) -> Result<RawPathParams, Response> {
        RawPathParams::from_request_parts(&mut self.parts, &()).await.map_err(IntoResponse::into_response)
    }

    /// No argument is left.
    pub fn ready(mut self) -> Ready {
        self.ready.preferences.headers = self.parts.headers;
        self.ready
    }
}

/// An argument from the request's head. Its future is boxed so that its type names no trait: rustc would tell a type
/// that is no extractor again wherever it is polled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of this action",
    label = "neither a path parameter nor an extractor",
    note = "an argument is a parameter of the path by its name (an `id` with `path = \"/{{id}}\"`), or an axum extractor such as `Query<T>`; only the last one may take the body",
    note = "`State<T>` needs `state = …` in `#[controller(…)]`"
)]
pub trait Argument<S>: Sized {
    /// Takes the argument.
    fn take(call: &mut Call<S>) -> BoxFuture<'_, Result<Self, Response>>;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<S>, S: Send + Sync> Argument<S> for T {
    fn take(call: &mut Call<S>) -> BoxFuture<'_, Result<T, Response>> {
        Box::pin(async {
            T::from_request_parts(&mut call.parts, &call.state).await.map_err(IntoResponse::into_response)
        })
    }
}

/// The last argument, which may take the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of this action",
    label = "neither a path parameter nor an extractor",
    note = "an argument is a parameter of the path by its name (an `id` with `path = \"/{{id}}\"`), or an axum extractor such as `Query<T>` or `Json<T>`",
    note = "`State<T>` needs `state = …` in `#[controller(…)]`"
)]
pub trait LastArgument<S, M>: Sized {
    /// Takes the argument.
    fn take(call: Call<S>) -> BoxFuture<'static, Result<(Self, Ready), Response>>;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest<S, M>, S: Send + Sync + 'static, M> LastArgument<S, M> for T {
    fn take(call: Call<S>) -> BoxFuture<'static, Result<(T, Ready), Response>> {
        Box::pin(async move {
            let mut ready = call.ready;
            ready.preferences.note(&call.parts.headers);
            let request = Request::from_parts(call.parts, ready.remains.lend());
            let value = T::from_request(request, &call.state).await.map_err(IntoResponse::into_response)?;
            Ok((value, ready))
        })
    }
}

/// A call whose arguments are all there.
#[derive(Debug)]
pub struct Ready {
    route: Arc<str>,
    preferences: Preferences,
    drain: Option<Drain>,
    runs: Runs,
    remains: Remains,
    /// What the request says of a run, where the action is resumable.
    run: Option<RunRequest>,
}

impl Ready {
    /// Finds the format of the response, and room for the stream.
    ///
    /// # Errors
    /// With 406 where no format is acceptable, with 503 where no stream is let in, and with 204 for an `EventSource`
    /// that has seen the end already: it reconnects after every end, and only this status stops it (WHATWG HTML,
    /// section 9.2.3).
    pub fn open(mut self, options: &'static Options) -> Result<(Self, Opening), Response> {
        let Preferences { headers, version, .. } = &self.preferences;
        let format = negotiate(headers, options.formats)?;
        if self.run.is_none() && has_seen_the_end(format, headers) {
            return Err((StatusCode::NO_CONTENT, [(VARY, format::VARY)]).into_response());
        }
        let labels = Labels { route: self.route.clone(), format: format.name };
        let turned = Turned::new(format, headers, *version);
        let place = self.drain.as_ref().map_or(Ok(None), Drain::admit);
        let drain = self.drain.clone();
        let opening = match self.run.take() {
            Some(request) => {
                let channel = Channel::new(Unlogged::default());
                let Runs { log, followers } = self.runs.clone();
                Start { request, log, followers, options, format, labels, drain, place, turned, channel }.into()
            }
            None => {
                let permit = place.map_err(|why| {
                    shed(&labels);
                    turned.away(why)
                })?;
                Live::new(options, format, labels, Admission { drain, permit }, turned).into()
            }
        };
        Ok((self, opening))
    }

    /// Runs the action, unless only the head is asked for.
    pub async fn run(self, opening: Opening, body: BoxFuture<'static, Outcome>) -> Response {
        opening.run(body, self.remains, self.preferences.method == Method::HEAD).await
    }
}

fn has_seen_the_end(format: Representation, headers: &HeaderMap) -> bool {
    format.name == SSE.name && headers.get("last-event-id").is_some_and(|id| id == sse::END_ID)
}
