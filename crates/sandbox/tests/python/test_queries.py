"""SOQL through simple-salesforce: pages, relationships, aggregates, errors with positions."""

import pytest
from simple_salesforce import format_soql
from simple_salesforce.exceptions import SalesforceMalformedRequest


@pytest.fixture
def contacts(sf):
    """450 contacts, made 200 at a time, so that a batch of 200 needs three pages."""
    records = [{"attributes": {"type": "Contact"}, "LastName": f"Person {n:03}"} for n in range(450)]
    for start in range(0, len(records), 200):
        chunk = {"allOrNone": True, "records": records[start : start + 200]}
        answers = sf.restful("composite/sobjects", method="POST", json=chunk)
        assert all(answer["success"] for answer in answers)
    return [record["LastName"] for record in records]


SMALL_PAGES = {"Sforce-Query-Options": "batchSize=200"}


def test_pages_by_url(sf, contacts):
    page = sf.query("SELECT LastName FROM Contact ORDER BY LastName", headers=SMALL_PAGES)
    seen = [record["LastName"] for record in page["records"]]
    assert (page["totalSize"], page["done"], len(seen)) == (450, False, 200)
    while not page["done"]:
        page = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
        seen += [record["LastName"] for record in page["records"]]
    assert seen == contacts


def test_pages_by_locator(sf, contacts):
    page = sf.query("SELECT Id FROM Contact", headers=SMALL_PAGES)
    locator = page["nextRecordsUrl"].rsplit("/", 1)[1]
    assert locator.startswith("0r8")
    assert len(sf.query_more(locator)["records"]) == 200


def test_all_pages_as_an_iterator(sf, contacts):
    seen = [r["LastName"] for r in sf.query_all_iter("SELECT LastName FROM Contact ORDER BY LastName DESC", headers=SMALL_PAGES)]
    assert seen == contacts[::-1]
    assert sf.query_all("SELECT Id FROM Contact")["totalSize"] == 450


def test_a_locator_that_never_was(sf):
    with pytest.raises(SalesforceMalformedRequest) as failure:
        sf.query_more("0r8000000000000AAA-2000")
    assert failure.value.content[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_deleted_records_only_with_query_all(sf):
    made = sf.Contact.create({"LastName": "Gone"})
    sf.Contact.delete(made["id"])
    assert sf.query("SELECT Id FROM Contact")["totalSize"] == 0
    rows = sf.query("SELECT Id, IsDeleted FROM Contact", include_deleted=True)["records"]
    assert [(row["Id"], row["IsDeleted"]) for row in rows] == [(made["id"], True)]


def test_parents_children_and_semi_joins(sf, case):
    sf.FeedItem.create({"ParentId": case, "Body": "One"})
    found = sf.query(
        "SELECT Subject, Course__r.Publisher_Organization__r.Organization_Key__c FROM Case"
    )["records"][0]
    assert found["Course__r"]["Publisher_Organization__r"]["Organization_Key__c"] == "MITx"
    course = sf.query("SELECT Course_Name__c, (SELECT Subject FROM Cases__r) FROM Course__c")["records"][0]
    assert [row["Subject"] for row in course["Cases__r"]["records"]] == ["Circuits and Electronics Comments"]
    posts = sf.query(
        "SELECT Body FROM FeedItem WHERE ParentId IN (SELECT Id FROM Case WHERE Portal_Key__c != null) ORDER BY CreatedDate, Id"
    )["records"]
    assert "One" in [row["Body"] for row in posts]


def test_conditions(sf, contacts):
    def count(where):
        return sf.query(f"SELECT COUNT() FROM Contact WHERE {where}")["totalSize"]

    assert count("LastName LIKE 'Person 00%'") == 10
    assert count("LastName IN ('Person 001', 'Person 002', 'Nobody')") == 2
    assert count("NOT (LastName > 'Person 009')") == 10
    assert count("(LastName = 'Person 001' OR LastName = 'Person 002') AND Email = null") == 2
    assert count("CreatedDate = TODAY") == 450
    assert count("CreatedDate < 2000-01-01T00:00:00Z") == 0


def test_quoting(sf):
    name = "O'Reilly \\ \"Söns\" \n%_"
    sf.Contact.create({"LastName": name})
    assert sf.query(format_soql("SELECT Id FROM Contact WHERE LastName = {}", name))["totalSize"] == 1


def test_aggregates(sf, case):
    for status in ("Open", "Open", "Closed"):
        sf.Case.create({"Subject": "x", "Status": status})
    rows = sf.query("SELECT Status, COUNT(Id) total FROM Case GROUP BY Status ORDER BY COUNT(Id)")["records"]
    assert [(row["Status"], row["total"]) for row in rows] == [("Closed", 1), ("Open", 3)]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE", "MALFORMED_QUERY"),
        ("SELECT Bad FROM Case", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Id FROM FeedItem WHERE Body = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Case OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_a_bad_query_says_where(sf, soql, code):
    with pytest.raises(SalesforceMalformedRequest) as failure:
        sf.query(soql)
    error = failure.value.content[0]
    assert error["errorCode"] == code
    if code in ("INVALID_FIELD", "INVALID_TYPE"):
        assert "ERROR at Row:1:Column:" in error["message"]
