//! A bare client of the Pub/Sub API, which says what it is told to say.

use futures::{Stream, StreamExt};
use prost::Message;
use tonic::{Code, Request, Status, Streaming, client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

use crate::client::Org;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Fetch {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(int32, tag = "2")]
    pub(crate) replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub(crate) num_requested: i32,
    #[prost(string, tag = "5")]
    pub(crate) auth_refresh: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Fetched {
    /// Each left undecoded: their number is what counts here.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) events: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) latest_replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub(crate) pending_num_requested: i32,
}

/// `TopicRequest` and `SchemaRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Name {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Topic {
    #[prost(bool, tag = "3")]
    pub(crate) can_publish: bool,
    #[prost(bool, tag = "4")]
    pub(crate) can_subscribe: bool,
    #[prost(string, tag = "5")]
    pub(crate) schema_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Produced {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) payload: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Publish {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) events: Vec<Produced>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublishError {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) msg: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublishResult {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub(crate) error: Option<PublishError>,
    #[prost(string, tag = "3")]
    pub(crate) correlation_key: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Results {
    #[prost(message, repeated, tag = "1")]
    pub(crate) results: Vec<PublishResult>,
}

pub(crate) const CASES: &str = "/data/CaseChangeEvent";
pub(crate) const PORTAL: &str = "/event/Portal_Feed_Event__e";
pub(crate) const ORGANIZATION: &str = "00DSB0000000001";

pub(crate) struct Client {
    pub(crate) grpc: Grpc<Channel>,
    pub(crate) token: String,
}

impl Client {
    pub(crate) async fn of(org: &Org) -> Self {
        let channel = Channel::from_shared(org.sandbox.url()).unwrap().connect().await.unwrap();
        Self { grpc: Grpc::new(channel), token: org.token.clone() }
    }

    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in
            [("accesstoken", self.token.as_str()), ("instanceurl", "https://localhost"), ("tenantid", ORGANIZATION)]
        {
            request.metadata_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    pub(crate) async fn call<Q, A>(&mut self, method: &str, request: Request<Q>) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        self.grpc.ready().await.unwrap();
        let path = format!("/eventbus.v1.PubSub/{method}").parse().unwrap();
        self.grpc.unary(request, path, ProstCodec::<Q, A>::default()).await.map(tonic::Response::into_inner)
    }

    /// A stream both ways that says these things and whatever follows.
    pub(crate) async fn converse<Q, A>(
        &mut self,
        method: &str,
        said: impl Stream<Item = Q> + Send + 'static,
    ) -> Result<Streaming<A>, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        self.grpc.ready().await.unwrap();
        let path = format!("/eventbus.v1.PubSub/{method}").parse().unwrap();
        let request = self.request(said);
        self.grpc.streaming(request, path, ProstCodec::<Q, A>::default()).await.map(tonic::Response::into_inner)
    }

    /// A subscription that says these things and then stays.
    pub(crate) async fn subscribe(&mut self, requests: Vec<Fetch>) -> Result<Streaming<Fetched>, Status> {
        self.converse("Subscribe", futures::stream::iter(requests).chain(futures::stream::pending())).await
    }

    /// How a subscription that begins so is refused.
    pub(crate) async fn refused(&mut self, requests: Vec<Fetch>) -> (Code, String) {
        let status = match self.subscribe(requests).await {
            Ok(mut stream) => stream.message().await.unwrap_err(),
            Err(status) => status,
        };
        (status.code(), error_code(&status))
    }
}

pub(crate) fn error_code(status: &Status) -> String {
    assert!(status.metadata().contains_key("rpc-id"), "{status:?}");
    let code = status.metadata().get("error-code").unwrap().to_str().unwrap();
    code.strip_prefix("sfdc.platform.eventbus.grpc.").unwrap().to_owned()
}

pub(crate) fn earliest(topic: &str, num_requested: i32) -> Fetch {
    Fetch { topic_name: topic.to_owned(), replay_preset: 1, num_requested, ..Fetch::default() }
}
