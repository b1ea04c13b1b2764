//! Up to 200 records of one object in one call, each for itself.

use ::http::Method;
use domain::SalesforceId;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{ApiPath, Repeat, Request, Upserted};
use crate::{
    Client,
    error::{ApiError, Error, ErrorKind, Outcome},
};

/// How many records one call writes.
pub const MAX_RECORDS: usize = 200;

/// How many records one call reads.
pub const MAX_READ: usize = 2_000;

/// A record of a collection: the value of its external id, and its other fields.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub key: String,
    pub fields: Map<String, Value>,
}

#[derive(Deserialize)]
struct Saved {
    id: Option<SalesforceId>,
    success: bool,
    #[serde(default)]
    created: bool,
    #[serde(default)]
    errors: Vec<ApiError>,
}

impl Saved {
    fn outcome(self) -> Result<Upserted, Error> {
        match self.id {
            Some(id) if self.success => Ok(Upserted { id, created: self.created }),
            // What one record is refused for is told the way a request of its own would be.
            _ => Err(Error::api(400, self.errors)),
        }
    }
}

impl Client {
    /// Makes or updates each record whose `external_field` is its key; one that is refused leaves the others. Counts as one call.
    /// Answers in the order asked. Twice does what once does.
    ///
    /// # Errors
    /// The request as a whole failed, and then nothing is known of any record; see [`ErrorKind`].
    pub async fn upsert_all(
        &self,
        object: &str,
        external_field: &str,
        records: &[Keyed],
    ) -> Result<Vec<Result<Upserted, Error>>, Error> {
        let path = ApiPath::new("/composite/sobjects").name(object).name(external_field);
        let records = records.iter().map(|record| body(object, external_field, &record.key, &record.fields)).collect();
        self.save_all("upsert_all", path, records).await
    }

    /// Sets the fields given of the records named by id, as [`Client::upsert_all`] does by key.
    ///
    /// # Errors
    /// As [`Client::upsert_all`].
    pub async fn update_all(
        &self,
        object: &str,
        records: &[(SalesforceId, Map<String, Value>)],
    ) -> Result<Vec<Result<Upserted, Error>>, Error> {
        let records = records.iter().map(|(id, fields)| body(object, "id", id.as_str(), fields)).collect();
        self.save_all("update_all", ApiPath::new("/composite/sobjects"), records).await
    }

    /// The fields of up to 2,000 records named by id, in the order asked; none for one that isn't there. Counts as one call.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn retrieve_all<T: DeserializeOwned>(
        &self,
        object: &str,
        ids: &[SalesforceId],
        fields: &[&str],
    ) -> Result<Vec<Option<T>>, Error> {
        if ids.is_empty() || ids.len() > MAX_READ {
            return Err(Error::request("1 to 2,000 records can be read at once"));
        }
        let path = ApiPath::new("/composite/sobjects").name(object);
        let request = Request::new("retrieve_all", Method::POST, path)
            .with_json(&json!({ "ids": ids, "fields": fields }))?
            .large();
        let found: Vec<Option<T>> = self.send(&request, Repeat::Safe).await?.json()?;
        if found.len() != ids.len() {
            return Err(Error::new(ErrorKind::Decode).with_source("records are missing"));
        }
        Ok(found)
    }

    async fn save_all(
        &self,
        operation: &'static str,
        path: ApiPath,
        records: Vec<Value>,
    ) -> Result<Vec<Result<Upserted, Error>>, Error> {
        if records.is_empty() || records.len() > MAX_RECORDS {
            return Err(Error::request("a collection has 1 to 200 records"));
        }
        let count = records.len();
        let request = Request::new(operation, Method::PATCH, path)
            .with_json(&json!({ "allOrNone": false, "records": records }))?;
        let saved: Vec<Saved> = self.send(&request, Repeat::Safe).await?.json()?;
        if saved.len() != count {
            return Err(Error::new(ErrorKind::Decode)
                .with_outcome(Outcome::Unknown)
                .with_source("records are missing"));
        }
        Ok(saved.into_iter().map(Saved::outcome).collect())
    }
}

fn body(object: &str, key_field: &str, key: &str, fields: &Map<String, Value>) -> Value {
    let mut body = fields.clone();
    body.insert("attributes".to_owned(), json!({ "type": object }));
    body.insert(key_field.to_owned(), json!(key));
    Value::Object(body)
}
