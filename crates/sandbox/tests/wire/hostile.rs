//! What no client should send: refused in Salesforce's way, and nothing changes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{self, Org};

#[tokio::test]
async fn bodies_that_arent_what_they_say_are_refused() {
    let org = Org::start().await;
    let post = |content_type: &str, body: Vec<u8>| {
        let request = org.request(Method::POST, "/sobjects/Account").header("content-type", content_type);
        client::answer(request.body(body))
    };
    for body in [&b"{"[..], b"[]", b"\"x\"", b"{\"Name\": }", b"\xff\xfe", b"{\"Name\":\"a\"}{", b"nul"] {
        let (status, answer) = post("application/json", body.to_vec()).await;
        assert_eq!(
            (status, &answer[0]["errorCode"]),
            (StatusCode::BAD_REQUEST, &json!("JSON_PARSER_ERROR")),
            "{body:?}"
        );
    }
    let deep = format!("{{\"Name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(post("application/json", deep.into_bytes()).await.0, StatusCode::BAD_REQUEST);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let (status, answer) = post(content_type, b"{\"Name\":\"x\"}".to_vec()).await;
        let refused = matches!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::BAD_REQUEST);
        assert!(refused && answer[0]["errorCode"].is_string(), "{content_type}: {status}");
    }
    assert_eq!(org.sandbox.count("Account"), 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let org = Org::start().await;
    let large = org.request(Method::POST, "/sobjects/Account").header("content-type", "application/json");
    let (status, answer) = client::answer(large.body(vec![b' '; 50_000_001])).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("EXCEEDED_MAX_SIZE_REQUEST")));
    let long = org.request(Method::GET, "/limits").header("x-long", "x".repeat(17_000));
    assert_eq!(client::answer(long).await.0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(org.get(&format!("/limits?x={}", "y".repeat(17_000))).await.0, StatusCode::URI_TOO_LONG);
    assert_eq!(org.get("/limits").await.0, StatusCode::OK);
}

/// Longer than an address may be, so within a batch.
async fn ask(org: &Org, resource: &str, text: &str) -> (u64, Value) {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
    let batch = json!({ "batchRequests": [{ "method": "GET", "url": format!("v67.0/{resource}?{query}") }] });
    let (status, answer) = org.send(Method::POST, "/composite/batch", batch).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let result = &answer["results"][0];
    (result["statusCode"].as_u64().unwrap(), result["result"].clone())
}

#[tokio::test]
async fn long_queries_are_answered_and_deep_ones_are_refused() {
    let org = Org::start().await;
    let case = org.sandbox.create("Case", json!({ "Subject": "one" })).await.unwrap();
    let many = |count: usize, what: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(what).collect::<Vec<_>>().join(between)
    };
    let ids = many(4_000, &|number| format!("'500SB01{number:08}'"), ",");
    let ors = many(3_000, &|number| format!("Subject = '{number}'"), " OR ");
    for condition in [
        format!("Id IN ({ids}, '{case}')"),
        format!("{ors} OR Subject = 'one'"),
        format!("(Id NOT IN ({ids}) OR Subject LIKE '{}')", "%o".repeat(5_000)),
        many(2_000, &|_| "(NOT Subject = 'two')".to_owned(), " AND "),
        format!("{}Subject = 'one'{}", "(".repeat(50), ")".repeat(50)),
    ] {
        let (status, answer) = ask(&org, "query", &format!("SELECT Id FROM Case WHERE {condition}")).await;
        assert_eq!((status, &answer["totalSize"]), (200, &json!(1)), "{answer}");
    }
    for (soql, code) in [
        (format!("SELECT Id FROM Case WHERE Subject = '{}'", "x".repeat(100_000)), "MALFORMED_QUERY"),
        (format!("SELECT Id FROM Case WHERE {}Id = null{}", "(".repeat(30_000), ")".repeat(30_000)), "MALFORMED_QUERY"),
        (format!("SELECT Id FROM Case WHERE {}Id = null", "NOT ".repeat(20_000)), "MALFORMED_QUERY"),
        ("(SELECT ".repeat(10_000), "MALFORMED_QUERY"),
        ("SELECT (".repeat(10_000), "MALFORMED_QUERY"),
        (format!("SELECT {}Id{} FROM Case", "FORMAT(".repeat(9_000), ")".repeat(9_000)), "MALFORMED_QUERY"),
        (format!("SELECT {}Id FROM Case", "Parent.".repeat(10_000)), "MALFORMED_QUERY"),
        (format!("SELECT Id FROM Case c, c.Parent a{}", ", a.Parent a".repeat(5_000)), "MALFORMED_QUERY"),
        (format!("SELECT {} FROM Case", many(9_000, &|_| "Id".to_owned(), ",")), "INVALID_FIELD"),
        (format!("SELECT Id{} FROM Account", ", (SELECT Id FROM Cases)".repeat(3_000)), "MALFORMED_QUERY"),
        (format!("SELECT Id FROM Case WHERE Id IN ({ids}, 'x')"), "INVALID_QUERY_FILTER_OPERATOR"),
        (format!("SELECT Id FROM Case LIMIT {}", "9".repeat(1_000)), "MALFORMED_QUERY"),
    ] {
        let (status, answer) = ask(&org, "query", &soql).await;
        assert_eq!((status, &answer[0]["errorCode"]), (400, &json!(code)), "{:.80}: {answer:.300}", soql);
    }
    assert_eq!(org.query("SELECT COUNT() FROM Case").await["totalSize"], 1);
}

