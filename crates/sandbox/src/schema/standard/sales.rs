//! Opportunities, what is sold in them, and price books.

use super::crm::{LEAD_SOURCES, activity_and_views};
use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
};

/// Stages with the probability and forecast category each brings, and whether it ends the opportunity.
pub(crate) const STAGES: &[(&str, u32, &str, StageEnd)] = &[
    ("Prospecting", 10, "Pipeline", StageEnd::Open),
    ("Qualification", 10, "Pipeline", StageEnd::Open),
    ("Needs Analysis", 20, "Pipeline", StageEnd::Open),
    ("Value Proposition", 50, "Pipeline", StageEnd::Open),
    ("Id. Decision Makers", 60, "Pipeline", StageEnd::Open),
    ("Perception Analysis", 70, "Pipeline", StageEnd::Open),
    ("Proposal/Price Quote", 75, "Pipeline", StageEnd::Open),
    ("Negotiation/Review", 90, "Pipeline", StageEnd::Open),
    ("Closed Won", 100, "Closed", StageEnd::Won),
    ("Closed Lost", 0, "Omitted", StageEnd::Lost),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StageEnd {
    Open,
    Won,
    Lost,
}

pub(super) fn opportunity() -> Object {
    let stages: Vec<&str> = STAGES.iter().map(|(name, ..)| *name).collect();
    Object::standard("Opportunity", "Opportunity", "Opportunities", "006")
        .with_feed()
        .with(
            Field::reference("AccountId", "Account ID", "Account", &["Account"])
                .children_as("Opportunities")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]))
        .with(Field::boolean("IsPrivate", "Private"))
        .with(Field::text("Name", "Name", 120).required().naming())
        .with(Field::long_text("Description", "Description", 32_000))
        .with(Field::picklist("StageName", "Stage", &stages).required())
        .with(Field::double("Amount", "Amount", FieldKind::Currency, 18, 2))
        .with(Field::double("Probability", "Probability (%)", FieldKind::Percent, 3, 0))
        .with(Field::double("ExpectedRevenue", "Expected Amount", FieldKind::Currency, 18, 2).read_only())
        .with(Field::double("TotalOpportunityQuantity", "Quantity", FieldKind::Double, 18, 2))
        .with(Field::new("CloseDate", "Close Date", FieldKind::Date).required())
        .with(Field::picklist("Type", "Opportunity Type", &["Existing Business", "New Business"]))
        .with(Field::text("NextStep", "Next Step", 255))
        .with(Field::picklist("LeadSource", "Lead Source", LEAD_SOURCES))
        .with(Field::boolean("IsClosed", "Closed").read_only())
        .with(Field::boolean("IsWon", "Won").read_only())
        .with(
            Field::picklist(
                "ForecastCategory",
                "Forecast Category",
                &["Omitted", "Pipeline", "BestCase", "Forecast", "Closed"],
            )
            .restricted()
            .read_only(),
        )
        .with(Field::picklist(
            "ForecastCategoryName",
            "Forecast Category",
            &["Omitted", "Pipeline", "Best Case", "Commit", "Closed"],
        ))
        .with(Field::boolean("HasOpportunityLineItem", "Has Line Item").read_only())
        .with(
            Field::reference("Pricebook2Id", "Price Book ID", "Pricebook2", &["Pricebook2"])
                .children_as("Opportunities"),
        )
        .owned_by_user()
        .with_all(activity_and_views())
        .with(Field::new("FiscalQuarter", "Fiscal Quarter", FieldKind::Int).read_only())
        .with(Field::new("FiscalYear", "Fiscal Year", FieldKind::Int).read_only())
        .with(Field::text("Fiscal", "Fiscal Period", 6).read_only())
        .with(Field::elsewhere("CampaignId", "Campaign ID"))
        .with(Field::new("PushCount", "Push Count", FieldKind::Int).read_only())
        .with(Field::new("LastStageChangeDate", "Last Stage Change Date", FieldKind::DateTime).read_only())
        .with(Field::boolean("HasOpenActivity", "Has Open Activity").read_only())
        .with(Field::boolean("HasOverdueTask", "Has Overdue Task").read_only())
        .with(
            Field::reference("ContactId", "Contact ID", "Contact", &["Contact"])
                .create_only()
                .children_as("Opportunities"),
        )
}

