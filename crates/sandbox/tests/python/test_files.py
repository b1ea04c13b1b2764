"""Files and graphs by simple-salesforce."""

import base64


def test_a_file_is_given_back_as_it_was(sf, session, tls_url, case):
    data = bytes(range(256)) * 400
    made = sf.ContentVersion.create(
        {"PathOnClient": "all.bin", "VersionData": base64.b64encode(data).decode(), "FirstPublishLocationId": case}
    )
    version = sf.ContentVersion.get(made["id"])
    assert (version["ContentSize"], version["Title"], version["IsLatest"]) == (len(data), "all", True)
    answer = session.get(tls_url + version["VersionData"], headers=sf.headers, timeout=10)
    assert (answer.status_code, answer.content) == (200, data)
    part = session.get(tls_url + version["VersionData"], headers={**sf.headers, "Range": "bytes=256-511"}, timeout=10)
    assert (part.status_code, part.content) == (206, bytes(range(256)))
    links = sf.query(f"SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{case}'")["records"]
    assert [link["ContentDocumentId"] for link in links] == [version["ContentDocumentId"]]


def test_graphs(sf):
    def graph(graph_id, name):
        request = {
            "method": "POST",
            "url": f"/services/data/v{sf.sf_version}/sobjects/Account",
            "referenceId": "account",
            "body": {"Name": name},
        }
        return {"graphId": graph_id, "compositeRequest": [request]}

    answer = sf.restful("composite/graph", method="POST", json={"graphs": [graph("a", "x"), graph("b", None)]})
    assert [(graph["graphId"], graph["isSuccessful"]) for graph in answer["graphs"]] == [("a", True), ("b", False)]
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 1
