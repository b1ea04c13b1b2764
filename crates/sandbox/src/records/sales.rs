//! What selling derives: stages, prices of a price book, lines of an opportunity.

use serde_json::{Value, json};

use super::{Database, Record, Transaction};
use crate::{
    error::ApiError,
    schema::{
        Object,
        standard::sales::{STAGES, StageEnd},
    },
};

/// With lines it is their sum that counts and their price book that holds.
///
/// # Errors
/// The lines are of another price book.
pub(super) fn keep_what_lines_say(record: &mut Record, before: Option<&Record>) -> Result<(), ApiError> {
    let Some(before) = before.filter(|before| before.get("HasOpportunityLineItem") == &Value::Bool(true)) else {
        return Ok(());
    };
    if record.get("Pricebook2Id") != before.get("Pricebook2Id") {
        // The sandbox's own words: no document has Salesforce's.
        let message = "The price book of an opportunity with products can't be changed";
        return Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).about("Pricebook2Id"));
    }
    // Ignored rather than refused, as the documentation has it.
    record.set("Amount", before.get("Amount").clone());
    Ok(())
}

/// # Errors
/// An account has made its deal, or it is the standard price book.
pub(super) fn check_delete(database: &Database, object: &Object, record: &Record) -> Result<(), ApiError> {
    // Both in the sandbox's own words: no document has Salesforce's.
    let name = record.text("Name").unwrap_or_default();
    let refuse = |why: &str| {
        Err(ApiError::bad(
            "DELETE_FAILED",
            format!("Your attempt to delete {name} could not be completed because {why}"),
        ))
    };
    match object.name.as_str() {
        "Account" => {
            let opportunities = database.referring("Opportunity", "AccountId", record.id());
            let won =
                opportunities.into_iter().any(|deal| !deal.is_deleted() && deal.get("IsWon") == &Value::Bool(true));
            if won { refuse("some opportunities in that account were closed won") } else { Ok(()) }
        }
        "Pricebook2" if record.get("IsStandard") == &Value::Bool(true) => refuse("it is the standard price book"),
        _ => Ok(()),
    }
}

/// A stage brings its probability and forecast category unless the change itself gives others.
pub(super) fn derive_opportunity(record: &mut Record, before: Option<&Record>) {
    let stage = record.text("StageName").map(str::to_owned);
    let moved = before.is_none_or(|before| before.text("StageName") != stage.as_deref());
    let known = STAGES.iter().find(|(name, ..)| Some(*name) == stage.as_deref());
    if let Some((_, probability, category, end)) = known.filter(|_| moved) {
        let given = |field: &str| {
            !record.get(field).is_null() && before.is_none_or(|before| before.get(field) != record.get(field))
        };
        if !given("Probability") {
            record.set("Probability", f64::from(*probability));
        }
        record.set("ForecastCategory", *category);
        record.set("ForecastCategoryName", *category);
        record.set("IsClosed", *end != StageEnd::Open);
        record.set("IsWon", *end == StageEnd::Won);
    }
    if moved && before.is_some() {
        let changed = record.get("LastModifiedDate").clone();
        record.set("LastStageChangeDate", changed);
    }
    // A close date that moves to a later month is a push.
    let month = |record: &Record| record.text("CloseDate").and_then(|date| date.get(..7)).map(str::to_owned);
    let pushes = before.and_then(|before| before.get("PushCount").as_u64()).unwrap_or(0);
    let pushed = before.is_some_and(|before| month(before) < month(record));
    record.set("PushCount", pushes + u64::from(pushed));
    let amount = record.get("Amount").as_f64();
    let expected = amount.zip(record.get("Probability").as_f64()).map(|(amount, percent)| amount * percent / 100.0);
    record.set("ExpectedRevenue", expected.map_or(Value::Null, Value::from));
    let date = record.text("CloseDate").and_then(|date| date.parse::<jiff::civil::Date>().ok());
    if let Some(date) = date {
        let quarter = (date.month() - 1) / 3 + 1;
        record.set("FiscalYear", date.year());
        record.set("FiscalQuarter", quarter);
        record.set("Fiscal", format!("{} {quarter}", date.year()));
    }
}

