//! Why a call is refused: gRPC's own status, and Salesforce's code in the trailers.

use tonic::{Code, Status, metadata::MetadataMap};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    AuthHeaders,
    Auth,
    TopicEmpty,
    TopicNotFound,
    TopicMismatch,
    Schema,
    /// CUSTOM without a replay id.
    ReplayIdMissing,
    /// Not one of ours, or out of retention.
    ReplayIdCorrupted,
    RequestedEvents,
    /// More events requested than may be outstanding.
    Overflow,
    CannotPublish,
    NoEvents,
    Unavailable,
    Internal,
}

impl Refusal {
    fn parts(self) -> (Code, &'static str, &'static str) {
        match self {
            Self::AuthHeaders => (
                Code::Unauthenticated,
                "service.auth.headers.invalid",
                "The metadata accesstoken, instanceurl and tenantid of this org are required.",
            ),
            Self::Auth => (
                Code::Unauthenticated,
                "service.auth.error",
                "An authentication exception occurred. Provide valid authentication via metadata headers.",
            ),
            Self::TopicEmpty => (Code::InvalidArgument, "topic.validation.empty", "The topic name is empty."),
            Self::TopicNotFound => (Code::NotFound, "topic.not.found", "The topic does not exist."),
            Self::TopicMismatch => {
                (Code::InvalidArgument, "subscription.fetch.topic.mismatch", "The topic can't change within a stream.")
            }
            Self::Schema => (Code::NotFound, "schema.meta.permission", "There is no schema with this ID."),
            Self::ReplayIdMissing => (
                Code::InvalidArgument,
                "subscription.fetch.replayid.validation.failed",
                "The replay preset CUSTOM needs a replay ID.",
            ),
            Self::ReplayIdCorrupted => (
                Code::InvalidArgument,
                "subscription.fetch.replayid.corrupted",
                "The Replay ID validation failed. Ensure that the Replay ID is valid and within the retention window.",
            ),
            Self::RequestedEvents => (
                Code::InvalidArgument,
                "subscription.fetch.requested.events.invalid",
                "The number of requested events must be greater than zero.",
            ),
            Self::Overflow => (
                Code::InvalidArgument,
                "subscription.fetch.overflow",
                "No more than 100 requested events can be outstanding.",
            ),
            Self::CannotPublish => (
                Code::PermissionDenied,
                "publish.topic.cannot.publish",
                "Change events are published by Salesforce only.",
            ),
            Self::NoEvents => (Code::InvalidArgument, "publish.event.count.invalid", "The request holds no events."),
            Self::Unavailable => (Code::Unavailable, "service.unavailable", "The service is unavailable."),
            Self::Internal => (Code::Internal, "subscription.internal.error", "The event could not be encoded."),
        }
    }

    pub(super) fn status(self, rpc_id: &str) -> Status {
        let (code, suffix, message) = self.parts();
        let mut trailers = MetadataMap::new();
        let error_code = format!("sfdc.platform.eventbus.grpc.{suffix}");
        for (name, value) in [("error-code", error_code.as_str()), ("rpc-id", rpc_id)] {
            if let Ok(value) = value.parse() {
                trailers.insert(name, value);
            }
        }
        Status::with_metadata(code, format!("{message} rpcId: {rpc_id}"), trailers)
    }
}
