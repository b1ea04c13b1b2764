//! What an address says: its path's one variable part, and its query.

use std::{convert::Infallible, str::FromStr};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use engine::PageRequest;

use super::Problem;
use crate::http::AppState;

/// The variable part of a path, decoded.
pub(crate) struct PathText(String);

impl FromRequestParts<AppState> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::field("path", "The address holds what is no UTF-8."))?;
        Ok(Self(text))
    }
}

impl PathText {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// # Errors
    /// The part is no UUID; the problem blames it by this name.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        id(name, &self.0)
    }
}

pub(crate) fn id<T: FromStr>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::field(name, "That is not a UUID."))
}

/// The query, its parts decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl FromRequestParts<AppState> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Query {
    /// # Errors
    /// It is given twice, and nobody can say which one was meant.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Problem::field(name, "It is given more than once. Give it once.")),
        }
    }

    /// # Errors
    /// The limit is no number.
    pub(crate) fn page(&self) -> Result<PageRequest, Problem> {
        let limit = self
            .one("limit")?
            .map(|text| text.parse().map_err(|_| Problem::field("limit", "The limit is not a whole number.")));
        Ok(PageRequest { cursor: self.one("cursor")?.map(str::to_owned), limit: limit.transpose()? })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
