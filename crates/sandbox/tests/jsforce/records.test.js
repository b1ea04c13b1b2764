import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { control, logIn, reset } from "./org.js";

let connection;

beforeEach(async () => {
  await reset();
  connection = await logIn();
});

test("one record is made, read, changed and deleted", async () => {
  const made = await connection.sobject("Account").create({ Name: "Northwind", Industry: "Education" });
  assert.deepEqual(made.errors, []);
  assert.ok(made.success && made.id.startsWith("001") && made.id.length === 18);
  const read = await connection.sobject("Account").retrieve(made.id);
  assert.equal(read.Name, "Northwind");
  assert.equal(read.attributes.type, "Account");
  const changed = await connection.sobject("Account").update({ Id: made.id, Name: "Southwind" });
  assert.ok(changed.success);
  assert.equal((await connection.sobject("Account").retrieve(made.id)).Name, "Southwind");
  assert.ok((await connection.sobject("Account").destroy(made.id)).success);
  await assert.rejects(connection.sobject("Account").retrieve(made.id), { errorCode: "NOT_FOUND" });
});

test("several records go in one call each way, more than a collection holds in several", async () => {
  const accounts = connection.sobject("Account");
  const names = Array.from({ length: 450 }, (_, index) => `Account ${index}`);
  await control("requests", undefined, "DELETE");
  const made = await accounts.create(names.map((Name) => ({ Name })), { allowRecursive: true });
  assert.equal(made.filter((result) => result.success).length, 450);
  assert.equal((await control("requests", undefined, "GET")).length, 3, "200 records a call");
  const ids = made.map((result) => result.id);
  const read = await accounts.retrieve(ids.slice(0, 3));
  assert.deepEqual(read.map((record) => record.Name), names.slice(0, 3));
  const changed = await accounts.update(ids.slice(0, 2).map((Id) => ({ Id, Industry: "Education" })));
  assert.ok(changed.every((result) => result.success));
  assert.equal(await accounts.count({ Industry: "Education" }), 2);
  const gone = await accounts.destroy(ids.slice(0, 200));
  assert.ok(gone.every((result) => result.success));
  assert.equal(await accounts.count(), 250);
});

