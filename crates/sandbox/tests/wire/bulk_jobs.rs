//! Jobs of the second bulk interface: how they are made, listed, refused and read from.

use reqwest::{Method, RequestBuilder, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    bulk::{job, listed, load, opened, put, text, wait},
    client::{self, Org},
};

#[rstest]
#[tokio::test]
async fn every_delimiter_and_line_ending_goes_in_and_comes_out(
    #[values(("COMMA", ','), ("BACKQUOTE", '`'), ("CARET", '^'), ("PIPE", '|'), ("SEMICOLON", ';'), ("TAB", '\t'))]
    delimiter: (&str, char),
    #[values(("LF", "\n"), ("CRLF", "\r\n"))] ending: (&str, &str),
) {
    let org = Org::start().await;
    let ((delimiter, mark), (ending, end)) = (delimiter, ending);
    let dialect = |mut job: Value| {
        job["columnDelimiter"] = json!(delimiter);
        job["lineEnding"] = json!(ending);
        job
    };
    let csv = format!("LastName{mark}Title{end}\"a{mark}b\"{mark}\"c{end}d\"{end}");
    let done = load(&org, dialect(json!({ "operation": "insert", "object": "Contact" })), &csv).await;
    assert_eq!((&done["state"], &done["numberRecordsFailed"]), (&json!("JobComplete"), &json!(0)), "{done}");
    let rows = listed(&org, &done, "successfulResults").await;
    assert!(rows.ends_with(&format!("{mark}\"true\"{mark}\"a{mark}b\"{mark}\"c{end}d\"{end}")), "{rows:?}");
    let query = dialect(json!({ "operation": "query", "query": "SELECT LastName, Title FROM Contact" }));
    let (_, made) = org.send(Method::POST, "/jobs/query", query).await;
    let path = format!("/jobs/query/{}", made["id"].as_str().unwrap());
    wait(&org, &path).await;
    let (_, found) = text(org.request(Method::GET, &format!("{path}/results"))).await;
    let title = found.split(mark).next_back().unwrap();
    assert!(title.starts_with("\"c") && title.ends_with(&format!("d\"{end}")), "{found:?}");
}

fn together(org: &Org, parts: &[(&str, &str)]) -> RequestBuilder {
    let mut body = String::new();
    for (name, content) in parts {
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n"));
    }
    body.push_str("--b--\r\n");
    let request = org.request(Method::POST, "/jobs/ingest").header("content-type", "multipart/form-data; boundary=b");
    request.body(body)
}

