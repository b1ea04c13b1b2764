//! Prices, opportunities and their lines.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Org;

async fn refusal(org: &Org, object: &str, body: Value) -> String {
    let (status, body) = org.send(Method::POST, &format!("/sobjects/{object}"), body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    body[0]["errorCode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_standard_price_comes_first_and_lines_add_up() {
    let org = Org::start().await;
    let create = async |object: &str, body: Value| org.sandbox.create(object, body).await.unwrap();
    let standard = org.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true").await["records"][0]["Id"].clone();
    let book = create("Pricebook2", json!({ "Name": "Partners", "IsActive": true })).await;
    let product = create("Product2", json!({ "Name": "Seat", "ProductCode": "S-1", "IsActive": true })).await;
    let price = |book: &Value, amount: u32| json!({ "Pricebook2Id": book, "Product2Id": product, "UnitPrice": amount, "IsActive": true });
    assert_eq!(refusal(&org, "PricebookEntry", price(&json!(book), 90)).await, "STANDARD_PRICE_NOT_DEFINED");
    create("PricebookEntry", price(&standard, 100)).await;
    let entry = create("PricebookEntry", price(&json!(book), 90)).await;
    assert_eq!(refusal(&org, "PricebookEntry", price(&json!(book), 80)).await, "DUPLICATE_VALUE");
    let named = &org.query("SELECT Name, ProductCode FROM PricebookEntry").await["records"][1];
    assert_eq!((&named["Name"], &named["ProductCode"]), (&json!("Seat"), &json!("S-1")));

    let opportunity = json!({ "Name": "Deal", "StageName": "Qualification", "CloseDate": "2026-05-20", "Amount": 1 });
    let opportunity = create("Opportunity", opportunity).await;
    let line = json!({ "OpportunityId": opportunity, "PricebookEntryId": entry, "Quantity": 3, "Discount": 10 });
    let line = create("OpportunityLineItem", line).await;
    let soql = "SELECT Amount, Probability, ExpectedRevenue, IsWon, IsClosed, HasOpportunityLineItem, Fiscal, Pricebook2Id FROM Opportunity";
    let read = async || org.query(soql).await["records"][0].clone();
    let deal = read().await;
    assert_eq!((&deal["Amount"], &deal["ExpectedRevenue"]), (&json!(243.0), &json!(24.3)));
    assert_eq!((&deal["Fiscal"], &deal["Pricebook2Id"]), (&json!("2026 2"), &json!(book)));
    org.sandbox.update("Opportunity", &opportunity, json!({ "StageName": "Closed Won" })).await.unwrap();
    let deal = read().await;
    assert_eq!((&deal["IsWon"], &deal["IsClosed"], &deal["Probability"]), (&json!(true), &json!(true), &json!(100.0)));
    org.sandbox.delete("OpportunityLineItem", &line).await.unwrap();
    assert_eq!(read().await["HasOpportunityLineItem"], false);
}
