//! `casebridge openapi`: what the REST API is, for generators and reviewers. Needs no configuration.

use super::fault::{Fault, answer};
use crate::http;

pub(super) fn run() -> Result<(), Fault> {
    let document = http::openapi().to_pretty_json();
    answer(&document.map_err(|error| Fault::new(format!("The description can't be written: {error}.")))?);
    Ok(())
}
