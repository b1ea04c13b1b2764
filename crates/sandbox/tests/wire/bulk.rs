//! Bulk loads and extracts by the second interface.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::client::Org;

pub(crate) async fn text(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

pub(crate) fn put(org: &Org, id: &str, csv: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = org.request(Method::PUT, &format!("/jobs/ingest/{id}/batches"));
    request.header("content-type", "text/csv").body(csv)
}

pub(crate) async fn wait(org: &Org, path: &str) -> Value {
    loop {
        let (status, job) = org.get(path).await;
        assert_eq!(status, StatusCode::OK, "{job}");
        if !matches!(job["state"].as_str().unwrap(), "UploadComplete" | "InProgress") {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn opened(org: &Org, job: Value) -> String {
    let (status, job) = org.send(Method::POST, "/jobs/ingest", job).await;
    assert_eq!((status, &job["state"]), (StatusCode::OK, &json!("Open")), "{job}");
    job["id"].as_str().unwrap().to_owned()
}

/// A whole load; answers the job as it ended.
pub(crate) async fn load(org: &Org, job: Value, csv: &str) -> Value {
    let id = opened(org, job).await;
    assert_eq!(text(put(org, &id, csv.to_owned())).await, (StatusCode::CREATED, String::new()));
    let closed = org.send(Method::PATCH, &format!("/jobs/ingest/{id}"), json!({ "state": "UploadComplete" })).await;
    assert_eq!((closed.0, &closed.1["state"]), (StatusCode::OK, &json!("UploadComplete")));
    wait(org, &format!("/jobs/ingest/{id}")).await
}

pub(crate) async fn listed(org: &Org, job: &Value, kind: &str) -> String {
    let path = format!("/jobs/ingest/{}/{kind}", job["id"].as_str().unwrap());
    let (status, text) = text(org.request(Method::GET, &path)).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    text
}

pub(crate) fn job(operation: &str, object: &str) -> Value {
    json!({ "operation": operation, "object": object, "contentType": "CSV", "lineEnding": "LF" })
}

#[tokio::test]
async fn a_job_loads_what_is_good_and_says_what_was_wrong_with_the_rest() {
    let org = Org::start().await;
    let csv = "LastName,Email,AccountId\nGood,a@x.test,\n,b@x.test,\n\"Quoted, \"\"too\"\"\",#N/A,\nBad,nonsense,001000000000000AAA\n";
    let done = load(&org, job("insert", "Contact"), csv).await;
    assert_eq!(done["state"], "JobComplete");
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(4), &json!(2)));
    assert_eq!(done["apiVersion"], 67.0);
    let good = listed(&org, &done, "successfulResults").await;
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines[0], r#""sf__Id","sf__Created","LastName","Email","AccountId""#);
    assert!(lines[1].starts_with("\"003") && lines[1].ends_with(r#","true","Good","a@x.test","""#), "{good}");
    assert!(lines[2].ends_with(r##","true","Quoted, ""too""","#N/A","""##), "{good}");
    let failed = listed(&org, &done, "failedResults").await;
    let lines: Vec<&str> = failed.lines().collect();
    assert_eq!(
        lines[1],
        r#""","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","","b@x.test","""#
    );
    assert_eq!(lines.len(), 3);
    assert_eq!(listed(&org, &done, "unprocessedrecords").await.lines().count(), 1);
    assert_eq!(org.sandbox.count("Contact"), 2);
}

#[tokio::test]
async fn rows_are_found_changed_and_deleted_by_id_or_external_id() {
    let org = Org::start().await;
    let upsert = json!({
        "operation": "upsert", "object": "Publisher_Organization__c", "externalIdFieldName": "Portal_Key__c",
        "lineEnding": "CRLF", "columnDelimiter": "SEMICOLON",
    });
    let header = "Portal_Key__c;Organization_Key__c;Organization_Name__c";
    load(&org, upsert.clone(), &format!("{header}\r\na;A;One\r\n")).await;
    let done = load(&org, upsert, &format!("{header}\r\nb;B;Two\r\na;A;Three\r\n;C;No key\r\n")).await;
    assert_eq!(done["numberRecordsFailed"], 1, "{done}");
    let good = listed(&org, &done, "successfulResults").await;
    let created: Vec<&str> = good.lines().skip(1).map(|line| line.split(';').nth(1).unwrap()).collect();
    assert_eq!(created, [r#""true""#, r#""false""#]);
    assert!(listed(&org, &done, "failedResults").await.contains("MISSING_ARGUMENT:Portal_Key__c not specified"));
    let rows =
        org.sandbox.query("SELECT Id, Organization_Name__c FROM Publisher_Organization__c ORDER BY Portal_Key__c");
    let rows = rows.unwrap();
    assert_eq!((&rows[0]["Organization_Name__c"], rows.len()), (&json!("Three"), 2));

    // A relationship is given by external id, #N/A empties, an empty cell leaves.
    let courses = "Portal_Key__c,Course_Key__c,Course_Name__c,Publisher_Organization__r.Portal_Key__c\nc,c,Course,b\nd,d,Course,zzz\n";
    let done = load(&org, job("insert", "Course__c"), courses).await;
    assert_eq!(done["numberRecordsFailed"], 1, "{}", listed(&org, &done, "failedResults").await);
    let course = org.sandbox.query("SELECT Publisher_Organization__r.Organization_Name__c FROM Course__c").unwrap();
    assert_eq!(course[0]["Publisher_Organization__r"]["Organization_Name__c"], "Two");

    let id = rows[1]["Id"].as_str().unwrap();
    let gone = load(
        &org,
        job("delete", "Publisher_Organization__c"),
        &format!("Id\n{}\n{id}x\n\n", rows[0]["Id"].as_str().unwrap()),
    )
    .await;
    assert_eq!((&gone["numberRecordsProcessed"], &gone["numberRecordsFailed"]), (&json!(2), &json!(1)));
    let account = org.sandbox.create("Account", json!({ "Name": "Kept", "Phone": "1", "Website": "w" })).await.unwrap();
    let done = load(&org, job("update", "Account"), &format!("Id,Name,Phone,Website\n{account},New,#N/A,\n")).await;
    assert_eq!(done["numberRecordsFailed"], 0);
    let read = org.get(&format!("/sobjects/Account/{account}")).await.1;
    assert_eq!((&read["Name"], &read["Phone"], &read["Website"]), (&json!("New"), &Value::Null, &json!("w")));
    let done = load(&org, job("insert", "Case"), "Subject,IsEscalated\nx,maybe\n").await;
    let failed = listed(&org, &done, "failedResults").await;
    assert!(
        failed
            .contains("INVALID_TYPE_ON_FIELD_IN_RECORD:IsEscalated: value not of required type: maybe:IsEscalated --"),
        "{failed}"
    );
    load(&org, job("hardDelete", "Account"), &format!("Id\n{account}\n")).await;
    let (_, all) = org.get("/queryAll?q=SELECT+COUNT()+FROM+Account").await;
    assert_eq!(all["totalSize"], 0, "not even in the recycle bin");
}

#[tokio::test]
async fn a_file_that_cant_be_used_fails_its_job_and_saves_nothing() {
    let org = Org::start().await;
    for (csv, message) in [
        ("LastName,Bad__c\nx,y\n", "InvalidBatch : Field name not found : Bad__c"),
        (
            "LastName\r\nx\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        ("LastName,Email\nfine,a@x.test\nshort\n", "InvalidBatch : Row 2 has 1 columns where the header has 2"),
    ] {
        let done = load(&org, job("insert", "Contact"), csv).await;
        assert_eq!((&done["state"], done["errorMessage"].as_str().unwrap()), (&json!("Failed"), message));
        assert_eq!(done["numberRecordsProcessed"], 0);
    }
    assert_eq!(org.sandbox.count("Contact"), 0);
}

#[tokio::test]
async fn a_job_keeps_to_its_states() {
    let org = Org::start().await;
    let id = opened(&org, job("insert", "Contact")).await;
    let path = format!("/jobs/ingest/{id}");
    let (status, body) = org.get(&format!("{path}/failedResults")).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALIDJOBSTATE")));
    assert_eq!(text(put(&org, &id, "LastName\nx\n")).await.0, StatusCode::CREATED);
    assert_eq!(text(put(&org, &id, "LastName\nx\n")).await.0, StatusCode::BAD_REQUEST, "one upload");
    assert_eq!(org.send(Method::DELETE, &path, json!({})).await.0, StatusCode::BAD_REQUEST, "it hasn't ended");
    let (_, aborted) = org.send(Method::PATCH, &path, json!({ "state": "Aborted" })).await;
    assert_eq!(aborted["state"], "Aborted");
    assert_eq!(org.send(Method::PATCH, &path, json!({ "state": "UploadComplete" })).await.0, StatusCode::BAD_REQUEST);
    let (_, unprocessed) = text(org.request(Method::GET, &format!("{path}/unprocessedRecords"))).await;
    assert_eq!(unprocessed, "\"LastName\"\n\"x\"\n");
    assert_eq!(org.get("/jobs/ingest").await.1["records"][0]["id"], id.as_str());
    assert_eq!(org.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(org.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(org.sandbox.count("Contact"), 0);
    for bad in [
        json!({ "operation": "insert", "object": "Nothing__c" }),
        json!({ "operation": "query", "object": "Contact" }),
        json!({ "operation": "upsert", "object": "Contact" }),
        json!({ "operation": "insert", "object": "Contact", "contentType": "JSON" }),
        json!({ "operation": "insert", "object": "Contact", "bad": 1 }),
        json!([]),
    ] {
        assert_eq!(org.send(Method::POST, "/jobs/ingest", bad).await.0, StatusCode::BAD_REQUEST);
    }
    let json_upload = org.request(Method::PUT, &format!("{path}/batches")).json(&json!({}));
    assert_eq!(json_upload.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(org.request(Method::PUT, &path).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn thousands_of_rows_go_in_and_come_out_in_pages() {
    let org = Org::start().await;
    let mut csv = String::from("LastName\n");
    (0..5_000).for_each(|number| csv.push_str(&format!("P{number:04}\n")));
    let done = load(&org, job("insert", "Contact"), &csv).await;
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(5_000), &json!(0)));
    assert_eq!(org.sandbox.count("Contact"), 5_000);

    let query = json!({ "operation": "query", "query": "SELECT LastName, Account.Name, CreatedDate FROM Contact ORDER BY LastName" });
    let (_, made) = org.send(Method::POST, "/jobs/query", query).await;
    let path = format!("/jobs/query/{}", made["id"].as_str().unwrap());
    assert_eq!(wait(&org, &path).await["numberRecordsProcessed"], 5_000);
    let (mut names, mut counts, mut locator) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = org.request(Method::GET, &format!("{path}/results"));
        let response = request.query(&[("maxRecords", "2000"), ("locator", &locator)]).send().await.unwrap();
        locator = response.headers()["sforce-locator"].to_str().unwrap().to_owned();
        let count: usize = response.headers()["sforce-numberofrecords"].to_str().unwrap().parse().unwrap();
        let page = response.text().await.unwrap();
        assert!(page.starts_with("\"LastName\",\"Account.Name\",\"CreatedDate\"\n"), "{}", &page[..80]);
        assert!(page.lines().skip(1).all(|line| line.ends_with("Z\"")), "times end in Z");
        assert_eq!(page.lines().count(), count + 1);
        counts.push(count);
        names.extend(page.lines().skip(1).map(|line| line[1..6].to_owned()));
        if locator == "null" {
            break;
        }
    }
    assert_eq!(counts, [2_000, 2_000, 1_000]);
    assert!(names.iter().enumerate().all(|(number, name)| *name == format!("P{number:04}")) && names.len() == 5_000);
    for bad in [
        "SELECT COUNT() FROM Contact",
        "SELECT Bad FROM",
        "SELECT Id FROM Nothing__c",
        "SELECT Id, (SELECT Id FROM Cases) FROM Contact",
    ] {
        let (status, body) = org.send(Method::POST, "/jobs/query", json!({ "operation": "query", "query": bad })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}: {body}");
    }
}

#[tokio::test]
async fn who_made_a_record_and_when_may_be_said_where_the_org_allows_it() {
    let org = Org::start().await;
    let csv = format!("Subject,CreatedDate,CreatedById\nOld,2019-05-01T10:00:00Z,{}\n", sandbox::RILEY_ID);
    let refused = load(&org, job("insert", "Case"), &csv).await;
    assert!(listed(&org, &refused, "failedResults").await.contains("INVALID_FIELD_FOR_INSERT_UPDATE"));
    org.control("switches", json!({ "audit_fields": true })).await;
    assert_eq!(load(&org, job("insert", "Case"), &csv).await["numberRecordsFailed"], 0);
    let case = &org.sandbox.records("Case")[0];
    assert_eq!(
        (&case["CreatedDate"], &case["CreatedById"]),
        (&json!("2019-05-01T10:00:00.000+0000"), &json!(sandbox::RILEY_ID))
    );
    let id = case["Id"].as_str().unwrap();
    let late = org
        .send(Method::PATCH, &format!("/sobjects/Case/{id}"), json!({ "CreatedDate": "2018-01-01T00:00:00Z" }))
        .await;
    assert_eq!(late.0, StatusCode::BAD_REQUEST, "only on create");
}
