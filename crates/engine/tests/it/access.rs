//! Who may read and write what; and that what one may not know of is answered like what doesn't exist.

use domain::{CourseId, PostId, Role, Visibility};
use engine::{CourseFilter, PublicKind, Wait};
use futures::StreamExt;
use rstest::rstest;
use store::Backend;
use uuid::Uuid;

use crate::portal::{Portal, absent_org, circuits, comment, cs50, kind, note};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn anothers_course_and_no_course_answer_alike(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let customer = portal.person("cora", Role::Customer, &[]).await;
    let stray = portal.person("stray", Role::Partner, &[]).await;
    let nowhere = CourseId::from_uuid(Uuid::from_u128(7));
    for (actor, course) in [(&pat, cs50()), (&pat, nowhere), (&customer, circuits()), (&stray, circuits())] {
        let missing = engine::Error::NotFound.public();
        assert_eq!(engine.course(actor, course).await.unwrap_err().public(), missing);
        assert_eq!(engine.thread(actor, course, engine::Window::Latest).await.unwrap_err().public(), missing);
        assert_eq!(
            engine.post_comment(actor, course, comment("hi"), Wait::ForNothing).await.unwrap_err().public(),
            missing
        );
        assert!(engine.subscribe(actor, course).await.is_err_and(|error| error.public() == missing));
    }
    for actor in [&customer, &stray] {
        let list = engine.my_courses(actor, CourseFilter::default()).await.unwrap();
        assert_eq!((list.total, list.courses.len()), (0, 0));
    }
    assert_eq!(portal.course_of(&pat).await, circuits());
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_course_with_editors_is_written_to_by_them_and_staff_alone(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let editor = portal.person("ed", Role::Partner, &["MITx"]).await;
    let reader = portal.person("rea", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let tx = portal.database.store.begin().await.unwrap();
    tx.catalogue().add_editor(circuits(), editor.user()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(engine.course(&editor, circuits()).await.unwrap().composer.is_some());
    assert!(engine.course(&staff, circuits()).await.unwrap().composer.is_some());
    assert!(engine.course(&reader, circuits()).await.unwrap().composer.is_none());
    let refused = engine.post_comment(&reader, circuits(), comment("hi"), Wait::ForNothing).await;
    assert_eq!(kind(refused), PublicKind::Forbidden);

    // Once the editor has left, the course is everybody's again.
    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_memberships(editor.user(), &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(engine.course(&reader, circuits()).await.unwrap().composer.is_some());
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_internal_note_shows_nothing_of_itself_to_partners(#[case] backend: Backend) {
    const CANARY: &str = "kingfisher";
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    engine.post_comment(&pat, circuits(), comment("hello"), Wait::ForNothing).await.unwrap();
    let seen = async || {
        let view = engine.course(&pat, circuits()).await.unwrap();
        let list = engine.my_courses(&pat, CourseFilter::default()).await.unwrap();
        let thread = engine.thread(&pat, circuits(), engine::Window::Latest).await.unwrap();
        assert_eq!(thread, view.thread);
        (view.thread, view.cases, list)
    };
    let before = seen().await;
    portal.clock.advance(std::time::Duration::from_secs(60));
    let written = engine.post_comment(&staff, circuits(), note(CANARY), Wait::ForNothing).await.unwrap();
    assert_eq!(written.visibility, Visibility::Internal);
    assert_eq!(seen().await, before);
    assert!(!format!("{:?}", seen().await).contains(CANARY));
    assert_eq!(kind(engine.retry_post(&pat, written.id).await), PublicKind::NotFound);
    assert_eq!(kind(engine.retry_post(&pat, PostId::from_uuid(Uuid::from_u128(7))).await), PublicKind::NotFound);
    assert_eq!(kind(engine.post_comment(&pat, circuits(), note("x"), Wait::ForNothing).await), PublicKind::Forbidden);
    let staff_view = engine.course(&staff, circuits()).await.unwrap();
    assert!(staff_view.thread.posts.iter().any(|post| post.body == CANARY));
    assert!(staff_view.internal_composer.is_some());
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_stream_tells_of_what_one_may_see_and_ends_with_the_right(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let mut stream = engine.subscribe(&pat, circuits()).await.unwrap();
    assert_eq!(stream.next().await, Some(0));
    engine.post_comment(&staff, circuits(), note("between us"), Wait::ForNothing).await.unwrap();
    engine.post_comment(&staff, circuits(), comment("hello"), Wait::ForNothing).await.unwrap();
    assert_eq!(stream.next().await, Some(1));

    let tx = portal.database.store.begin().await.unwrap();
    tx.users().set_memberships(pat.user(), &[]).await.unwrap();
    tx.commit().await.unwrap();
    engine.post_comment(&staff, circuits(), comment("not for you any more"), Wait::ForNothing).await.unwrap();
    assert_eq!(stream.next().await, None);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_connection_is_the_admins_business(#[case] backend: Backend) {
    let portal = Portal::new(backend, Some(absent_org())).await;
    let engine = &portal.engine;
    let admin = portal.person("ada", Role::Admin, &[]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    assert_eq!(kind(engine.connection(&staff).await), PublicKind::NotFound);
    assert_eq!(kind(engine.begin_connect(&staff).await), PublicKind::NotFound);
    assert_eq!(kind(engine.disconnect(&staff).await), PublicKind::NotFound);
    assert_eq!(
        kind(engine.finish_connect(&staff, "code".to_owned(), secrecy::SecretString::from("v")).await),
        PublicKind::NotFound
    );
    let view = engine.connection(&admin).await.unwrap();
    assert!(view.configured);
    assert_eq!(view.state, engine::ConnectionState::Disconnected);
}
