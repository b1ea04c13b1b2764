//! Bulk API 2.0: many records in a job that the org works off by itself. A job's rows are saved only once it is closed, so whoever
//! keeps its id before closing it can find out after any breakdown what became of them.

use ::http::Method;
use bytes::Bytes;
use domain::SalesforceId;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Client,
    error::{Error, ErrorKind},
    rest::{ApiPath, Repeat, Request},
};

/// What a job does with its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkOperation {
    Insert,
    /// By the value of this column.
    Upsert(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum JobState {
    /// Takes rows; none is saved before it is closed.
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Aborted,
    /// Stopped by the org; some rows may have been saved.
    Failed,
}

impl JobState {
    /// Nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::JobComplete | Self::Aborted | Self::Failed)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkJob {
    /// `750…`
    pub id: String,
    pub state: JobState,
    #[serde(default)]
    pub number_records_processed: u64,
    #[serde(default)]
    pub number_records_failed: u64,
    pub error_message: Option<String>,
}

/// One row of a job that is over, with the columns it was sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    pub saved: Result<SalesforceId, String>,
    /// Name and value, as the org echoes them.
    pub columns: Vec<(String, String)>,
}

impl RowOutcome {
    pub fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// A job for up to 100 MB of CSV with a header line, comma and LF.
    ///
    /// # Errors
    /// See [`ErrorKind`]. A job whose making got lost stays open and does nothing.
    pub async fn create_job(&self, object: &str, operation: BulkOperation) -> Result<BulkJob, Error> {
        let mut body = json!({
            "object": object,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
            "operation": match operation {
                BulkOperation::Insert => "insert",
                BulkOperation::Upsert(_) => "upsert",
            },
        });
        if let (BulkOperation::Upsert(field), Some(body)) = (operation, body.as_object_mut()) {
            body.insert("externalIdFieldName".to_owned(), json!(field));
        }
        let request = Request::new("create_job", Method::POST, ApiPath::new("/jobs/ingest")).with_json(&body)?;
        self.send(&request, Repeat::Safe).await?.json()
    }

    /// Gives an open job its rows, once.
    ///
    /// # Errors
    /// See [`ErrorKind`]. After a lost answer the job may have them: abort it and make another.
    pub async fn upload_rows(&self, job: &str, rows: Bytes) -> Result<(), Error> {
        let path = job_path(job).segment("batches");
        self.send(&Request::new("upload_rows", Method::PUT, path).with_csv(rows), Repeat::Never).await.map(drop)
    }

    /// From now on the org works the rows off.
    ///
    /// # Errors
    /// See [`ErrorKind`]; [`Client::job`] tells what became of it.
    pub async fn close_job(&self, job: &str) -> Result<BulkJob, Error> {
        self.set_state(job, "UploadComplete").await
    }

    /// Rows that are not saved yet never will be.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn abort_job(&self, job: &str) -> Result<BulkJob, Error> {
        self.set_state(job, "Aborted").await
    }

    async fn set_state(&self, job: &str, state: &str) -> Result<BulkJob, Error> {
        let request =
            Request::new("set_job_state", Method::PATCH, job_path(job)).with_json(&json!({ "state": state }))?;
        self.send(&request, Repeat::Safe).await?.json()
    }

    /// # Errors
    /// `NOT_FOUND` for a job that is older than seven days, and see [`ErrorKind`].
    pub async fn job(&self, job: &str) -> Result<BulkJob, Error> {
        self.send(&Request::get("job", job_path(job)), Repeat::Safe).await?.json()
    }

    /// Every row the org decided on, saved or refused. Those it didn't come to are missing. In no particular order.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn job_outcomes(&self, job: &str) -> Result<Vec<RowOutcome>, Error> {
        let mut outcomes = Vec::new();
        for results in ["successfulResults", "failedResults"] {
            let request = Request::get("job_results", job_path(job).segment(results)).accepting_csv();
            let answer = self.send(&request, Repeat::Safe).await?;
            read_outcomes(&answer.bytes(), &mut outcomes)
                .map_err(|error| Error::new(ErrorKind::Interrupted).with_source(error))?;
        }
        Ok(outcomes)
    }
}

fn job_path(job: &str) -> ApiPath {
    ApiPath::new("/jobs/ingest").segment(job)
}

fn read_outcomes(csv: &[u8], outcomes: &mut Vec<RowOutcome>) -> Result<(), csv::Error> {
    let mut reader = csv::Reader::from_reader(csv);
    let headers = reader.headers()?.clone();
    for record in reader.records() {
        let record = record?;
        let mut id = None;
        let mut error = None;
        let mut columns = Vec::with_capacity(headers.len());
        for (name, value) in headers.iter().zip(record.iter()) {
            match name {
                "sf__Id" => id = SalesforceId::new(value).ok(),
                "sf__Error" => error = Some(value.to_owned()),
                "sf__Created" => {}
                _ => columns.push((name.to_owned(), value.to_owned())),
            }
        }
        let saved = match (error, id) {
            (None, Some(id)) => Ok(id),
            (error, _) => Err(error.unwrap_or_default()),
        };
        outcomes.push(RowOutcome { saved, columns });
    }
    Ok(())
}
