//! From the org into the thread: who said it, who may see it, and nothing twice.

use std::time::Duration;

use domain::{PostState, Role, Visibility};
use engine::{CourseFilter, Wait};
use rstest::rstest;
use serde_json::json;
use store::Backend;

use crate::portal::{Connected, circuits, comment, note, text};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn replies_in_the_org_show_with_their_authors_and_internal_ones_to_staff_alone(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    connected.say(&pat, circuits(), comment("question")).await;
    let question = text(&org.records("FeedItem")[0], "Id");
    let case = connected.case();
    connected
        .riley_writes("FeedItem", json!({"ParentId": case, "Body": "public answer", "Visibility": "AllUsers"}))
        .await;
    let internal = connected
        .riley_writes("FeedItem", json!({"ParentId": case, "Body": "kingfisher item", "Visibility": "InternalUsers"}))
        .await;
    connected.riley_writes("FeedComment", json!({"FeedItemId": question, "CommentBody": "public reply"})).await;
    connected.riley_writes("FeedComment", json!({"FeedItemId": internal, "CommentBody": "kingfisher reply"})).await;
    connected
        .riley_writes("CaseComment", json!({"ParentId": case, "CommentBody": "published", "IsPublished": true}))
        .await;
    connected.riley_writes("CaseComment", json!({"ParentId": case, "CommentBody": "kingfisher comment"})).await;
    connected
        .riley_writes(
            "EmailMessage",
            json!({"ParentId": case, "Subject": "kingfisher mail", "TextBody": "text", "FromAddress": "a@b.test", "Incoming": true}),
        )
        .await;
    let report = connected.engine().poll_once().await.unwrap();
    assert_eq!(report.outcome, engine::PollOutcome::Complete);

    let thread = connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap();
    assert_eq!(
        sorted(&connected.bodies(&pat, circuits()).await),
        ["public answer", "public reply", "published", "question"]
    );
    assert!(!format!("{:?}", connected.engine().course(&pat, circuits()).await.unwrap()).contains("kingfisher"));
    let list = connected.engine().my_courses(&pat, CourseFilter::default()).await.unwrap();
    assert_eq!(list.courses[0].post_count, 4);
    let found = |body: &str| thread.posts.iter().find(|post| post.body == body).unwrap();
    assert_eq!((found("public answer").author.as_str(), found("public answer").by_staff), ("Riley Reviewer", true));
    assert_eq!(found("public reply").reply_to, Some(found("question").id));
    assert_eq!(found("question").author, "pat Ames");
    assert_eq!(found("question").state, PostState::Delivered);

    let all = connected.engine().thread(&staff, circuits(), engine::Window::Latest).await.unwrap();
    let internal: Vec<_> = all
        .posts
        .iter()
        .filter(|post| post.visibility == Visibility::Internal)
        .map(|post| (post.body.as_str(), post.author.as_str()))
        .collect();
    let mut internal = internal;
    internal.sort_unstable();
    assert_eq!(
        internal,
        [
            ("kingfisher comment", "Riley Reviewer"),
            ("kingfisher item", "Riley Reviewer"),
            ("kingfisher mail\n\ntext", "a@b.test"),
            ("kingfisher reply", "Riley Reviewer"),
        ]
    );
    assert!(thread.read_from_org.is_some());

    // Read again: the same thread, nothing twice, nobody woken.
    let version = thread.version;
    let again = connected.engine().poll_once().await.unwrap();
    assert_eq!(again.changed, 0);
    assert!(again.read > 0, "the window before the cursor is read again");
    assert_eq!(connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap().version, version);
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn nobody_becomes_somebody_else_by_writing_the_form(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("question")).await;
    let form = "[User]\nDean of MIT (dean)\n\n[Body]\nDo as pat says";
    let item = |body: &str| json!({"ParentId": connected.case(), "Body": body, "Visibility": "AllUsers"});
    connected.riley_writes("FeedItem", item(form)).await;
    // By the portal's own user, without a ledger row: written before there was one.
    org.create("FeedItem", item("[User]\nOld Author (old)\n\n[Course Run]\nrun+1\n\n[Body]\nfrom before"))
        .await
        .unwrap();
    org.create("FeedItem", item("no form at all")).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    let thread = connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap();
    let said: Vec<_> = thread
        .posts
        .iter()
        .map(|post| (post.author.as_str(), post.body.as_str(), post.run_key.as_deref(), post.mine))
        .collect();
    assert!(said.contains(&("Riley Reviewer", form, None, false)), "{said:?}");
    assert!(said.contains(&("Old Author (old)", "from before", Some("run+1"), false)), "{said:?}");
    assert!(said.contains(&("Sandbox Admin", "no form at all", None, false)), "{said:?}");
    assert!(said.contains(&("pat Ames", "question", None, true)), "{said:?}");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_by_the_poll_and_not_sent_again(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    org.faults().add(sandbox::Fault::new(sandbox::FaultAction::DropAfterCommit).on("POST", "/composite").times(2));
    let post = connected.say(&pat, circuits(), comment("once")).await;
    org.faults().clear();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.post(&pat, circuits(), post.id).await.state, PostState::Delivered);
    connected.later();
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await, ["once"]);
    assert_eq!((org.count("FeedItem"), connected.engine().health().await.pending), (1, 0));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_item_that_turns_internal_or_public_takes_its_replies_along(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let post = connected.say(&pat, circuits(), comment("question")).await;
    let item = connected
        .riley_writes("FeedItem", json!({"ParentId": connected.case(), "Body": "answer", "Visibility": "AllUsers"}))
        .await;
    connected.riley_writes("FeedComment", json!({"FeedItemId": item, "CommentBody": "more"})).await;
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await.len(), 3);
    let before = connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap().version;
    org.update("FeedItem", &item, json!({"Visibility": "InternalUsers"})).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question"]);
    assert!(connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap().version > before);
    org.update("FeedItem", &item, json!({"Visibility": "AllUsers"})).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await.len(), 3);

    // A partner's own post, made internal in the org.
    let own = org.records("FeedItem").into_iter().find(|record| text(record, "Id") != item).unwrap();
    org.update("FeedItem", &text(&own, "Id"), json!({"Visibility": "InternalUsers"})).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert!(
        !connected
            .engine()
            .thread(&pat, circuits(), engine::Window::Latest)
            .await
            .unwrap()
            .posts
            .iter()
            .any(|seen| seen.id == post.id)
    );
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_edited_or_deleted_in_the_org_is_so_here(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("question")).await;
    let item = connected
        .riley_writes("FeedItem", json!({"ParentId": connected.case(), "Body": "anwser", "Visibility": "AllUsers"}))
        .await;
    connected.engine().poll_once().await.unwrap();
    org.update("FeedItem", &item, json!({"Body": "answer"})).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question", "answer"]);
    org.delete("FeedItem", &item).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question"]);
    let after = connected.engine().poll_once().await.unwrap();
    assert_eq!(after.changed, 0);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn more_rows_than_a_page_and_many_of_one_moment_are_all_seen(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("question")).await;
    let case = connected.case();
    for number in 0..1_203 {
        let body = json!({"ParentId": case, "Body": format!("answer {number}"), "Visibility": "AllUsers"});
        connected.riley_writes("FeedItem", body).await;
    }
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await.len(), 1_204);
    // Standing still for longer than the window: nothing is read again.
    connected.portal.clock.advance(Duration::from_secs(61));
    connected.engine().poll_once().await.unwrap();
    connected.portal.clock.advance(Duration::from_secs(61));
    assert_eq!(connected.engine().poll_once().await.unwrap().read, 0);
    connected.riley_writes("FeedItem", json!({"ParentId": case, "Body": "the last", "Visibility": "AllUsers"})).await;
    assert_eq!(connected.engine().poll_once().await.unwrap().changed, 1);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn system_items_do_not_show_and_the_cases_number_and_status_do(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    org.set_feed_tracking(true);
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("question")).await;
    assert!(org.count("FeedItem") > 1, "the org made an item of its own");
    org.update("Case", &connected.case(), json!({"Status": "Working"})).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(connected.bodies(&pat, circuits()).await, ["question"]);
    let case = connected.engine().course(&pat, circuits()).await.unwrap().cases.remove(0);
    assert_eq!(case.status.as_deref(), Some("Working"));
    assert_eq!(case.number, Some(text(&org.records("Case")[0], "CaseNumber")));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_new_database_finds_its_threads_in_the_org_with_their_authors(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let staff = connected.portal.person("sam", Role::Staff, &[]).await;
    connected.say(&pat, circuits(), comment("remember @{me} & <b>this</b>")).await;
    connected.say(&staff, circuits(), note("between us")).await;
    let fresh = crate::portal::Portal::new(backend, connected.portal.org.clone()).await;
    fresh.engine.connect_unattended().await.unwrap();
    fresh.engine.poll_once().await.unwrap();
    let olga = fresh.person("olga", Role::Partner, &["MITx"]).await;
    let thread = fresh.engine.thread(&olga, circuits(), engine::Window::Latest).await.unwrap();
    let said: Vec<_> =
        thread.posts.iter().map(|post| (post.author.as_str(), post.body.as_str(), post.by_staff)).collect();
    assert_eq!(said, [("pat Ames", "remember @{me} & <b>this</b>", false)]);
    // And goes on in the same case.
    fresh.engine.post_comment(&olga, circuits(), comment("me too"), Wait::ForNothing).await.unwrap();
    fresh.engine.deliver_due().await.unwrap();
    assert_eq!(connected.org.count("Case"), 1);
}
