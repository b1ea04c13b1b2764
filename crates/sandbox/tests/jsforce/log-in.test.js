import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import jsforce from "jsforce";
import { ADMIN_ID, APP, PASSWORD, SECURITY_TOKEN, USERNAME, control, logIn, reset, url } from "./org.js";

const CALLBACK = "http://127.0.0.1:3000/callback";

beforeEach(reset);

/** Presses a button on the consent page and answers what the app is sent back with. */
async function decide(oauth2, parameters, decision) {
  const consent = oauth2.getAuthorizationUrl(parameters);
  const page = await fetch(consent);
  assert.equal(page.status, 200);
  const answer = await fetch(consent, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ decision }),
  });
  const back = new URL(answer.headers.get("location"));
  assert.equal(back.origin + back.pathname, CALLBACK);
  return back.searchParams;
}

/** Connected by the web flow; `renewed` collects what refreshes brought. */
async function connect() {
  const oauth2 = new jsforce.OAuth2({ loginUrl: url, redirectUri: CALLBACK, useVerifier: true, ...APP });
  const back = await decide(oauth2, { scope: "api id refresh_token", state: "some state" }, "allow");
  assert.equal(back.get("state"), "some state");
  const connection = new jsforce.Connection({ oauth2, version: "67.0" });
  const renewed = [];
  connection.on("refresh", (token, answer) => renewed.push({ token, answer }));
  const user = await connection.authorize(back.get("code"));
  return { connection, user, renewed };
}

test("a password logs in by SOAP", async () => {
  const connection = await logIn();
  assert.equal(connection.userInfo.id, ADMIN_ID);
  assert.equal(connection.instanceUrl, url);
  assert.equal((await connection.query("SELECT Id FROM User")).totalSize, 2);
});

test("a password logs in by OAuth", async () => {
  const connection = new jsforce.Connection({ oauth2: { loginUrl: url, ...APP }, version: "67.0" });
  const user = await connection.login(USERNAME, PASSWORD + SECURITY_TOKEN);
  assert.equal(user.id, ADMIN_ID);
  const identity = await connection.identity();
  assert.equal(identity.username, USERNAME);
});

test("a wrong password is told as Salesforce tells it", async () => {
  const connection = new jsforce.Connection({ loginUrl: url, version: "59.0" });
  await assert.rejects(connection.login(USERNAME, "wrong"), /INVALID_LOGIN/);
  const oauth = new jsforce.Connection({ oauth2: { loginUrl: url, ...APP } });
  await assert.rejects(oauth.login(USERNAME, "wrong"), { name: "invalid_grant" });
});

test("a log-in at a version without it, and a call of a retired version, are refused", async () => {
  await assert.rejects(logIn({ version: "65.0" }), /INVALID_OPERATION/);
  await assert.rejects(logIn({ version: "30.0" }), /UNSUPPORTED_API_VERSION/);
  const { accessToken } = await logIn();
  const retired = new jsforce.Connection({ instanceUrl: url, accessToken, version: "30.0" });
  await assert.rejects(retired.query("SELECT Id FROM User"), { errorCode: "UNSUPPORTED_API_VERSION" });
});

test("logging out ends the session", async () => {
  const connection = await logIn();
  const { accessToken } = connection;
  await connection.logout();
  const other = new jsforce.Connection({ instanceUrl: url, accessToken });
  await assert.rejects(other.query("SELECT Id FROM User"), { errorCode: "INVALID_SESSION_ID" });
});

test("the web flow connects, and a person can refuse", async () => {
  const { connection, user } = await connect();
  assert.equal(user.id, ADMIN_ID);
  assert.equal((await connection.identity()).user_id, ADMIN_ID);
  const oauth2 = new jsforce.OAuth2({ loginUrl: url, redirectUri: CALLBACK, ...APP });
  const refused = await decide(oauth2, { scope: "api" }, "deny");
  assert.equal(refused.get("error"), "access_denied");
  assert.equal(refused.get("code"), null);
});

test("an expired session is renewed, the refresh token rotating", async () => {
  const { connection, renewed } = await connect();
  const first = connection.refreshToken;
  for (const round of [1, 2, 3]) {
    await control("expire-sessions");
    assert.equal((await connection.query("SELECT Id FROM User")).totalSize, 2, `round ${round}`);
    const { answer } = renewed.at(-1);
    assert.equal(renewed.length, round);
    assert.ok(answer.refresh_token && answer.refresh_token !== first);
    // What an app does with a rotated token: the next round would fail with the old one.
    connection.refreshToken = answer.refresh_token;
  }
  await assert.rejects(connection.oauth2.refreshToken(first), { name: "invalid_grant" });
  // The old token came back, so somebody has a copy: nobody keeps the grant.
  await assert.rejects(connection.oauth2.refreshToken(connection.refreshToken), { name: "invalid_grant" });
});

test("without rotation the refresh token stays good", async () => {
  await control("switches", { rotation: false });
  const { connection, renewed } = await connect();
  for (const round of [1, 2]) {
    await control("expire-sessions");
    await connection.query("SELECT Id FROM User");
    assert.equal(renewed.length, round);
    assert.equal(renewed.at(-1).answer.refresh_token, undefined);
  }
});

test("a session left alone times out", async () => {
  await control("limits", { session_seconds: 600 });
  const connection = await logIn();
  const { accessToken } = connection;
  const other = new jsforce.Connection({ instanceUrl: url, accessToken });
  await control("clock", { advance_seconds: 599 });
  await other.query("SELECT Id FROM User");
  await control("clock", { advance_seconds: 601 });
  await assert.rejects(other.query("SELECT Id FROM User"), { errorCode: "INVALID_SESSION_ID" });
});

test("a revoked connection stays ended", async () => {
  const { connection } = await connect();
  await connection.logout(true);
  await assert.rejects(connection.oauth2.refreshToken(connection.refreshToken ?? "gone"), { name: "invalid_grant" });
});

test("client credentials log in", async () => {
  const connection = new jsforce.Connection({ instanceUrl: url, oauth2: { loginUrl: url, ...APP } });
  const user = await connection.authorize({ grant_type: "client_credentials" });
  assert.equal(user.id, ADMIN_ID);
  assert.equal((await connection.query("SELECT Id FROM User")).totalSize, 2);
});
