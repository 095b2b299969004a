//! The trait that every controller implements.

use axum::Router;

/// A controller: routes whose handlers are the methods of one type. Implemented by
/// [`#[controller]`](macro@crate::controller).
///
/// `S` is axum's router state. A controller without `state = …` is one for every `S`.
///
/// ```
/// use outflow::{Controller as _, action, controller};
///
/// struct Hello;
///
/// #[controller]
/// impl Hello {
///     #[action(path = "/{name}")]
///     async fn greet(&self, name: String) {
///         self.stream(format!("Hello, {name}"));
///     }
/// }
///
/// let app: axum::Router = axum::Router::new().merge(Hello.into_router());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a controller",
    label = "not a controller",
    note = "put `#[controller]` on the `impl` block that holds its actions"
)]
pub trait Controller<S = ()>: Sized {
    /// The controller's routes, ready to be merged into any router and put under any layer.
    fn into_router(self) -> Router<S>;
}
