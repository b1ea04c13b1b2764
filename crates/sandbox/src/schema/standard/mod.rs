//! The standard objects used here, as Salesforce describes them: real names, labels, lengths, prefixes and relationships.

mod activity;
mod chatter;
mod content;
mod crm;
mod locale;
mod organization;
pub(crate) mod sales;
mod service;

use super::object::Object;

pub(super) fn objects() -> Vec<Object> {
    vec![
        crm::account(),
        crm::contact(),
        sales::opportunity(),
        sales::line_item(),
        sales::product(),
        sales::price_book(),
        sales::price_book_entry(),
        service::case(),
        service::case_comment(),
        service::case_status(),
        service::email_message(),
        chatter::feed_item(),
        chatter::feed_comment(),
        chatter::group(),
        chatter::group_member(),
        chatter::queue_object(),
        activity::event(),
        activity::task(),
        content::version(),
        content::document(),
        content::document_link(),
        content::attachment(),
        organization::user(),
        organization::user_role(),
        organization::user_license(),
        organization::profile(),
        organization::organization(),
        organization::record_type(),
        organization::entity_definition(),
        organization::permission_set(),
        organization::permission_set_assignment(),
    ]
}
