//! The catalogue's keys and the words an org uses for a run's state.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, KeyText};

macro_rules! key_newtype {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(KeyText);

        impl $name {
            /// # Errors
            /// The text is no [`KeyText`].
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> { KeyText::new(text).map(Self) }
            pub fn as_str(&self) -> &str { self.0.as_str() }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    )*};
}

key_newtype! {
    /// `HarvardX`
    OrganizationKey,
    /// `HarvardX+CS50x`
    CourseKey,
    /// `course-v1:HarvardX+CS50x+2012-10-15`
    RunKey,
}

/// Where a course run stands on its way to learners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    #[default]
    Unpublished,
    ReviewByLegal,
    ReviewByInternal,
    Reviewed,
    Published,
}

impl RunStatus {
    pub const ALL: [Self; 5] =
        [Self::Unpublished, Self::ReviewByLegal, Self::ReviewByInternal, Self::Reviewed, Self::Published];

    /// The name in the catalogue, as stored and imported.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unpublished => "unpublished",
            Self::ReviewByLegal => "review_by_legal",
            Self::ReviewByInternal => "review_by_internal",
            Self::Reviewed => "reviewed",
            Self::Published => "published",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The value of `Publisher_Status__c`. `is_new` tells a run nobody has submitted yet from one with edits since.
    pub const fn org_value(self, is_new: IsNew) -> &'static str {
        match (self, is_new) {
            (Self::Unpublished, IsNew::Yes) => "New",
            (Self::Unpublished, IsNew::No) => "Unsubmitted Edits",
            (Self::ReviewByLegal, _) => "In Legal Review",
            (Self::ReviewByInternal, _) => "In PC Review",
            (Self::Reviewed, _) => "Scheduled",
            (Self::Published, _) => "Live",
        }
    }
}

/// Whether a run has never been submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsNew {
    Yes,
    No,
}

/// The outcome of the export-control review of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfacDecision {
    #[default]
    NotReviewed,
    Disabled,
    Enabled,
}

impl OfacDecision {
    /// From the catalogue's `has_ofac_restrictions`: unknown, false or true.
    pub const fn from_restrictions(has_ofac_restrictions: Option<bool>) -> Self {
        match has_ofac_restrictions {
            None => Self::NotReviewed,
            Some(false) => Self::Disabled,
            Some(true) => Self::Enabled,
        }
    }

    pub const fn restrictions(self) -> Option<bool> {
        match self {
            Self::NotReviewed => None,
            Self::Disabled => Some(false),
            Self::Enabled => Some(true),
        }
    }

    /// The value of `OFAC_Review_Decision__c`.
    pub const fn org_value(self) -> &'static str {
        match self {
            Self::NotReviewed => "Not Reviewed",
            Self::Disabled => "OFAC Disabled",
            Self::Enabled => "OFAC Enabled",
        }
    }
}
