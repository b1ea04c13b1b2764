//! Bulk jobs of a program that is killed again and again: each goes on where it stopped.

use std::{collections::BTreeSet, path::PathBuf};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{
    client,
    program::{self, Program},
};

/// A program on a data file, and a session that outlives it.
struct Killed {
    http: reqwest::Client,
    data: PathBuf,
    program: Option<Program>,
    session: String,
    _folder: tempfile::TempDir,
}

impl Killed {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("sandbox.db");
        let program = Program::start(&data);
        let http = client::plain();
        let session = program::token(&http, &program).await;
        Self { http, data, program: Some(program), session, _folder: folder }
    }

    /// As by `kill -9`.
    fn kill_and_start(&mut self) {
        self.program = None;
        self.program = Some(Program::start(&self.data));
    }

    fn url(&self) -> &str {
        &self.program.as_ref().unwrap().url
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/services/data/v67.0{path}", self.url());
        self.http.request(method, url).bearer_auth(&self.session)
    }

    async fn json(&self, request: RequestBuilder) -> Value {
        let (status, body) = client::answer(request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn text(&self, path: &str) -> String {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.text().await.unwrap()
    }

    async fn made(&self, kind: &str, job: Value) -> String {
        let job = self.json(self.request(Method::POST, &format!("/jobs/{kind}")).json(&job)).await;
        format!("/jobs/{kind}/{}", job["id"].as_str().unwrap())
    }

    async fn upload(&self, path: &str, csv: &str) {
        let request = self.request(Method::PUT, &format!("{path}/batches")).header("content-type", "text/csv");
        assert_eq!(request.body(csv.to_owned()).send().await.unwrap().status(), StatusCode::CREATED);
    }

    async fn close(&self, path: &str) {
        self.json(self.request(Method::PATCH, path).json(&json!({ "state": "UploadComplete" }))).await;
    }

    async fn job(&self, path: &str) -> Value {
        self.json(self.request(Method::GET, path)).await
    }

    async fn ended(&self, path: &str) -> Value {
        loop {
            let job = self.job(path).await;
            if !matches!(job["state"].as_str().unwrap(), "UploadComplete" | "InProgress") {
                return job;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn snapshot(&self, object: &str) -> Vec<Value> {
        let (_, all) = client::answer(self.http.get(format!("{}/_sandbox/snapshot", self.url()))).await;
        all[object].as_array().cloned().unwrap_or_default()
    }
}

const ROWS: usize = 3_000;

/// Every third has no name and is refused.
fn people() -> String {
    let row = |number| if number % 3 == 0 { format!(",{number}\n") } else { format!("P{number},{number}\n") };
    std::iter::once("LastName,Title\n".to_owned()).chain((0..ROWS).map(row)).collect()
}

#[tokio::test]
async fn a_load_that_is_killed_again_and_again_saves_each_row_once() {
    let mut org = Killed::start().await;
    let path = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.kill_and_start();
    org.upload(&path, &people()).await;
    org.kill_and_start();
    assert_eq!(org.job(&path).await["state"], "Open");
    org.close(&path).await;
    let (mut kills, mut seen) = (0, 0);
    loop {
        let job = org.job(&path).await;
        let processed = job["numberRecordsProcessed"].as_u64().unwrap();
        assert!(processed >= seen, "what was told of stays: {processed} after {seen}");
        if job["state"] == "JobComplete" {
            break;
        }
        if processed > seen && kills < 6 {
            seen = processed;
            kills += 1;
            org.kill_and_start();
        }
        tokio::task::yield_now().await;
    }
    assert!(kills > 0, "it was never killed midway");
    let done = org.job(&path).await;
    assert_eq!(
        (&done["numberRecordsProcessed"], &done["numberRecordsFailed"]),
        (&json!(ROWS), &json!(ROWS / 3)),
        "{done}"
    );
    let contacts = org.snapshot("Contact").await;
    let titles: BTreeSet<u64> =
        contacts.iter().map(|contact| contact["Title"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((contacts.len(), titles.len()), (ROWS / 3 * 2, ROWS / 3 * 2), "none twice, none lost");
    // What is told of each row is true, before and after another kill.
    let successful = org.text(&format!("{path}/successfulResults")).await;
    org.kill_and_start();
    assert_eq!(org.text(&format!("{path}/successfulResults")).await, successful);
    let told: BTreeSet<&str> = successful.lines().skip(1).map(|line| &line[1..19]).collect();
    let there: BTreeSet<&str> = contacts.iter().map(|contact| contact["Id"].as_str().unwrap()).collect();
    assert_eq!(told, there);
    assert_eq!(org.text(&format!("{path}/failedResults")).await.lines().count(), ROWS / 3 + 1);
    assert_eq!(org.text(&format!("{path}/unprocessedrecords")).await.lines().count(), 1);
}

#[tokio::test]
async fn an_aborted_load_stays_aborted_and_a_deleted_one_gone() {
    let mut org = Killed::start().await;
    let aborted = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.upload(&aborted, "LastName\nNever\n").await;
    org.json(org.request(Method::PATCH, &aborted).json(&json!({ "state": "Aborted" }))).await;
    let deleted = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.upload(&deleted, "LastName\nOnce\n").await;
    org.close(&deleted).await;
    assert_eq!(org.ended(&deleted).await["state"], "JobComplete");
    let gone = org.request(Method::DELETE, &deleted).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    org.kill_and_start();
    assert_eq!(org.job(&aborted).await["state"], "Aborted");
    assert_eq!(org.text(&format!("{aborted}/unprocessedrecords")).await, "\"LastName\"\n\"Never\"\n");
    assert_eq!(client::answer(org.request(Method::GET, &deleted)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(org.snapshot("Contact").await.len(), 1);
    let next = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    assert!(next > deleted, "ids are never handed out twice");
}

#[tokio::test]
async fn a_locator_answered_before_a_kill_is_good_after_it() {
    let mut org = Killed::start().await;
    let load = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.upload(&load, &people()).await;
    org.close(&load).await;
    org.ended(&load).await;
    let query = "SELECT Title FROM Contact WHERE LastName != null ORDER BY Id";
    let path = org.made("query", json!({ "operation": "query", "query": query })).await;
    // Perhaps before it was begun, perhaps midway.
    org.kill_and_start();
    assert_eq!(org.ended(&path).await["numberRecordsProcessed"], ROWS / 3 * 2);
    let results = format!("{path}/results?maxRecords=750");
    let first = org.request(Method::GET, &results).send().await.unwrap();
    let locator = first.headers()["sforce-locator"].to_str().unwrap().to_owned();
    let first = first.text().await.unwrap();
    let second = org.text(&format!("{results}&locator={locator}")).await;
    // The org goes on; the results stay what they were.
    let load = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.upload(&load, &people()).await;
    org.close(&load).await;
    org.kill_and_start();
    org.ended(&load).await;
    assert_eq!(org.text(&results).await, first);
    assert_eq!(org.text(&format!("{results}&locator={locator}")).await, second);
    assert_eq!(second.lines().count(), 751);
    assert_ne!(first, second);
    let foreign = client::answer(org.request(Method::GET, &format!("{results}&locator=nonsense"))).await;
    assert_eq!((foreign.0, &foreign.1[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));
}

#[tokio::test]
async fn batches_of_the_first_interface_go_on_too() {
    let mut org = Killed::start().await;
    let first = |org: &Killed, method: Method, path: &str| {
        let url = format!("{}/services/async/59.0/{path}", org.url());
        org.http.request(method, url).header("X-SFDC-Session", &org.session).header("content-type", "application/json")
    };
    let job = json!({ "operation": "insert", "object": "Contact", "contentType": "JSON" });
    let (_, job) = client::answer(first(&org, Method::POST, "job").json(&job)).await;
    let job = format!("job/{}", job["id"].as_str().unwrap());
    let mut batches = Vec::new();
    for batch in 0..4 {
        let rows: Vec<Value> = (0..500).map(|row| json!({ "LastName": format!("P{batch}-{row}") })).collect();
        let (status, told) = client::answer(first(&org, Method::POST, &format!("{job}/batch")).json(&rows)).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        batches.push(format!("{job}/batch/{}", told["id"].as_str().unwrap()));
        org.kill_and_start();
    }
    for batch in &batches {
        loop {
            let (_, told) = client::answer(first(&org, Method::GET, batch)).await;
            if told["state"] == "Completed" {
                assert_eq!((&told["numberRecordsProcessed"], &told["numberRecordsFailed"]), (&json!(500), &json!(0)));
                break;
            }
            assert!(matches!(told["state"].as_str().unwrap(), "Queued" | "InProgress"), "{told}");
            tokio::task::yield_now().await;
        }
        let (_, results) = client::answer(first(&org, Method::GET, &format!("{batch}/result"))).await;
        assert_eq!(results.as_array().unwrap().len(), 500);
    }
    let names: BTreeSet<String> =
        org.snapshot("Contact").await.iter().map(|contact| contact["LastName"].as_str().unwrap().to_owned()).collect();
    assert_eq!((names.len(), org.snapshot("Contact").await.len()), (2_000, 2_000));
}

#[tokio::test]
async fn a_reset_forgets_jobs_and_ends_what_is_under_way() {
    let mut org = Killed::start().await;
    let path = org.made("ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    org.upload(&path, &people()).await;
    org.close(&path).await;
    while org.job(&path).await["numberRecordsProcessed"] == 0 {
        tokio::task::yield_now().await;
    }
    org.json(org.http.post(format!("{}/_sandbox/reset", org.url()))).await;
    for _ in 0..2 {
        assert_eq!(client::answer(org.request(Method::GET, &path)).await.0, StatusCode::NOT_FOUND);
        assert!(org.snapshot("Contact").await.is_empty());
        org.kill_and_start();
    }
}
