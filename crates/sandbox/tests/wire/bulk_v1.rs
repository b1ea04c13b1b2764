//! Bulk loads and extracts by the first interface.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use crate::{
    bulk::text,
    client::{self, Org},
};

fn v1(org: &Org, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/services/async/59.0/{path}", org.sandbox.url());
    org.http.request(method, url).header("X-SFDC-Session", &org.token)
}

/// The text of the first element of that name.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once("</").unwrap().0.to_owned()
}

async fn v1_job(org: &Org, operation: &str, content_type: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
         <operation>{operation}</operation><object>Contact</object><contentType>{content_type}</contentType></jobInfo>"
    );
    let request = v1(org, Method::POST, "job").header("content-type", "application/xml; charset=utf-8").body(body);
    let (status, xml) = text(request).await;
    assert_eq!((status, element(&xml, "state").as_str()), (StatusCode::CREATED, "Open"), "{xml}");
    element(&xml, "id")
}

async fn v1_batch(org: &Org, job: &str, body: &str) -> String {
    v1_batch_of(org, job, "text/csv", body).await
}

async fn v1_batch_of(org: &Org, job: &str, content_type: &str, body: &str) -> String {
    let request = v1(org, Method::POST, &format!("job/{job}/batch")).header("content-type", content_type);
    let (status, xml) = text(request.body(body.to_owned())).await;
    assert_eq!(status, StatusCode::CREATED, "{xml}");
    let path = format!("job/{job}/batch/{}", element(&xml, "id"));
    while matches!(element(&text(v1(org, Method::GET, &path)).await.1, "state").as_str(), "Queued" | "InProgress") {
        tokio::task::yield_now().await;
    }
    path
}

#[tokio::test]
async fn the_first_interface_speaks_xml_and_takes_csv() {
    let org = Org::start().await;
    let id = v1_job(&org, "insert", "CSV").await;
    let batch = v1_batch(&org, &id, "LastName\nOne\n\"\"\n").await;
    let (_, results) = text(v1(&org, Method::GET, &format!("{batch}/result"))).await;
    let lines: Vec<&str> = results.lines().collect();
    assert_eq!(lines[0], r#""Id","Success","Created","Error""#);
    assert!(lines[1].ends_with(r#","true","true","""#), "{results}");
    assert!(lines[2].starts_with(r#""","false","false","REQUIRED_FIELD_MISSING:"#), "{results}");
    let closing = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><state>Closed</state></jobInfo>";
    let close = v1(&org, Method::POST, &format!("job/{id}")).header("content-type", "application/xml").body(closing);
    assert_eq!(element(&text(close).await.1, "state"), "Closed");
    let late =
        v1(&org, Method::POST, &format!("job/{id}/batch")).header("content-type", "text/csv").body("LastName\nx\n");
    let (status, xml) = text(late).await;
    assert_eq!((status, element(&xml, "exceptionCode").as_str()), (StatusCode::BAD_REQUEST, "InvalidJobState"));

    let query = v1_job(&org, "query", "CSV").await;
    let batch = v1_batch(&org, &query, "SELECT LastName FROM Contact").await;
    let (_, list) = text(v1(&org, Method::GET, &format!("{batch}/result"))).await;
    let (_, csv) = text(v1(&org, Method::GET, &format!("{batch}/result/{}", element(&list, "result")))).await;
    assert_eq!(csv, "\"LastName\"\n\"One\"\n");
    let failed = v1_batch(&org, &query, "SELECT Nope FROM Contact").await;
    let (_, xml) = text(v1(&org, Method::GET, &failed)).await;
    assert_eq!(element(&xml, "state"), "Failed");
    assert!(element(&xml, "stateMessage").contains("INVALID_FIELD"), "{xml}");
}

#[tokio::test]
async fn the_first_interface_refuses_in_its_own_words() {
    let org = Org::start().await;
    let xml = |body: &'static str| v1(&org, Method::POST, "job").header("content-type", "application/xml").body(body);
    for bad in [
        "",
        "<",
        "<jobInfo>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><jobInfo/>",
        "<other><operation>insert</operation></other>",
        "\u{0}",
    ] {
        let (status, answer) = text(xml(bad)).await;
        assert_eq!(
            (status, element(&answer, "exceptionCode").as_str()),
            (StatusCode::BAD_REQUEST, "InvalidJob"),
            "{bad}"
        );
    }
    let ended = v1(&org, Method::GET, "job/750000000000000AAA").header("X-SFDC-Session", "gone");
    assert!(text(ended).await.1.contains("InvalidJob"));
    let url = format!("{}/services/async/59.0/job/750000000000000AAA", org.sandbox.url());
    let (status, answer) = text(org.http.get(&url)).await;
    assert_eq!((status, element(&answer, "exceptionCode").as_str()), (StatusCode::BAD_REQUEST, "InvalidSessionId"));
    let (status, answer) = client::answer(
        v1(&org, Method::POST, "job")
            .json(&json!({ "operation": "insert", "object": "Contact", "contentType": "ZIP_XML" })),
    )
    .await;
    assert_eq!((status, &answer["exceptionCode"]), (StatusCode::NOT_IMPLEMENTED, &json!("FeatureNotEnabled")));
}

/// As it is told once it has ended.
async fn told_of(org: &Org, path: &str) -> String {
    text(v1(org, Method::GET, path)).await.1
}

#[tokio::test]
async fn rows_go_in_and_come_out_as_xml() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "A & B" })).await.unwrap();
    let id = v1_job(&org, "insert", "XML").await;
    let rows = "<?xml version=\"1.0\"?><sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
        <sObject><LastName>One &lt;1&gt;</LastName><AccountId>ACCOUNT</AccountId></sObject>\
        <sObject><Email>nobody@x.test</Email></sObject></sObjects>";
    let batch = v1_batch_of(&org, &id, "application/xml; charset=UTF-8", &rows.replace("ACCOUNT", &account)).await;
    let results = told_of(&org, &format!("{batch}/result")).await;
    let contact = org.sandbox.records("Contact")[0]["Id"].as_str().unwrap().to_owned();
    assert_eq!(
        results,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><results xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
             <result><id>{contact}</id><success>true</success><created>true</created></result>\
             <result><errors><fields>LastName</fields><message>Required fields are missing: [LastName]</message>\
             <statusCode>REQUIRED_FIELD_MISSING</statusCode></errors><success>false</success><created>false</created></result></results>"
        )
    );
    let query = v1_job(&org, "query", "XML").await;
    let batch = v1_batch_of(&org, &query, "application/xml", "SELECT LastName, Email, Account.Name FROM Contact").await;
    let result = element(&told_of(&org, &format!("{batch}/result")).await, "result");
    let found = told_of(&org, &format!("{batch}/result/{result}")).await;
    assert!(
        found.contains(
            "<records xsi:type=\"sObject\"><type>Contact</type><LastName>One &lt;1&gt;</LastName><Email xsi:nil=\"true\"/>\
             <Account xsi:type=\"sObject\"><type>Account</type><Name>A &amp; B</Name></Account></records></queryResult>"
        ),
        "{found}"
    );
    for (rows, message) in [
        ("<sObjects><sObject><Bad__c>x</Bad__c></sObject></sObjects>", "Field name not found : Bad__c"),
        ("<sObjects><sObject><LastName>Never</LastName></sObject>", "Failed to parse XML"),
        ("<jobInfo/>", "The content must be an sObjects element"),
    ] {
        let batch = v1_batch_of(&org, &id, "text/xml", rows).await;
        let ended = told_of(&org, &batch).await;
        assert_eq!(element(&ended, "state"), "Failed");
        assert!(element(&ended, "stateMessage").contains(message), "{ended}");
    }
    assert_eq!(org.sandbox.count("Contact"), 1, "nothing of what can't be read is saved");
}

