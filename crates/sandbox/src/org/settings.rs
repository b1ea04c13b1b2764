//! How the org is set up, and what a test turns about it.

use crate::budget::Limits;

/// What a test can turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    /// A refresh hands out a new refresh token and ends the old one.
    pub(crate) rotation: bool,
    /// A new case gets a system feed item without a body, as in an org with feed tracking.
    pub(crate) feed_tracking: bool,
    /// Creates may say who made a record and when, as "Set Audit Fields upon Record Creation" lets them.
    pub(crate) audit_fields: bool,
}

/// How the org is set up at its start, and again after a reset.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) rotation: bool,
    /// The org's own id.
    pub(crate) organization: String,
}

impl Settings {
    pub(super) fn switches(&self) -> Switches {
        Switches { rotation: self.rotation, feed_tracking: false, audit_fields: false }
    }
}
