"""Inserts the comments of a file as feed items with simple-salesforce's bulk2 and prints how long the insert took.

Usage: simple_salesforce_insert.py FILE ORG_URL CA_FILE
"""

import json
import sys
import time

import requests
from simple_salesforce import Salesforce, SalesforceLogin


def main(file, url, authority):
    session = requests.Session()
    session.verify = authority
    session.trust_env = False
    session_id, instance = SalesforceLogin(
        username="admin@sandbox.test", password="sandbox", security_token="TOKEN", session=session, scratch_url=url
    )
    org = Salesforce(session_id=session_id, instance=instance, session=session)
    cases = {
        case["Course__r"]["Course_Key__c"]: case["Id"]
        for case in org.query_all("SELECT Id, Course__r.Course_Key__c FROM Case")["records"]
    }
    with open(file, encoding="utf-8") as lines:
        comments = [json.loads(line) for line in lines]
    records = [
        {
            "ParentId": cases[comment["course"]],
            "Body": f"[User]\n{comment['author']}\n\n[Body]\n{comment['body']}",
            "CreatedDate": comment["created"],
        }
        for comment in comments
    ]
    began = time.monotonic()
    # It asks every 5 seconds whether a job is over unless told otherwise.
    jobs = org.bulk2.FeedItem.insert(records=records, wait=0.1)
    seconds = time.monotonic() - began
    inserted = sum(job["numberRecordsProcessed"] - job["numberRecordsFailed"] for job in jobs)
    print(json.dumps({"seconds": seconds, "inserted": inserted}))


main(*sys.argv[1:])
