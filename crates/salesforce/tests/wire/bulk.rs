//! Jobs of the Bulk API: what is sent, and what is made of the results.

use axum::http::Method;
use bytes::Bytes;
use domain::SalesforceId;
use salesforce::{BulkOperation, JobState};
use serde_json::json;

use crate::org::{Org, Reply, Seen};

const JOB: &str = "7505e000000001AAAA";

fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.headers.get(name)?.to_str().ok()
}

#[tokio::test]
async fn a_job_is_made_filled_closed_and_read() {
    let org = Org::start(|_, seen| match seen.target.rsplit('/').next() {
        Some("ingest") => Reply::Json(200, json!({"id": JOB, "state": "Open", "apiVersion": 67.0})),
        Some("batches") => Reply::Raw(201, "text/plain", String::new()),
        Some("successfulResults") => Reply::Raw(
            200,
            "text/csv",
            "\"sf__Id\",\"sf__Created\",\"Body\",\"ParentId\"\n\"0D5000000000001CAA\",\"true\",\"a \"\"b\"\"\nc\",\"500\"\n".to_owned(),
        ),
        Some("failedResults") => Reply::Raw(
            200,
            "text/csv",
            "\"sf__Id\",\"sf__Error\",\"Body\",\"ParentId\"\n\"\",\"STRING_TOO_LONG:too long:Body --\",\"x\",\"500\"\n".to_owned(),
        ),
        _ => Reply::Json(
            200,
            json!({"id": JOB, "state": "JobComplete", "numberRecordsProcessed": 2, "numberRecordsFailed": 1}),
        ),
    })
    .await;
    let client = org.client();
    let job = client.create_job("Portal_Post__c", BulkOperation::Upsert("Key__c")).await.unwrap();
    assert_eq!((job.id.as_str(), job.state), (JOB, JobState::Open));
    client.upload_rows(&job.id, Bytes::from_static(b"Body\nx\n")).await.unwrap();
    assert!(client.close_job(&job.id).await.unwrap().state.is_over());
    let outcomes = client.job_outcomes(&job.id).await.unwrap();
    assert_eq!(outcomes[0].saved, Ok(SalesforceId::new("0D5000000000001CAA").unwrap()));
    assert_eq!((outcomes[0].column("Body"), outcomes[0].column("ParentId")), (Some("a \"b\"\nc"), Some("500")));
    assert_eq!(outcomes[1].saved, Err("STRING_TOO_LONG:too long:Body --".to_owned()));

    let seen = org.seen();
    assert_eq!(seen[0].json()["externalIdFieldName"], "Key__c");
    assert_eq!((&seen[1].method, header(&seen[1], "content-type")), (&Method::PUT, Some("text/csv")));
    assert_eq!(seen[2].json(), json!({"state": "UploadComplete"}));
    assert_eq!(header(&seen[3], "accept"), Some("text/csv"));
}