#[tokio::test]
async fn a_job_is_made_and_filled_in_one_request() {
    let org = Org::start().await;
    let described = job("insert", "Contact").to_string();
    let (status, made) =
        client::answer(together(&org, &[("job", &described), ("content", "LastName\nOne\nTwo\n")])).await;
    assert_eq!((status, &made["state"]), (StatusCode::OK, &json!("UploadComplete")), "{made}");
    let path = format!("/jobs/ingest/{}", made["id"].as_str().unwrap());
    assert_eq!(wait(&org, &path).await["numberRecordsProcessed"], 2);
    let too_long = format!("LastName\n{}\n", "x".repeat(100_000));
    for parts in [
        vec![("job", described.as_str())],
        vec![("content", "LastName\nNever\n")],
        vec![("job", "{"), ("content", "LastName\nNever\n")],
        vec![("job", described.as_str()), ("content", too_long.as_str())],
    ] {
        assert_eq!(client::answer(together(&org, &parts)).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(org.sandbox.count("Contact"), 2);
    assert_eq!(org.get("/jobs/ingest").await.1["records"].as_array().unwrap().len(), 1, "a refused job isn't one");
}

#[tokio::test]
async fn what_cant_be_asked_in_bulk_is_refused_by_salesforces_code() {
    let org = Org::start().await;
    for (query, code, words) in [
        ("SELECT COUNT() FROM Contact", "FEATURENOTENABLED", "Aggregates"),
        ("SELECT LastName, COUNT(Id) FROM Contact GROUP BY LastName", "FEATURENOTENABLED", "GROUP BY"),
        ("SELECT Id FROM Contact OFFSET 5", "FEATURENOTENABLED", "OFFSET"),
        ("SELECT FIELDS(ALL) FROM Contact LIMIT 5", "FEATURENOTENABLED", "FIELDS()"),
        ("SELECT Id, (SELECT Id FROM Cases) FROM Contact", "FEATURENOTENABLED", "Aggregate Relationships"),
        ("SELECT Id FROM Nothing__c", "INVALIDENTITY", "Nothing__c"),
        ("SELECT Id FROM", "MALFORMED_QUERY", ""),
    ] {
        let (status, body) =
            org.send(Method::POST, "/jobs/query", json!({ "operation": "query", "query": query })).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!(code)), "{query}: {body}");
        assert!(body[0]["message"].as_str().unwrap().contains(words), "{body}");
    }
    // Conditions may use what the list may not.
    let query = "SELECT Account.Name FROM Contact WHERE CALENDAR_YEAR(CreatedDate) > 2000 AND AccountId IN (SELECT Id FROM Account) ORDER BY LastName LIMIT 5";
    let (status, _) = org.send(Method::POST, "/jobs/query", json!({ "operation": "query", "query": query })).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn lists_hold_jobs_of_both_interfaces_and_are_narrowed_and_paged() {
    let org = Org::start().await;
    let ingest = opened(&org, job("insert", "Contact")).await;
    let query = json!({ "operation": "query", "query": "SELECT Id FROM Contact" });
    let (_, query) = org.send(Method::POST, "/jobs/query", query).await;
    let classic = async |operation: &str, chunking: &str| {
        let url = format!("{}/services/async/67.0/job", org.sandbox.url());
        let request =
            org.http.post(url).header("X-SFDC-Session", &org.token).header("Sforce-Enable-PKChunking", chunking);
        let body = json!({ "operation": operation, "object": "Contact", "contentType": "CSV" });
        client::answer(request.json(&body)).await.1["id"].as_str().unwrap().to_owned()
    };
    let (old_query, old_load) = (classic("query", "true").await, classic("insert", "false").await);
    let ids = async |path: &str| {
        let (status, list) = org.get(path).await;
        assert_eq!((status, &list["done"], &list["nextRecordsUrl"]), (StatusCode::OK, &json!(true), &Value::Null));
        let ids = list["records"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let query = query["id"].as_str().unwrap();
    assert_eq!(ids("/jobs/ingest").await, [&*old_load, &*old_query, &*ingest]);
    assert_eq!(ids("/jobs/ingest?jobType=V2Ingest").await, [&*ingest]);
    assert_eq!(ids("/jobs/ingest?jobType=Classic").await, [&*old_load, &*old_query]);
    assert_eq!(ids("/jobs/query").await, [&*old_query, query]);
    assert_eq!(ids("/jobs/query?jobType=V2Query").await, [query]);
    assert_eq!(ids("/jobs/query?isPkChunkingEnabled=true").await, [&*old_query]);
    assert_eq!(ids("/jobs/query?concurrencyMode=serial").await, [""; 0]);
    let (status, refused) = org.get("/jobs/query?queryLocator=nonsense").await;
    assert_eq!((status, &refused[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));

    for _ in 0..1_000 {
        opened(&org, job("insert", "Contact")).await;
    }
    let (_, first) = org.get("/jobs/ingest?jobType=V2Ingest").await;
    assert_eq!((&first["done"], first["records"].as_array().unwrap().len()), (&json!(false), 1_000));
    let next = first["nextRecordsUrl"].as_str().unwrap().strip_prefix("/services/data/v67.0").unwrap();
    assert_eq!(ids(next).await, [&*ingest], "the filter goes on");
}

#[tokio::test]
async fn results_are_had_side_by_side_and_by_the_version_of_their_job() {
    let org = Org::start().await;
    load(&org, job("insert", "Contact"), "LastName\nOne\n").await;
    let query = json!({ "operation": "query", "query": "SELECT LastName FROM Contact" });
    let (_, made) = org.send(Method::POST, "/jobs/query", query).await;
    let path = format!("/jobs/query/{}", made["id"].as_str().unwrap());
    wait(&org, &path).await;
    let (status, pages) = org.get(&format!("{path}/resultPages")).await;
    assert_eq!((status, &pages["done"], &pages["nextRecordUrl"]), (StatusCode::OK, &json!(true), &Value::Null));
    let url = pages["resultPages"][0]["resultUrl"].as_str().unwrap();
    let (_, page) = text(org.request(Method::GET, url.strip_prefix("/services/data/v67.0").unwrap())).await;
    assert_eq!(page, "\"LastName\"\n\"One\"\n");
    let other = |version: &str, kind: &str| {
        let url = format!("{}/services/data/v{version}{path}/{kind}", org.sandbox.url());
        client::answer(org.http.get(url).bearer_auth(&org.token))
    };
    assert_eq!(other("66.0", "results").await.0, StatusCode::CONFLICT);
    assert_eq!(other("66.0", "resultPages").await.0, StatusCode::CONFLICT);
    assert_eq!(other("57.0", "resultPages").await.0, StatusCode::NOT_FOUND);
    assert_eq!(org.get(&format!("{path}/resultPages?locator=nonsense")).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_asked_of_the_wrong_job_or_in_the_wrong_form_is_refused_and_saves_nothing() {
    let org = Org::start().await;
    let id = opened(&org, job("insert", "Contact")).await;
    let code = async |request: RequestBuilder| {
        let (status, body) = client::answer(request).await;
        (status.as_u16(), body[0]["errorCode"].as_str().unwrap_or_default().to_owned())
    };
    let told = |status: u16, code: &str| (status, code.to_owned());
    let request = |method: Method, path: &str| org.request(method, path);
    let raw =
        |body: &'static str, kind: &str| request(Method::POST, "/jobs/ingest").header("content-type", kind).body(body);

    assert_eq!(code(raw("{\"operation\":", "application/json")).await, told(400, "JSON_PARSER_ERROR"));
    assert_eq!(code(raw("", "application/json")).await, told(400, "JSON_PARSER_ERROR"));
    assert_eq!(code(raw("<job/>", "application/xml")).await, told(415, "UNSUPPORTED_MEDIA_TYPE"));
    let rule = json!({ "operation": "insert", "object": "Case", "assignmentRuleId": "01Q000000000001AAA" });
    assert_eq!(code(request(Method::POST, "/jobs/ingest").json(&rule)).await, told(501, "NOT_IMPLEMENTED"));
    for (key, value) in [("columnDelimiter", "COLON"), ("lineEnding", "CR"), ("contentType", "XML")] {
        let mut bad = job("insert", "Contact");
        bad[key] = json!(value);
        assert_eq!(code(request(Method::POST, "/jobs/ingest").json(&bad)).await, told(400, "INVALIDJOB"), "{key}");
    }

    // A job of the other kind, of the other interface, of another org, and no id at all.
    for other in [format!("/jobs/query/{id}"), "/jobs/ingest/750000000000001AAA".into(), "/jobs/ingest/nonsense".into()]
    {
        assert_eq!(code(request(Method::GET, &other)).await, told(404, "NOT_FOUND"), "{other}");
        let abort = request(Method::PATCH, &other).json(&json!({ "state": "Aborted" }));
        assert_eq!(code(abort).await, told(404, "NOT_FOUND"), "{other}");
        assert_eq!(code(request(Method::DELETE, &other)).await, told(404, "NOT_FOUND"), "{other}");
    }
    assert_eq!(code(put(&org, "750000000000001AAA", "LastName\nNever\n")).await, told(404, "NOT_FOUND"));
    assert_eq!(org.get(&format!("/jobs/ingest/{}", &id[..15])).await.0, StatusCode::OK, "15 characters do");

    let path = format!("/jobs/ingest/{id}");
    let upload = |kind: &'static str| {
        request(Method::PUT, &format!("{path}/batches")).header("content-type", kind).body("LastName\nNever\n")
    };
    assert_eq!(code(upload("application/json")).await, told(415, "UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(code(upload("application/xml")).await, told(415, "UNSUPPORTED_MEDIA_TYPE"));
    let patch =
        |body: &'static str| request(Method::PATCH, &path).header("content-type", "application/json").body(body);
    assert_eq!(code(patch("{")).await, told(400, "JSON_PARSER_ERROR"));
    assert_eq!(code(patch("{\"state\":\"JobComplete\"}")).await, told(400, "INVALIDJOBSTATE"));
    assert_eq!(code(patch("{}")).await, told(400, "INVALIDJOBSTATE"));
    assert_eq!(text(put(&org, &id, "LastName\nOnce\n")).await.0, StatusCode::CREATED);
    assert_eq!(code(put(&org, &id, "LastName\nTwice\n")).await, told(400, "INVALIDJOB"));
    let close = || patch("{\"state\":\"UploadComplete\"}");
    assert_eq!(close().send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(wait(&org, &path).await["state"], "JobComplete");
    assert_eq!(code(close()).await, told(400, "INVALIDJOBSTATE"));
    assert_eq!(code(patch("{\"state\":\"Aborted\"}")).await, told(400, "INVALIDJOBSTATE"));
    assert_eq!(code(put(&org, &id, "LastName\nLate\n")).await, told(400, "INVALIDJOBSTATE"));
    assert_eq!(org.sandbox.count("Contact"), 1, "one upload, once");
}
