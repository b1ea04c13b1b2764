"""SOSL through simple-salesforce."""

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest


@pytest.fixture
def found(sf):
    account = sf.Account.create({"Name": "Acme Learning"})["id"]
    contact = sf.Contact.create({"LastName": "Moreau", "Email": "alex@acme.test", "AccountId": account})["id"]
    return {account, contact}


def ids(answer):
    return {record["Id"] for record in answer["searchRecords"]}


def test_quick_search_looks_everywhere(sf, found):
    assert ids(sf.quick_search("acme")) == found
    assert ids(sf.quick_search("nobody")) == set()


def test_search_returns_what_is_asked(sf, found):
    answer = sf.search("FIND {acm*} IN NAME FIELDS RETURNING Account(Id, Name WHERE Name LIKE '%ing'), Contact(Id)")
    assert [(r["attributes"]["type"], r["Name"]) for r in answer["searchRecords"]] == [("Account", "Acme Learning")]


def test_a_bad_search(sf):
    with pytest.raises(SalesforceMalformedRequest) as failure:
        sf.search("FIND acme")
    assert failure.value.content[0]["errorCode"] == "MALFORMED_SEARCH"
