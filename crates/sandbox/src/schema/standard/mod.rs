//! The standard objects used here, as Salesforce describes them: real names, labels, lengths, prefixes and relationships.

mod activity;
mod chatter;
mod content;
mod crm;
mod organization;
mod service;

use super::object::Object;

pub(super) fn objects() -> Vec<Object> {
    vec![
        crm::account(),
        crm::contact(),
        crm::opportunity(),
        crm::product(),
        service::case(),
        service::case_comment(),
        service::email_message(),
        chatter::feed_item(),
        chatter::feed_comment(),
        chatter::group(),
        activity::event(),
        content::version(),
        content::document(),
        content::document_link(),
        organization::user(),
        organization::profile(),
        organization::organization(),
        organization::record_type(),
    ]
}
