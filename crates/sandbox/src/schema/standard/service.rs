//! Cases, what is said on them, and their mail.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::{Object, ObjectKind, audit_fields},
};

pub(super) fn case() -> Object {
    Object::standard("Case", "Case", "Cases", "500")
        .with_feed()
        .with(Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Case"]).read_only())
        .with(Field::auto_number("CaseNumber", "Case Number", "{00000000}").naming().finding())
        .with(
            Field::reference("ContactId", "Contact ID", "Contact", &["Contact"])
                .children_as("Cases")
                .on_delete(OnDelete::Restrict),
        )
        .with(
            Field::reference("AccountId", "Account ID", "Account", &["Account"])
                .children_as("Cases")
                .on_delete(OnDelete::Restrict),
        )
        .with(Field::reference("ParentId", "Parent Case ID", "Parent", &["Case"]).children_as("Cases"))
        .with(Field::text("SuppliedName", "Name", 80))
        .with(Field::new("SuppliedEmail", "Email Address", FieldKind::Email))
        .with(Field::text("SuppliedPhone", "Phone", 40))
        .with(Field::text("SuppliedCompany", "Company", 80))
        .with(Field::picklist("Type", "Case Type", &["Question", "Problem", "Feature Request"]))
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with(
            Field::picklist("Status", "Status", &["*New", "Open", "Working", "Escalated", "Closed"])
                .closing(&["Closed"]),
        )
        .with(Field::picklist("Reason", "Case Reason", &["Question", "Content", "Access", "Other"]))
        .with(Field::picklist("Origin", "Case Origin", &["Phone", "Email", "Web", "Publisher"]))
        .with(Field::text("Subject", "Subject", 255))
        .with(Field::picklist("Priority", "Priority", &["High", "*Medium", "Low"]))
        .with(Field::long_text("Description", "Description", 32_000))
        .with(Field::boolean("IsClosed", "Closed").read_only())
        .with(Field::new("ClosedDate", "Closed Date", FieldKind::DateTime).read_only())
        .with(Field::boolean("IsEscalated", "Escalated"))
        .with(Field::boolean("IsClosedOnCreate", "Closed When Created").read_only())
        .owned()
        // Written only: it becomes a comment on the case.
        .with(Field::long_text("Comments", "Internal Comments", 4_000).in_bytes().not_filterable())
        .with(Field::new("ContactMobile", "Contact Mobile", FieldKind::Phone).read_only())
        .with(Field::new("ContactFax", "Contact Fax", FieldKind::Phone).read_only())
        .with(Field::new("ContactPhone", "Contact Phone", FieldKind::Phone).read_only())
        .with(Field::new("ContactEmail", "Contact Email", FieldKind::Email).read_only())
        .with(Field::new("LastViewedDate", "Last Viewed Date", FieldKind::DateTime).read_only())
        .with(Field::new("LastReferencedDate", "Last Referenced Date", FieldKind::DateTime).read_only())
}

pub(super) fn case_comment() -> Object {
    Object::standard("CaseComment", "Case Comment", "Case Comments", "00a")
        .with(
            Field::reference("ParentId", "Parent ID", "Parent", &["Case"])
                .required()
                .create_only()
                .children_as("CaseComments")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::boolean("IsPublished", "Published"))
        // The only text whose limit counts bytes.
        .with(Field { filterable: true, sortable: true, ..Field::long_text("CommentBody", "Body", 4_000) }.in_bytes())
}

pub(super) fn email_message() -> Object {
    let addresses = |name: &str, label: &str| Field { length: Some(4_000), ..Field::long_text(name, label, 4_000) };
    Object::standard("EmailMessage", "Email Message", "Email Messages", "02s")
        .with(
            Field::reference("ParentId", "Case ID", "Parent", &["Case"])
                .children_as("EmailMessages")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::reference("ActivityId", "Activity ID", "Activity", &["Task"]).create_only())
        .with(Field::reference("RelatedToId", "Related To ID", "RelatedTo", &["Account", "Case", "Opportunity"]))
        .with(Field::long_text("TextBody", "Text Body", 131_072))
        .with(Field::long_text("HtmlBody", "HTML Body", 131_072))
        .with(Field::long_text("Headers", "Headers", 32_000))
        .with(Field::text("Subject", "Subject", 3_000).naming())
        .with(Field::text("FromName", "From Name", 1_000))
        .with(Field { length: Some(1_000), ..Field::new("FromAddress", "From Address", FieldKind::Email) })
        .with(addresses("ToAddress", "To Address"))
        .with(addresses("CcAddress", "CC Address"))
        .with(addresses("BccAddress", "BCC Address"))
        .with(Field::boolean("Incoming", "Is Incoming"))
        .with(Field::boolean("HasAttachment", "Has Attachment").read_only())
        // 0 New, 1 Read, 2 Replied, 3 Sent, 4 Forwarded, 5 Draft.
        .with(Field::picklist("Status", "Status", &["*0", "1", "2", "3", "4", "5"]).restricted())
        .with(Field::new("MessageDate", "Message Date", FieldKind::DateTime))
        .with(Field::text("MessageIdentifier", "Message ID", 765))
        .with(Field::text("ThreadIdentifier", "Thread ID", 765))
        .with(
            Field::reference("ReplyToEmailMessageId", "Email Message ID", "ReplyToEmailMessage", &["EmailMessage"])
                .create_only(),
        )
        .with(Field::boolean("IsClientManaged", "Is Client Managed"))
        .with(Field::boolean("IsPrivateDraft", "Is Private Draft").read_only())
        .with(Field::boolean("IsOpened", "Opened?").read_only())
        .with(Field::boolean("IsBounced", "Bounced?").read_only())
        .with(Field::boolean("IsTracked", "Is Tracked"))
        .with(Field::new("FirstOpenedDate", "First Opened", FieldKind::DateTime).read_only())
        .with(Field::new("LastOpenedDate", "Last Opened", FieldKind::DateTime).read_only())
        .with(Field::text("ValidatedFromAddress", "From", 1_000))
        .with(Field::boolean("IsExternallyVisible", "Is Externally Visible"))
}

pub(super) fn case_status() -> Object {
    let mut object = Object::bare("CaseStatus", "Case Status Value", "Case Status Values", "019", ObjectKind::Standard)
        .with_all(audit_fields())
        .with(Field::text("MasterLabel", "Master Label", 255).required().naming())
        .with(Field::text("ApiName", "API Name", 255))
        .with(Field::new("SortOrder", "Sort Order", FieldKind::Int))
        .with(Field::boolean("IsDefault", "Is Default"))
        .with(Field::boolean("IsClosed", "Is Closed"))
        .read_only();
    object.deletable = false;
    object
}
