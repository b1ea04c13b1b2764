//! Cases beside a course's default one, and the Publisher's view of the default one.

use std::time::Duration;

use domain::{Email, PersonName, PostKey, Role, Username, Visibility};
use engine::{NewCaseInput, NewCourseComment, NewPerson, NewPost, PageRequest, PublicKind, Wait};
use rstest::rstest;
use secrecy::SecretString;
use store::Backend;

use crate::portal::{Connected, Portal, absent_org, circuits, comment, cs50, kind, new_key, note};

fn post(key: PostKey, body: &str) -> NewPost {
    NewPost { key, body: body.to_owned(), visibility: Visibility::Public, run_key: None }
}

fn case(key: PostKey, subject: &str, run: Option<&str>) -> NewCaseInput {
    NewCaseInput {
        course: circuits(),
        run_key: run.map(str::to_owned),
        subject: subject.to_owned(),
        first: post(key, "It begins"),
    }
}

const RUN: &str = "course-v1:MITx+6.002x+2012-09-05";

fn all() -> PageRequest {
    PageRequest::default()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_case_is_opened_once_with_its_first_post_and_reaches_the_org(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let engine = connected.engine();
    let key = new_key();
    let opened = engine.open_case(&pat, case(key, " Captions ", Some(RUN)), Wait::ForNothing).await.unwrap();
    assert_eq!((opened.subject.as_str(), opened.run_key.as_deref(), opened.is_default), ("Captions", Some(RUN), false));
    let again = engine.open_case(&pat, case(key, "Captions", Some(RUN)), Wait::ForNothing).await.unwrap();
    assert_eq!(again.id, opened.id);
    for other in [case(key, "Other", Some(RUN)), case(key, "Captions", None)] {
        assert_eq!(kind(engine.open_case(&pat, other, Wait::ForNothing).await), PublicKind::Conflict);
    }
    connected.portal.clock.advance(Duration::from_secs(1));
    engine.post_on_case(&pat, opened.id, post(new_key(), "And goes on"), Wait::ForNothing).await.unwrap();
    engine.post_comment(&pat, circuits(), comment("Elsewhere"), Wait::ForNothing).await.unwrap();
    engine.deliver_due().await.unwrap();
    let posts = engine.case_posts(&pat, opened.id, &all()).await.unwrap().page;
    let bodies: Vec<&str> = posts.items.iter().map(|post| post.body.as_str()).collect();
    assert_eq!(bodies, ["It begins", "And goes on"]);
    assert!(posts.items.iter().all(|post| post.state == domain::PostState::Delivered));
    assert!(engine.case(&pat, opened.id).await.unwrap().in_org);
    let of_course = engine.cases_of_course(&pat, circuits(), &all()).await.unwrap().items;
    assert_eq!(of_course.len(), 2);
    let of_run = engine.cases_of_run(&pat, RUN, &all()).await.unwrap().items;
    assert_eq!(of_run.iter().map(|case| case.id).collect::<Vec<_>>(), [opened.id]);
}

#[tokio::test]
async fn the_same_key_on_two_cases_is_a_conflict() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let opened = portal.engine.open_case(&pat, case(new_key(), "One", None), Wait::ForNothing).await.unwrap();
    let said = comment("The same");
    portal.engine.post_comment(&pat, circuits(), said.clone(), Wait::ForNothing).await.unwrap();
    let elsewhere = portal.engine.post_on_case(&pat, opened.id, post(said.key, "The same"), Wait::ForNothing).await;
    assert_eq!(kind(elsewhere), PublicKind::Conflict);
    let default = portal.engine.cases_of_course(&pat, circuits(), &all()).await.unwrap();
    let default = default.items.iter().find(|case| case.is_default).unwrap().id;
    let again = portal.engine.post_on_case(&pat, default, post(said.key, "The same"), Wait::ForNothing).await;
    assert!(again.is_ok(), "the default case is the course's, by whichever way");
}

#[tokio::test]
async fn cases_of_others_are_not_there_and_nothing_wrong_is_stored() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let quinn = portal.person("quinn", Role::Partner, &["HarvardX"]).await;
    let cleo = portal.person("cleo", Role::Customer, &[]).await;
    let opened = engine.open_case(&pat, case(new_key(), "One", None), Wait::ForNothing).await.unwrap();
    for other in [&quinn, &cleo] {
        assert_eq!(kind(engine.case(other, opened.id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.case_posts(other, opened.id, &all()).await), PublicKind::NotFound);
        assert_eq!(kind(engine.case_version(other, opened.id).await), PublicKind::NotFound);
        assert_eq!(kind(engine.cases_of_course(other, circuits(), &all()).await), PublicKind::NotFound);
        assert_eq!(kind(engine.cases_of_run(other, RUN, &all()).await), PublicKind::NotFound);
        let posted = engine.post_on_case(other, opened.id, post(new_key(), "Mine now"), Wait::ForNothing).await;
        assert_eq!(kind(posted), PublicKind::NotFound);
        let opens = engine.open_case(other, case(new_key(), "Mine", None), Wait::ForNothing).await;
        assert_eq!(kind(opens), PublicKind::NotFound);
    }
    for (field, wrong) in [
        ("subject", case(new_key(), " \u{200b}", None)),
        ("subject", case(new_key(), "a\nb", None)),
        ("subject", case(new_key(), &"x".repeat(256), None)),
        ("course_run", case(new_key(), "One", Some("course-v1:HarvardX+CS50x+2012-10-15"))),
        ("body", NewCaseInput { first: post(new_key(), " \u{200b}"), ..case(new_key(), "One", None) }),
        ("body", NewCaseInput { first: post(new_key(), &"x".repeat(10_000)), ..case(new_key(), "One", None) }),
    ] {
        let refused = engine.open_case(&pat, wrong, Wait::ForNothing).await.unwrap_err().public();
        assert_eq!((refused.kind, refused.field), (PublicKind::Invalid, Some(field)));
    }
    let internal = NewPost { visibility: Visibility::Internal, ..post(new_key(), "psst") };
    assert_eq!(kind(engine.post_on_case(&pat, opened.id, internal, Wait::ForNothing).await), PublicKind::Forbidden);
    assert_eq!(engine.cases_of_course(&pat, circuits(), &all()).await.unwrap().items.len(), 1);
}

