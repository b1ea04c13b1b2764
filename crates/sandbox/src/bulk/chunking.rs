//! PK chunking: a query over a whole object is cut into queries over spans of its record ids.

use serde::{Deserialize, Serialize};

use super::{extract, task::Task};
use crate::{
    error::ApiError,
    org::Org,
    schema::{Object, ObjectKind},
};

const DEFAULT_SIZE: usize = 100_000;
const LARGEST_SIZE: usize = 250_000;

/// Standard objects that Salesforce chunks, beside all custom ones.
const CHUNKED: [&str; 16] = [
    "Account",
    "Asset",
    "Campaign",
    "CampaignMember",
    "Case",
    "CaseArticle",
    "Contact",
    "Event",
    "EventRelation",
    "Lead",
    "LoginHistory",
    "Opportunity",
    "Task",
    "User",
    "WorkOrder",
    "WorkOrderLineItem",
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chunking {
    /// Records in a chunk, deleted ones included.
    size: usize,
    /// The id of the first, in 15 characters.
    start: Option<String>,
}

/// What is wrong with the header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Wrong(String),
    NotEmulated(&'static str),
}

impl Chunking {
    /// Reads `Sforce-Enable-PKChunking`: `true`, or `chunkSize=50000; startRow=00130000000xEft`. `None` when it says no.
    pub(super) fn read(header: &str) -> Result<Option<Self>, Unfit> {
        let mut chunking = Self { size: DEFAULT_SIZE, start: None };
        let wrong = |option: &str| Unfit::Wrong(format!("Invalid Sforce-Enable-PKChunking header: {option}"));
        for option in header.split([';', ',']).map(str::trim).filter(|option| !option.is_empty()) {
            match option.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                None if option.eq_ignore_ascii_case("true") => {}
                None if option.eq_ignore_ascii_case("false") => return Ok(None),
                Some((name, size)) if name.eq_ignore_ascii_case("chunkSize") => {
                    let size = size.parse().ok().filter(|size| (1..=LARGEST_SIZE).contains(size));
                    chunking.size = size.ok_or_else(|| wrong(option))?;
                }
                Some((name, start)) if name.eq_ignore_ascii_case("startRow") => {
                    let start = start.get(..15).filter(|start| start.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                    chunking.start = Some(start.ok_or_else(|| wrong(option))?.to_owned());
                }
                Some((name, _)) if name.eq_ignore_ascii_case("parent") => {
                    return Err(Unfit::NotEmulated("PK chunking by the parent of a sharing object (parent)"));
                }
                _ => return Err(wrong(option)),
            }
        }
        Ok(Some(chunking))
    }

    /// The queries for the chunks; `None` when the query asks for more than fields and conditions, which turns chunking off.
    ///
    /// # Errors
    /// It isn't a query, or its object can't be chunked.
    pub(super) fn split(&self, org: &Org, task: &Task, text: &str) -> Result<Option<Vec<String>>, ApiError> {
        let query = extract::check(&org.schema, text, task.api, task.format)?;
        if !query.is_chunkable() {
            return Ok(None);
        }
        let object = org.schema.object(query.object_name()).ok_or_else(ApiError::not_found)?;
        if !is_chunked(object) {
            return Err(ApiError::bad("INVALIDBATCH", format!("PK chunking is not supported for {}", object.name)));
        }
        let firsts = org.read(|database| {
            let mut ids: Vec<&str> =
                database.records(&object.name).filter_map(|record| record.id().get(..15)).collect();
            ids.retain(|id| self.start.as_deref().is_none_or(|start| *id >= start));
            ids.sort_unstable();
            ids.into_iter().step_by(self.size).map(str::to_owned).collect::<Vec<_>>()
        });
        let untils = firsts.iter().skip(1).map(|id| Some(id.as_str())).chain([None]);
        Ok(Some(firsts.iter().zip(untils).map(|(from, until)| query.between(from, until).to_string()).collect()))
    }
}

fn is_chunked(object: &Object) -> bool {
    object.kind == ObjectKind::Custom || CHUNKED.contains(&object.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Chunking, Unfit};

    #[test]
    fn the_header_is_read() {
        let read = |header: &str| Chunking::read(header).unwrap();
        assert_eq!(read("TRUE"), Some(Chunking { size: 100_000, start: None }));
        assert_eq!(read("false"), None);
        let start = Some("00130000000xEft".to_owned());
        assert_eq!(read("chunkSize=50; startRow=00130000000xEftMGH"), Some(Chunking { size: 50, start }));
        for wrong in ["chunkSize=0", "chunkSize=250001", "chunkSize=x", "startRow=short", "other=1", "maybe"] {
            assert!(matches!(Chunking::read(wrong), Err(Unfit::Wrong(_))), "{wrong}");
        }
        assert!(matches!(Chunking::read("chunkSize=9; parent=Account"), Err(Unfit::NotEmulated(_))));
    }
}
