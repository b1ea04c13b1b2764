//! From a comment to the org: what is made there, once, and linked how.

use domain::{PostState, Role, Visibility};
use engine::{NewComment, OrgState, Wait};
use rstest::rstest;
use serde_json::json;
use store::Backend;

use crate::portal::{Connected, circuits, comment, cs50, note, text};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_comment_makes_exactly_one_of_everything(#[case] backend: Backend) {
    let Connected { portal, org } = &Connected::new(backend).await;
    let engine = &portal.engine;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let run = engine.course(&pat, circuits()).await.unwrap().runs[0].clone();
    let sent = NewComment { run: Some(run.id), ..comment("Hello\n\n[User]\nMallory (m)") };
    engine.post_comment(&pat, circuits(), sent.clone(), Wait::ForNothing).await.unwrap();
    assert_eq!(engine.deliver_due().await.unwrap(), 1);

    let only = |object: &str| {
        let mut records = org.records(object);
        assert_eq!(records.len(), 1, "{object}");
        records.remove(0)
    };
    let account = only("Account");
    assert_eq!((text(&account, "Name"), text(&account, "Portal_Key__c")), ("MITx".into(), "MITx".into()));
    let organization = only("Publisher_Organization__c");
    assert_eq!(text(&organization, "Account__c"), text(&account, "Id"));
    assert_eq!(text(&organization, "Organization_Key__c"), "MITx");
    let course = only("Course__c");
    assert_eq!(text(&course, "Publisher_Organization__c"), text(&organization, "Id"));
    assert_eq!(text(&course, "Portal_Key__c"), circuits().to_string());
    assert_eq!(text(&course, "Link_to_Publisher__c"), format!("https://portal.example.org/courses/{}", circuits()));
    let run_record = only("Course_Run__c");
    assert_eq!(text(&run_record, "Course__c"), text(&course, "Id"));
    assert_eq!(text(&run_record, "Portal_Key__c"), run.key);
    assert_eq!(text(&run_record, "Publisher_Status__c"), "Live");
    assert!(text(&run_record, "Course_Start_Date__c").starts_with("2013-03-03T00:00:00"));
    let contact = only("Contact");
    assert_eq!(text(&contact, "AccountId"), text(&account, "Id"));
    assert_eq!((text(&contact, "FirstName"), text(&contact, "Email")), ("pat".into(), "pat@example.org".into()));
    let case = only("Case");
    assert_eq!(text(&case, "Subject"), "Circuits and Electronics Comments");
    assert_eq!((text(&case, "Status"), text(&case, "Origin")), ("Open".into(), "Publisher".into()));
    assert_eq!(
        (text(&case, "Course__c"), text(&case, "AccountId"), text(&case, "ContactId")),
        (text(&course, "Id"), text(&account, "Id"), text(&contact, "Id"))
    );
    let item = only("FeedItem");
    assert_eq!((text(&item, "ParentId"), text(&item, "Visibility")), (text(&case, "Id"), "AllUsers".into()));
    assert_eq!(
        text(&item, "Body"),
        format!("[User]\npat Ames (pat)\n\n[Course Run]\n{}\n\n[Body]\nHello\n\n[User]\nMallory (m)", run.key)
    );
    let ledger = only("Portal_Post__c");
    for (field, value) in [
        ("Key__c", sent.key.to_string()),
        ("Feed_Item__c", text(&item, "Id")),
        ("Case__c", text(&case, "Id")),
        ("Contact__c", text(&contact, "Id")),
        ("Course_Run__c", text(&run_record, "Id")),
        ("Author_Name__c", "pat Ames".to_owned()),
        ("Author_Username__c", "pat".to_owned()),
        ("Author_Role__c", "partner".to_owned()),
        ("Visibility__c", "public".to_owned()),
    ] {
        assert_eq!(text(&ledger, field), value, "{field}");
    }

    let view = engine.course(&pat, circuits()).await.unwrap();
    let post = &view.thread.posts[0];
    assert_eq!((post.state.clone(), post.author.as_str(), post.by_staff), (PostState::Delivered, "pat Ames", false));
    assert_eq!((post.body.as_str(), post.run_key.as_deref()), (sent.body.as_str(), Some(run.key.as_str())));
    assert!(view.cases[0].in_org);
    assert_eq!(view.org, OrgState::Connected);
    assert_eq!(engine.health().await.pending, 0);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_the_org_was_given_is_not_given_again(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("one")).await;
    let calls = connected.org.requests().len();
    connected.say(&pat, circuits(), comment("two")).await;
    let added: Vec<_> = connected.org.requests().into_iter().skip(calls).map(|request| request.path).collect();
    assert_eq!(added.len(), 1, "{added:?}");
    assert!(added[0].ends_with("/composite"), "{added:?}");
    assert_eq!((connected.org.count("Case"), connected.org.count("FeedItem")), (1, 2));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn two_first_comments_at_the_same_moment_make_one_case(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let another = portal.another_engine().await;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    let staff = portal.person("sam", Role::Staff, &[]).await;
    let post = async |engine: &engine::Engine, actor| {
        engine.post_comment(actor, circuits(), comment("first!"), Wait::ForNothing).await.unwrap();
        engine.deliver_due().await.unwrap();
    };
    futures::join!(post(&portal.engine, &pat), post(&another, &staff));
    // The one that found the other under way waits for its turn.
    portal.engine.deliver_due().await.unwrap();
    for object in ["Account", "Publisher_Organization__c", "Course__c", "Case"] {
        assert_eq!(org.count(object), 1, "{object}");
    }
    for object in ["Contact", "FeedItem", "Portal_Post__c"] {
        assert_eq!(org.count(object), 2, "{object}");
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_internal_note_is_internal_in_the_org(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let staff = connected.portal.person("sam", Role::Staff, &[]).await;
    let post = connected.say(&staff, cs50(), note("between us")).await;
    assert_eq!((post.state, post.visibility), (PostState::Delivered, Visibility::Internal));
    assert_eq!(text(&connected.org.records("FeedItem")[0], "Visibility"), "InternalUsers");
    assert_eq!(text(&connected.org.records("Portal_Post__c")[0], "Visibility__c"), "internal");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_changed_title_reaches_the_org_and_the_cases_own_status_stays(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
    connected.say(&pat, circuits(), comment("one")).await;
    org.update("Case", &connected.case(), json!({"Status": "Closed"})).await.unwrap();
    let renamed = "institution,course_number,launch_date,title\nMITx,6.002x,03/03/2013,Circuits & Electronics\n";
    let report = portal.engine.import_catalogue(renamed.as_bytes()).await.unwrap();
    assert_eq!(report.courses.updated, 1);
    connected.say(&pat, circuits(), comment("two")).await;
    assert_eq!(text(&org.records("Course__c")[0], "Course_Name__c"), "Circuits & Electronics");
    assert_eq!((org.count("Course__c"), org.count("Case")), (1, 1));
    assert_eq!(text(&org.records("Case")[0], "Status"), "Closed");
}
