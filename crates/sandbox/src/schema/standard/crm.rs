//! Accounts, contacts, opportunities and products.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
};

/// Street, city, state, postal code and country of one address.
fn address(prefix: &str, label: &str) -> [Field; 5] {
    let name = |part: &str| format!("{prefix}{part}");
    [
        Field::new(&name("Street"), &format!("{label} Street"), FieldKind::TextArea),
        Field::text(&name("City"), &format!("{label} City"), 40),
        Field::text(&name("State"), &format!("{label} State/Province"), 80),
        Field::text(&name("PostalCode"), &format!("{label} Zip/Postal Code"), 20),
        Field::text(&name("Country"), &format!("{label} Country"), 80),
    ]
}

pub(super) fn account() -> Object {
    Object::standard("Account", "Account", "Accounts", "001")
        .with_feed()
        .with(Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Account"]).read_only())
        .with(Field::text("Name", "Account Name", 255).required().naming())
        .with(Field::picklist(
            "Type",
            "Account Type",
            &["Prospect", "Customer - Direct", "Customer - Channel", "Other"],
        ))
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with(Field::reference("ParentId", "Parent Account ID", "Parent", &["Account"]).children_as("ChildAccounts"))
        .with_all(address("Billing", "Billing"))
        .with_all(address("Shipping", "Shipping"))
        .with(Field::new("Phone", "Account Phone", FieldKind::Phone))
        .with(Field::text("AccountNumber", "Account Number", 40))
        .with(Field::new("Website", "Website", FieldKind::Url))
        .with(Field::picklist("Industry", "Industry", &["Education", "Government", "Technology", "Other"]))
        .with(Field::double("AnnualRevenue", "Annual Revenue", FieldKind::Currency, 18, 0))
        .with(Field::new("NumberOfEmployees", "Employees", FieldKind::Int))
        .with(Field::long_text("Description", "Account Description", 32_000))
        .owned_by_user()
        .with(Field::picklist(
            "AccountSource",
            "Account Source",
            &["Web", "Phone Inquiry", "Partner Referral", "Other"],
        ))
}

pub(super) fn contact() -> Object {
    Object::standard("Contact", "Contact", "Contacts", "003")
        .with_feed()
        .with(Field::reference("MasterRecordId", "Master Record ID", "MasterRecord", &["Contact"]).read_only())
        .with(
            Field::reference("AccountId", "Account ID", "Account", &["Account"])
                .children_as("Contacts")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::text("LastName", "Last Name", 80).required())
        .with(Field::text("FirstName", "First Name", 40))
        .with(Field::picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."]))
        .with(Field::text("Name", "Full Name", 121).required().read_only().naming())
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with_all(address("Mailing", "Mailing"))
        .with(Field::new("Phone", "Business Phone", FieldKind::Phone))
        .with(Field::new("MobilePhone", "Mobile Phone", FieldKind::Phone))
        .with(
            Field::reference("ReportsToId", "Reports To ID", "ReportsTo", &["Contact"])
                .children_as("ContactsReportsTo"),
        )
        .with(Field::new("Email", "Email", FieldKind::Email))
        .with(Field::text("Title", "Title", 128))
        .with(Field::text("Department", "Department", 80))
        .with(Field::picklist("LeadSource", "Lead Source", &["Web", "Phone Inquiry", "Partner Referral", "Other"]))
        .with(Field::new("Birthdate", "Birthdate", FieldKind::Date))
        .with(Field::long_text("Description", "Contact Description", 32_000))
        .owned_by_user()
        .with(Field::boolean("HasOptedOutOfEmail", "Email Opt Out"))
        .with(Field::boolean("IsEmailBounced", "Is Email Bounced").read_only())
}

pub(super) fn opportunity() -> Object {
    Object::standard("Opportunity", "Opportunity", "Opportunities", "006")
        .with_feed()
        .with(
            Field::reference("AccountId", "Account ID", "Account", &["Account"])
                .children_as("Opportunities")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with(Field::text("Name", "Name", 120).required().naming())
        .with(Field::long_text("Description", "Description", 32_000))
        .with(
            Field::picklist(
                "StageName",
                "Stage",
                &[
                    "Prospecting",
                    "Qualification",
                    "Proposal/Price Quote",
                    "Negotiation/Review",
                    "Closed Won",
                    "Closed Lost",
                ],
            )
            .required(),
        )
        .with(Field::double("Amount", "Amount", FieldKind::Currency, 18, 2))
        .with(Field::double("Probability", "Probability (%)", FieldKind::Percent, 3, 0))
        .with(Field::new("CloseDate", "Close Date", FieldKind::Date).required())
        .with(Field::picklist("Type", "Opportunity Type", &["Existing Business", "New Business"]))
        .with(Field::text("NextStep", "Next Step", 255))
        .with(Field::picklist("LeadSource", "Lead Source", &["Web", "Phone Inquiry", "Partner Referral", "Other"]))
        .with(Field::boolean("IsClosed", "Closed").read_only())
        .with(Field::boolean("IsWon", "Won").read_only())
        .owned_by_user()
}

pub(super) fn product() -> Object {
    Object::standard("Product2", "Product", "Products", "01t")
        .with_feed()
        .with(Field::text("Name", "Product Name", 255).required().naming())
        .with(Field::text("ProductCode", "Product Code", 255))
        .with(Field::long_text("Description", "Product Description", 4_000))
        .with(Field::boolean("IsActive", "Active"))
        .with(Field::picklist("Family", "Product Family", &["None"]))
        .with(Field::text("StockKeepingUnit", "Product SKU", 180))
        .with(Field::new("DisplayUrl", "Display URL", FieldKind::Url))
}
