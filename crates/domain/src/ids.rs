//! Identifiers of the portal's own records. Each is a UUID with a type, so one can't stand in for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            pub const fn as_uuid(&self) -> Uuid { self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self { Self(uuid) }
        }
    )*};
}

uuid_newtype! {
    /// A person who signs in here.
    UserId,
    OrganizationId,
    /// The course's uuid in the catalogue it came from; also its `Portal_Key__c` in the org.
    CourseId,
    CourseRunId,
    /// The portal's id of a case, whether or not the org has it yet.
    CaseId,
    PostId,
    /// Made by the composer (UUIDv7) with the first character typed; the ledger's unique `Key__c`.
    PostKey,
    DeliveryId,
    ConnectionId,
    /// Of a bearer token, not the token itself.
    AccessTokenId,
    /// Of a file of old comments that is checked or loaded.
    HistoryLoadId,
}

impl CourseId {
    /// The id of a course whose source knows only its key: the same key always gives the same id.
    pub fn from_key(key: &crate::CourseKey) -> Self {
        const CATALOGUE: Uuid = Uuid::from_u128(0x5b6e_2d1c_7a54_4f0e_9c3b_6d1f_20c4_a7e1);
        Self(Uuid::new_v5(&CATALOGUE, key.as_str().as_bytes()))
    }
}

impl PostKey {
    /// A UUIDv7 from the caller's own clock (milliseconds since 1970) and randomness: for the browser, which has neither of ours.
    pub fn new_v7(millis: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }
}
