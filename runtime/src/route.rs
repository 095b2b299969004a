//! Routes: from a request to a call of the action.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, MatchedPath, OriginalUri, RawPathParams, Request, State},
    http::{HeaderMap, Method, StatusCode, Version, header::VARY, request::Parts},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use futures_core::future::BoxFuture;

use crate::{
    account::{Labels, shed},
    channel::Channel,
    drain::Drain,
    format::{self, Representation, SSE, accept::negotiate, sse},
    options::{Options, Resumable},
    remains::Remains,
    response::{Live, Opening},
    run::{FollowRequest, RunRequest, Runs, Start, Unlogged, follow, no_store},
    streams::OneControllerBlockPerType,
    supervise::Admission,
    turned::Turned,
};

/// What a route answers with; an `Err` is an extractor's rejection or another early answer.
pub type Answer = BoxFuture<'static, Result<Response, Response>>;

/// One action's route, as the macro writes it into the table of a controller.
#[derive(Debug)]
pub struct Route<C, S> {
    /// The methods that it answers.
    pub methods: MethodFilter,
    /// The whole path, prefix included.
    pub path: &'static str,
    /// What its attribute says about the response.
    pub options: &'static Options,
    /// Takes the arguments from a request and runs the action.
    pub answer: fn(Arc<C>, Call<S>) -> Answer,
}

/// The router of a controller with these routes.
pub fn router<C, S>(controller: C, routes: &[Route<C, S>]) -> Router<S>
where
    C: OneControllerBlockPerType + 'static,
    S: Clone + Send + Sync + 'static,
{
    let controller = Arc::new(controller);
    // Where runs are kept, unless the application says otherwise.
    let runs = Runs::default();
    routes.iter().fold(Router::new(), |router, route| {
        let router = router.route(route.path, action(&controller, route, &runs));
        match &route.options.resumable {
            Some(resumable) => {
                let path = format!("{}/runs/{{{RUN}}}", route.path.trim_end_matches('/'));
                router.route(&path, follower(&path, route.options, resumable, &runs))
            }
            None => router,
        }
    })
}

/// Answers the requests to an action.
fn action<C, S>(controller: &Arc<C>, route: &Route<C, S>, runs: &Runs) -> MethodRouter<S>
where
    C: OneControllerBlockPerType + 'static,
    S: Clone + Send + Sync + 'static,
{
    let &Route { methods, path, options, answer } = route;
    let (controller, runs) = (controller.clone(), runs.clone());
    let path: Arc<str> = path.into();
    on(methods, move |State(state): State<S>, request: Request| {
        let answer = answer(controller.clone(), Call::new(&path, options, &runs, state, request));
        async move { answer.await.unwrap_or_else(|early| early) }
    })
}

/// Answers the requests to the runs of a resumable action.
fn follower<S>(path: &str, options: &'static Options, resumable: &'static Resumable, runs: &Runs) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let path: Arc<str> = path.into();
    let runs = runs.clone();
    on(MethodFilter::GET.or(MethodFilter::DELETE), move |params: RawPathParams, request: Request| {
        let request = follow_request(&params, request, resumable, options, &path, &runs);
        async move { no_store(follow(request).await.unwrap_or_else(|early| early)) }
    })
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
    fn new(route: &Arc<str>, options: &'static Options, runs: &Runs, state: S, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let preferences =
            Preferences { method: parts.method.clone(), version: parts.version, headers: HeaderMap::new() };
        let route = matched(&parts, route);
        let drain = parts.extensions.get().cloned();
        let runs = parts.extensions.get().unwrap_or(runs).clone();
        let mut remains = Remains::new(body);
        // Before the arguments are taken from the request.
        let run = options.resumable.as_ref().map(|resumable| {
            let request = RunRequest::new(resumable, &parts, whole_path(&parts));
            remains.wrap(|body| request.body.of(body));
            request
        });
        Self { state, parts, ready: Ready { route, options, preferences, drain, runs, remains, run } }
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
    options: &'static Options,
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
    pub fn open(self) -> Result<Opening, Response> {
        let Self { route, options, preferences: Preferences { method, version, headers }, drain, runs, remains, run } =
            self;
        let format = negotiate(&headers, options.formats)?;
        if run.is_none() && has_seen_the_end(format, &headers) {
            return Err((StatusCode::NO_CONTENT, [(VARY, format::VARY)]).into_response());
        }
        let labels = Labels { route, format: format.name };
        let turned = Turned::new(format, &headers, version);
        let place = drain.as_ref().map_or(Ok(None), Drain::admit);
        let is_head = method == Method::HEAD;
        Ok(match run {
            Some(request) => {
                let channel = Channel::new(Unlogged::default());
                let Runs { log, followers } = runs;
                let start = Start { request, log, followers, options, format, labels, drain, place, turned, channel };
                Opening::new(start, remains, is_head)
            }
            None => {
                let permit = place.map_err(|why| {
                    shed(&labels);
                    turned.away(why)
                })?;
                let live = Live::new(options, format, labels, Admission { drain, permit }, turned);
                Opening::new(live, remains, is_head)
            }
        })
    }
}

fn has_seen_the_end(format: Representation, headers: &HeaderMap) -> bool {
    format.name == SSE.name && headers.get("last-event-id").is_some_and(|id| id == sse::END_ID)
}
