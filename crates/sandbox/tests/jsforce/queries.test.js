import assert from "node:assert/strict";
import { before, test } from "node:test";
import { logIn, reset } from "./org.js";

let connection;
const CONTACTS = 2_500;

before(async () => {
  await reset();
  connection = await logIn();
  const [one, two] = await connection.sobject("Account").create([{ Name: "Acme" }, { Name: "Northwind" }]);
  const people = Array.from({ length: CONTACTS }, (_, index) => ({
    LastName: `Person ${String(index).padStart(4, "0")}`,
    AccountId: index < 5 ? one.id : two.id,
  }));
  await connection.sobject("Contact").create(people, { allowRecursive: true });
});

test("a query is fetched page by page", async () => {
  const first = await connection.query("SELECT Id, LastName FROM Contact ORDER BY LastName");
  assert.deepEqual([first.totalSize, first.done, first.records.length], [CONTACTS, false, 2_000]);
  const rest = await connection.queryMore(first.nextRecordsUrl);
  assert.deepEqual([rest.done, rest.records.length], [true, 500]);
  assert.equal(rest.records.at(-1).LastName, "Person 2499");
});

test("autoFetch brings every row as an event", async () => {
  const names = [];
  await new Promise((resolve, reject) => {
    connection
      .query("SELECT LastName FROM Contact ORDER BY LastName")
      .on("record", (record) => names.push(record.LastName))
      .on("end", resolve)
      .on("error", reject)
      .run({ autoFetch: true, maxFetch: 10_000 });
  });
  assert.equal(names.length, CONTACTS);
  assert.deepEqual([names[0], names.at(-1)], ["Person 0000", "Person 2499"]);
  const all = await connection.query("SELECT Id FROM Contact", { autoFetch: true, maxFetch: 10_000, scanAll: true });
  assert.equal(all.records.length, CONTACTS);
});

test("find() builds conditions, order, limit and children", async () => {
  const found = await connection
    .sobject("Contact")
    .find({ LastName: { $like: "Person 00%" }, "Account.Name": "Northwind" }, "Id, LastName, Account.Name")
    .sort({ LastName: -1 })
    .limit(3);
  assert.deepEqual(found.map((record) => record.LastName), ["Person 0099", "Person 0098", "Person 0097"]);
  assert.equal(found[0].Account.Name, "Northwind");
  const one = await connection.sobject("Account").findOne({ Name: "Acme" });
  assert.equal(one.Name, "Acme");
  const [account] = await connection
    .sobject("Account")
    .find({ Name: "Acme" }, "Id, Name")
    .include("Contacts")
    .select("Id, LastName")
    .orderby("LastName")
    .end()
    .execute();
  assert.deepEqual([account.Contacts.totalSize, account.Contacts.records[4].LastName], [5, "Person 0004"]);
});

test("sub-queries and aggregates answer in their own shapes", async () => {
  const { records } = await connection.query("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 2) FROM Account WHERE Name = 'Acme'");
  assert.deepEqual(records[0].Contacts.records.map((each) => each.LastName), ["Person 0000", "Person 0001"]);
  const groups = await connection.query("SELECT Account.Name account, COUNT(Id) people FROM Contact GROUP BY Account.Name ORDER BY Account.Name");
  assert.deepEqual(groups.records.map(({ account, people }) => [account, people]), [["Acme", 5], ["Northwind", CONTACTS - 5]]);
  assert.equal((await connection.query("SELECT COUNT() FROM Contact")).totalSize, CONTACTS);
});

test("a wrong query says where", async () => {
  await assert.rejects(connection.query("SELECT Id, Bad FROM Contact"), (error) => {
    assert.equal(error.errorCode, "INVALID_FIELD");
    assert.match(error.message, /ERROR at Row:1:Column:12/);
    assert.match(error.message, /No such column 'Bad' on entity 'Contact'/);
    return true;
  });
  await assert.rejects(connection.query("SELECT"), { errorCode: "MALFORMED_QUERY" });
  await assert.rejects(connection.queryMore("/services/data/v59.0/query/0r8SB0999999999AAA-2000"), { errorCode: "INVALID_QUERY_LOCATOR" });
});

test("a locator ends with its session", async () => {
  const mine = await logIn();
  const first = await mine.query("SELECT Id FROM Contact");
  await mine.logout();
  await assert.rejects(connection.queryMore(first.nextRecordsUrl), { errorCode: "INVALID_QUERY_LOCATOR" });
});
