//! Queries, a page at a time.

use futures::{Stream, TryStreamExt as _};
use serde::{Deserialize, de::DeserializeOwned};

use super::{ApiPath, Repeat, Request};
use crate::{
    Client, Soql,
    error::{Error, ErrorKind},
    soql::Rows,
};

/// One answer's worth of records, at most 2,000.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub records: Vec<T>,
    /// How many records the whole query matched when it ran.
    pub total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
struct Answer<T> {
    total_size: u64,
    records: Vec<T>,
    next_records_url: Option<String>,
}

impl Client {
    /// Pages as they come; each is asked for when the one before has been taken. The stream ends after its first error.
    /// [`ErrorKind::LocatorExpired`] means that the remaining pages are gone, for instance because the session was renewed:
    /// what came so far is right, the rest needs the query again.
    pub fn query<T: DeserializeOwned + Send + 'static>(
        &self,
        soql: &Soql,
    ) -> impl Stream<Item = Result<Page<T>, Error>> + Send + use<T> {
        let client = self.clone();
        let first = first_request(soql);
        async_stream::try_stream! {
            let mut next = Some(first?);
            let mut last_url = String::new();
            while let Some(request) = next.take() {
                let answer: Answer<T> = client.send(&request, Repeat::Safe).await?.json()?;
                if let Some(url) = answer.next_records_url {
                    // An org that leads in a circle would be followed for ever.
                    let path = if url == last_url { None } else { ApiPath::given(&url) };
                    let path = path.ok_or_else(|| Error::new(ErrorKind::Decode).with_source("nextRecordsUrl"))?;
                    next = Some(Request::get("query_more", path));
                    last_url = url;
                }
                yield Page { records: answer.records, total: answer.total_size };
            }
        }
    }

    /// All records in memory: for queries with a limit.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn query_all<T: DeserializeOwned + Send + 'static>(&self, soql: &Soql) -> Result<Vec<T>, Error> {
        let pages = self.query::<T>(soql);
        pages
            .try_fold(Vec::new(), |mut all, page| async move {
                all.extend(page.records);
                Ok(all)
            })
            .await
    }

    /// How many records match; for [`Soql::count`], and any other query without its records being read.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn query_total(&self, soql: &Soql) -> Result<u64, Error> {
        let answer: Answer<serde::de::IgnoredAny> = self.send(&first_request(soql)?, Repeat::Safe).await?.json()?;
        Ok(answer.total_size)
    }
}

fn first_request(soql: &Soql) -> Result<Request, Error> {
    let text = soql.text().map_err(|error| Error::request(error.to_string()).with_source(error))?;
    let path = match soql.rows() {
        Rows::Live => "/query",
        Rows::WithDeleted => "/queryAll",
    };
    let mut request = Request::get("query", ApiPath::new(path)).with_query("q", text);
    if let Some(size) = soql.page_size_hint() {
        request.headers.push((::http::HeaderName::from_static("sforce-query-options"), format!("batchSize={size}")));
    }
    Ok(request)
}