#[tokio::test]
async fn long_searches_are_answered_and_deep_ones_are_refused() {
    let org = Org::start().await;
    org.sandbox.create("Account", json!({ "Name": "Acme Learning" })).await.unwrap();
    for (term, found) in [
        (format!("{} OR acme", (0..400).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" OR ")), 1),
        (format!("acme {}", "learning ".repeat(400)), 1),
        (format!("nobody AND (acme {})", "learning ".repeat(1_000)), 1),
        (format!("acme {}", "learning ".repeat(9_000)), 0),
        (format!("\"{}\"", "acme ".repeat(700)), 0),
        (format!("a{}z", "*c".repeat(1_900)), 0),
    ] {
        let (status, answer) = ask(&org, "search", &format!("FIND {{{term}}} RETURNING Account")).await;
        assert_eq!((status, answer["searchRecords"].as_array().unwrap().len()), (200, found), "{term:.60}");
    }
    for sosl in [
        format!("FIND {{{}acme{}}}", "(".repeat(1_500), ")".repeat(1_500)),
        format!("FIND {{{}", "x".repeat(90_000)),
        format!("FIND {{acme}} RETURNING Account({}", "Name,".repeat(10_000)),
        format!("FIND {{{}}}", "x".repeat(100_001)),
    ] {
        let (status, answer) = ask(&org, "search", &sosl).await;
        assert_eq!((status, &answer[0]["errorCode"]), (400, &json!("MALFORMED_SEARCH")), "{sosl:.60}");
    }
}

#[tokio::test]
async fn a_cursor_lives_two_days_by_the_orgs_clock() {
    let org = Org::start().await;
    let records: Vec<Value> =
        (0..201).map(|n| json!({ "attributes": { "type": "Contact" }, "LastName": format!("P{n}") })).collect();
    for records in records.chunks(200) {
        org.send(Method::POST, "/composite/sobjects", json!({ "records": records })).await;
    }
    let first =
        org.request(Method::GET, "/query?q=SELECT+Id+FROM+Contact").header("Sforce-Query-Options", "batchSize=200");
    let page = client::answer(first).await.1;
    let next = page["nextRecordsUrl"].as_str().unwrap().trim_start_matches("/services/data/v67.0").to_owned();
    // Asked every hour, the session stays good, so that only the cursor's own age can end it.
    for hour in 1..=48 {
        org.sandbox.advance_clock(std::time::Duration::from_hours(1));
        assert_eq!(org.get("/limits").await.0, StatusCode::OK);
        if hour == 47 {
            assert_eq!(org.get(&next).await.0, StatusCode::OK);
        }
    }
    org.sandbox.advance_clock(std::time::Duration::from_mins(1));
    let (status, body) = org.get(&next).await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_QUERY_LOCATOR")));
}