test("one bad record of several is told of and the others are kept, unless all or none is asked", async () => {
  const contacts = connection.sobject("Contact");
  const body = [{ LastName: "Haddad" }, { FirstName: "Nobody" }, { LastName: "x".repeat(81) }];
  const results = await contacts.create(body);
  assert.deepEqual(results.map((result) => result.success), [true, false, false]);
  assert.equal(results[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  assert.deepEqual(results[1].errors[0].fields, ["LastName"]);
  assert.equal(results[2].errors[0].statusCode, "STRING_TOO_LONG");
  const none = await contacts.create(body, { allOrNone: true });
  assert.deepEqual(none.map((result) => result.success), [false, false, false]);
  assert.equal(none[0].errors[0].statusCode, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
  assert.equal(await contacts.count(), 1);
});

test("an upsert makes and then changes, alone and in a collection", async () => {
  const courses = connection.sobject("Course__c");
  const first = await courses.upsert({ Portal_Key__c: "a", Course_Name__c: "Circuits" }, "Portal_Key__c");
  assert.equal(first.success, true);
  const again = await courses.upsert({ Portal_Key__c: "a", Course_Name__c: "Circuits and Electronics" }, "Portal_Key__c");
  assert.equal(again.success, true);
  const several = await courses.upsert(
    [{ Portal_Key__c: "a", Course_Name__c: "Circuits I" }, { Portal_Key__c: "b", Course_Name__c: "Optics" }],
    "Portal_Key__c",
  );
  assert.deepEqual(several.map((result) => result.created), [false, true]);
  assert.equal(several[0].id, first.id);
  const found = await courses.find({}, "Course_Name__c").sort("Course_Name__c");
  assert.deepEqual(found.map((record) => record.Course_Name__c), ["Circuits I", "Optics"]);
});

test("what Salesforce refuses is refused in its words", async () => {
  const cases = [
    ["Contact", { FirstName: "x" }, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"],
    ["Account", { Name: "x", Bad__c: 1 }, "INVALID_FIELD", "No such column 'Bad__c' on sobject of type Account"],
    ["Case", { Subject: "x", ContactId: "003SB0000000009" }, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"],
    ["Contact", { LastName: "x", Email: "nobody" }, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody"],
    ["Nothing__c", { Name: "x" }, "NOT_FOUND", "The requested resource does not exist"],
  ];
  for (const [object, body, errorCode, message] of cases) {
    await assert.rejects(connection.sobject(object).create(body), { errorCode, message }, object);
  }
});

test("describes tell what there is", async () => {
  const all = await connection.describeGlobal();
  const names = all.sobjects.map((object) => object.name);
  const standard = [
    "Account", "Attachment", "Case", "CaseComment", "CaseStatus", "Contact", "ContentDocument", "ContentDocumentLink",
    "ContentVersion", "EmailMessage", "EntityDefinition", "Event", "FeedComment", "FeedItem", "Group", "Opportunity",
    "OpportunityLineItem", "Organization", "Pricebook2", "PricebookEntry", "Product2", "Profile", "RecordType", "Task", "User",
  ];
  for (const name of [...standard, "Course__c", "Portal_Feed_Event__e"]) assert.ok(names.includes(name), name);
  const described = await connection.sobject("Case").describe();
  const field = Object.fromEntries(described.fields.map((each) => [each.name, each]));
  assert.equal(described.keyPrefix, "500");
  assert.deepEqual([field.Subject.type, field.Subject.length, field.Subject.updateable], ["string", 255, true]);
  assert.deepEqual([field.CaseNumber.autoNumber, field.CaseNumber.createable], [true, false]);
  assert.ok(field.Status.picklistValues.some((value) => value.value === "New" && value.defaultValue));
  assert.deepEqual(field.OwnerId.referenceTo, ["Group", "User"]);
  assert.ok(described.childRelationships.some((child) => child.relationshipName === "CaseComments" && child.cascadeDelete));
});

test("recent, updated and deleted tell what happened", async () => {
  const account = await connection.sobject("Account").create({ Name: "Northwind" });
  const contact = await connection.sobject("Contact").create({ LastName: "Haddad", AccountId: account.id });
  const recent = await connection.recent();
  assert.deepEqual(recent.map((item) => item.Id).sort(), [account.id, contact.id].sort());
  assert.equal((await connection.recent("Account"))[0].Name, "Northwind");
  assert.equal((await connection.recent(1)).length, 1);

  const now = new Date((await control("clock", undefined, "GET")).now);
  const [start, end] = [new Date(now - 60_000), new Date(+now + 60_000)];
  const updated = await connection.sobject("Contact").updated(start.toISOString(), end.toISOString());
  assert.deepEqual(updated.ids, [contact.id]);
  await connection.sobject("Account").destroy(account.id);
  const deleted = await connection.sobject("Contact").deleted(start, end);
  assert.deepEqual(deleted.deletedRecords.map((record) => record.id), [contact.id], "an account takes its contacts along");
  assert.ok(new Date(deleted.deletedRecords[0].deletedDate) >= start);
});

test("what was deleted is found by queryAll and comes back by undelete", async () => {
  const { id } = await connection.sobject("Account").create({ Name: "Northwind" });
  await connection.sobject("Contact").create({ LastName: "Haddad", AccountId: id });
  await connection.sobject("Account").destroy(id);
  assert.equal((await connection.query("SELECT Id FROM Contact")).totalSize, 0);
  const all = await connection.query("SELECT Id, IsDeleted FROM Contact", { scanAll: true });
  assert.deepEqual(all.records.map((record) => record.IsDeleted), [true]);
  const [back] = await connection.soap.undelete([id]);
  assert.deepEqual([back.id, back.success], [id, true]);
  assert.equal((await connection.query("SELECT Id FROM Contact")).totalSize, 1);
  const [refused] = await connection.soap.undelete([id]);
  assert.equal(refused.success, false);
});

test("the SOAP calls without records answer", async () => {
  const info = await connection.soap.getUserInfo();
  assert.equal(info.userName, "admin@sandbox.test");
  const { timestamp } = await connection.soap.getServerTimestamp();
  assert.ok(Math.abs(new Date(timestamp) - new Date((await control("clock", undefined, "GET")).now)) < 60_000);
  await assert.rejects(connection.soap.describeTabs(), /does not emulate the SOAP call describeTabs/);
});
