"""The one call a post is made of, and what a retry of it meets, sent through simple-salesforce."""

import pytest
import requests

KEY = "0193b5a2-0000-7000-8000-000000000001"


def post_of(case, key=KEY, body="Hello", visibility="public"):
    """The feed item and its ledger row, all or none, as the portal sends them."""
    return {
        "allOrNone": True,
        "compositeRequest": [
            {
                "method": "POST",
                "url": "/services/data/v59.0/sobjects/FeedItem",
                "referenceId": "post",
                "body": {"ParentId": case, "Body": body},
            },
            {
                "method": "POST",
                "url": "/services/data/v59.0/sobjects/Portal_Post__c",
                "referenceId": "ledger",
                "body": {"Key__c": key, "Feed_Item__c": "@{post.id}", "Case__c": case, "Visibility__c": visibility},
            },
        ],
    }


def send(sf, body):
    return sf.restful("composite", method="POST", json=body)["compositeResponse"]


def said(sf, case):
    """The feed items with a text; making a case also makes system items without one."""
    items = sf.query(f"SELECT Id, Body FROM FeedItem WHERE ParentId = '{case}'")["records"]
    return [item for item in items if item["Body"]]


def test_both_or_nothing(sf, case):
    answers = send(sf, post_of(case))
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201]
    assert [answer["referenceId"] for answer in answers] == ["post", "ledger"]
    row = sf.query(f"SELECT Feed_Item__c FROM Portal_Post__c WHERE Key__c = '{KEY}'")["records"][0]
    assert [item["Id"] for item in said(sf, case)] == [row["Feed_Item__c"]] == [answers[0]["body"]["id"]]


def test_a_retry_is_refused_and_rolled_back(sf, case):
    send(sf, post_of(case))
    answers = send(sf, post_of(case))
    by_reference = {answer["referenceId"]: answer for answer in answers}
    assert by_reference["ledger"]["body"][0]["errorCode"] == "DUPLICATE_VALUE"
    assert by_reference["post"]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400]
    assert len(said(sf, case)) == 1


def test_an_answer_lost_after_the_commit(sf, case, org):
    org.fault(action="drop_after_commit", method="POST", path="/composite", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        send(sf, post_of(case))
    assert len(said(sf, case)) == 1, "it landed"
    answers = send(sf, post_of(case))
    assert "DUPLICATE_VALUE" in {answer["body"][0]["errorCode"] for answer in answers}
    assert len(said(sf, case)) == 1


def test_a_connection_lost_before_the_commit(sf, case, org):
    org.fault(action="drop_before_commit", method="POST", path="/composite", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        send(sf, post_of(case))
    assert said(sf, case) == []
    assert [answer["httpStatusCode"] for answer in send(sf, post_of(case))] == [201, 201]


def test_a_bad_status_once(sf, case, org):
    from simple_salesforce.exceptions import SalesforceGeneralError

    org.fault(action="status", method="POST", path="/composite", times=1, status=503)
    with pytest.raises(SalesforceGeneralError) as failure:
        send(sf, post_of(case))
    assert failure.value.status == 503
    assert send(sf, post_of(case))[0]["httpStatusCode"] == 201


def test_one_bad_subrequest_takes_the_good_one_back(sf, case):
    answers = send(sf, post_of(case, visibility="everybody"))
    assert answers[1]["body"][0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert said(sf, case) == []


def test_without_all_or_none_the_good_one_stays(sf, case):
    body = post_of(case, visibility="everybody") | {"allOrNone": False}
    answers = send(sf, body)
    assert [answer["httpStatusCode"] for answer in answers] == [201, 400]
    assert len(said(sf, case)) == 1


def test_ancestors_by_upsert_twice_make_each_once(sf):
    def upsert(type_name, key, reference, body):
        return {
            "method": "PATCH",
            "url": f"/services/data/v59.0/sobjects/{type_name}/Portal_Key__c/{key}",
            "referenceId": reference,
            "body": body,
        }

    ancestors = {
        "allOrNone": True,
        "compositeRequest": [
            upsert("Account", "MITx", "account", {"Name": "MITx"}),
            upsert("Publisher_Organization__c", "MITx", "organization", {"Account__c": "@{account.id}"}),
            upsert("Course__c", "c1", "course", {"Publisher_Organization__c": "@{organization.id}"}),
            upsert("Contact", "u1", "contact", {"LastName": "Torres", "AccountId": "@{account.id}"}),
            upsert("Case", "case1", "case", {"Subject": "S", "Course__c": "@{course.id}", "ContactId": "@{contact.id}"}),
        ],
    }
    assert {answer["httpStatusCode"] for answer in send(sf, ancestors)} == {201}
    assert {answer["httpStatusCode"] for answer in send(sf, ancestors)} == {200}
    for type_name in ("Account", "Publisher_Organization__c", "Course__c", "Contact", "Case"):
        assert sf.query(f"SELECT COUNT() FROM {type_name} WHERE Portal_Key__c != null")["totalSize"] == 1, type_name


def test_batch(sf, case):
    answer = sf.restful(
        "composite/batch",
        method="POST",
        json={"batchRequests": [{"method": "GET", "url": f"v59.0/sobjects/Case/{case}"}, {"method": "GET", "url": "v59.0/limits"}]},
    )
    assert answer["hasErrors"] is False
    assert [result["statusCode"] for result in answer["results"]] == [200, 200]


def test_collections_answer_record_by_record(sf):
    records = [
        {"attributes": {"type": "Contact"}, "LastName": "Good"},
        {"attributes": {"type": "Contact"}, "FirstName": "No last name"},
    ]
    answers = sf.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": records})
    assert [answer["success"] for answer in answers] == [True, False]
    assert answers[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
