"""A sandbox org over TLS, and the unmodified simple-salesforce package logged in to it."""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceLogin

USERNAME = "admin@sandbox.test"
PASSWORD = "sandbox"
SECURITY_TOKEN = "TOKEN"
CONSUMER_KEY = "casebridge-dev"
CONSUMER_SECRET = "casebridge-dev-secret"


class Control:
    """The org's /_sandbox/ routes: what a test needs and a real org lacks."""

    def __init__(self, url):
        self.url = url

    def post(self, route, /, **body):
        answer = requests.post(f"{self.url}/_sandbox/{route}", json=body, timeout=10)
        assert answer.ok, f"/_sandbox/{route} answered {answer.status_code}: {answer.text}"

    def fault(self, **fault):
        self.post("faults", **fault)

    def clear_faults(self):
        answer = requests.delete(f"{self.url}/_sandbox/faults", timeout=10)
        assert answer.ok, answer.text


@pytest.fixture(scope="session")
def tls_url():
    return os.environ["SANDBOX_TLS_URL"]


@pytest.fixture(autouse=True)
def org():
    """An empty org for each test, without faults."""
    control = Control(os.environ["SANDBOX_URL"])
    control.clear_faults()
    control.post("reset")
    yield control
    control.clear_faults()


@pytest.fixture
def session():
    """A requests session that trusts the sandbox's own certificate authority and nothing is stubbed in."""
    with requests.Session() as http:
        http.verify = os.environ["SANDBOX_CA"]
        # requests lets the environment override a session's `verify`; a proxy or bundle set on this machine is none of ours.
        http.trust_env = False
        yield http


class ToSandbox(HTTPAdapter):
    """Carries what the package sends to NAME.salesforce.com to the sandbox instead, as a DNS entry would."""

    def send(self, request, **how):
        here = urlsplit(os.environ["SANDBOX_TLS_URL"])
        asked = urlsplit(request.url)
        request.url = urlunsplit((here.scheme, here.netloc, asked.path, asked.query, ""))
        return super().send(request, **how)


@pytest.fixture
def redirected_session(session):
    session.mount("https://sandbox-org.salesforce.com", ToSandbox())
    session.mount("https://login.salesforce.com", ToSandbox())
    return session


@pytest.fixture
def sf(session, tls_url):
    """Logged in by SOAP with user, password and security token, as scripts that use the package do."""
    session_id, instance = SalesforceLogin(
        username=USERNAME, password=PASSWORD, security_token=SECURITY_TOKEN, session=session, scratch_url=tls_url
    )
    return Salesforce(session_id=session_id, instance=instance, session=session)


@pytest.fixture
def case(sf):
    """A case with the records above it, as the portal makes them."""
    organization = sf.Publisher_Organization__c.create(
        {"Portal_Key__c": "MITx", "Organization_Key__c": "MITx", "Organization_Name__c": "MITx"}
    )
    course = sf.Course__c.create(
        {
            "Portal_Key__c": "course-1",
            "Course_Key__c": "MITx+6.002x",
            "Course_Name__c": "Circuits and Electronics",
            "Publisher_Organization__c": organization["id"],
        }
    )
    made = sf.Case.create(
        {
            "Portal_Key__c": "case-1",
            "Subject": "Circuits and Electronics Comments",
            "Status": "Open",
            "Origin": "Publisher",
            "Course__c": course["id"],
        }
    )
    return made["id"]
