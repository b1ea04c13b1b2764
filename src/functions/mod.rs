//! What the islands may ask of the server: thin functions that take who asks, call the engine, and map its errors.
//! The plain forms in `http` call the same engine functions.

pub mod drafts;
mod error;
pub mod threads;

#[cfg(feature = "ssr")]
pub(crate) mod caller;

pub use error::{FailureKind, FunctionError};
