// What the tests share: the org under test, its control routes, and logged-in connections.

import assert from "node:assert/strict";
import jsforce from "jsforce";

export const url = process.env.SANDBOX_URL;
export const USERNAME = "admin@sandbox.test";
export const PASSWORD = "sandbox";
export const SECURITY_TOKEN = "TOKEN";
export const ADMIN_ID = "005SB0000000001YAA";
export const APP = { clientId: "casebridge-dev", clientSecret: "casebridge-dev-secret" };

/** Asks one of the org's /_sandbox/ routes: what a test needs and a real org lacks. */
export async function control(route, body, method = "POST") {
  const answer = await fetch(`${url}/_sandbox/${route}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  assert.ok(answer.ok, `/_sandbox/${route} answered ${answer.status}`);
  return answer.json();
}

/** An empty org without faults. */
export async function reset() {
  await control("reset");
}

/** Logged in by SOAP with user name, password and security token. */
export async function logIn(options = {}) {
  const connection = new jsforce.Connection({ loginUrl: url, version: "59.0", ...options });
  await connection.login(USERNAME, PASSWORD + SECURITY_TOKEN);
  return connection;
}
