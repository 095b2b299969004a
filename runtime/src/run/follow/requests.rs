//! `GET`, `HEAD` and `DELETE` on a run, and on the run that is open under a name.

use axum::{
    http::{Method, StatusCode, header::LOCATION, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::subscription::{Subscription, location, up_to_date};
use crate::{
    format::{negotiate::negotiate, query},
    run::{
        context::RunContext,
        log::{
            RunInfo, RunLog, RunState,
            id::{Digest, RunId},
        },
        problem,
        request::RunRequest,
    },
};

/// Answers a request about the run with this id, as it stands in the path, or without an id about the one that is open
/// under the name.
pub(crate) async fn follow(
    context: RunContext,
    request: RunRequest,
    id: Option<String>,
    parts: Parts,
) -> Result<Response, Response> {
    request.unambiguous()?;
    if let Some(id) = id {
        let (run, info) = by_id(&context, &request, &id).await?;
        return answer(context, request, run, info, &parts).await;
    }
    let Some((run, info)) = by_name(&context, &request, &parts).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let location = location("", &run);
    let mut response = answer(context, request, run, info, &parts).await?;
    response.headers_mut().extend(location.map(|location| (LOCATION, location)));
    Ok(response)
}

/// The run with this id, if the client may see it.
async fn by_id(context: &RunContext, request: &RunRequest, id: &str) -> Result<(RunId, RunInfo), Response> {
    let log = &*context.runs.log;
    let found = match RunId::parse(id) {
        Some(run) => log.meta(&run).await.map_err(|why| problem::unavailable(&why))?.map(|info| (run, info)),
        None => None,
    };
    let visible = found.filter(|(_, info)| request.may_see(&info.meta));
    let (run, info) = visible.ok_or_else(problem::unknown)?;
    let info = up_to_date(log, &run, info).await?;
    Ok((run, info))
}

/// The run that is open under the name of a request. The name and the owner are enough to see it. If the query says
/// `run=…`, only that one is meant: a late stop must not hit the next.
async fn by_name(
    context: &RunContext,
    request: &RunRequest,
    parts: &Parts,
) -> Result<Option<(RunId, RunInfo)>, Response> {
    request.owner()?;
    let name = request.name().ok_or_else(problem::unknown)?;
    let meant = query::values(&parts.uri, "run").next();
    let open = open_under(&*context.runs.log, name).await?;
    Ok(open.filter(|(run, _)| meant.is_none_or(|meant| run.as_str() == meant)))
}

/// The run that is open under a name.
pub(crate) async fn open_under(log: &dyn RunLog, name: Digest) -> Result<Option<(RunId, RunInfo)>, Response> {
    let unavailable = |why| problem::unavailable(&why);
    let Some(run) = log.named(name).await.map_err(unavailable)? else { return Ok(None) };
    let Some(info) = log.meta(&run).await.map_err(unavailable)? else { return Ok(None) };
    let info = up_to_date(log, &run, info).await?;
    Ok((info.state == RunState::Open).then_some((run, info)))
}

/// Answers a request about a run that its client may see.
async fn answer(
    context: RunContext,
    request: RunRequest,
    run: RunId,
    info: RunInfo,
    parts: &Parts,
) -> Result<Response, Response> {
    let log = &*context.runs.log;
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
    let format = negotiate(parts, context.options.formats)?;
    let subscription = Subscription::new(context, run, info.meta.owner, format)?;
    Ok(match subscription.refusal(&info, cursor).await {
        Some(answer) => answer,
        None => subscription.follow(cursor).await,
    })
}
