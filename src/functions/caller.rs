//! Who calls a server function, and the engine they call.

use engine::{Actor, Engine, PublicKind};
use leptos::prelude::use_context;

use super::{FailureKind, FunctionError};
use crate::http::CurrentActor;

pub(crate) struct Caller {
    pub(crate) engine: Engine,
    pub(crate) actor: std::sync::Arc<Actor>,
}

impl Caller {
    /// From the context that the router provides around server functions.
    pub(crate) fn current() -> Result<Self, FunctionError> {
        let engine = use_context::<Engine>()
            .ok_or_else(|| FunctionError::new(FailureKind::Internal, "Something went wrong in the portal."))?;
        let actor = use_context::<CurrentActor>().and_then(|current| current.0).ok_or_else(|| {
            FunctionError::new(
                FailureKind::SignedOut,
                "You are signed out. Your text is still here; sign in and post it.",
            )
        })?;
        Ok(Self { engine, actor })
    }
}

/// The one place where an engine error becomes a server function's: its public half only. The rest is logged.
impl From<engine::Error> for FunctionError {
    fn from(error: engine::Error) -> Self {
        crate::http::log_fault(&error);
        let public = error.public();
        Self::new(failure_kind(public.kind), public.message)
    }
}

pub(crate) const fn failure_kind(kind: PublicKind) -> FailureKind {
    match kind {
        PublicKind::Invalid => FailureKind::Invalid,
        PublicKind::NotFound => FailureKind::NotFound,
        PublicKind::Forbidden => FailureKind::Forbidden,
        PublicKind::Conflict => FailureKind::Conflict,
        PublicKind::BadCredentials => FailureKind::SignedOut,
        PublicKind::Unavailable => FailureKind::Unavailable,
        PublicKind::RateLimited => FailureKind::RateLimited,
        PublicKind::Internal => FailureKind::Internal,
    }
}
