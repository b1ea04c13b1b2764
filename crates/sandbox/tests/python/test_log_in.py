"""Every way simple-salesforce has of getting a session."""

import pytest
from conftest import CONSUMER_KEY, CONSUMER_SECRET, PASSWORD, SECURITY_TOKEN, USERNAME
from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession


def works(sf):
    return sf.query("SELECT COUNT() FROM Case")["totalSize"] == 0


def test_soap_with_a_security_token(session, tls_url):
    session_id, instance = SalesforceLogin(
        username=USERNAME, password=PASSWORD, security_token=SECURITY_TOKEN, session=session, scratch_url=tls_url
    )
    assert f"https://{instance}" == tls_url, "the org names the address it was asked at"
    assert works(Salesforce(session_id=session_id, instance=instance, session=session))


def test_soap_with_an_organization_id(sf, session, tls_url):
    organization = sf.query("SELECT Id FROM Organization")["records"][0]["Id"]
    session_id, instance = SalesforceLogin(
        username=USERNAME, password=PASSWORD, organizationId=organization, session=session, scratch_url=tls_url
    )
    assert works(Salesforce(session_id=session_id, instance=instance, session=session))


def test_the_constructor_alone_logs_in(redirected_session, tls_url):
    sf = Salesforce(
        username=USERNAME, password=PASSWORD, security_token=SECURITY_TOKEN, session=redirected_session, domain="sandbox-org"
    )
    assert works(sf)


@pytest.mark.parametrize(
    "wrong",
    [{"password": "not the password"}, {"username": "nobody@sandbox.test"}, {"security_token": "NOT-THE-TOKEN"}],
    ids=["password", "user", "token"],
)
def test_a_wrong_log_in_is_told_by_its_code(session, tls_url, wrong):
    right = {"username": USERNAME, "password": PASSWORD, "security_token": SECURITY_TOKEN}
    with pytest.raises(SalesforceAuthenticationFailed) as failure:
        SalesforceLogin(**{**right, **wrong}, session=session, scratch_url=tls_url)
    assert failure.value.code == "INVALID_LOGIN"


def test_oauth_password_grant(redirected_session):
    sf = Salesforce(
        username=USERNAME,
        password=PASSWORD + SECURITY_TOKEN,
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        session=redirected_session,
        domain="sandbox-org",
    )
    assert sf.session_id


def test_oauth_client_credentials(redirected_session):
    sf = Salesforce(
        consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, session=redirected_session, domain="sandbox-org"
    )
    assert sf.session_id


def test_a_wrong_consumer_secret(redirected_session):
    with pytest.raises(SalesforceAuthenticationFailed) as failure:
        Salesforce(
            consumer_key=CONSUMER_KEY, consumer_secret="wrong", session=redirected_session, domain="sandbox-org"
        )
    assert failure.value.code in ("invalid_client", "invalid_client_id")


def test_a_given_session_and_instance_url(sf, session, tls_url):
    assert works(Salesforce(session_id=sf.session_id, instance_url=tls_url, session=session))


def test_a_session_that_never_was(session, tls_url):
    sf = Salesforce(session_id="00Dnot!aSession", instance_url=tls_url, session=session)
    with pytest.raises(SalesforceExpiredSession) as failure:
        sf.query("SELECT Id FROM Case")
    assert failure.value.content[0]["errorCode"] == "INVALID_SESSION_ID"


def test_an_expired_session_is_told_to_who_brought_it(sf, org):
    org.post("expire-sessions")
    with pytest.raises(SalesforceExpiredSession) as failure:
        sf.Case.create({"Subject": "Too late"})
    assert failure.value.content[0]["errorCode"] == "INVALID_SESSION_ID"


def test_an_expired_session_is_renewed_for_who_gave_a_password(redirected_session, org):
    sf = Salesforce(
        username=USERNAME, password=PASSWORD, security_token=SECURITY_TOKEN, session=redirected_session, domain="sandbox-org"
    )
    before = sf.session_id
    org.post("expire-sessions")
    assert works(sf)
    assert sf.session_id != before
