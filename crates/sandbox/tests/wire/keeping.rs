//! What outlives the program: committed records, and who was connected.

use std::path::Path;

use reqwest::{Method, StatusCode};
use sandbox::{SandboxOptions, Seed};
use serde_json::json;

use crate::{client::Org, oauth};

fn options(file: &Path) -> SandboxOptions {
    SandboxOptions { data: Some(file.to_owned()), seed: Seed::Demo, ..SandboxOptions::default() }
}

#[tokio::test]
async fn records_and_connections_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    let org = Org::start_with(options(&file)).await;
    let refresh_token = oauth::connect(&org).await["refresh_token"].as_str().unwrap().to_owned();
    let seeded = org.sandbox.count("Account");
    let (_, made) = org.send(Method::POST, "/sobjects/Account", json!({ "Name": "Kept" })).await;
    let gone = org.sandbox.create("Account", json!({ "Name": "Gone" })).await.unwrap();
    org.sandbox.delete("Account", &gone).await.unwrap();
    let case = org.sandbox.create("Case", json!({ "Subject": "x" })).await.unwrap();
    let (status, _) = org.send(Method::POST, "/sobjects/FeedItem", json!({ "ParentId": case })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a refused record isn't kept");
    // No farewell: the file is all that is left, as after a kill.
    drop(org);

    let org = Org::start_with(options(&file)).await;
    assert_eq!(org.sandbox.count("Account"), seeded + 1, "seeded once");
    assert_eq!(org.sandbox.count("FeedItem"), 0);
    let (_, read) = org.get(&format!("/sobjects/Account/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(read["Name"], "Kept");
    let (_, all) = org.get("/queryAll?q=SELECT+COUNT()+FROM+Account").await;
    assert_eq!(all["totalSize"], seeded + 2);
    let next = org.sandbox.create("Account", json!({ "Name": "Next" })).await.unwrap();
    assert!(next > gone, "ids are never handed out twice");
    let second = org.sandbox.create("Case", json!({ "Subject": "y" })).await.unwrap();
    let case = org.sandbox.records("Case").into_iter().find(|case| case["Id"] == second.as_str()).unwrap();
    assert_eq!(case["CaseNumber"], "00000004", "behind the demo's two");
    let (status, _) = oauth::token(&org, &[("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_leaves_the_seed_and_whoever_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org::start_with(options(&folder.path().join("sandbox.db"))).await;
    let seeded = org.sandbox.count("Account");
    org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    org.control("reset", json!({})).await;
    assert_eq!(org.sandbox.count("Account"), seeded);
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_seed_to_scale_has_as_many_as_asked() {
    let options = SandboxOptions { seed: Seed::Scale { cases: 3, posts: 20 }, ..SandboxOptions::default() };
    let org = Org::start_with(options).await;
    assert_eq!((org.sandbox.count("Case"), org.sandbox.count("FeedItem")), (3, 20));
    let internal = org.query("SELECT COUNT() FROM FeedItem WHERE Visibility = 'InternalUsers'").await;
    assert_eq!(internal["totalSize"], 2);
    let by_riley =
        org.query("SELECT CreatedBy.Name FROM FeedItem WHERE CreatedBy.Username = 'riley@sandbox.test'").await;
    assert_eq!(
        (&by_riley["totalSize"], &by_riley["records"][0]["CreatedBy"]["Name"]),
        (&json!(4), &json!("Riley Reviewer"))
    );
}

#[tokio::test]
async fn a_scale_seed_is_kept_and_planted_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    let options = || SandboxOptions { seed: Seed::Scale { cases: 30, posts: 2_500 }, ..options(&file) };
    let first = Org::start_with(options()).await;
    let rows = |org: &Org| (org.sandbox.records("Case"), org.sandbox.records("FeedItem"));
    let planted = rows(&first);
    assert_eq!((planted.0.len(), planted.1.len()), (30, 2_500));
    drop(first);
    let second = Org::start_with(options()).await;
    assert!(rows(&second) == planted, "as it was before the restart");
    // The newest posts, by the index on time.
    let page = second.query("SELECT Body FROM FeedItem ORDER BY SystemModstamp DESC, Id DESC LIMIT 1").await;
    assert!(page["records"][0]["Body"].as_str().unwrap().starts_with("Post 2499:"), "{page}");
}

#[tokio::test]
async fn a_file_whose_seeding_was_killed_is_seeded_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    let first = Org::start_with(options(&file)).await;
    let seeded = first.sandbox.count("Account");
    first.sandbox.create("Account", json!({ "Name": "Half a seed" })).await.unwrap();
    first.sandbox.stop().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let under_way = sqlx::query("UPDATE setting SET value = 'under way' WHERE name = 'planting'");
    assert_eq!(under_way.execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
    let second = Org::start_with(options(&file)).await;
    assert_eq!(second.sandbox.count("Account"), seeded);
}

#[tokio::test]
async fn a_demo_answers_first_queries_and_has_nothing_the_portal_would_take_for_its_own() {
    let org = Org::start_with(SandboxOptions { seed: Seed::Demo, ..SandboxOptions::default() }).await;
    for object in
        ["Account", "Contact", "Case", "Opportunity", "OpportunityLineItem", "Product2", "PricebookEntry", "User"]
    {
        assert!(org.sandbox.count(object) > 0, "{object}");
    }
    let deal = &org.query("SELECT Amount, Account.Name FROM Opportunity ORDER BY Name").await["records"][0];
    assert_eq!((&deal["Amount"], &deal["Account"]["Name"]), (&json!(1_000.0), &json!("Acme Learning")));
    let portals = "SELECT COUNT() FROM Case WHERE Portal_Key__c != null OR Origin = 'Publisher'";
    assert_eq!(org.query(portals).await["totalSize"], 0);
    assert_eq!((org.sandbox.count("FeedItem"), org.sandbox.count("Course__c")), (0, 0));
}
