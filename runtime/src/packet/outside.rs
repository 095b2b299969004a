//! Calls outside of the controller's block. Nothing implements these traits: the macros name them as bounds, so that
//! rustc says what is wrong where such a call is written.

/// The place where `self.stream(..)` and its relatives work.
#[diagnostic::on_unimplemented(
    message = "`self.stream(..)`, `self.stream_all(..)`, `self.latest(..)` and `self.emitter()` work only in the `impl` block with `#[controller]`",
    label = "there is no client here",
    note = "move this method into that block, or take an `outflow::Emitter` as an argument"
)]
pub trait InControllerBlock {}

/// The place where a helper can be called.
#[diagnostic::on_unimplemented(
    message = "a helper of a controller can be called only as `self.helper(..)`, in the `impl` block with `#[controller]`",
    label = "this helper sends to the client of the action that calls it",
    note = "move this code into that block, or call an action: it returns a `Generator` of its packets"
)]
pub trait CalledInControllerBlock {}
