"""Bulk loads and extracts by simple-salesforce: sf.bulk (version 1, JSON) and sf.bulk2 (version 2, CSV)."""

import csv
import io

import pytest
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest

ROWS = 5_000


def people(count=ROWS):
    return [{"LastName": f"Person {n:05}", "Email": f"p{n}@example.test"} for n in range(count)]


def count(sf, object_name="Contact"):
    return sf.query(f"SELECT COUNT() FROM {object_name}")["totalSize"]


@pytest.fixture
def loaded(sf):
    """5,000 contacts by one bulk 2.0 job; their ids in the order of their names."""
    [job] = sf.bulk2.Contact.insert(records=people(), wait=0.1)
    assert (job["numberRecordsTotal"], job["numberRecordsFailed"]) == (ROWS, 0)
    rows = sf.query_all("SELECT Id FROM Contact ORDER BY LastName")
    assert rows["totalSize"] == ROWS and rows["done"]
    return [row["Id"] for row in rows["records"]]


def test_v2_loads_and_extracts_thousands(sf, loaded):
    query = "SELECT Id, LastName, Account.Name FROM Contact ORDER BY LastName"
    pages = list(sf.bulk2.Contact.query(query, max_records=2_000, wait=0.1))
    rows = [row for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert [len(page.splitlines()) - 1 for page in pages] == [2_000, 2_000, 1_000]
    assert [row["Id"] for row in rows] == loaded
    assert rows[7] == {"Id": loaded[7], "LastName": "Person 00007", "Account.Name": ""}


def test_v2_update_upsert_and_delete(sf, loaded):
    [job] = sf.bulk2.Contact.update(records=[{"Id": id, "Email": "#N/A"} for id in loaded[:2_500]], wait=0.1)
    assert (job["numberRecordsTotal"], job["numberRecordsFailed"]) == (2_500, 0)
    assert sf.query("SELECT COUNT() FROM Contact WHERE Email = null")["totalSize"] == 2_500
    [job] = sf.bulk2.Contact.delete(records=[{"Id": id} for id in loaded], wait=0.1)
    assert (job["numberRecordsTotal"], job["numberRecordsFailed"], count(sf)) == (ROWS, 0, 0)
    deleted = list(sf.bulk2.Contact.query_all("SELECT Id FROM Contact WHERE IsDeleted = true", wait=0.1))
    assert len(deleted[0].splitlines()) - 1 == ROWS

    organizations = [
        {"Portal_Key__c": f"o{n % 1_500}", "Organization_Key__c": f"o{n}", "Organization_Name__c": "x"} for n in range(2_000)
    ]
    [job] = sf.bulk2.Publisher_Organization__c.upsert(
        records=organizations, external_id_field="Portal_Key__c", wait=0.1
    )
    assert (job["numberRecordsFailed"], count(sf, "Publisher_Organization__c")) == (0, 1_500)


def test_v2_tells_which_rows_failed_and_why(sf):
    rows = [{"LastName": "Fine", "Email": ""}, {"LastName": "", "Email": "a@example.test"}, {"LastName": "x", "Email": "no"}]
    [job] = sf.bulk2.Contact.insert(records=rows, wait=0.1)
    assert (job["numberRecordsTotal"], job["numberRecordsFailed"]) == (3, 2)
    bulk = sf.bulk2.Contact
    failed = list(csv.DictReader(io.StringIO(bulk.get_failed_records(job["job_id"]))))
    assert [row["sf__Error"].split(":")[0] for row in failed] == ["REQUIRED_FIELD_MISSING", "INVALID_EMAIL_ADDRESS"]
    good = list(csv.DictReader(io.StringIO(bulk.get_successful_records(job["job_id"]))))
    assert [(row["sf__Created"], row["LastName"]) for row in good] == [("true", "Fine")]
    assert sf.Contact.get(good[0]["sf__Id"])["LastName"] == "Fine"
    assert list(csv.DictReader(io.StringIO(bulk.get_unprocessed_records(job["job_id"])))) == []


def test_v2_refuses_a_bad_query(sf):
    with pytest.raises(SalesforceMalformedRequest):
        list(sf.bulk2.Contact.query("SELECT Id FROM", wait=0.1))


def test_v1_insert_update_upsert_delete_and_query(sf):
    made = sf.bulk.Contact.insert(people(2_000), batch_size=500)
    assert len(made) == 2_000 and all(row["success"] and row["created"] for row in made)
    ids = [row["id"] for row in made]
    rows = sf.bulk.Contact.query("SELECT Id, LastName, CreatedDate FROM Contact ORDER BY LastName", wait=1)
    assert [row["Id"] for row in rows] == ids
    assert rows[0]["attributes"]["type"] == "Contact" and isinstance(rows[0]["CreatedDate"], int)
    changed = sf.bulk.Contact.update([{"Id": id, "Email": None} for id in ids[:1_000]])
    assert all(row["success"] and not row["created"] for row in changed)
    assert sf.query("SELECT COUNT() FROM Contact WHERE Email = null")["totalSize"] == 1_000
    again = sf.bulk.Contact.upsert([{"Id": ids[0], "LastName": "Again"}, {"LastName": "New"}], "Id")
    assert [(row["success"], row["created"]) for row in again] == [(True, False), (True, True)]
    gone = sf.bulk.Contact.delete([{"Id": id} for id in ids])
    assert all(row["success"] for row in gone) and count(sf) == 1
    assert len(sf.bulk.Contact.query_all("SELECT Id FROM Contact WHERE IsDeleted = true", wait=1)) == 2_000


def test_v1_tells_which_rows_failed_and_why(sf):
    good, bad = sf.bulk.Contact.insert([{"LastName": "Fine"}, {"Email": "a@example.test"}])
    assert (good["success"], bad["success"], bad["id"]) == (True, False, None)
    error = bad["errors"][0]
    assert (error["statusCode"], error["fields"]) == ("REQUIRED_FIELD_MISSING", ["LastName"])
    assert error["message"] == "Required fields are missing: [LastName]"


def test_v1_refuses_a_bad_query(sf):
    with pytest.raises(SalesforceGeneralError):
        sf.bulk.Contact.query("SELECT Nope FROM Contact")
