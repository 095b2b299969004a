//! From a request to a call of the action, and on to the response.
//!
//! - `mod`: the table of routes that the macro writes, and the handlers of runs
//! - `handler`: the handler of an action, which axum calls for each request
//! - `call`: one request, which hands out the action's arguments one by one
//! - `param`: path parameters that an action takes by name
//! - `text`: reads the value of such a parameter from its text
//! - `rejection`: an early answer as a problem document, or within the stream
//! - `opening`: a response in the making, for one client or for all that follow a run

mod call;
mod handler;
mod opening;
pub(crate) mod param;
mod rejection;
mod text;

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, OriginalUri, RawPathParams, Request, rejection::RawPathParamsRejection},
    http::{Method, request::Parts},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use futures_core::future::BoxFuture;

use self::handler::ActionHandler;
pub use self::{
    call::{Argument, Call, LastArgument},
    param::{FromStrText, FromText, Param},
};
#[cfg(feature = "test")]
use crate::engine::witness::Witness;
use crate::{
    engine::make_span::MakeFrom,
    format::negotiate::is_event_source,
    options::{Options, Resumable},
    packet::methods::OneControllerBlockPerType,
    response::refusal::for_event_source,
    run::{Runs, context::RunContext, follow::requests::follow, problem::no_store, request::RunRequest},
    server::{drain::Drain, places::Keys},
};

/// The future that answers a request. An `Err` is an extractor's rejection or another early answer.
pub type Answer = BoxFuture<'static, Result<Response, Response>>;

/// One action's route, as the macro writes it into the table of a controller.
#[derive(Debug)]
pub struct Route<C, S> {
    /// The methods that it answers.
    pub methods: MethodFilter,
    /// The whole path, prefix included.
    pub path: &'static str,
    /// The options of its `#[action(…)]`.
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
    // The log of this controller, unless the application has one of its own.
    let runs = Runs::default();
    routes.iter().fold(Router::new(), |router, route| {
        let router = router.route(route.path, action(&controller, route, &runs));
        let Some(resumable) = &route.options.resumable else { return router };
        let path = route.path.trim_end_matches('/');
        let (of_run, of_name) = (format!("{path}/runs/{{{RUN}}}"), format!("{path}/stream"));
        let router = router.route(&of_run, follower(&of_run, route.options, resumable, &runs));
        match resumable.name {
            Some(_) => router.route(&of_name, follower(&of_name, route.options, resumable, &runs)),
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
    on(methods, ActionHandler { controller, path: path.into(), options, runs, answer })
}

/// The parameter of a run's path. No argument has its name.
const RUN: &str = "__run";

/// Answers the requests to the runs of a resumable action, or to the one that is open under a name.
fn follower<S>(path: &str, options: &'static Options, resumable: &'static Resumable, runs: &Runs) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let path: Arc<str> = path.into();
    let runs = runs.clone();
    on(
        MethodFilter::GET.or(MethodFilter::DELETE),
        move |params: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            let (parts, _) = request.into_parts();
            // A name that is not UTF-8 is that of no run.
            let run = match &params {
                Ok(params) => params.iter().find(|(name, _)| *name == RUN).map(|(_, run)| run.to_owned()),
                Err(_) => Some(String::new()),
            };
            let request = RunRequest::following(resumable, &parts, whole_path(&parts), run.as_deref());
            let make_span = MakeFrom::of(&parts);
            let surroundings =
                Surroundings { make_span, ..Surroundings::of(&parts, path.clone(), options, runs.clone()) };
            let context = surroundings.of_run(resumable);
            let comes_back = is_event_source(&parts.method, &parts.headers);
            async move {
                let response = follow(context, request, run, parts).await.unwrap_or_else(|early| early);
                no_store(if comes_back { for_event_source(response) } else { response })
            }
        },
    )
}

/// The path as the client sent it, so that two routers nested under different paths share no runs.
fn whole_path(parts: &Parts) -> &str {
    parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.path())
}

/// The surroundings of a request: its route, and what the application's layers have added.
#[derive(Debug)]
struct Surroundings {
    options: &'static Options,
    /// The whole route, even if the controller's router is nested in another one.
    route: Arc<str>,
    drain: Option<Drain>,
    runs: Runs,
    /// The keys by which its streams are limited.
    keys: Keys,
    /// Whether the request asks only for the head.
    is_head: bool,
    /// The span of the application's own making, once the arguments have been taken.
    make_span: Option<MakeFrom>,
    #[cfg(feature = "test")]
    witness: Option<Witness>,
}

impl Surroundings {
    fn of(parts: &Parts, route: Arc<str>, options: &'static Options, runs: Runs) -> Self {
        let route = match parts.extensions.get::<MatchedPath>() {
            Some(path) if path.as_str() != &*route => path.as_str().into(),
            _ => route,
        };
        let drain: Option<Drain> = parts.extensions.get().cloned();
        let keys = drain.as_ref().map(|drain| drain.keys(parts)).unwrap_or_default();
        let runs = parts.extensions.get().cloned().unwrap_or(runs);
        Self {
            options,
            route,
            drain,
            runs,
            keys,
            is_head: parts.method == Method::HEAD,
            make_span: None,
            #[cfg(feature = "test")]
            witness: parts.extensions.get().cloned(),
        }
    }

    fn of_run(self, resumable: &'static Resumable) -> RunContext {
        let Self { options, route, drain, runs, make_span, .. } = self;
        RunContext { runs, options, resumable, route, drain, make_span }
    }
}
