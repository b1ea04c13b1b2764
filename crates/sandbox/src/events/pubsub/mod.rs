//! The Pub/Sub API: `eventbus.v1.PubSub` over gRPC, on the same ports as everything else.

mod breaking;
mod managed;
pub(crate) mod message;
mod publish;
mod reader;
mod refusal;
mod subscribe;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::IntoResponse,
    routing::post,
};
use http::{Response, StatusCode, header};
use tonic::{Status, metadata::MetadataMap, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

use self::{
    breaking::Breaking,
    message::{
        FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse, PublishRequest, PublishResponse,
        SchemaInfo, SchemaRequest, TopicInfo, TopicRequest,
    },
    refusal::Refusal,
};
use super::topic::Topic;
use crate::{oauth::TokenDigest, org::Org};

pub(super) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/eventbus.v1.PubSub/GetTopic", post(get_topic))
        .route("/eventbus.v1.PubSub/GetSchema", post(get_schema))
        .route("/eventbus.v1.PubSub/Subscribe", post(subscribe))
        .route("/eventbus.v1.PubSub/ManagedSubscribe", post(managed_subscribe))
        .route("/eventbus.v1.PubSub/Publish", post(publish_once))
        .route("/eventbus.v1.PubSub/PublishStream", post(publish_stream))
        .route("/eventbus.v1.PubSub/{method}", post(not_emulated))
        .route_layer(middleware::from_fn(only_grpc))
}

/// As gRPC asks of its servers: what isn't gRPC is told so by HTTP.
async fn only_grpc(request: Request, next: Next) -> Response<Body> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    if content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc")) {
        return next.run(request).await;
    }
    let words = "The Pub/Sub API speaks gRPC: the content type must be application/grpc";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, words).into_response()
}

/// One call: who makes it, and the id it can be traced by.
#[derive(Clone)]
struct Rpc {
    org: Arc<Org>,
    id: String,
    session: TokenDigest,
    user: String,
}

impl Rpc {
    /// # Errors
    /// The metadata lack a header, name another org, or hold a token without a session.
    fn open(org: &Arc<Org>, metadata: &MetadataMap) -> Result<Self, Status> {
        let id = org.random.uuid_v7(org.now()).to_string();
        let header =
            |name: &str| metadata.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
        let (Some(token), Some(_), Some(tenant)) = (header("accesstoken"), header("instanceurl"), header("tenantid"))
        else {
            return Err(Refusal::AuthHeaders.status(&id));
        };
        // Both forms of the org's id are in use.
        if tenant.get(..15) != Some(org.short_organization_id()) {
            return Err(Refusal::AuthHeaders.status(&id));
        }
        let session = org.auth().session(token, org.now());
        let session = session.ok_or_else(|| Refusal::Auth.status(&id))?;
        Ok(Self { org: Arc::clone(org), id, session: TokenDigest::of(token), user: session.user })
    }

    fn refuse(&self, refusal: Refusal) -> Status {
        refusal.status(&self.id)
    }

    /// A token in a request takes the place of the call's own.
    ///
    /// # Errors
    /// It is no open session's.
    fn refresh(&mut self, token: &str) -> Result<(), Status> {
        if token.is_empty() {
            return Ok(());
        }
        let session = self.org.auth().session(token, self.org.now());
        self.user = session.ok_or_else(|| self.refuse(Refusal::AuthRefresh))?.user;
        self.session = TokenDigest::of(token);
        Ok(())
    }

    /// # Errors
    /// The session has ended since the call began.
    fn still_allowed(&self) -> Result<(), Status> {
        if self.org.auth().has_session(&self.session) { Ok(()) } else { Err(self.refuse(Refusal::Auth)) }
    }

    /// # Errors
    /// No name, or no such channel.
    fn topic(&self, name: &str) -> Result<Topic, Status> {
        if name.trim().is_empty() {
            return Err(self.refuse(Refusal::TopicEmpty));
        }
        Topic::named(&self.org.schema, name).ok_or_else(|| self.refuse(Refusal::TopicNotFound))
    }
}

/// Big-endian in eight bytes, which is how clients that read a number out of them read it.
fn replay_bytes(id: u64) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

