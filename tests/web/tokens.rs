//! The page of one's tokens, with plain forms.

use axum::http::StatusCode;

use crate::support::{Client, Portal};

const PAGE: &str = "/account/tokens";

fn revoke_forms(page: &crate::support::Answer) -> Vec<String> {
    page.text()
        .split("action=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|action| action.ends_with("/revoke"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_revoked() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    mia.get(PAGE).await.shows("You have no tokens");
    let made =
        mia.post(PAGE, &[("name", "<b>Nightly</b>"), ("scope", "read"), ("scope", "write"), ("days", "30")]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.shows("&lt;b&gt;Nightly");
    assert_eq!(made.header("cache-control"), "no-store");
    let tag = made.text().split('<').find(|tag| tag.contains("made-token\"") && tag.starts_with("input")).unwrap();
    let token = tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(token.starts_with("cbt_"), "{token}");
    let list = mia.get(PAGE).await;
    list.hides(&token);
    list.shows("read write");
    let program = Client::with_token(&portal, &token);
    let path = format!("/api/v1/courses/{}", Portal::circuits());
    assert_eq!(program.get(&path).await.status, StatusCode::OK);
    mia.get(PAGE).await.hides("never used");

    let forms = revoke_forms(&list);
    assert_eq!(forms.len(), 1);
    let mut harper = portal.harper().await;
    assert_eq!(harper.post(&forms[0], &[]).await.status, StatusCode::NOT_FOUND, "another's token");
    harper.get(PAGE).await.hides("Nightly");
    assert_eq!(program.get(&path).await.status, StatusCode::OK);
    assert_eq!(mia.post(&forms[0], &[]).await.redirect(), PAGE);
    program.get(&path).await.is_problem(StatusCode::UNAUTHORIZED, None);
    let after = mia.get(PAGE).await;
    after.shows("Revoked");
    assert_eq!(revoke_forms(&after), [] as [String; 0]);
}

#[tokio::test]
async fn what_is_refused_comes_back_with_the_reason() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    mia.get(PAGE).await.hides("value=\"catalogue\"");
    for (form, says) in [
        (vec![("name", " "), ("scope", "read"), ("days", "30")], "Give the token a name"),
        (vec![("name", "x"), ("days", "30")], "at least one thing"),
        (vec![("name", "x"), ("scope", "catalogue"), ("days", "30")], "Only staff"),
        (vec![("name", "x"), ("scope", "everything"), ("days", "30")], "no scope “everything”"),
        (vec![("name", "x"), ("scope", "read"), ("days", "4000000000")], "at most 366 days"),
        (vec![("name", "x"), ("scope", "read"), ("days", "soon")], "at least a second"),
        (vec![], "at least one thing"),
    ] {
        let refused = mia.post(PAGE, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        refused.shows(says);
        refused.shows("role=\"alert\"");
    }
    mia.get(PAGE).await.shows("You have no tokens");
    portal.sam().await.get(PAGE).await.shows("value=\"catalogue\"");
    let foreign = mia
        .post_with(PAGE, &[("name", "x"), ("scope", "read"), ("days", "30")], &[("sec-fetch-site", "cross-site")])
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    mia.get(PAGE).await.shows("You have no tokens");
}

const ALL: &str = "/admin/tokens";

#[tokio::test]
async fn an_admin_sees_whose_programs_have_tokens_and_revokes_them() {
    let portal = Portal::start().await;
    let mut ada = portal.ada().await;
    ada.get(ALL).await.shows("Nobody has a token");
    let token = portal.token("mia@mitx.test", "read write").await;
    let program = Client::with_token(&portal, secrecy::ExposeSecret::expose_secret(&token));
    let mut sam = portal.sam().await;
    sam.post(PAGE, &[("name", "<i>Sync</i>"), ("scope", "catalogue"), ("days", "7")]).await;
    let list = ada.get(ALL).await;
    for part in
        ["Mia Torres", "mia@mitx.test", "Sam Okafor", "read write", "&lt;i&gt;Sync&lt;/i&gt;", "Never", "Good until"]
    {
        list.shows(part);
    }
    list.hides(secrecy::ExposeSecret::expose_secret(&token));
    let path = format!("/api/v1/courses/{}", Portal::circuits());
    assert_eq!(program.get(&path).await.status, StatusCode::OK);
    // The newest first.
    let forms = revoke_forms(&list);
    assert_eq!(forms.len(), 2);
    assert!(forms.iter().all(|form| form.starts_with(ALL)), "{forms:?}");
    assert_eq!(sam.post(&forms[1], &[]).await.status, StatusCode::NOT_FOUND, "staff are no admins");
    assert_eq!(sam.get(ALL).await.status, StatusCode::NOT_FOUND);
    let foreign = ada.post_with(&forms[1], &[], &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(program.get(&path).await.status, StatusCode::OK);

    assert_eq!(ada.post(&forms[1], &[]).await.redirect(), ALL);
    program.get(&path).await.is_problem(StatusCode::UNAUTHORIZED, None);
    let after = ada.get(ALL).await;
    after.shows("The token is revoked.");
    after.shows("Revoked");
    assert_eq!(revoke_forms(&after), [forms[0].clone()]);
    ada.get(ALL).await.hides("The token is revoked.");
    ada.get(&format!("{ALL}?after=nonsense")).await.shows("Sam Okafor");
    // Ways between the two pages, for admins alone.
    ada.get(PAGE).await.shows(&format!("href=\"{ALL}\""));
    sam.get(PAGE).await.hides(ALL);
}
