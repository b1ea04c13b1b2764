"""Creating, reading, changing and removing records through simple-salesforce."""

import pytest
import requests
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)


def refused(failure, code):
    """The org's own answer: an array whose first entry names the error."""
    assert failure.value.content[0]["errorCode"] == code, failure.value.content
    return failure.value.content[0]


def test_create_get_update_delete(sf):
    made = sf.Contact.create({"LastName": "Torres", "FirstName": "Mia", "Email": "mia@mitx.test"})
    assert made["success"] is True and made["errors"] == []
    assert len(made["id"]) == 18 and made["id"].startswith("003")
    read = sf.Contact.get(made["id"])
    assert read["Name"] == "Mia Torres"
    assert read["attributes"]["type"] == "Contact"
    assert sf.Contact.update(made["id"], {"LastName": "Torres Díaz"}) == 204
    assert sf.Contact.get(made["id"])["LastName"] == "Torres Díaz"
    assert sf.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as failure:
        sf.Contact.get(made["id"])
    assert failure.value.content[0]["errorCode"] in ("ENTITY_IS_DELETED", "NOT_FOUND")


def test_text_comes_back_exactly(sf, case):
    body = '[Body]\n</textarea><script>alert(1)</script> & &lt; "quotes" \u202e 社會科學院 👩‍👩‍👧'
    made = sf.FeedItem.create({"ParentId": case, "Body": body})
    assert sf.FeedItem.get(made["id"])["Body"] == body


def test_upsert_creates_once_and_then_updates(sf):
    assert sf.Course__c.upsert("Portal_Key__c/course-9", {"Course_Name__c": "First title"}) == 201
    assert sf.Course__c.upsert("Portal_Key__c/course-9", {"Course_Name__c": "Second title"}) == 200
    records = sf.query("SELECT Id, Course_Name__c, Portal_Key__c FROM Course__c")["records"]
    assert [(r["Course_Name__c"], r["Portal_Key__c"]) for r in records] == [("Second title", "course-9")]


def test_upsert_by_a_key_with_every_kind_of_character(sf):
    key = "course-v1:MITx+6.002x+2012-09-05 ä/ö?&="
    path = "Portal_Key__c/" + requests.utils.quote(key, safe="")
    assert sf.Course_Run__c.upsert(path, {"Course_Run_Name__c": "Fall"}) == 201
    assert sf.Course_Run__c.upsert(path, {"Course_Run_Name__c": "Autumn"}) == 200
    run = sf.query("SELECT Portal_Key__c, Course_Run_Name__c FROM Course_Run__c")["records"][0]
    assert (run["Portal_Key__c"], run["Course_Run_Name__c"]) == (key, "Autumn")


def test_upsert_links_a_parent_by_its_key(sf):
    sf.Course__c.upsert("Portal_Key__c/course-7", {"Course_Name__c": "Parent"})
    sf.Case.upsert("Portal_Key__c/case-7", {"Subject": "Parent Comments", "Course__r": {"Portal_Key__c": "course-7"}})
    found = sf.query("SELECT Course__r.Course_Name__c FROM Case WHERE Portal_Key__c = 'case-7'")["records"]
    assert found[0]["Course__r"]["Course_Name__c"] == "Parent"


def test_get_by_external_id(sf):
    sf.Publisher_Organization__c.create({"Portal_Key__c": "HarvardX", "Organization_Name__c": "HarvardX"})
    assert sf.Publisher_Organization__c.get_by_custom_id("Portal_Key__c", "HarvardX")["Organization_Name__c"] == "HarvardX"


def test_external_keys_tell_upper_from_lower_case(sf):
    sf.Publisher_Organization__c.create({"Portal_Key__c": "MITx"})
    sf.Publisher_Organization__c.create({"Portal_Key__c": "mitx"})
    assert sf.query("SELECT COUNT() FROM Publisher_Organization__c")["totalSize"] == 2