/// The standard price comes first, and a product has one price in a book.
pub(super) fn derive_price(database: &Database, record: &mut Record, before: Option<&Record>) -> Result<(), ApiError> {
    let product = record.text("Product2Id").unwrap_or_default();
    let others: Vec<&Record> = database
        .referring("PricebookEntry", "Product2Id", product)
        .into_iter()
        .filter(|entry| !entry.is_deleted() && entry.id() != record.id())
        .collect();
    let is_standard = |entry: &Record| {
        let book = entry.text("Pricebook2Id").and_then(|id| database.get(id));
        book.is_some_and(|book| book.get("IsStandard") == &Value::Bool(true))
    };
    let standard = others.iter().find(|entry| is_standard(entry));
    if before.is_none() {
        if others.iter().any(|entry| entry.get("Pricebook2Id") == record.get("Pricebook2Id")) {
            return Err(ApiError::bad("DUPLICATE_VALUE", "This price definition already exists in this price book"));
        }
        if standard.is_none() && !is_standard(record) {
            return Err(ApiError::bad(
                "STANDARD_PRICE_NOT_DEFINED",
                "Before creating a custom price, create a standard price.",
            ));
        }
    }
    let product = database.get(product);
    let of_product = |field: &str| product.map_or(Value::Null, |product| product.get(field).clone());
    let (name, code) = (of_product("Name"), of_product("ProductCode"));
    let standard_price = standard.map(|entry| entry.get("UnitPrice").clone());
    record.set("Name", name);
    record.set("ProductCode", code);
    if let Some(price) = standard_price.filter(|_| record.get("UseStandardPrice") == &Value::Bool(true)) {
        record.set("UnitPrice", price);
    }
    Ok(())
}

/// A line names an entry of the opportunity's price book, or the product whose entry is meant.
pub(super) fn derive_line(database: &Database, record: &mut Record, before: Option<&Record>) -> Result<(), ApiError> {
    let given = |field: &str| {
        !record.get(field).is_null() && before.is_none_or(|before| before.get(field) != record.get(field))
    };
    let (unit_given, total_given) = (given("UnitPrice"), given("TotalPrice"));
    if unit_given && total_given {
        let message = "only one of unit price or total price may be specified";
        return Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).about("UnitPrice"));
    }
    let opportunity = record.text("OpportunityId").and_then(|id| database.get(id));
    let book = opportunity.and_then(|opportunity| opportunity.text("Pricebook2Id"));
    let entry = match (record.text("PricebookEntryId"), record.text("Product2Id")) {
        (Some(entry), _) => database.get(entry),
        (None, Some(product)) => database
            .referring("PricebookEntry", "Product2Id", product)
            .into_iter()
            .find(|entry| !entry.is_deleted() && entry.text("Pricebook2Id") == book),
        (None, None) => {
            let message = "Required fields are missing: [PricebookEntryId]";
            return Err(ApiError::bad("REQUIRED_FIELD_MISSING", message).about("PricebookEntryId"));
        }
    };
    let fits = |entry: &&Record| book.is_none() || entry.text("Pricebook2Id") == book;
    let Some(entry) = entry.filter(fits) else {
        return Err(ApiError::bad(
            "FIELD_INTEGRITY_EXCEPTION",
            "The pricebook entry is in a different pricebook than the one assigned to the opportunity",
        )
        .about("PricebookEntryId"));
    };
    let number = |field: &str| record.get(field).as_f64();
    let kept = 1.0 - number("Discount").unwrap_or(0.0) / 100.0;
    let quantity = number("Quantity").unwrap_or(0.0);
    let unit = match (number("UnitPrice"), number("TotalPrice")) {
        (_, Some(total)) if total_given && quantity * kept != 0.0 => total / (quantity * kept),
        (Some(unit), _) => unit,
        _ => entry.get("UnitPrice").as_f64().unwrap_or(0.0),
    };
    let opportunity_name = opportunity.and_then(|opportunity| opportunity.text("Name")).unwrap_or_default();
    let name = format!("{opportunity_name} {}", entry.text("Name").unwrap_or_default());
    record.set("Name", name);
    for (field, of_entry) in [
        ("PricebookEntryId", "Id"),
        ("Product2Id", "Product2Id"),
        ("ProductCode", "ProductCode"),
        ("ListPrice", "UnitPrice"),
    ] {
        record.set(field, entry.get(of_entry).clone());
    }
    record.set("UnitPrice", unit);
    record.set("Subtotal", (quantity * unit * 100.0).round() / 100.0);
    record.set("TotalPrice", (quantity * unit * kept * 100.0).round() / 100.0);
    Ok(())
}

/// An opportunity with lines is worth what they come to.
pub(super) fn sum_up(transaction: &mut Transaction<'_>, line: &Record) {
    let database = transaction.database();
    let Some(opportunity) = line.text("OpportunityId").and_then(|id| database.get(id)) else { return };
    let lines: Vec<&Record> = database
        .referring("OpportunityLineItem", "OpportunityId", opportunity.id())
        .into_iter()
        .filter(|line| !line.is_deleted())
        .collect();
    let total = |field: &str| lines.iter().filter_map(|line| line.get(field).as_f64()).sum::<f64>();
    let mut changed = opportunity.clone();
    changed.set("HasOpportunityLineItem", !lines.is_empty());
    if !lines.is_empty() {
        changed.set("Amount", json!(total("TotalPrice")));
        changed.set("TotalOpportunityQuantity", json!(total("Quantity")));
    }
    if changed.get("Pricebook2Id").is_null()
        && let Some(entry) = line.text("PricebookEntryId").and_then(|id| database.get(id))
    {
        changed.set("Pricebook2Id", entry.get("Pricebook2Id").clone());
    }
    derive_opportunity(&mut changed, Some(opportunity));
    transaction.put("Opportunity", changed);
}
