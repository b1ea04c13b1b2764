//! Signing in and out: sessions, their cookie, and what guards the password.

use std::time::Duration;

use axum::http::{StatusCode, header};

use crate::support::{PASSWORD, Portal, PortalOptions};

const MIA: (&str, &str) = ("email", "mia@mitx.test");

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_are_one_answer() {
    let portal = Portal::start().await;
    let wrong = portal.visitor().post("/login", &[MIA, ("password", "wrong")]).await;
    let unknown = portal.visitor().post("/login", &[("email", "nobody@mitx.test"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.stable_text().replace("mia@mitx.test", ""), unknown.stable_text().replace("nobody@mitx.test", ""));
    wrong.shows("value=\"mia@mitx.test\"");
    wrong.hides("value=\"wrong\"");
    assert!(wrong.headers.get(header::SET_COOKIE).is_none(), "a failed try makes no session");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let portal = Portal::start().await;
    let answer = portal.visitor().post("/login", &[MIA, ("password", PASSWORD)]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("casebridge_session="), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");

    let portal =
        Portal::with(PortalOptions { public_url: "https://casebridge.example.org", ..PortalOptions::default() }).await;
    let answer = portal.visitor().post("/login", &[MIA, ("password", PASSWORD)]).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-casebridge_session="), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(answer.header("strict-transport-security").contains("max-age="));
}

#[tokio::test]
async fn signing_in_again_makes_another_session_and_ends_the_first() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut old = mia.clone();
    mia.post("/login", &[MIA, ("password", PASSWORD)]).await;
    assert_ne!(old.cookies, mia.cookies);
    assert_eq!(mia.get("/courses").await.status, StatusCode::OK);
    assert_eq!(old.get("/courses").await.redirect(), "/login?next=%2Fcourses");
}

#[tokio::test]
async fn a_session_id_chosen_by_somebody_else_is_not_taken_over() {
    let portal = Portal::start().await;
    let mut visitor = portal.visitor();
    visitor.cookies.insert("casebridge_session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    visitor.post("/login", &[MIA, ("password", PASSWORD)]).await;
    assert_ne!(visitor.cookies["casebridge_session"], "AAAAAAAAAAAAAAAAAAAAAA");
    let mut fixed = portal.visitor();
    fixed.cookies.insert("casebridge_session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert!(fixed.get("/courses").await.redirect().starts_with("/login"));
}

#[tokio::test]
async fn signing_out_ends_the_session_wherever_its_cookie_is() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    let mut copy = mia.clone();
    assert_eq!(mia.post("/logout", &[]).await.redirect(), "/login");
    assert!(mia.cookies.is_empty(), "the browser forgets it");
    assert!(copy.get("/courses").await.redirect().starts_with("/login"));
}

#[tokio::test]
async fn a_session_is_not_for_ever() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    portal.clock.advance(Duration::from_secs(13 * 24 * 60 * 60));
    assert_eq!(mia.get("/courses").await.status, StatusCode::OK, "in use, it is prolonged");
    portal.clock.advance(Duration::from_secs(13 * 24 * 60 * 60));
    assert_eq!(mia.get("/courses").await.status, StatusCode::OK);
    portal.clock.advance(Duration::from_secs(15 * 24 * 60 * 60));
    assert!(mia.get("/courses").await.redirect().starts_with("/login"));
}

#[tokio::test]
async fn one_comes_back_to_the_page_one_wanted_and_to_no_other_site() {
    let portal = Portal::start().await;
    let wanted = portal.visitor().get("/courses?q=circuits").await;
    assert_eq!(wanted.redirect(), "/login?next=%2Fcourses%3Fq%3Dcircuits");
    let form = portal.visitor().get(wanted.redirect()).await;
    assert_eq!(form.field("next"), "/courses?q=circuits");
    let go = async |next: &str| {
        let answer = portal.visitor().post("/login", &[MIA, ("password", PASSWORD), ("next", next)]).await;
        answer.redirect().to_owned()
    };
    assert_eq!(go("/courses?q=circuits").await, "/courses?q=circuits");
    for foreign in [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "/\t//evil.test",
        "javascript:alert(1)",
        "/logout",
    ] {
        assert_eq!(go(foreign).await, "/courses", "{foreign:?}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_waiting_helps() {
    let portal = Portal::start().await;
    for _ in 0..5 {
        assert_eq!(
            portal.visitor().post("/login", &[MIA, ("password", "guess")]).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let slowed = portal.visitor().post("/login", &[MIA, ("password", PASSWORD), ("next", "/courses?q=x")]).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = slowed.header("retry-after").parse().unwrap();
    slowed.shows("Too many tries");
    assert_eq!(slowed.field("next"), "/courses?q=x");
    portal.clock.advance(Duration::from_secs(wait));
    assert_eq!(portal.visitor().post("/login", &[MIA, ("password", PASSWORD)]).await.redirect(), "/courses");
}

#[tokio::test]
async fn an_incomplete_form_is_answered_in_place() {
    let portal = Portal::start().await;
    for form in [&[][..], &[MIA], &[("password", PASSWORD)]] {
        let answer = portal.visitor().post("/login", form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        answer.shows("Write your email address and your password.");
    }
}

#[tokio::test]
async fn who_is_signed_in_needs_no_form() {
    let portal = Portal::start().await;
    let mut mia = portal.mia().await;
    assert_eq!(mia.get("/login?next=/courses?q=a").await.redirect(), "/courses?q=a");
    assert_eq!(mia.get("/").await.redirect(), "/courses");
    assert_eq!(portal.visitor().get("/").await.redirect(), "/login");
}