async fn get_topic(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let service = service_fn(move |request: tonic::Request<TopicRequest>| {
        let org = Arc::clone(&org);
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            let topic = rpc.topic(&request.get_ref().topic_name)?;
            let schema_id = org.event_types.of_channel(&topic).map(|event| event.schema_id.clone());
            Ok::<_, Status>(tonic::Response::new(TopicInfo {
                topic_name: request.into_inner().topic_name,
                tenant_guid: format!("core/sandbox/{}", org.organization_id()),
                can_publish: matches!(topic, Topic::Platform(_)),
                can_subscribe: true,
                schema_id: schema_id.unwrap_or_default(),
                rpc_id: rpc.id,
            }))
        }
    });
    Grpc::new(ProstCodec::<TopicInfo, TopicRequest>::default()).unary(service, request).await.map(Body::new)
}

async fn get_schema(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let service = service_fn(move |request: tonic::Request<SchemaRequest>| {
        let org = Arc::clone(&org);
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            let event = org.event_types.of_schema(&request.get_ref().schema_id);
            let event = event.ok_or_else(|| rpc.refuse(Refusal::Schema))?;
            Ok::<_, Status>(tonic::Response::new(SchemaInfo {
                schema_json: event.schema_json.clone(),
                schema_id: event.schema_id.clone(),
                rpc_id: rpc.id,
            }))
        }
    });
    Grpc::new(ProstCodec::<SchemaInfo, SchemaRequest>::default()).unary(service, request).await.map(Body::new)
}

async fn subscribe(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let (mut breaking, cut) = Breaking::strike(&org, "Subscribe");
    let service = service_fn(move |request: tonic::Request<tonic::Streaming<FetchRequest>>| {
        let (org, breaking) = (Arc::clone(&org), breaking.take());
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            Ok::<_, Status>(tonic::Response::new(subscribe::stream(rpc, request.into_inner(), breaking)))
        }
    });
    let codec = ProstCodec::<FetchResponse, FetchRequest>::default();
    breaking::answer(Grpc::new(codec).streaming(service, request).await, cut)
}

async fn managed_subscribe(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let (mut breaking, cut) = Breaking::strike(&org, "ManagedSubscribe");
    let service = service_fn(move |request: tonic::Request<tonic::Streaming<ManagedFetchRequest>>| {
        let (org, breaking) = (Arc::clone(&org), breaking.take());
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            Ok::<_, Status>(tonic::Response::new(managed::stream(rpc, request.into_inner(), breaking)))
        }
    });
    let codec = ProstCodec::<ManagedFetchResponse, ManagedFetchRequest>::default();
    breaking::answer(Grpc::new(codec).streaming(service, request).await, cut)
}

async fn publish_once(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let service = service_fn(move |request: tonic::Request<PublishRequest>| {
        let org = Arc::clone(&org);
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            publish::publish(&rpc, request.into_inner()).await.map(tonic::Response::new)
        }
    });
    Grpc::new(ProstCodec::<PublishResponse, PublishRequest>::default()).unary(service, request).await.map(Body::new)
}

async fn publish_stream(State(org): State<Arc<Org>>, request: Request) -> Response<Body> {
    let (mut breaking, cut) = Breaking::strike(&org, "PublishStream");
    let service = service_fn(move |request: tonic::Request<tonic::Streaming<PublishRequest>>| {
        let (org, breaking) = (Arc::clone(&org), breaking.take());
        async move {
            let rpc = Rpc::open(&org, request.metadata())?;
            Ok::<_, Status>(tonic::Response::new(publish::stream(rpc, request.into_inner(), breaking)))
        }
    });
    let codec = ProstCodec::<PublishResponse, PublishRequest>::default();
    breaking::answer(Grpc::new(codec).streaming(service, request).await, cut)
}

/// What Salesforce may add.
async fn not_emulated(axum::extract::Path(method): axum::extract::Path<String>) -> Response<Body> {
    Status::unimplemented(format!("The sandbox org does not emulate {method} of the Pub/Sub API")).into_http()
}

/// A refusal that a fault asks for, in place of a call's answer.
pub(crate) fn refusal(status: StatusCode, error_code: Option<&str>, message: &str) -> Response<Body> {
    refusal::by_fault(status, error_code, message, "fault").into_http()
}
