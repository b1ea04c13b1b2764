//! One kept-alive HTTP/1.1 connection: as little as possible between the clock and the server.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

const DEADLINE: Duration = Duration::from_secs(15);

pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> anyhow::Result<&str> {
        Ok(std::str::from_utf8(&self.body)?)
    }

    /// The `name=value` part of the cookie that was set.
    pub(crate) fn cookie(&self) -> anyhow::Result<String> {
        let set = self.headers.get(header::SET_COOKIE).context("no cookie was set")?.to_str()?;
        Ok(set.split(';').next().unwrap_or_default().to_owned())
    }
}

impl Connection {
    pub(crate) async fn open(url: &url::Url) -> anyhow::Result<Self> {
        let authority = url.authority().to_owned();
        let stream = TcpStream::connect(&authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, authority })
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, headers, None).await
    }

    /// Posts a form from a page of the same origin, as a browser does.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Method::POST, path, headers, Some(("application/x-www-form-urlencoded", body))).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, body: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, &[], Some(("application/json", body.to_owned()))).await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(&method).uri(path).header(header::HOST, &self.authority);
        if let Some((kind, _)) = &body {
            request = request
                .header(header::CONTENT_TYPE, *kind)
                .header(header::ORIGIN, format!("http://{}", self.authority))
                .header("sec-fetch-site", "same-origin");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Bytes::new, |(_, text)| Bytes::from(text));
        let request = request.body(Full::new(body))?;
        self.sender.ready().await?;
        let (parts, body) = timeout(DEADLINE, self.sender.send_request(request)).await??.into_parts();
        let body = timeout(DEADLINE, body.collect()).await??.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}
