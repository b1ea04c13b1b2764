import assert from "node:assert/strict";
import { once } from "node:events";
import { beforeEach, test } from "node:test";
import { logIn, reset } from "./org.js";

const ROWS = 1_200;

let connection;

beforeEach(async () => {
  await reset();
  connection = await logIn();
});

const people = (count) => Array.from({ length: count }, (_, n) => ({ LastName: `Person ${String(n).padStart(5, "0")}` }));

/** What a record stream of a bulk query yields. */
async function collected(stream) {
  const records = [];
  for await (const record of stream) records.push(record);
  return records;
}

/** What waits until every job made from now on is closed: the client does that by itself, and lets nobody wait for it. */
function jobsClosed(bulk) {
  const closed = [];
  const create = bulk.createJob.bind(bulk);
  bulk.createJob = (...job) => {
    const made = create(...job);
    closed.push(once(made, "close"));
    return made;
  };
  return () => Promise.all(closed);
}

test("bulk 1.0 loads, queries and deletes thousands, and tells of the rows that will not do", async () => {
  const closed = jobsClosed(connection.bulk);
  const results = await connection.bulk.load("Contact", "insert", [...people(ROWS), { LastName: "x".repeat(81) }]);
  assert.equal(results.length, ROWS + 1);
  assert.ok(results.slice(0, ROWS).every((result) => result.success && result.id.startsWith("003")));
  assert.equal(results[ROWS].success, false);
  assert.match(results[ROWS].errors.join(), /STRING_TOO_LONG/);
  const records = await collected(await connection.bulk.query("SELECT Id, LastName FROM Contact ORDER BY LastName"));
  assert.equal(records.length, ROWS);
  assert.equal(records[7].LastName, "Person 00007");
  const gone = await connection.bulk.load("Contact", "delete", records.slice(0, 200).map(({ Id }) => ({ Id })));
  assert.ok(gone.every((result) => result.success));
  assert.equal(await connection.sobject("Contact").count(), ROWS - 200);
  assert.equal((await closed()).length, 3);
});

test("bulk 2.0 loads, updates, upserts and queries", async () => {
  const input = [...people(ROWS), { LastName: "x".repeat(81) }];
  const made = await connection.bulk2.loadAndWaitForResults({ object: "Contact", operation: "insert", input });
  assert.equal(made.successfulResults.length, ROWS);
  assert.equal(made.failedResults.length, 1);
  assert.match(made.failedResults[0].sf__Error, /STRING_TOO_LONG/);
  assert.deepEqual(made.unprocessedRecords, []);
  const ids = made.successfulResults.map((row) => row.sf__Id);
  const changes = ids.slice(0, 300).map((Id) => ({ Id, Email: "a@example.test" }));
  const changed = await connection.bulk2.loadAndWaitForResults({ object: "Contact", operation: "update", input: changes });
  assert.equal(changed.successfulResults.length, 300);
  const records = await collected(await connection.bulk2.query("SELECT Id FROM Contact WHERE Email = 'a@example.test'"));
  assert.deepEqual(records.map((record) => record.Id).sort(), ids.slice(0, 300).sort());
  const upsert = (input) => connection.bulk2.loadAndWaitForResults({
    object: "Contact", operation: "upsert", externalIdFieldName: "Portal_Key__c", input,
  });
  await upsert([{ Portal_Key__c: "k1", LastName: "New" }]);
  const twice = { Portal_Key__c: "k3", LastName: "Twice" };
  const keyed = [{ Portal_Key__c: "k1", LastName: "New again" }, { Portal_Key__c: "k2", LastName: "New" }, twice, twice];
  const upserted = await upsert(keyed);
  assert.deepEqual(upserted.successfulResults.map((row) => row.sf__Created), ["false", "true"]);
  assert.deepEqual(upserted.failedResults.map((row) => /DUPLICATE_VALUE/.test(row.sf__Error)), [true, true]);
  assert.equal(await connection.sobject("Contact").count({ Portal_Key__c: "k1" }), 1);
});