def test_a_second_ledger_row_with_the_same_key_is_refused(sf, case):
    first = sf.Portal_Post__c.create({"Key__c": "0193-key", "Case__c": case, "Visibility__c": "public"})
    with pytest.raises(SalesforceMalformedRequest) as failure:
        sf.Portal_Post__c.create({"Key__c": "0193-key", "Case__c": case, "Visibility__c": "public"})
    assert first["id"][:15] in refused(failure, "DUPLICATE_VALUE")["message"]


@pytest.mark.parametrize(
    ("type_name", "data", "code"),
    [
        ("Contact", {"FirstName": "Mia"}, "REQUIRED_FIELD_MISSING"),
        ("Portal_Post__c", {"Visibility__c": "public"}, "REQUIRED_FIELD_MISSING"),
        ("Contact", {"LastName": "x" * 81}, "STRING_TOO_LONG"),
        ("Case", {"Subject": "x", "Not_A_Field__c": 1}, "INVALID_FIELD"),
        ("Portal_Post__c", {"Key__c": "k", "Visibility__c": "everybody"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("FeedItem", {"ParentId": "500000000000000AAA", "Body": "x"}, ("INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED")),
        ("FeedItem", {"ParentId": "not an id", "Body": "x"}, "MALFORMED_ID"),
        ("Case", {"Subject": "x", "CaseNumber": "00009999"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_records_are_refused_by_name(sf, type_name, data, code):
    with pytest.raises(SalesforceMalformedRequest) as failure:
        getattr(sf, type_name).create(data)
    got = failure.value.content[0]["errorCode"]
    assert got == code or got in code, failure.value.content


def test_an_object_that_does_not_exist(sf):
    with pytest.raises(SalesforceResourceNotFound) as failure:
        sf.Nothing__c.get("a00000000000001AAA")
    refused(failure, "NOT_FOUND")


def test_replies_under_a_feed_item(sf, case):
    item = sf.FeedItem.create({"ParentId": case, "Body": "Question", "Visibility": "AllUsers"})
    sf.FeedComment.create({"FeedItemId": item["id"], "CommentBody": "Answer"})
    sf.CaseComment.create({"ParentId": case, "CommentBody": "By case comment", "IsPublished": True})
    reply = sf.query("SELECT CommentBody, FeedItemId, CreatedBy.Name FROM FeedComment")["records"][0]
    assert (reply["CommentBody"], reply["FeedItemId"], reply["CreatedBy"]["Name"]) == ("Answer", item["id"], "Sandbox Admin")
    assert sf.query("SELECT COUNT() FROM CaseComment WHERE IsPublished = true")["totalSize"] == 1


def test_describe(sf):
    names = {entry["name"] for entry in sf.describe()["sobjects"]}
    assert {"Account", "Contact", "Case", "FeedItem", "FeedComment", "CaseComment", "Portal_Post__c", "Course__c"} <= names
    fields = {field["name"]: field for field in sf.Portal_Post__c.describe()["fields"]}
    key = fields["Key__c"]
    assert (key["unique"], key["externalId"], key["caseSensitive"], key["nillable"], key["length"]) == (True, True, True, False, 36)
    assert fields["Visibility__c"]["restrictedPicklist"] is True
    assert [value["value"] for value in fields["Visibility__c"]["picklistValues"]] == ["public", "internal"]
    assert fields["Case__c"]["referenceTo"] == ["Case"] and fields["Case__c"]["relationshipName"] == "Case__r"
    body = {field["name"]: field for field in sf.FeedItem.describe()["fields"]}["Body"]
    assert body["filterable"] is False


def test_limits_and_usage(sf):
    limits = sf.limits()
    assert limits["DailyApiRequests"]["Remaining"] <= limits["DailyApiRequests"]["Max"]
    sf.query("SELECT Id FROM Case")
    assert sf.api_usage["api-usage"].used > 0


def test_a_spent_budget_refuses(sf, org):
    org.post("api-budget", remaining=0)
    with pytest.raises(SalesforceRefusedRequest) as failure:
        sf.query("SELECT Id FROM Case")
    refused(failure, "REQUEST_LIMIT_EXCEEDED")