/// Clients of typed languages read an absent list and an empty one differently.
#[tokio::test]
async fn fields_are_named_where_a_record_is_refused_and_not_where_a_request_is() {
    let org = Org::start().await;
    let account = org.sandbox.create("Account", json!({ "Name": "x" })).await.unwrap();
    let has_fields = |(_, body): (StatusCode, Value)| body[0].as_object().unwrap().contains_key("fields");
    for path in [
        "/query?q=SELECT",
        "/query?q=SELECT+Id+FROM+Nothing",
        "/query?q=SELECT+Nothing+FROM+Case",
        "/query/0r8SB0000000001AAA-2000",
        "/sobjects/Account/001SB000000000!",
        "/sobjects/Account/001SB0000000999",
        "/sobjects/Nothing",
        "/search?q=FIND",
    ] {
        assert!(!has_fields(org.get(path).await), "{path}");
    }
    for body in [json!({ "Nothing": 1 }), json!({ "Name": {} }), json!([])] {
        assert!(!has_fields(org.send(Method::POST, "/sobjects/Account", body).await));
    }
    assert!(has_fields(org.send(Method::POST, "/sobjects/Account", json!({})).await));
    org.sandbox.delete("Account", &account).await.unwrap();
    assert!(has_fields(org.send(Method::DELETE, &format!("/sobjects/Account/{account}"), json!(null)).await));
}

#[tokio::test]
async fn an_event_cannot_be_asked_for_as_a_record() {
    let org = Org::start().await;
    let (status, body) = org.get("/query?q=SELECT+Id+FROM+Portal_Feed_Event__e").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_TYPE_FOR_OPERATION")));
    assert_eq!(body[0]["message"], "entity type Portal_Feed_Event__e does not support query");
}

#[tokio::test]
async fn what_is_no_envelope_is_the_clients_fault() {
    let org = Org::start().await;
    for body in [&b""[..], b"<", b"<Envelope>", b"<other/>", b"\xff", b"{}"] {
        let request = org.http.post(format!("{}/services/Soap/u/60.0", org.sandbox.url())).body(body.to_vec());
        let (status, told) = crate::bulk::text(request).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(told.contains("<faultcode>soapenv:Client</faultcode>") && !told.contains("exceptionCode"), "{told}");
    }
}

/// The size of a chunk that is no number was answered as a body that is too large.
#[tokio::test]
async fn a_body_that_breaks_off_is_not_too_large() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let org = Org::start().await;
    let address = org.sandbox.url().replace("http://", "");
    for (path, header, code) in [
        ("/services/data/v67.0/sobjects/Account", "Authorization: Bearer", "JSON_PARSER_ERROR"),
        ("/services/async/59.0/job", "X-SFDC-Session:", "ClientInputError"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let token = &org.token;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{header} {token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let count = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(code), "{answer}");
    }
}

#[tokio::test]
async fn what_a_test_asks_wrongly_is_refused_in_json() {
    let org = Org::start().await;
    let url = |path: &str| format!("{}/_sandbox/{path}", org.sandbox.url());
    let post = |path: &str| org.http.post(url(path));
    for (request, expected) in [
        (post("clock").json(&json!({ "advance_seconds": "soon" })), 422),
        (post("clock").header("content-type", "application/json").body("{"), 400),
        (post("clock").body("{}"), 415),
        (post("limits").json(&json!({ "dayly": 1 })), 422),
        (post("jwt-keys").json(&json!({ "public_key_pem": "x" })), 400),
        (post("events/gap").json(&json!({ "object": "Nothing", "change_type": "GAP_UPDATE" })), 404),
        (post("events/drop-streams?stream=x"), 404),
        (post("nothing"), 404),
        (post("snapshot"), 405),
        (org.http.get(url("count")), 400),
        (org.http.get(url("count?object=Nothing")), 404),
        (org.http.get(url("events?count=x")), 400),
    ] {
        let (status, body) = client::answer(request).await;
        assert_eq!(status.as_u16(), expected, "{body}");
        assert!(body[0]["errorCode"].is_string() && body[0]["message"].is_string(), "{status} {body}");
    }
}
