//! Orgs that an earlier system wrote to: its cases and comments show with their authors, and nothing anybody types passes for one of
//! them.

use domain::{Role, Visibility};
use rstest::rstest;
use serde_json::json;
use store::Backend;

use crate::portal::{CATALOGUE, Connected, circuits, comment, text};

/// As the earlier system left it: course and case without the portal's keys, written by the integration user.
async fn old_case(connected: &Connected, subject: &str) -> String {
    let org = &connected.org;
    let course = match org.query("SELECT Id FROM Course__c WHERE Course_Key__c = 'MITx+6.002x'").unwrap().first() {
        Some(course) => text(course, "Id"),
        None => org
            .create("Course__c", json!({"Course_Key__c": "MITx+6.002x", "Course_Name__c": "Circuits"}))
            .await
            .unwrap(),
    };
    let case = json!({"Subject": subject, "Course__c": course, "Origin": "Publisher", "Status": "Working"});
    org.create("Case", case).await.unwrap()
}

fn written(author: &str, run: Option<&str>, body: &str) -> String {
    let run = run.map(|run| format!("[Course Run]\n{run}\n\n")).unwrap_or_default();
    format!("[User]\n{author}\n\n{run}[Body]\n{body}")
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_an_earlier_system_wrote_shows_with_its_authors(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let case = old_case(&connected, "Circuits and Electronics Comments").await;
    let item = |body: String| json!({"ParentId": case, "Body": body, "Visibility": "AllUsers"});
    let run = "course-v1:MITx+6.002x+2013-03-03";
    org.create("FeedItem", item(written("Alice Ames (alice)", Some(run), "old words\n\n[Body]\nstay"))).await.unwrap();
    org.create("FeedItem", item(written("bob", None, "more"))).await.unwrap();
    // Somebody in the org types what looks like one: it is theirs, and text.
    let forged = written("Alice Ames (alice)", None, "I agree to everything");
    connected.riley_writes("FeedItem", item(forged.clone())).await;

    connected.engine().poll_once().await.unwrap();
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let thread = connected.engine().thread(&pat, circuits(), engine::Window::Latest).await.unwrap();
    let shown: Vec<(&str, &str, Option<&str>, bool)> = thread
        .posts
        .iter()
        .map(|post| (post.author.as_str(), post.body.as_str(), post.run_key.as_deref(), post.by_staff))
        .collect();
    assert_eq!(
        shown,
        [
            ("Alice Ames (alice)", "old words\n\n[Body]\nstay", Some(run), false),
            ("bob", "more", None, false),
            ("Riley Reviewer", forged.as_str(), None, true),
        ]
    );
    // Callers of the comments API get the username apart, as they always did; no typed one.
    let comments = connected.engine().comments(&pat, circuits(), None).await.unwrap().items;
    let users = comments.iter().map(|comment| &comment.user);
    let users: Vec<[&str; 3]> = users.map(|user| [&*user.username, &*user.first_name, &*user.last_name]).collect();
    assert_eq!(users, [["alice", "Alice", "Ames"], ["bob", "", ""], ["", "Riley", "Reviewer"]]);
    // The case is the course's now, as it stood; a new comment goes on it.
    connected.say(&pat, circuits(), comment("new words")).await;
    let cases = org.records("Case");
    assert_eq!((cases.len(), text(&cases[0], "Id"), text(&cases[0], "Status")), (1, case, "Working".into()));
    assert_eq!(connected.bodies(&pat, circuits()).await.len(), 4);
    // It is looked for once.
    let calls = || org.requests().iter().filter(|request| request.path.contains("Course__r")).count();
    let before = calls();
    connected.engine().poll_once().await.unwrap();
    assert_eq!(calls(), before);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_second_case_of_a_course_is_kept_beside_the_first(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let first = old_case(&connected, "Circuits and Electronics Comments").await;
    let second = old_case(&connected, "Circuits and Electronics Comments").await;
    let body = json!({"ParentId": second, "Body": written("bob", None, "on the second"), "Visibility": "AllUsers"});
    connected.org.create("FeedItem", body).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let course = connected.engine().course(&sam, circuits()).await.unwrap();
    assert_eq!(course.cases.len(), 2);
    assert!(course.cases.iter().all(|case| case.in_org && case.number.is_some()));
    let keys: Vec<String> = connected.org.records("Case").iter().map(|case| text(case, "Portal_Key__c")).collect();
    assert_eq!(keys, [format!("course-{}", circuits()), format!("old-{second}")]);
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_course_that_comes_later_finds_its_old_case_too() {
    let connected = Connected::new(Backend::Sqlite).await;
    let org = &connected.org;
    connected.engine().poll_once().await.unwrap();
    let course = org.create("Course__c", json!({"Course_Key__c": "NewX+1", "Course_Name__c": "n"})).await.unwrap();
    let case = json!({"Subject": "s", "Course__c": course, "Origin": "Publisher"});
    let case = org.create("Case", case).await.unwrap();
    let item = json!({"ParentId": case, "Body": written("bob", None, "early"), "Visibility": "AllUsers"});
    org.create("FeedItem", item).await.unwrap();
    // Its feed lies behind the point that polls read on from by now.
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("later")).await;
    connected.later();
    connected.engine().poll_once().await.unwrap();

    let file = format!("{CATALOGUE}NewX,1,01/02/2020,New\n");
    connected.engine().import_catalogue(file.as_bytes()).await.unwrap();
    connected.engine().poll_once().await.unwrap();
    let sam = connected.portal.person("sam", Role::Staff, &[]).await;
    let new = crate::portal::course_id("NewX+1");
    let posts = connected.engine().thread(&sam, new, engine::Window::Latest).await.unwrap().posts;
    assert_eq!(posts.len(), 1);
    assert_eq!((posts[0].author.as_str(), posts[0].visibility), ("bob", Visibility::Public));
    connected.engine().deliver_due().await.unwrap();
    assert_eq!(org.query("SELECT Id FROM Course__c WHERE Course_Key__c = 'NewX+1'").unwrap().len(), 1);
}
