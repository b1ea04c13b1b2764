"""Does one thing in the org with the unmodified simple-salesforce package, and prints the answer as JSON.

Usage: salesforce_client.py TLS_URL CA_FILE, the question as JSON on standard input.
"""

import json
import sys

import requests
from simple_salesforce import Salesforce, SalesforceLogin, format_soql


def main():
    url, authority = sys.argv[1:]
    http = requests.Session()
    http.verify = authority
    http.trust_env = False
    session_id, instance = SalesforceLogin(
        username="riley@sandbox.test", password="sandbox", security_token="TOKEN", session=http, scratch_url=url
    )
    sf = Salesforce(session_id=session_id, instance=instance, session=http)
    question = json.load(sys.stdin)
    key = question["course_key"]

    def rows(soql, *values):
        found = sf.query_all(format_soql(soql, *values))["records"]
        for row in found:
            row.pop("attributes")
        return found

    def case():
        [only] = rows("SELECT Id FROM Case WHERE Course__r.Course_Key__c = {}", key)
        return only["Id"]

    def said(case_id):
        # Making a case also makes feed items without a text; those are the org's own.
        found = rows("SELECT Id, ParentId, Body, Visibility, CreatedDate FROM FeedItem WHERE ParentId = {} ORDER BY CreatedDate, Id", case_id)
        return [row for row in found if row["Body"]]

    match question["do"]:
        case "post":
            made = sf.FeedItem.create({"ParentId": case(), "Body": question["body"], "Visibility": question["visibility"]})
            answer = made["id"]
        case "reply":
            newest = said(case())[-1]
            answer = sf.FeedComment.create({"FeedItemId": newest["Id"], "CommentBody": question["body"]})["id"]
        case "comment":
            made = sf.CaseComment.create({"ParentId": case(), "CommentBody": question["body"], "IsPublished": question["published"]})
            answer = made["id"]
        case "records":
            cases = rows(
                "SELECT Id, Subject, Status, Origin, Course__c, Course_Run__c, ContactId, AccountId FROM Case WHERE Course__r.Course_Key__c = {}",
                key,
            )
            ledger = [
                row
                for one in cases
                for row in rows(
                    "SELECT Id, Key__c, Feed_Item__c, Case__c, Contact__c, Course_Run__c, Author_Name__c, Author_Username__c, Author_Role__c,"
                    " Visibility__c FROM Portal_Post__c WHERE Case__c = {} ORDER BY CreatedDate, Id",
                    one["Id"],
                )
            ]
            answer = {
                "Course__c": rows(
                    "SELECT Id, Course_Name__c, Course_Key__c, Publisher_Organization__c, Link_to_Publisher__c FROM Course__c WHERE Course_Key__c = {}",
                    key,
                ),
                "Publisher_Organization__c": rows(
                    "SELECT Id, Organization_Key__c, Account__c FROM Publisher_Organization__c WHERE Organization_Key__c = {}", key.split("+")[0]
                ),
                "Account": rows("SELECT Id, Name FROM Account WHERE Portal_Key__c != null"),
                "Course_Run__c": rows(
                    "SELECT Id, Course_Number__c, Course__c, Course_Run_Name__c FROM Course_Run__c WHERE Course__r.Course_Key__c = {}", key
                ),
                "Contact": rows("SELECT Id, Name, Email, AccountId FROM Contact WHERE Portal_Key__c != null"),
                "Case": cases,
                "FeedItem": [row for one in cases for row in said(one["Id"])],
                "Portal_Post__c": ledger,
            }
        case other:
            raise SystemExit(f"don't know how to {other}")
    json.dump(answer, sys.stdout)


main()