pub(super) fn line_item() -> Object {
    let amount = |name: &str, label: &str| Field::double(name, label, FieldKind::Currency, 18, 2);
    Object::standard("OpportunityLineItem", "Opportunity Product", "Opportunity Products", "00k")
        .with(
            Field::reference("OpportunityId", "Opportunity ID", "Opportunity", &["Opportunity"])
                .required()
                .create_only()
                .children_as("OpportunityLineItems")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::new("SortOrder", "Sort Order", FieldKind::Int).read_only())
        .with(
            Field::reference("PricebookEntryId", "Price Book Entry ID", "PricebookEntry", &["PricebookEntry"])
                .create_only()
                .children_as("OpportunityLineItems")
                .on_delete(OnDelete::Restrict),
        )
        .with(
            Field::reference("Product2Id", "Product ID", "Product2", &["Product2"])
                .create_only()
                .children_as("OpportunityLineItems")
                .on_delete(OnDelete::Restrict),
        )
        .with(Field::text("ProductCode", "Product Code", 255).read_only())
        .with(Field::text("Name", "Opportunity Product Name", 376).read_only().naming())
        .with(Field::double("Quantity", "Quantity", FieldKind::Double, 12, 2).required())
        .with(amount("Subtotal", "Subtotal").read_only())
        .with(amount("TotalPrice", "Total Price"))
        .with(amount("UnitPrice", "Sales Price"))
        .with(amount("ListPrice", "List Price").read_only())
        .with(Field::double("Discount", "Discount", FieldKind::Percent, 5, 2))
        .with(Field::new("ServiceDate", "Date", FieldKind::Date))
        .with(Field::text("Description", "Line Description", 255))
}

pub(super) fn product() -> Object {
    Object::standard("Product2", "Product", "Products", "01t")
        .with_feed()
        .with(Field::text("Name", "Product Name", 255).required().naming())
        .with(Field::text("ProductCode", "Product Code", 255))
        .with(Field::long_text("Description", "Product Description", 4_000))
        .with(Field::boolean("IsActive", "Active"))
        .with(Field::picklist("Family", "Product Family", &["None"]))
        .with(Field::picklist("QuantityUnitOfMeasure", "Quantity Unit Of Measure", &["Each"]))
        .with(Field::text("ExternalId", "External ID", 255))
        .with(Field::new("DisplayUrl", "Display URL", FieldKind::Url))
        .with(Field::text("StockKeepingUnit", "Product SKU", 180))
        .with(Field::boolean("IsArchived", "Archived").read_only())
        .with_all(activity_and_views().into_iter().skip(1))
}

pub(super) fn price_book() -> Object {
    Object::standard("Pricebook2", "Price Book", "Price Books", "01s")
        .with(Field::text("Name", "Price Book Name", 255).required().naming())
        .with(Field::boolean("IsActive", "Active"))
        .with(Field::text("Description", "Description", 255))
        .with(Field::boolean("IsStandard", "Is Standard Price Book").read_only())
        .with(Field::boolean("IsArchived", "Archived").read_only())
        .with_all(activity_and_views().into_iter().skip(1))
}

pub(super) fn price_book_entry() -> Object {
    Object::standard("PricebookEntry", "Price Book Entry", "Price Book Entries", "01u")
        .with(Field::text("Name", "Product Name", 255).read_only().naming())
        .with(
            Field::reference("Pricebook2Id", "Price Book ID", "Pricebook2", &["Pricebook2"])
                .required()
                .create_only()
                .children_as("PricebookEntries")
                .on_delete(OnDelete::Cascade),
        )
        .with(
            Field::reference("Product2Id", "Product ID", "Product2", &["Product2"])
                .required()
                .create_only()
                .children_as("PricebookEntries")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::double("UnitPrice", "List Price", FieldKind::Currency, 18, 2).required())
        .with(Field::boolean("IsActive", "Active"))
        .with(Field::boolean("UseStandardPrice", "Use Standard Price"))
        .with(Field::text("ProductCode", "Product Code", 255).read_only())
        .with(Field::boolean("IsArchived", "Archived").read_only())
}
