//! One record at a time.

use ::http::Method;
use domain::SalesforceId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{ApiPath, Repeat, Request};
use crate::{Client, error::Error};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Created {
    pub id: SalesforceId,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Upserted {
    pub id: SalesforceId,
    /// False after a repetition whose first try had made the record.
    #[serde(default)]
    pub created: bool,
}

impl Client {
    /// Repeating is safe only where a unique field would refuse the second record.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn create(
        &self,
        object: &str,
        fields: &(impl Serialize + Sync + ?Sized),
        repeat: Repeat,
    ) -> Result<Created, Error> {
        let request = Request::new("create", Method::POST, ApiPath::object(object)).with_json(fields)?;
        self.send(&request, repeat).await?.json()
    }

    /// `fields` are the names to ask for; none means all the user may see.
    ///
    /// # Errors
    /// `NOT_FOUND`, and see [`crate::ErrorKind`].
    pub async fn retrieve<T: DeserializeOwned>(
        &self,
        object: &str,
        id: &SalesforceId,
        fields: &[&str],
    ) -> Result<T, Error> {
        self.retrieve_at(ApiPath::record(object, id), fields).await
    }

    /// Like [`Client::retrieve`], by the value of an external id.
    ///
    /// # Errors
    /// `NOT_FOUND`, and see [`crate::ErrorKind`].
    pub async fn retrieve_by_external_id<T: DeserializeOwned>(
        &self,
        object: &str,
        external_field: &str,
        key: &str,
        fields: &[&str],
    ) -> Result<T, Error> {
        self.retrieve_at(ApiPath::external(object, external_field, key), fields).await
    }

    async fn retrieve_at<T: DeserializeOwned>(&self, path: ApiPath, fields: &[&str]) -> Result<T, Error> {
        let mut request = Request::get("retrieve", path);
        if !fields.is_empty() {
            request = request.with_query("fields", fields.join(","));
        }
        self.send(&request, Repeat::Safe).await?.json()
    }

    /// Sets the fields given and leaves the others.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn update(
        &self,
        object: &str,
        id: &SalesforceId,
        fields: &(impl Serialize + Sync + ?Sized),
        repeat: Repeat,
    ) -> Result<(), Error> {
        let request = Request::new("update", Method::PATCH, ApiPath::record(object, id)).with_json(fields)?;
        self.send(&request, repeat).await.map(drop)
    }

    /// Makes or updates the record whose `external_field` is `key`. `body` must not hold that field. The second of two such
    /// requests finds what the first one made, so the client repeats it after a broken connection.
    ///
    /// # Errors
    /// `DUPLICATE_EXTERNAL_ID` when several records match, and see [`crate::ErrorKind`].
    pub async fn upsert(
        &self,
        object: &str,
        external_field: &str,
        key: &str,
        body: &(impl Serialize + Sync + ?Sized),
    ) -> Result<Upserted, Error> {
        let path = ApiPath::external(object, external_field, key);
        let request = Request::new("upsert", Method::PATCH, path).with_json(body)?;
        self.send(&request, Repeat::Safe).await?.json()
    }

    /// A repetition whose first try worked answers `ENTITY_IS_DELETED`.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn delete(&self, object: &str, id: &SalesforceId, repeat: Repeat) -> Result<(), Error> {
        self.send(&Request::new("delete", Method::DELETE, ApiPath::record(object, id)), repeat).await.map(drop)
    }
}
