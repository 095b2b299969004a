//! Requests for a run that is there.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{
    followers::Followers,
    id::RunId,
    log::RunLog,
    problem,
    request::RunRequest,
    subscription::{Subscription, up_to_date},
};
use crate::{
    account::Labels,
    drain::Drain,
    format::accept::negotiate,
    options::{Options, Resumable},
};

/// A request for a run that is there.
pub(crate) struct FollowRequest {
    pub(crate) request: RunRequest,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// As it stands in the path.
    pub(crate) run: String,
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
    pub(crate) options: &'static Options,
    pub(crate) route: Arc<str>,
    pub(crate) drain: Option<Drain>,
}

/// Answers `GET`, `HEAD` and `DELETE` on a run.
pub(crate) async fn follow(follow: FollowRequest) -> Result<Response, Response> {
    let FollowRequest { request, method, headers, run, log, followers, options, route, drain } = follow;
    let known = match RunId::parse(&run) {
        Some(id) => log.meta(&id).await.map_err(|why| problem::unavailable(&why))?.map(|known| (id, known)),
        None => None,
    };
    let known = known.filter(|(_, known)| request.may_see(&known.meta));
    let Some((run, known)) = known else {
        return Err(problem::unknown());
    };
    let known = up_to_date(&*log, &run, known).await?;
    if method == Method::DELETE {
        let was_open = log.cancel(&run).await.map_err(|why| problem::unavailable(&why))?;
        let status = if was_open { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT };
        return Ok(status.into_response());
    }
    if method == Method::HEAD {
        let headers = [("run-state", known.state.name().to_owned()), ("run-tail", known.tail.to_string())];
        return Ok((StatusCode::OK, headers).into_response());
    }
    let cursor = request.cursor()?;
    let format = negotiate(&headers, options.formats)?;
    let Resumable { max_followers, abandon_after, .. } = *request.resumable;
    let following = followers.enter(&log, &run, max_followers, abandon_after.is_some());
    let following = following.ok_or_else(problem::too_many_followers)?;
    let labels = Labels { route, format: format.name };
    let subscription = Subscription { log, run, following, options, format, labels, drain };
    Ok(match subscription.refusal(&known, cursor).await {
        Some(answer) => answer,
        None => subscription.respond(cursor),
    })
}
