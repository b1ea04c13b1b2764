"""What the sandbox doesn't emulate is refused by name, whichever way the package asks for it."""

import pytest
from simple_salesforce.exceptions import SalesforceGeneralError


def refusal(call):
    with pytest.raises(SalesforceGeneralError) as refused:
        call()
    assert refused.value.status == 501
    return str(refused.value)


def test_apex_rest_is_refused(sf):
    said = refusal(lambda: sf.apexecute("Portal/Posts", method="GET"))
    assert "/services/apexrest/Portal/Posts (Apex REST)" in said


def test_tooling_is_refused(sf):
    said = refusal(lambda: sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass"))
    assert "does not emulate tooling/query of ApexClass (Tooling)" in said


def test_reports_are_refused(sf):
    said = refusal(lambda: sf.restful("analytics/reports"))
    assert "Reports and Dashboards" in said
