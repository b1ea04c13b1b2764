//! What is to be done with the rows of a job, and how they are written.

use serde::{Deserialize, Serialize};

use super::chunking::Chunking;
use crate::events::ChangeOrigin;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Api {
    V1,
    V2Ingest,
    V2Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
    Query,
    QueryAll,
}

impl Operation {
    const ALL: [(&'static str, Self); 7] = [
        ("insert", Self::Insert),
        ("update", Self::Update),
        ("upsert", Self::Upsert),
        ("delete", Self::Delete),
        ("hardDelete", Self::HardDelete),
        ("query", Self::Query),
        ("queryAll", Self::QueryAll),
    ];

    /// In any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operation)| operation)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }

    pub(super) fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::QueryAll)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Format {
    Csv,
    Json,
    Xml,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }
}

/// How the columns and lines of a CSV file are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) line_ending: LineEnding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Delimiter {
    Comma,
    Backquote,
    Caret,
    Pipe,
    Semicolon,
    Tab,
}

impl Delimiter {
    const ALL: [(&'static str, u8, Self); 6] = [
        ("COMMA", b',', Self::Comma),
        ("BACKQUOTE", b'`', Self::Backquote),
        ("CARET", b'^', Self::Caret),
        ("PIPE", b'|', Self::Pipe),
        ("SEMICOLON", b';', Self::Semicolon),
        ("TAB", b'\t', Self::Tab),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, ..)| *known == name).map(|(.., delimiter)| delimiter)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(.., delimiter)| *delimiter == self).map_or("", |(name, ..)| name)
    }

    pub(super) fn byte(self) -> u8 {
        Self::ALL.into_iter().find(|(.., delimiter)| *delimiter == self).map_or(b',', |(_, byte, _)| byte)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LineEnding {
    Lf,
    Crlf,
    /// The first interface isn't told, and takes both.
    Either,
}

impl LineEnding {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "LF" => Some(Self::Lf),
            "CRLF" => Some(Self::Crlf),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        if self == Self::Crlf { "CRLF" } else { "LF" }
    }

    pub(super) fn text(self) -> &'static str {
        if self == Self::Crlf { "\r\n" } else { "\n" }
    }
}

/// The same for all batches of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) operation: Operation,
    /// Canonical name.
    pub(super) object: String,
    /// Canonical name of the field an upsert finds its records by.
    pub(super) external_id_field: Option<String>,
    pub(super) format: Format,
    pub(super) dialect: Dialect,
    pub(super) user: String,
    pub(super) api: Api,
    /// `67.0`
    pub(super) version: String,
    /// As change events tell of what the job does.
    #[serde(default)]
    pub(super) origin: ChangeOrigin,
    /// Of a query by the first interface.
    pub(super) chunking: Option<Chunking>,
}
