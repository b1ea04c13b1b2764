//! Sessions that end, and how they are renewed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{FutureExt as _, future::join_all};
use salesforce::{Client, ErrorKind, Grant};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::org::{MemoryTokens, Org, Reply, Seen, grant_error, http, token_answer, tokens};

/// Takes only the access token `fresh`; a refresh gives it, with a rotated refresh token.
async fn rotating_org() -> Org {
    Org::start(|url, seen| match seen.is_token_request() {
        true => token_answer(url, "fresh", Some("refresh-2")),
        false => describe_if(seen, "fresh"),
    })
    .await
}

fn describe_if(seen: &Seen, bearer: &str) -> Reply {
    if seen.bearer() == Some(bearer) {
        Reply::Json(200, json!({"name": "Case", "fields": []}))
    } else {
        Reply::expired()
    }
}

#[tokio::test]
async fn fifty_callers_of_an_expired_session_make_one_refresh() {
    // Every caller learns of the expiry before anybody is answered, so all fifty ask for a renewal.
    let all_here = Arc::new(tokio::sync::Barrier::new(50));
    let org = Org::start_async(move |url, seen| {
        let all_here = Arc::clone(&all_here);
        async move {
            if seen.is_token_request() {
                return token_answer(&url, "fresh", Some("refresh-2"));
            }
            if seen.bearer() == Some("old") {
                all_here.wait().await;
            }
            describe_if(&seen, "fresh")
        }
        .boxed()
    })
    .await;
    let store = MemoryTokens::holding(org.tokens("old"));
    let client = org.client_with(Arc::clone(&store));

    let answers = join_all((0..50).map(|_| client.describe("Case"))).await;

    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    assert_eq!(org.token_requests().len(), 1);
    assert_eq!(store.saved(), ["refresh-2"]);
    assert_eq!(org.calls().len(), 100);
}

#[tokio::test]
async fn fifty_callers_of_a_revoked_session_ask_for_tokens_once() {
    let all_here = Arc::new(tokio::sync::Barrier::new(50));
    let org = Org::start_async(move |_, seen| {
        let all_here = Arc::clone(&all_here);
        async move {
            if seen.is_token_request() {
                return grant_error("invalid_grant", "expired access/refresh token");
            }
            all_here.wait().await;
            Reply::expired()
        }
        .boxed()
    })
    .await;
    let client = org.client();
    let answers = join_all((0..50).map(|_| client.describe("Case"))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(salesforce::Error::needs_reconnect)));
    assert_eq!((org.token_requests().len(), org.calls().len()), (1, 50));
}

#[tokio::test]
async fn a_rotated_refresh_token_is_stored_before_the_session_is_used() {
    let org = rotating_org().await;
    let store = MemoryTokens::holding(org.tokens("old"));
    let client = org.client_with(Arc::clone(&store));
    store.fail_next_save();

    let error = client.describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TokenStore));
    assert!(error.is_temporary() && !error.outcome_unknown());
    assert!(org.calls().iter().all(|call| call.bearer() == Some("old")), "an unstored session was used");

    // The single-use token isn't spent again, and what it gave isn't lost.
    client.describe("Case").await.unwrap();
    assert_eq!(org.token_requests().len(), 1);
    assert_eq!(store.saved(), ["refresh-2"]);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_lose_the_rotated_token() {
    let (release, asked) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (may_answer, is_asked) = (Arc::clone(&release), Arc::clone(&asked));
    let org = Org::start_async(move |url, seen| {
        let (may_answer, is_asked) = (Arc::clone(&may_answer), Arc::clone(&is_asked));
        async move {
            if !seen.is_token_request() {
                return describe_if(&seen, "fresh");
            }
            is_asked.add_permits(1);
            may_answer.acquire().await.unwrap().forget();
            token_answer(&url, "fresh", Some("refresh-2"))
        }
        .boxed()
    })
    .await;
    let store = MemoryTokens::holding(org.tokens("old"));
    let client = org.client_with(Arc::clone(&store));

    tokio::select! {
        _ = client.describe("Case") => panic!("answered without a session"),
        permit = asked.acquire() => permit.unwrap().forget(),
    }
    release.add_permits(1);

    client.describe("Case").await.unwrap();
    assert_eq!(org.token_requests().len(), 1);
    assert_eq!(store.saved(), ["refresh-2"]);
}

#[tokio::test]
async fn an_org_that_does_not_rotate_keeps_the_refresh_token() {
    let org = Org::start(|url, seen| match seen.is_token_request() {
        true => token_answer(url, "fresh", None),
        false => describe_if(seen, "fresh"),
    })
    .await;
    let store = MemoryTokens::holding(org.tokens("old"));
    org.client_with(Arc::clone(&store)).describe("Case").await.unwrap();
    assert_eq!(store.saved(), ["refresh-1"]);
}

#[tokio::test]
async fn a_revoked_grant_is_asked_for_once_and_then_waits_for_an_admin() {
    let org = Org::start(|_, seen| match seen.is_token_request() {
        true => grant_error("invalid_grant", "expired access/refresh token"),
        false => describe_if(seen, "reconnected"),
    })
    .await;
    let client = org.client();

    for _ in 0..3 {
        let error = client.describe("Case").await.unwrap_err();
        assert_eq!(error.code(), Some("invalid_grant"));
        assert_eq!(error.message(), "expired access/refresh token");
        assert!(error.needs_reconnect() && !error.is_temporary());
    }
    assert_eq!(org.token_requests().len(), 1);
    assert_eq!(org.calls().len(), 1);

    client.connect(tokens(&org.url, "reconnected", "refresh-9")).await.unwrap();
    client.describe("Case").await.unwrap();
}

