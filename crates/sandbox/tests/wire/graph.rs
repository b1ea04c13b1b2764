//! Composite graphs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Org;

fn account(reference: &str, body: Value) -> Value {
    json!({ "method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": reference, "body": body })
}

#[tokio::test]
async fn each_graph_stands_or_falls_alone() {
    let org = Org::start().await;
    let contact = json!({
        "method": "POST", "url": "/services/data/v67.0/sobjects/Contact", "referenceId": "person",
        "body": { "LastName": "x", "AccountId": "@{firm.id}" },
    });
    let graphs = json!({ "graphs": [
        { "graphId": "good", "compositeRequest": [account("firm", json!({ "Name": "Good" })), contact] },
        { "graphId": "bad", "compositeRequest": [account("one", json!({ "Name": "Gone" })), account("two", json!({}))] },
    ] });
    let (status, body) = org.send(Method::POST, "/composite/graph", graphs).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let [good, bad] = [&body["graphs"][0], &body["graphs"][1]];
    assert_eq!(
        (&good["graphId"], &good["isSuccessful"], &bad["isSuccessful"]),
        (&json!("good"), &json!(true), &json!(false))
    );
    assert_eq!(good["graphResponse"]["compositeResponse"][1]["httpStatusCode"], 201);
    let responses = &bad["graphResponse"]["compositeResponse"];
    assert_eq!(responses[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(responses[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!((org.sandbox.count("Account"), org.sandbox.count("Contact")), (1, 1));
}

#[tokio::test]
async fn there_is_a_most_of_graphs_and_nodes() {
    let org = Org::start().await;
    let graph = |id: usize, nodes: usize| {
        let requests: Vec<Value> =
            (0..nodes).map(|node| account(&format!("n{node}"), json!({ "Name": "x" }))).collect();
        json!({ "graphId": id.to_string(), "compositeRequest": requests })
    };
    for (count, nodes) in [(76, 1), (1, 501)] {
        let graphs: Vec<Value> = (0..count).map(|id| graph(id, nodes)).collect();
        let (status, body) = org.send(Method::POST, "/composite/graph", json!({ "graphs": graphs })).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("LIMIT_EXCEEDED")));
    }
    let (_, body) = org.send(Method::POST, "/composite/graph", json!({ "graphs": [graph(1, 500)] })).await;
    assert_eq!(body["graphs"][0]["isSuccessful"], true);
    assert_eq!(org.sandbox.count("Account"), 500);
}
