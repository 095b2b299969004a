//! Pages by task.
//!
//! | to | read |
//! |---|---|
//! | answer `useChat`, AG-UI, and the clients of OpenAI and Anthropic | [`ai`] |
//! | decide who may stream, and who may read a run | [`authentication`] |
//! | send the same to many clients: scores, prices, rooms | [`hubs`] |
//! | export rows from a database | [`exports`] |
//! | send files, and take uploads | [`files`] |
//! | stream HTML into a page with htmx or Datastar | [`htmx`] |
//! | serve over TLS, Unix sockets, several listeners | [`listeners`] |
//! | deploy: containers, draining, blue and green | [`deploying`] |
//! | see what streams do: logs, spans, metrics, alerts | [`observability`] |
//! | put nginx, Caddy, HAProxy or a CDN before it | [`proxies`] |

#[cfg(feature = "ai")]
#[doc = include_str!("docs/guide/ai.md")]
pub mod ai {}

#[doc = include_str!("docs/guide/authentication.md")]
pub mod authentication {}

#[doc = include_str!("docs/guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("docs/guide/exports.md")]
pub mod exports {}

#[doc = include_str!("docs/guide/files.md")]
pub mod files {}

#[doc = include_str!("docs/guide/htmx.md")]
pub mod htmx {}

#[doc = include_str!("docs/guide/hubs.md")]
pub mod hubs {}

#[doc = include_str!("docs/guide/listeners.md")]
pub mod listeners {}

#[doc = include_str!("docs/guide/observability.md")]
pub mod observability {}

#[doc = include_str!("docs/guide/proxies.md")]
pub mod proxies {}