#[tokio::test]
async fn json_with_no_rows_is_an_empty_array() {
    let org = Org::start().await;
    let id = v1_job(&org, "query", "JSON").await;
    let batch = v1_batch(&org, &id, "SELECT Id FROM Contact").await;
    let result = element(&told_of(&org, &format!("{batch}/result")).await, "result");
    assert_eq!(told_of(&org, &format!("{batch}/result/{result}")).await, "[]");
}

#[tokio::test]
async fn zipped_content_and_assignment_rules_are_refused_by_name() {
    let org = Org::start().await;
    let job = |body: serde_json::Value| client::answer(v1(&org, Method::POST, "job").json(&body));
    let (status, refused) = job(json!({ "operation": "insert", "object": "Contact", "contentType": "ZIP_CSV" })).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(refused["exceptionMessage"].as_str().unwrap().contains("ZIP_CSV"), "{refused}");
    let rule =
        json!({ "operation": "insert", "object": "Case", "contentType": "CSV", "assignmentRuleId": "01Q000000000001" });
    assert_eq!(job(rule).await.0, StatusCode::NOT_IMPLEMENTED);
    let unknown = job(json!({ "operation": "insert", "object": "Case", "contentType": "YAML" })).await;
    assert_eq!((unknown.0, &unknown.1["exceptionCode"]), (StatusCode::BAD_REQUEST, &json!("InvalidJob")));
    let id = v1_job(&org, "insert", "CSV").await;
    let zipped = v1(&org, Method::POST, &format!("job/{id}/batch")).header("content-type", "zip/csv").body("PK");
    assert_eq!(text(zipped).await.0, StatusCode::NOT_IMPLEMENTED);
    let other =
        v1(&org, Method::POST, &format!("job/{id}/batch")).header("content-type", "application/xml").body("<a/>");
    let (status, refused) = text(other).await;
    assert_eq!((status, element(&refused, "exceptionCode").as_str()), (StatusCode::BAD_REQUEST, "InvalidBatch"));
}