/// A case with an internal first post showed partners its subject, in the list of their course's cases.
#[tokio::test]
async fn no_case_begins_with_an_internal_post() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let sam = portal.person("sam", Role::Staff, &[]).await;
    for who in [&pat, &sam] {
        let first = NewPost { visibility: Visibility::Internal, ..post(new_key(), "psst") };
        let internal = NewCaseInput { first, ..case(new_key(), "canary-subject", None) };
        let refused = engine.open_case(who, internal, Wait::ForNothing).await.unwrap_err().public();
        assert_eq!((refused.kind, refused.field), (PublicKind::Invalid, Some("visibility")));
    }
    assert_eq!(engine.cases_of_course(&pat, circuits(), &all()).await.unwrap().items, []);
    assert!(!format!("{:?}", engine.course(&pat, circuits()).await.unwrap()).contains("canary-subject"));
}

#[tokio::test]
async fn without_an_org_there_are_no_cases() {
    let portal = Portal::new(Backend::Sqlite, None).await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    assert_eq!(kind(portal.engine.cases_of_course(&pat, circuits(), &all()).await), PublicKind::NotFound);
    assert_eq!(
        kind(portal.engine.open_case(&pat, case(new_key(), "One", None), Wait::ForNothing).await),
        PublicKind::NotFound
    );
    // The Publisher's order: a course of others is told apart before it is said that nothing is configured.
    assert_eq!(kind(portal.engine.comments(&pat, circuits(), None).await), PublicKind::NotFound);
    assert_eq!(kind(portal.engine.comments(&pat, cs50(), None).await), PublicKind::Forbidden);
}

#[tokio::test]
async fn partners_see_neither_internal_posts_nor_addresses_of_the_internal_side() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let peer = portal.person("peer", Role::Partner, &["MITx"]).await;
    let sam = NewPerson {
        email: Email::new("sam@inside.test").unwrap(),
        role: Role::Staff,
        name: PersonName::from_full("Sam Okafor").unwrap(),
        // As somebody whose name before the @ was taken is called.
        username: Some(Username::new("sam@inside.test").unwrap()),
        organizations: Vec::new(),
        account: None,
        password: SecretString::from("correct horse"),
    };
    let sam = engine.add_user(sam).await.unwrap();
    let sam = engine.actor(sam).await.unwrap().unwrap();
    for (who, said) in [(&pat, comment("Mine")), (&sam, comment("Answer")), (&sam, note("canary-note"))] {
        engine.post_comment(who, circuits(), said, Wait::ForNothing).await.unwrap();
        portal.clock.advance(Duration::from_secs(1));
    }
    for reader in [&pat, &peer] {
        let page = engine.comments(reader, circuits(), None).await.unwrap();
        assert!(!format!("{page:?}").contains("canary-note"));
        assert!(!format!("{page:?}").contains("inside"), "{page:?}");
        let users: Vec<[&str; 3]> = (page.items.iter())
            .map(|comment| [&*comment.user.username, &*comment.user.email, &*comment.user.first_name])
            .collect();
        assert_eq!(users, [["pat", "pat@example.org", "pat"], ["", "", "Sam"]]);
    }
    let inside = engine.comments(&sam, circuits(), None).await.unwrap();
    assert_eq!(inside.items.len(), 3);
    assert_eq!(inside.items[1].user.username, "sam@inside.test");
}

#[tokio::test]
async fn the_old_api_checks_in_its_own_order() {
    let portal = Portal::new(Backend::Sqlite, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let said = |run: Option<&str>, body: &str| NewCourseComment {
        key: new_key(),
        body: body.to_owned(),
        run_key: run.map(str::to_owned),
        visibility: Visibility::Public,
    };
    assert_eq!(engine.comments(&pat, circuits(), None).await.unwrap().items, [], "no case yet is an empty list");
    let missing = domain::CourseId::from_uuid(new_key().as_uuid());
    assert_eq!(kind(engine.add_comment(&pat, missing, said(None, " "), Wait::ForNothing).await), PublicKind::NotFound);
    assert_eq!(kind(engine.add_comment(&pat, cs50(), said(None, " "), Wait::ForNothing).await), PublicKind::Forbidden);
    let foreign = said(Some("course-v1:HarvardX+CS50x+2012-10-15"), "x");
    assert_eq!(kind(engine.add_comment(&pat, circuits(), foreign, Wait::ForNothing).await), PublicKind::Invalid);
    let made = engine.add_comment(&pat, circuits(), said(Some(RUN), "About a run"), Wait::ForNothing).await.unwrap();
    assert_eq!(made.run_key.as_deref(), Some(RUN));
    let page = engine.comments(&pat, circuits(), None).await.unwrap();
    assert_eq!(page.items, [made]);
}
