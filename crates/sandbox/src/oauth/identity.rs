//! Who a token is, and its end: identity, userinfo, introspection, revocation.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    OAuthError, bearer, form,
    token::{Proof, client},
    value,
};
use crate::{org::Org, records::Record, rest::NEWEST_VERSION, server::Origin};

type Pairs = Vec<(String, String)>;

/// These two resources answer a bad token in plain text.
fn bad_token() -> Response {
    (StatusCode::FORBIDDEN, "Bad_OAuth_Token").into_response()
}

fn user_of(org: &Org, headers: &HeaderMap, query: &[(String, String)]) -> Option<Record> {
    let token = bearer(headers).or_else(|| value(query, "oauth_token")).or_else(|| value(query, "access_token"))?;
    let session = org.auth().session(token, org.now())?;
    org.user(&session.user)
}

/// With `{version}` where the caller is to put the version it means, unless it has said so.
fn resource_urls(org: &Org, origin: &Origin, user: &Record, version: Option<&str>) -> Value {
    let short = org.short_organization_id();
    let version = match version {
        Some("latest") => format!("{NEWEST_VERSION}.0"),
        Some(version) => version.to_owned(),
        None => "{version}".to_owned(),
    };
    let soap = |letter: char| format!("/services/Soap/{letter}/{version}/{short}");
    let data = |path: &str| format!("/services/data/v{version}/{path}");
    let paths = [
        ("enterprise", soap('c')),
        ("metadata", soap('m')),
        ("partner", soap('u')),
        ("rest", data("")),
        ("sobjects", data("sobjects/")),
        ("search", data("search/")),
        ("query", data("query/")),
        ("recent", data("recent/")),
        ("tooling_soap", soap('T')),
        ("tooling_rest", data("tooling/")),
        ("profile", format!("/{}", user.id())),
        ("feeds", data("chatter/feeds")),
        ("groups", data("chatter/groups")),
        ("users", data("chatter/users")),
        ("feed_items", data("chatter/feed-items")),
        ("feed_elements", data("chatter/feed-elements")),
        ("custom_domain", String::new()),
    ];
    let urls = paths.into_iter().map(|(name, path)| (name.to_owned(), format!("{origin}{path}").into()));
    Value::Object(urls.collect::<Map<_, _>>())
}

/// Of one of two sizes; the sandbox has no pictures there.
fn photo(origin: &Origin, user: &Record, size: char) -> Value {
    format!("{origin}/profilephoto/{}/{size}", user.id()).into()
}

pub(super) async fn user_info(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    let Some(user) = user_of(&org, &headers, &query) else { return bad_token() };
    Json(json!({
        "sub": format!("{origin}/id/{}/{}", org.organization_id(), user.id()),
        "user_id": user.id(),
        "organization_id": org.organization_id(),
        "preferred_username": user.get("Username"),
        "nickname": user.get("CommunityNickname"),
        "name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": true,
        "given_name": user.get("FirstName"),
        "family_name": user.get("LastName"),
        "zoneinfo": user.get("TimeZoneSidKey"),
        "photos": { "picture": photo(&origin, &user, 'F'), "thumbnail": photo(&origin, &user, 'T') },
        "profile": format!("{origin}/{}", user.id()),
        "picture": photo(&origin, &user, 'F'),
        "address": {},
        "urls": resource_urls(&org, &origin, &user, None),
        "active": user.get("IsActive"),
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "updated_at": user.get("LastModifiedDate"),
    }))
    .into_response()
}

pub(super) async fn identity(
    State(org): State<Arc<Org>>,
    Extension(origin): Extension<Origin>,
    Path((organization, user_id)): Path<(String, String)>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    let Some(user) = user_of(&org, &headers, &query) else { return bad_token() };
    if organization != org.organization_id() || user_id != user.id() {
        return (StatusCode::NOT_FOUND, "Bad_Id").into_response();
    }
    Json(json!({
        "id": format!("{origin}/id/{}/{}", org.organization_id(), user.id()),
        "asserted_user": true,
        "user_id": user.id(),
        "organization_id": org.organization_id(),
        "username": user.get("Username"),
        "nick_name": user.get("CommunityNickname"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": true,
        "first_name": user.get("FirstName"),
        "last_name": user.get("LastName"),
        "timezone": user.get("TimeZoneSidKey"),
        "photos": { "picture": photo(&origin, &user, 'F'), "thumbnail": photo(&origin, &user, 'T') },
        "status": { "created_date": null, "body": null },
        "urls": resource_urls(&org, &origin, &user, value(&query, "version")),
        "active": user.get("IsActive"),
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "last_modified_date": user.get("LastModifiedDate"),
    }))
    .into_response()
}

pub(super) async fn introspect(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    form::Pairs(form): form::Pairs,
) -> Result<Response, OAuthError> {
    if client(&headers, &form)? == Proof::None {
        return Err(OAuthError::new("invalid_client", "invalid client credentials"));
    }
    let token = value(&form, "token").unwrap_or_default();
    let now = org.now();
    let seconds = |timestamp: domain::Timestamp| timestamp.as_micros() / 1_000_000;
    let session = org.auth().session(token, now);
    let body = if let Some(session) = session {
        let user = org.user(&session.user).unwrap_or_default();
        json!({
            "active": true,
            "scope": session.scope,
            "client_id": session.client_id,
            "username": user.get("Username"),
            "sub": user.id(),
            "token_type": "access_token",
            "exp": seconds(session.expires_at()),
            "iat": seconds(session.issued_at),
            "nbf": seconds(session.issued_at),
        })
    } else {
        let refresh = org.auth().refresh_token(token);
        match refresh {
            Some((user, client_id, scope)) => {
                let user = org.user(&user).unwrap_or_default();
                json!({
                    "active": true,
                    "scope": scope,
                    "client_id": client_id,
                    "username": user.get("Username"),
                    "sub": user.id(),
                    "token_type": "refresh_token",
                })
            }
            None => json!({ "active": false }),
        }
    };
    Ok(Json(body).into_response())
}

pub(super) async fn revoke_by_query(State(org): State<Arc<Org>>, Query(query): Query<Pairs>) -> Response {
    revoke(&org, &query).await
}

/// The token comes in the form or in the query; clients do either.
pub(super) async fn revoke_by_form(
    State(org): State<Arc<Org>>,
    Query(mut pairs): Query<Pairs>,
    form::Pairs(form): form::Pairs,
) -> Response {
    pairs.extend(form);
    revoke(&org, &pairs).await
}

async fn revoke(org: &Org, pairs: &[(String, String)]) -> Response {
    let revoked = org.auth().revoke(value(pairs, "token").unwrap_or_default());
    if !revoked {
        return OAuthError::new("invalid_token", "invalid token").into_response();
    }
    org.keep_auth().await;
    StatusCode::OK.into_response()
}