#[tokio::test]
async fn a_refresh_that_another_is_making_is_tried_again_later() {
    let asked = AtomicUsize::new(0);
    let org = Org::start(move |url, seen| match seen.is_token_request() {
        true if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
            grant_error("invalid_grant", "token request is already being processed")
        }
        true => token_answer(url, "fresh", None),
        false => describe_if(seen, "fresh"),
    })
    .await;
    let client = org.client();
    let error = client.describe("Case").await.unwrap_err();
    assert!(error.is_temporary() && !error.needs_reconnect());
    client.describe("Case").await.unwrap();
}

#[tokio::test]
async fn a_fresh_session_that_is_refused_ends_the_call() {
    let org = Org::start(|url, seen| match seen.is_token_request() {
        true => token_answer(url, "fresh", None),
        false => Reply::expired(),
    })
    .await;
    let error = org.client().describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SessionExpired));
    assert!(error.is_temporary());
    assert_eq!((org.calls().len(), org.token_requests().len()), (2, 1));
}

#[tokio::test]
async fn tokens_that_another_process_renewed_are_taken_over() {
    let org = rotating_org().await;
    let store = MemoryTokens::holding(org.tokens("old"));
    let client = org.client_with(Arc::clone(&store));
    client.tokens().await.unwrap();
    store.put(tokens(&org.url, "fresh", "refresh-2"));

    client.describe("Case").await.unwrap();
    assert_eq!(org.token_requests().len(), 0);
}

#[tokio::test]
async fn a_refresh_token_that_another_process_used_up_first_is_not_the_end() {
    let store = MemoryTokens::empty();
    let theirs = Arc::clone(&store);
    let org = Org::start(move |url, seen| match seen.is_token_request() {
        true => {
            theirs.put(tokens(url, "fresh", "refresh-2"));
            grant_error("invalid_grant", "expired access/refresh token")
        }
        false => describe_if(seen, "fresh"),
    })
    .await;
    store.put(org.tokens("old"));
    org.client_with(store).describe("Case").await.unwrap();
}

#[tokio::test]
async fn a_renewed_session_is_used_at_its_own_instance() {
    let moved = Org::start(|_, seen| describe_if(seen, "fresh")).await;
    let target = moved.url.clone();
    let org = Org::start(move |_, seen| match seen.is_token_request() {
        true => token_answer(&target, "fresh", None),
        false => Reply::expired(),
    })
    .await;
    org.client().describe("Case").await.unwrap();
    assert_eq!((org.calls().len(), moved.calls().len()), (1, 1));
}

#[tokio::test]
async fn an_admins_grant_that_was_never_given_is_not_connected() {
    let org = rotating_org().await;
    let error = org.client_with(MemoryTokens::empty()).describe("Case").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotConnected));
    assert!(error.needs_reconnect());
    assert!(org.seen().is_empty());
}

#[tokio::test]
async fn client_credentials_connect_by_themselves_and_renew_without_a_refresh_token() {
    let issued = AtomicUsize::new(0);
    let org = Org::start(move |url, seen| match seen.is_token_request() {
        true if issued.fetch_add(1, Ordering::SeqCst) == 0 => token_answer(url, "first", None),
        true => token_answer(url, "second", None),
        false => describe_if(seen, "second"),
    })
    .await;
    let store = MemoryTokens::empty();
    let client = Client::new(http(), Arc::new(org.config()), Grant::ClientCredentials, store);

    client.describe("Case").await.unwrap();
    assert_eq!(client.tokens().await.unwrap().access_token.expose_secret(), "second");
    for request in org.token_requests() {
        assert_eq!(request.form("grant_type").as_deref(), Some("client_credentials"));
        assert_eq!(request.form("client_secret").as_deref(), Some("app-secret"));
    }
}

#[tokio::test]
async fn the_identity_services_plain_refusal_renews_too() {
    let org = Org::start(|url, seen| match (seen.is_token_request(), seen.bearer()) {
        (true, _) => token_answer(url, "fresh", None),
        (false, Some("fresh")) => Reply::Json(
            200,
            json!({"user_id": "005000000000001AAA", "organization_id": "00D000000000001EAA",
                "preferred_username": "admin@example.com", "name": "Ann Admin", "urls": {}}),
        ),
        _ => Reply::Raw(403, "text/html;charset=UTF-8", "Bad_OAuth_Token".to_owned()),
    })
    .await;
    let user = org.client().user_info().await.unwrap();
    assert_eq!(user.preferred_username, "admin@example.com");
    assert_eq!(org.calls()[0].target, "/services/oauth2/userinfo");
}

#[tokio::test]
async fn another_reason_for_401_is_told_as_it_is() {
    let org = Org::start(|_, _| Reply::error(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")).await;
    let error = org.client().describe("Case").await.unwrap_err();
    assert_eq!(error.code(), Some("INVALID_AUTH_HEADER"));
    assert_eq!(org.token_requests().len(), 0);
}

#[tokio::test]
async fn disconnecting_revokes_the_refresh_token_and_forgets() {
    let org = Org::start(|_, seen| match seen.target.as_str() {
        "/services/oauth2/revoke" => Reply::Raw(200, "text/plain", String::new()),
        _ => describe_if(seen, "old"),
    })
    .await;
    let client = org.client();
    client.describe("Case").await.unwrap();
    client.disconnect().await.unwrap();
    assert_eq!(org.seen().last().unwrap().form("token").as_deref(), Some("refresh-1"));
}
