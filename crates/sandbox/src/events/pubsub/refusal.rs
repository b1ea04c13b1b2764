//! Why a call is refused: gRPC's own status, and Salesforce's code in the trailers.

use http::StatusCode;
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
    /// As many streams are open as may be.
    ConcurrentClients,
    /// The day's deliveries are used up.
    DeliveryLimit,
    /// `auth_refresh` holds no open session.
    AuthRefresh,
    /// Neither id nor developer name of a managed subscription.
    ManagedUnknown,
    /// Its state isn't RUN.
    ManagedStopped,
    /// Another client is subscribed by it.
    ManagedInUse,
    ManagedMismatch,
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
            Self::ConcurrentClients => (
                Code::ResourceExhausted,
                "concurrent.client.limit.exceeded",
                "The maximum number of concurrent clients has been exceeded.",
            ),
            Self::DeliveryLimit => (
                Code::ResourceExhausted,
                "subscription.limit.exceeded",
                "You have exceeded the event delivery limit for your org.",
            ),
            Self::AuthRefresh => {
                (Code::Unauthenticated, "service.auth.refresh.invalid", "The token to refresh with is not valid.")
            }
            // Salesforce documents no codes for these four.
            Self::ManagedUnknown => {
                (Code::NotFound, "subscription.managed.not.found", "The managed subscription does not exist.")
            }
            Self::ManagedStopped => (
                Code::FailedPrecondition,
                "subscription.managed.stopped",
                "The managed subscription is not in the state RUN.",
            ),
            Self::ManagedInUse => (
                Code::AlreadyExists,
                "subscription.managed.in.use",
                "Another client is subscribed by this managed subscription.",
            ),
            Self::ManagedMismatch => (
                Code::InvalidArgument,
                "subscription.managed.mismatch",
                "The managed subscription can't change within a stream.",
            ),
            Self::Unavailable => (Code::Unavailable, "service.unavailable", "The service is unavailable."),
            Self::Internal => (Code::Internal, "subscription.internal.error", "The event could not be encoded."),
        }
    }

    pub(super) fn status(self, rpc_id: &str) -> Status {
        let (code, suffix, message) = self.parts();
        status(code, &format!("{PREFIX}{suffix}"), message, rpc_id)
    }
}

const PREFIX: &str = "sfdc.platform.eventbus.grpc.";

fn status(code: Code, error_code: &str, message: &str, rpc_id: &str) -> Status {
    let mut trailers = MetadataMap::new();
    for (name, value) in [("error-code", error_code), ("rpc-id", rpc_id)] {
        if let Ok(value) = value.parse() {
            trailers.insert(name, value);
        }
    }
    Status::with_metadata(code, format!("{message} rpcId: {rpc_id}"), trailers)
}

/// What a fault answers that was asked for an HTTP status; its code is Salesforce's, whole or without the prefix.
pub(super) fn by_fault(http: StatusCode, error_code: Option<&str>, message: &str, rpc_id: &str) -> Status {
    // As gRPC's own table has it.
    let code = match http.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let error_code = error_code.unwrap_or("service.unavailable");
    status(code, &format!("{PREFIX}{}", error_code.trim_start_matches(PREFIX)), message, rpc_id)
}
