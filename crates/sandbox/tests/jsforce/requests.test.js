import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ADMIN_ID, control, logIn, reset, url } from "./org.js";

let connection;

beforeEach(async () => {
  await reset();
  connection = await logIn();
});

test("a composite makes a record and reads it by reference", async () => {
  const { compositeResponse } = await connection.requestPost("/composite", {
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: "/services/data/v59.0/sobjects/Account", referenceId: "made", body: { Name: "Northwind" } },
      { method: "GET", url: "/services/data/v59.0/sobjects/Account/@{made.id}?fields=Name", referenceId: "read" },
    ],
  });
  assert.deepEqual(compositeResponse.map((each) => each.httpStatusCode), [201, 200]);
  assert.equal(compositeResponse[1].body.Name, "Northwind");
});

test("a batch answers each for itself", async () => {
  const answer = await connection.requestPost("/composite/batch", {
    batchRequests: [
      { method: "GET", url: "v59.0/limits" },
      { method: "GET", url: "v59.0/sobjects/Account/001SB0000000009" },
    ],
  });
  assert.equal(answer.hasErrors, true);
  assert.deepEqual(answer.results.map((each) => each.statusCode), [200, 404]);
});

test("identity and versions answer", async () => {
  const identity = await connection.identity();
  assert.deepEqual([identity.user_id, identity.username], [ADMIN_ID, "admin@sandbox.test"]);
  const versions = await (await fetch(`${url}/services/data`)).json();
  assert.equal(versions.at(-1).version, "67.0");
});

test("each call is counted and the limits say so", async () => {
  await control("limits", { daily: 1_000 });
  const { DailyApiRequests: before } = await connection.limits();
  await connection.query("SELECT Id FROM User");
  assert.equal(before.Max, 1_000);
  assert.deepEqual(connection.limitInfo.apiUsage, { used: 1_000 - before.Remaining + 1, limit: 1_000 });
  await control("api-budget", { remaining: 0 });
  await assert.rejects(connection.query("SELECT Id FROM User"), {
    errorCode: "REQUEST_LIMIT_EXCEEDED",
    message: "TotalRequests Limit exceeded.",
  });
});

test("what isn't emulated is refused by name", async () => {
  const calls = {
    Tooling: () => connection.tooling.query("SELECT Id FROM ApexClass"),
    "Apex REST": () => connection.apex.get("/portal/"),
    Connect: () => connection.chatter.resource("/users/me").retrieve(),
    "Reports and Dashboards": () => connection.analytics.reports(),
    "Quick Actions": () => connection.quickActions(),
    Theme: () => connection.theme(),
    "Metadata, Tooling and Apex SOAP": () => connection.metadata.describe(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(async () => call(), (error) => {
      assert.match(error.message, new RegExp(`does not emulate .*${name}`), name);
      return true;
    });
  }
});

test("an answer that is dropped or refused reaches the program as an error", async () => {
  await control("faults", { action: "status", path: "/query", status: 503, times: 1 });
  // jsforce asks again by itself when a read is answered so.
  assert.equal((await connection.query("SELECT Id FROM User")).totalSize, 2);
  await control("faults", { action: "lock_row", method: "POST", path: "/sobjects/Account", times: 1 });
  await assert.rejects(connection.sobject("Account").create({ Name: "x" }), { errorCode: "UNABLE_TO_LOCK_ROW" });
});