#[tokio::test]
async fn a_query_is_cut_into_chunks_of_record_ids_where_it_is_asked_to_be() {
    let org = Org::start().await;
    let mut ids = Vec::new();
    for number in 0..25 {
        ids.push(org.sandbox.create("Contact", json!({ "LastName": format!("P{number}") })).await.unwrap());
    }
    org.sandbox.delete("Contact", &ids[3]).await.unwrap();
    let job = async |header: &str| {
        let body = json!({ "operation": "query", "object": "Contact", "contentType": "CSV" });
        client::answer(v1(&org, Method::POST, "job").header("Sforce-Enable-PKChunking", header).json(&body)).await
    };
    let (_, made) = job("chunkSize=10").await;
    let id = made["id"].as_str().unwrap();
    let original = v1_batch(&org, id, "SELECT Id FROM Contact WHERE LastName != 'P24' OR LastName = 'P4'").await;
    let told_original = told_of(&org, &original).await;
    assert_eq!(element(&told_original, "state"), "NotProcessed");
    let listed = told_of(&org, &format!("job/{id}/batch")).await;
    let batches: Vec<&str> = listed.split("<batchInfo>").skip(2).collect();
    let (mut counts, mut found, mut queries) = (Vec::new(), String::new(), Vec::new());
    for batch in &batches {
        let path = format!("job/{id}/batch/{}", element(batch, "id"));
        while element(&told_of(&org, &path).await, "state") != "Completed" {
            tokio::task::yield_now().await;
        }
        counts.push(element(&told_of(&org, &path).await, "numberRecordsProcessed"));
        let result = element(&told_of(&org, &format!("{path}/result")).await, "result");
        found.push_str(&told_of(&org, &format!("{path}/result/{result}")).await);
        queries.push(told_of(&org, &format!("{path}/request")).await);
    }
    // The deleted one counts towards its chunk, the last one fails the condition.
    assert_eq!(counts, ["9", "10", "4"]);
    assert!(ids.iter().enumerate().all(|(number, id)| found.contains(id) != [3, 24].contains(&number)));
    let (first, second) = (&ids[0][..15], &ids[10][..15]);
    assert!(queries[0].ends_with(&format!("AND Id >= '{first}' AND Id < '{second}'")), "{}", queries[0]);

    // From a record on; and in one piece where more is asked than fields and conditions.
    let (_, made) = job(&format!("chunkSize=100; startRow={}", ids[20])).await;
    let resumed = made["id"].as_str().unwrap();
    v1_batch(&org, resumed, "SELECT Id FROM Contact").await;
    let listed = told_of(&org, &format!("job/{resumed}/batch")).await;
    let last = format!("job/{resumed}/batch/{}", element(listed.split("<batchInfo>").nth(2).unwrap(), "id"));
    while element(&told_of(&org, &last).await, "state") != "Completed" {
        tokio::task::yield_now().await;
    }
    assert_eq!(element(&told_of(&org, &last).await, "numberRecordsProcessed"), "5");
    let whole = v1_batch(&org, resumed, "SELECT Id FROM Contact ORDER BY Id LIMIT 3").await;
    assert_eq!(element(&told_of(&org, &whole).await, "state"), "Completed");

    assert_eq!(job("chunkSize=9999999").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(job("chunkSize=9; parent=Account").await.0, StatusCode::NOT_IMPLEMENTED);
    let posts = v1_batch(&org, resumed, "SELECT Id FROM FeedItem").await;
    assert_eq!(element(&told_of(&org, &posts).await, "state"), "Failed");
}

#[tokio::test]
async fn what_is_asked_of_the_wrong_job_or_in_the_wrong_form_is_refused_and_saves_nothing() {
    let org = Org::start().await;
    let id = v1_job(&org, "insert", "CSV").await;
    let json_job = v1_job(&org, "insert", "JSON").await;
    let code = async |request: RequestBuilder| {
        let (status, body) = text(request).await;
        // Who speaks JSON is answered in it.
        let code = match serde_json::from_str::<serde_json::Value>(&body) {
            Ok(body) => body["exceptionCode"].as_str().unwrap().to_owned(),
            Err(_) => element(&body, "exceptionCode"),
        };
        (status.as_u16(), code)
    };
    let told = |code: &str| (400, code.to_owned());
    let post = |path: &str, kind: &str, body: &str| {
        v1(&org, Method::POST, path).header("content-type", kind).body(body.to_owned())
    };
    let rows = "LastName\nNever\n";
    for other in ["750000000000001AAA", "nonsense"] {
        assert_eq!(code(v1(&org, Method::GET, &format!("job/{other}"))).await, told("InvalidJob"));
        assert_eq!(code(post(&format!("job/{other}/batch"), "text/csv", rows)).await, told("InvalidJob"));
    }
    // A job of the second interface is none of the first.
    let (_, second) =
        org.send(Method::POST, "/jobs/ingest", json!({ "operation": "insert", "object": "Contact" })).await;
    let second = second["id"].as_str().unwrap();
    assert_eq!(code(v1(&org, Method::GET, &format!("job/{second}"))).await, told("InvalidJob"));
    assert_eq!(
        code(post(&format!("job/{id}/batch"), "application/json; charset=UTF-8", "[]")).await,
        told("InvalidBatch")
    );
    assert_eq!(code(post(&format!("job/{id}"), "text/plain", "state=Closed")).await, told("InvalidJob"));
    assert_eq!(
        code(post("job", "application/xml", "<jobInfo><operation>explode</operation></jobInfo>")).await,
        told("InvalidJob")
    );
    assert_eq!(code(v1(&org, Method::DELETE, &format!("job/{id}"))).await, told("InvalidUrl"));
    let large = format!("LastName\n{}\n", "x".repeat(10_000_000));
    assert_eq!(code(post(&format!("job/{id}/batch"), "text/csv", &large)).await, told("ExceededQuota"));

    // Content that can't be read fails its batch as a whole.
    for (rows, words) in
        [("LastName\nNever\nNe,ver\n", "Row 2 has 2 columns"), ("LastName,LastName\nNever,Never\n", "duplicated")]
    {
        let ended = told_of(&org, &v1_batch(&org, &id, rows).await).await;
        assert_eq!(element(&ended, "state"), "Failed");
        assert!(element(&ended, "stateMessage").contains(words), "{ended}");
        // A batch is asked for by its own job.
        let elsewhere = format!("job/{json_job}/batch/{}", element(&ended, "id"));
        assert_eq!(code(v1(&org, Method::GET, &elsewhere)).await, told("InvalidBatch"));
    }
    for rows in ["[{\"LastName\":\"Never\"},", "{\"LastName\":\"Never\"}", "[{\"LastName\":\"Never\"},1]"] {
        let request =
            v1(&org, Method::POST, &format!("job/{json_job}/batch")).header("content-type", "application/json");
        let (_, batch) = client::answer(request.body(rows)).await;
        let path = format!("job/{json_job}/batch/{}", batch["id"].as_str().unwrap());
        while element(&told_of(&org, &path).await, "state") != "Failed" {
            tokio::task::yield_now().await;
        }
    }
    let state = |state: &str| {
        post(&format!("job/{id}"), "application/xml", &format!("<jobInfo><state>{state}</state></jobInfo>"))
    };
    assert_eq!(code(state("Exploded")).await, told("InvalidJob"));
    assert_eq!(element(&text(state("Aborted")).await.1, "state"), "Aborted");
    assert_eq!(code(state("Closed")).await, told("InvalidJobState"));
    assert_eq!(code(post(&format!("job/{id}/batch"), "text/csv", rows)).await, told("InvalidJobState"));
    assert_eq!(org.sandbox.count("Contact"), 0);
}

/// Of those characters there is no form in XML, so that a client's parser gave up on all the results.
#[tokio::test]
async fn results_are_xml_whatever_control_characters_were_sent() {
    let org = Org::start().await;
    let (status, _) = org.send(Method::POST, "/sobjects/Contact", json!({ "LastName": "a\u{1}b\u{0}\u{1f}" })).await;
    assert_eq!(status, StatusCode::CREATED);
    let query = v1_job(&org, "query", "XML").await;
    let batch = v1_batch_of(&org, &query, "text/csv", "SELECT LastName FROM Contact").await;
    let (_, list) = text(v1(&org, Method::GET, &format!("{batch}/result"))).await;
    let (_, xml) = text(v1(&org, Method::GET, &format!("{batch}/result/{}", element(&list, "result")))).await;
    assert_eq!(element(&xml, "LastName"), "ab");
}

#[tokio::test]
async fn a_batch_that_failed_has_no_results() {
    let org = Org::start().await;
    for (operation, rows) in [("insert", "Nope__c\nx\n"), ("query", "SELECT Nope FROM Contact")] {
        let job = v1_job(&org, operation, "CSV").await;
        let batch = v1_batch(&org, &job, rows).await;
        let result = v1(&org, Method::GET, &format!("{batch}/result")).header("content-type", "application/json");
        let expected = json!({ "exceptionCode": "InvalidBatch", "exceptionMessage": "Records not processed" });
        assert_eq!(client::answer(result).await, (StatusCode::BAD_REQUEST, expected), "{operation}");
    }
}
