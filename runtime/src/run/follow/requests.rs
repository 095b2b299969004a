//! `GET`, `HEAD` and `DELETE` on a run.

use axum::{
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::subscription::{Subscription, up_to_date};
use crate::{
    format::negotiate::negotiate,
    run::{context::RunContext, log::id::RunId, problem, request::RunRequest},
};

/// Answers a request about the run with this name, as it stands in the path.
pub(crate) async fn follow(
    context: RunContext,
    request: RunRequest,
    run: &str,
    parts: Parts,
) -> Result<Response, Response> {
    request.unambiguous()?;
    let log = &*context.runs.log;
    let found = match RunId::parse(run) {
        Some(run) => log.meta(&run).await.map_err(|why| problem::unavailable(&why))?.map(|info| (run, info)),
        None => None,
    };
    let visible = found.filter(|(_, info)| request.may_see(&info.meta));
    let (run, info) = visible.ok_or_else(problem::unknown)?;
    let info = up_to_date(log, &run, info).await?;
    if parts.method == Method::DELETE {
        let was_open = log.cancel(&run).await.map_err(|why| problem::unavailable(&why))?;
        let status = if was_open { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT };
        return Ok(status.into_response());
    }
    if parts.method == Method::HEAD {
        let headers = [("run-state", info.state.name().to_owned()), ("run-tail", info.tail.to_string())];
        return Ok((StatusCode::OK, headers).into_response());
    }
    let cursor = request.cursor()?;
    let format = negotiate(&parts, context.options.formats)?;
    let subscription = Subscription::new(context, run, info.meta.owner, format)?;
    Ok(match subscription.refusal(&info, cursor).await {
        Some(answer) => answer,
        None => subscription.follow(cursor).await,
    })
}
