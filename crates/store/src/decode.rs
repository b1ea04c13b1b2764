//! From columns to domain types. What doesn't decode is [`Error::Corrupt`], with the place and without the content.

use std::fmt::Display;

use domain::{SalesforceId, Timestamp};

use crate::Error;

/// A column, for saying where it went wrong.
#[derive(Clone, Copy)]
pub(crate) struct Field(pub(crate) &'static str, pub(crate) &'static str);

impl Field {
    pub(crate) fn read<T, E: Display>(self, result: Result<T, E>) -> Result<T, Error> {
        result.map_err(|error| self.corrupt(error.to_string()))
    }

    /// For a value out of a closed list.
    pub(crate) fn known<T>(self, name: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.corrupt(format!("unknown name {name}")))
    }

    pub(crate) fn salesforce_id(self, text: &str) -> Result<SalesforceId, Error> {
        self.read(SalesforceId::new(text))
    }

    pub(crate) fn salesforce_id_or_none(self, text: Option<&str>) -> Result<Option<SalesforceId>, Error> {
        text.map(|text| self.salesforce_id(text)).transpose()
    }

    pub(crate) fn corrupt(self, detail: String) -> Error {
        Error::Corrupt { table: self.0, column: self.1, detail }
    }
}

pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub(crate) fn time_or_none(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

pub(crate) fn micros_or_none(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_micros)
}

/// The whole list, or the first row that doesn't decode.
pub(crate) fn rows<M, R: TryFrom<M, Error = Error>>(models: Vec<M>) -> Result<Vec<R>, Error> {
    models.into_iter().map(R::try_from).collect()
}

pub(crate) fn row_or_none<M, R: TryFrom<M, Error = Error>>(model: Option<M>) -> Result<Option<R>, Error> {
    model.map(R::try_from).transpose()
}
