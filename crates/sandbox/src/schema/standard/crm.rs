//! Accounts and contacts.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
};

const GEOCODE_ACCURACIES: &[&str] = &[
    "Address",
    "NearAddress",
    "Block",
    "Street",
    "ExtendedZip",
    "Zip",
    "Neighborhood",
    "City",
    "County",
    "State",
    "Unknown",
];
const INDUSTRIES: &[&str] = &[
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Food & Beverage",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Not For Profit",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
];
pub(super) const LEAD_SOURCES: &[&str] = &["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"];
const CLEAN_STATUSES: &[&str] =
    &["Matched", "Different", "Acknowledged", "NotFound", "Inactive", "*Pending", "SelectMatch", "Skipped"];

/// An address with its parts: street, city, state, postal code, country and place. A user's own has no prefix.
pub(super) fn address(prefix: &str, label: &str) -> [Field; 9] {
    let name = |part: &str| format!("{prefix}{part}");
    let label = |part: &str| format!("{label} {part}").trim().to_owned();
    let whole = name("Address");
    let text = |part: &str, says: &str, length: u32| Field::text(&name(part), &label(says), length).part_of(&whole);
    let degrees = |part: &str| Field::double(&name(part), &label(part), FieldKind::Double, 18, 15).part_of(&whole);
    [
        Field::new(&name("Street"), &label("Street"), FieldKind::TextArea).part_of(&whole),
        text("City", "City", 40),
        text("State", "State/Province", 80),
        text("PostalCode", "Zip/Postal Code", 20),
        text("Country", "Country", 80),
        degrees("Latitude"),
        degrees("Longitude"),
        Field::picklist(&name("GeocodeAccuracy"), &label("Geocode Accuracy"), GEOCODE_ACCURACIES)
            .restricted()
            .part_of(&whole),
        Field::new(&whole, &label("Address"), FieldKind::Address).read_only(),
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
            &[
                "Prospect",
                "Customer - Direct",
                "Customer - Channel",
                "Channel Partner / Reseller",
                "Installation Partner",
                "Technology Partner",
                "Other",
            ],
        ))
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with(Field::reference("ParentId", "Parent Account ID", "Parent", &["Account"]).children_as("ChildAccounts"))
        .with_all(address("Billing", "Billing"))
        .with_all(address("Shipping", "Shipping"))
        .with(Field::new("Phone", "Account Phone", FieldKind::Phone))
        .with(Field::new("Fax", "Account Fax", FieldKind::Phone))
        .with(Field::text("AccountNumber", "Account Number", 40))
        .with(Field::new("Website", "Website", FieldKind::Url))
        .with(Field::new("PhotoUrl", "Photo URL", FieldKind::Url).read_only())
        .with(Field::text("Sic", "SIC Code", 20))
        .with(Field::picklist("Industry", "Industry", INDUSTRIES))
        .with(Field::double("AnnualRevenue", "Annual Revenue", FieldKind::Currency, 18, 0))
        .with(Field::new("NumberOfEmployees", "Employees", FieldKind::Int))
        .with(Field::picklist("Ownership", "Ownership", &["Public", "Private", "Subsidiary", "Other"]))
        .with(Field::text("TickerSymbol", "Ticker Symbol", 20))
        .with(Field::long_text("Description", "Account Description", 32_000))
        .with(Field::picklist("Rating", "Account Rating", &["Hot", "Warm", "Cold"]))
        .with(Field::text("Site", "Account Site", 80))
        .owned_by_user()
        .with_all(activity_and_views())
        .with(Field::text("Jigsaw", "Data.com Key", 20))
        .with(Field::text("JigsawCompanyId", "Jigsaw Company ID", 20).read_only())
        .with(Field::picklist("CleanStatus", "Clean Status", CLEAN_STATUSES).restricted())
        .with(Field::picklist("AccountSource", "Account Source", LEAD_SOURCES))
        .with(Field::text("DunsNumber", "D-U-N-S Number", 9))
        .with(Field::text("Tradestyle", "Tradestyle", 255))
        .with(Field::text("NaicsCode", "NAICS Code", 8))
        .with(Field::text("NaicsDesc", "NAICS Description", 120))
        .with(Field::text("YearStarted", "Year Started", 4))
        .with(Field::text("SicDesc", "SIC Description", 80))
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
        .with(Field::text("LastName", "Last Name", 80).required().part_of("Name"))
        .with(Field::text("FirstName", "First Name", 40).part_of("Name"))
        .with(
            Field::picklist("Salutation", "Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."]).part_of("Name"),
        )
        .with(Field::text("Name", "Full Name", 121).required().read_only().naming().part_of("Name"))
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with_all(address("Other", "Other"))
        .with_all(address("Mailing", "Mailing"))
        .with(Field::new("Phone", "Business Phone", FieldKind::Phone))
        .with(Field::new("Fax", "Business Fax", FieldKind::Phone))
        .with(Field::new("MobilePhone", "Mobile Phone", FieldKind::Phone))
        .with(Field::new("HomePhone", "Home Phone", FieldKind::Phone))
        .with(Field::new("OtherPhone", "Other Phone", FieldKind::Phone))
        .with(Field::new("AssistantPhone", "Asst. Phone", FieldKind::Phone))
        .with(
            Field::reference("ReportsToId", "Reports To ID", "ReportsTo", &["Contact"])
                .children_as("ContactsReportsTo"),
        )
        .with(Field::new("Email", "Email", FieldKind::Email).finding())
        .with(Field::text("Title", "Title", 128))
        .with(Field::text("Department", "Department", 80))
        .with(Field::text("AssistantName", "Assistant's Name", 40))
        .with(Field::picklist("LeadSource", "Lead Source", LEAD_SOURCES))
        .with(Field::new("Birthdate", "Birthdate", FieldKind::Date))
        .with(Field::long_text("Description", "Contact Description", 32_000))
        .owned_by_user()
        .with(Field::boolean("HasOptedOutOfEmail", "Email Opt Out"))
        .with(Field::boolean("HasOptedOutOfFax", "Fax Opt Out"))
        .with(Field::boolean("DoNotCall", "Do Not Call"))
        .with_all(activity_and_views())
        .with(Field::new("LastCURequestDate", "Last Stay-in-Touch Request Date", FieldKind::DateTime).read_only())
        .with(Field::new("LastCUUpdateDate", "Last Stay-in-Touch Save Date", FieldKind::DateTime).read_only())
        .with(Field::text("EmailBouncedReason", "Email Bounced Reason", 255))
        .with(Field::new("EmailBouncedDate", "Email Bounced Date", FieldKind::DateTime))
        .with(Field::boolean("IsEmailBounced", "Is Email Bounced").read_only())
        .with(Field::new("PhotoUrl", "Photo URL", FieldKind::Url).read_only())
        .with(Field::text("Jigsaw", "Data.com Key", 20))
        .with(Field::text("JigsawContactId", "Jigsaw Contact ID", 20).read_only())
        .with(Field::picklist("CleanStatus", "Clean Status", CLEAN_STATUSES).restricted())
}

/// When somebody last did something about a record, or looked at it.
pub(super) fn activity_and_views() -> [Field; 3] {
    [
        Field::new("LastActivityDate", "Last Activity", FieldKind::Date).read_only(),
        Field::new("LastViewedDate", "Last Viewed Date", FieldKind::DateTime).read_only(),
        Field::new("LastReferencedDate", "Last Referenced Date", FieldKind::DateTime).read_only(),
    ]
}
