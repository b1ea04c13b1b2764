//! What a browser does: keeps cookies, names its origin, accepts pages.

use std::{collections::BTreeMap, fmt::Write as _};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tower::ServiceExt;

use super::Portal;

pub(crate) type Cookies = BTreeMap<String, String>;

#[derive(Clone)]
pub(crate) struct Browser<'a> {
    portal: &'a Portal,
    pub(crate) cookies: Cookies,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn redirect(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.header("location")
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not in:\n{}", self.text());
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is in:\n{}", self.text());
    }

    /// The page without what differs from one answer to the next.
    pub(crate) fn stable_text(&self) -> String {
        let nonce =
            self.header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        self.text().replace(nonce.unwrap_or("no nonce"), "NONCE")
    }

    /// The value of the first `name="…"` field's `value`.
    pub(crate) fn field(&self, name: &str) -> String {
        let tag = self
            .text()
            .split('<')
            .find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")))
            .unwrap_or_else(|| panic!("no field {name} in:\n{}", self.text()));
        tag.split("value=\"").nth(1).unwrap_or_default().split('"').next().unwrap().to_owned()
    }
}

impl<'a> Browser<'a> {
    pub(super) fn new(portal: &'a Portal) -> Self {
        Self { portal, cookies: Cookies::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a page of the portal does.
    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, &[("origin", &self.portal.origin.clone()), ("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn post_with(&mut self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request =
            self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form in parts, as `navigator.sendBeacon` does.
    pub(crate) async fn beacon(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        for (name, value) in form {
            write!(body, "--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        }
        body.push_str("--cut--\r\n");
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Calls a server function as an island does.
    pub(crate) async fn call(&mut self, function: &str, arguments: &serde_json::Value) -> Answer {
        let request = self
            .request(Method::POST, &format!("/api/fn/{function}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(arguments.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let host = self.portal.origin.split("//").nth(1).unwrap();
        let accept = if path.starts_with("/api/") { "application/json" } else { "text/html,*/*;q=0.8" };
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, host).header(header::ACCEPT, accept);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        request
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The answer with its body still open.
    pub(crate) async fn open(&mut self, request: Request<Body>) -> axum::response::Response {
        let response = self.portal.router.clone().oneshot(request).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}
