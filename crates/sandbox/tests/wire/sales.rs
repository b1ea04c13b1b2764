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

#[tokio::test]
async fn an_opportunity_with_products_is_worth_what_they_come_to() {
    let org = Org::start().await;
    let create = async |object: &str, body: Value| org.sandbox.create(object, body).await.unwrap();
    let standard = org.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true").await["records"][0]["Id"].clone();
    let other = create("Pricebook2", json!({ "Name": "Partners", "IsActive": true })).await;
    let product = create("Product2", json!({ "Name": "Seat", "IsActive": true })).await;
    let price = json!({ "Pricebook2Id": standard, "Product2Id": product, "UnitPrice": 100, "IsActive": true });
    let entry = create("PricebookEntry", price).await;
    let account = create("Account", json!({ "Name": "Northwind" })).await;
    let deal = json!({ "Name": "Deal", "StageName": "Closed Won", "CloseDate": "2026-05-20", "AccountId": account });
    let deal = create("Opportunity", deal).await;
    let line = |unit: Value, total: Value| json!({ "OpportunityId": deal, "PricebookEntryId": entry, "Quantity": 2, "UnitPrice": unit, "TotalPrice": total });
    let (_, both) = org.send(Method::POST, "/sobjects/OpportunityLineItem", line(json!(5), json!(10))).await;
    assert_eq!(
        (&both[0]["errorCode"], &both[0]["message"]),
        (&json!("FIELD_INTEGRITY_EXCEPTION"), &json!("only one of unit price or total price may be specified"))
    );
    let made = create("OpportunityLineItem", line(json!(null), json!(50))).await;
    let prices = async || {
        let row = org.query("SELECT UnitPrice, TotalPrice FROM OpportunityLineItem").await["records"][0].clone();
        (row["UnitPrice"].as_f64().unwrap(), row["TotalPrice"].as_f64().unwrap())
    };
    assert_eq!(prices().await, (25.0, 50.0));
    org.sandbox.update("OpportunityLineItem", &made, json!({ "TotalPrice": 30 })).await.unwrap();
    assert_eq!(prices().await, (15.0, 30.0));
    org.sandbox.update("OpportunityLineItem", &made, json!({ "UnitPrice": 20 })).await.unwrap();
    assert_eq!(prices().await, (20.0, 40.0));

    let path = format!("/sobjects/Opportunity/{deal}");
    let (status, _) = org.send(Method::PATCH, &path, json!({ "Amount": 1, "NextStep": "Call" })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let read = org.get(&path).await.1;
    assert_eq!((&read["Amount"], &read["NextStep"]), (&json!(40.0), &json!("Call")));
    let (_, moved) = org.send(Method::PATCH, &path, json!({ "Pricebook2Id": other })).await;
    assert_eq!(moved[0]["fields"], json!(["Pricebook2Id"]));

    for kept in [format!("/sobjects/Pricebook2/{}", standard.as_str().unwrap()), format!("/sobjects/Account/{account}")]
    {
        let (status, body) = org.send(Method::DELETE, &kept, Value::Null).await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("DELETE_FAILED")), "{kept}");
    }
    org.sandbox.update("Opportunity", &deal, json!({ "StageName": "Closed Lost" })).await.unwrap();
    assert_eq!(
        org.send(Method::DELETE, &format!("/sobjects/Account/{account}"), Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
}
