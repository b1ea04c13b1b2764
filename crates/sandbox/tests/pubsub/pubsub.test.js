// The unmodified salesforce-pubsub-api-client over TLS.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import PubSubApiClient from 'salesforce-pubsub-api-client';
import { Inbox, Records, admin, control, events, tlsUrl, token } from '../node/org.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const portalEvents = '/event/Portal_Feed_Event__e';
const within = { timeout: 30_000 };

let records;
let client;
// Of each subscription, when its stream has ended.
let finished;

async function connect() {
  // The client pins its own certificate authorities for gRPC, so the sandbox's can't be given to it.
  const made = new PubSubApiClient(
    {
      authType: 'oauth-client-credentials',
      loginUrl: tlsUrl,
      clientId: 'casebridge-dev',
      clientSecret: 'casebridge-dev-secret',
      pubSubEndpoint: new URL(tlsUrl).host,
      rejectUnauthorizedSsl: false,
    },
    quiet,
  );
  await made.connect();
  return made;
}

// What a subscription says, by kind.
function listener() {
  let finish;
  finished.push(new Promise((resolve) => { finish = resolve; }));
  const heard = { events: new Inbox(), errors: new Inbox(), keepAlives: new Inbox(), last: new Inbox(), ends: new Inbox() };
  const callback = (info, kind, data) => {
    if (kind === 'event') heard.events.put(data);
    else if (kind === 'error') {
      heard.errors.put(data);
      finish();
    }
    else if (kind === 'grpcKeepAlive') heard.keepAlives.put(info.lastReplayId);
    else if (kind === 'lastEvent') heard.last.put(info);
    else if (kind === 'end') heard.ends.put(info);
  };
  return { heard, callback };
}

// Until a keep-alive comes, which says that the subscription stands.
async function standing(heard) {
  let stands = false;
  const waiting = heard.keepAlives.take().then((id) => { stands = true; return id; });
  while (!stands) {
    await control('events/keep-alive');
    await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve))]);
  }
  return waiting;
}

// The client asks for a schema when the first event comes and may hand out later ones before it has the answer.
const inOrder = (events) => events.toSorted((a, b) => a.replayId - b.replayId);

const portalEvent = (number) => ({
  CreatedDate: Date.now(),
  CreatedById: admin,
  Record_Id__c: { string: `0D5SB0000000${String(number).padStart(6, '0')}` },
  Case_Id__c: { string: '500SB0000000001AAA' },
  Operation__c: { string: 'insert' },
  Object__c: { string: 'FeedItem' },
});

beforeEach(async () => {
  finished = [];
  await control('reset');
  records = new Records(await token());
  client = await connect();
});

// A close takes the listeners away but leaves the streams, whose end would then be nobody's to catch.
afterEach(async () => {
  await control('events/drop-streams');
  await Promise.all(finished);
  client.close();
});

test('a subscription from the latest event sees what comes after it and nothing before', within, async () => {
  await records.create('Case', { Subject: 'Before' });
  const { heard, callback } = listener();
  client.subscribe('/data/CaseChangeEvent', callback);
  await standing(heard);
  const id = await records.create('Case', { Subject: 'After' });
  const event = await heard.events.take();
  assert.equal(event.payload.Subject, 'After');
  assert.deepEqual(event.payload.ChangeEventHeader.recordIds, [id]);
});

test('a change event tells who changed what, with its bitmaps decoded', within, async () => {
  const { heard, callback } = listener();
  client.subscribeFromEarliestEvent('/data/ContactChangeEvent', callback);
  const id = await records.create('Contact', { LastName: 'Lovelace', FirstName: 'Ada', Email: 'ada@example.com' });
  await records.update('Contact', id, { FirstName: 'Augusta', Email: null, Title: 'Countess' });
  await records.delete('Contact', id);
  const [created, updated, deleted] = inOrder(await heard.events.takeMany(3));

  const header = created.payload.ChangeEventHeader;
  assert.equal(header.entityName, 'Contact');
  assert.equal(header.changeType, 'CREATE');
  assert.equal(header.commitUser, admin);
  assert.equal(header.sequenceNumber, 1);
  assert.match(header.transactionKey, /^[0-9a-f-]{36}$/);
  assert.match(header.changeOrigin, /^com\/salesforce\/api\/rest\//);
  assert.ok(header.commitTimestamp > 1_700_000_000_000);
  assert.deepEqual(header.changedFields, []);
  assert.deepEqual({ ...created.payload.Name }, { Salutation: null, FirstName: 'Ada', LastName: 'Lovelace' });
  assert.equal(created.payload.Email, 'ada@example.com');
  // A record's times are whole seconds, the commit's has milliseconds.
  assert.equal(created.payload.CreatedDate, Math.floor(header.commitTimestamp / 1_000) * 1_000);

  const update = updated.payload.ChangeEventHeader;
  assert.equal(update.changeType, 'UPDATE');
  assert.deepEqual(update.changedFields.toSorted(), ['Email', 'LastModifiedDate', 'Name.FirstName', 'Title']);
  assert.deepEqual(update.nulledFields, ['Email']);
  assert.deepEqual(update.diffFields, []);
  assert.equal(updated.payload.Title, 'Countess');
  assert.equal(updated.payload.Email, null);
  assert.ok(update.commitNumber > header.commitNumber);
  assert.notEqual(update.transactionKey, header.transactionKey);

  assert.equal(deleted.payload.ChangeEventHeader.changeType, 'DELETE');
  assert.ok(created.replayId < updated.replayId && updated.replayId < deleted.replayId);
});

test('records that the same happened to in one transaction share an event', within, async () => {
  const ids = [];
  for (const Name of ['a', 'b', 'c']) ids.push(await records.create('Account', { Name }));
  const { heard, callback } = listener();
  client.subscribe('/data/ChangeEvents', callback);
  await standing(heard);
  await records.request('PATCH', '/composite/sobjects', {
    allOrNone: true,
    records: [
      ...ids.slice(0, 2).map((id) => ({ attributes: { type: 'Account' }, id, Industry: 'Education' })),
      { attributes: { type: 'Account' }, id: ids[2], Industry: 'Technology' },
    ],
  });
  const [merged, single] = inOrder(await heard.events.takeMany(2));
  assert.deepEqual(merged.payload.ChangeEventHeader.recordIds, ids.slice(0, 2));
  assert.deepEqual(single.payload.ChangeEventHeader.recordIds, [ids[2]]);
  assert.equal(merged.payload.ChangeEventHeader.transactionKey, single.payload.ChangeEventHeader.transactionKey);
  assert.deepEqual([merged, single].map((event) => event.payload.ChangeEventHeader.sequenceNumber), [1, 2]);
});

test('a custom object has change events of its own', within, async () => {
  const { heard, callback } = listener();
  client.subscribeFromEarliestEvent('/data/Publisher_Organization__ChangeEvent', callback);
  await records.create('Publisher_Organization__c', { Portal_Key__c: 'MITx', Organization_Key__c: 'MITx', Organization_Name__c: 'MIT' });
  const event = await heard.events.take();
  assert.equal(event.payload.ChangeEventHeader.entityName, 'Publisher_Organization__c');
  assert.equal(event.payload.Organization_Name__c, 'MIT');
});

test('a subscription goes on from a replay id', within, async () => {
  for (const Subject of ['one', 'two', 'three']) await records.create('Case', { Subject });
  const first = listener();
  client.subscribeFromEarliestEvent('/data/CaseChangeEvent', first.callback, 1);
  const { replayId, payload } = await first.heard.events.take();
  assert.equal(payload.Subject, 'one');
  await first.heard.last.take();
  assert.ok(first.heard.events.isEmpty, 'one was asked for');

  const other = await connect();
  const second = listener();
  other.subscribeFromReplayId('/data/CaseChangeEvent', second.callback, 2, replayId);
  const rest = inOrder(await second.heard.events.takeMany(2));
  assert.deepEqual(rest.map((event) => event.payload.Subject), ['two', 'three']);
  await second.heard.last.take();
  other.requestAdditionalEvents('/data/CaseChangeEvent', 1);
  await records.create('Case', { Subject: 'four' });
  assert.equal((await second.heard.events.take()).payload.Subject, 'four');
});

test('an expired replay id is refused with its code', within, async () => {
  await records.create('Case', { Subject: 'x' });
  const [{ replay_id: old }] = await events();
  await control('events/expire');
  const { heard, callback } = listener();
  client.subscribeFromReplayId('/data/CaseChangeEvent', callback, 1, old);
  const error = await heard.errors.take();
  assert.equal(error.code, 3);
  assert.deepEqual(error.metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted']);
  assert.equal(error.metadata.get('rpc-id').length, 1);
});

test('72 hours after it was published an event is gone', within, async () => {
  await records.create('Case', { Subject: 'old' });
  await control('clock', { advance_seconds: 72 * 3600 });
  records = new Records(await token());
  const other = await connect();
  await records.create('Case', { Subject: 'new' });
  const { heard, callback } = listener();
  other.subscribeFromEarliestEvent('/data/CaseChangeEvent', callback);
  assert.equal((await heard.events.take()).payload.Subject, 'new');
});

test('what is published comes back to subscribers under its replay id', within, async () => {
  const { heard, callback } = listener();
  client.subscribe(portalEvents, callback);
  await standing(heard);
  const result = await client.publish(portalEvents, portalEvent(1), 'my-key');
  assert.equal(result.correlationKey, 'my-key');
  assert.equal(result.error, undefined);
  const event = await heard.events.take();
  assert.equal(event.replayId, result.replayId);
  assert.equal(event.id, 'my-key');
  assert.equal(event.payload.Operation__c, 'insert');
  assert.equal(event.payload.CreatedById, admin);
});

test('a batch is published through a stream, and a subscription without end asks for more by itself', within, async () => {
  const { heard, callback } = listener();
  client.subscribe(portalEvents, callback);
  await standing(heard);
  const answers = new Inbox();
  const onPublish = (info, kind, data) => { if (kind === 'publishResponse') answers.put(data.results); };
  const results = [];
  for (const batch of [0, 1, 2]) {
    const batchEvents = Array.from({ length: 80 }, (_, index) => ({ payload: portalEvent(batch * 80 + index) }));
    await client.publishBatch(portalEvents, batchEvents, onPublish);
    results.push(...(await answers.take()));
  }
  const received = inOrder(await heard.events.takeMany(240));
  assert.deepEqual(received.map((event) => event.replayId), results.map((result) => result.replayId));
  assert.equal(new Set(received.map((event) => event.payload.Record_Id__c)).size, 240);
});

test('the feed of a case publishes the portal’s event, and no change event', within, async () => {
  const id = await records.create('Case', { Subject: 'x' });
  const all = listener();
  client.subscribe('/data/ChangeEvents', all.callback);
  const portal = listener();
  client.subscribe(portalEvents, portal.callback);
  await standing(all.heard);
  await standing(portal.heard);
  const item = await records.create('FeedItem', { ParentId: id, Body: 'Hello' });
  const comment = await records.create('FeedComment', { FeedItemId: item, CommentBody: 'Hi' });
  const note = await records.create('CaseComment', { ParentId: id, CommentBody: 'Note' });
  await records.update('CaseComment', note, { CommentBody: 'Other note' });
  await records.delete('FeedComment', comment);
  const told = inOrder(await portal.heard.events.takeMany(5)).map(({ payload }) => [
    payload.Object__c, payload.Operation__c, payload.Record_Id__c, payload.Case_Id__c,
  ]);
  assert.deepEqual(told, [
    ['FeedItem', 'insert', item, id],
    ['FeedComment', 'insert', comment, id],
    ['CaseComment', 'insert', note, id],
    ['CaseComment', 'update', note, id],
    ['FeedComment', 'delete', comment, id],
  ]);
  await records.update('Case', id, { Subject: 'y' });
  const [change] = await all.heard.events.takeMany(1);
  assert.equal(change.payload.ChangeEventHeader.entityName, 'Case', 'the first change since the case was made');
});

test('gaps and overflows come on demand', within, async () => {
  const { heard, callback } = listener();
  client.subscribe('/data/CaseChangeEvent', callback);
  await standing(heard);
  await control('events/gap', { object: 'Case', change_type: 'GAP_UPDATE', record_ids: ['500SB0000000001AAA'] });
  await control('events/gap', { object: 'Case', change_type: 'GAP_OVERFLOW' });
  const [gap, overflow] = inOrder(await heard.events.takeMany(2)).map((event) => event.payload.ChangeEventHeader);
  assert.deepEqual([gap.changeType, gap.recordIds], ['GAP_UPDATE', ['500SB0000000001AAA']]);
  assert.deepEqual([overflow.changeType, overflow.recordIds], ['GAP_OVERFLOW', ['000000000000000AAA']]);
});

test('a dropped stream ends as unavailable, and the next goes on where it ended', within, async () => {
  const first = listener();
  client.subscribe('/data/CaseChangeEvent', first.callback);
  const position = await standing(first.heard);
  await control('events/drop-streams');
  const error = await first.heard.errors.take();
  assert.equal(error.code, 14);
  assert.deepEqual(error.metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.service.unavailable']);
  await records.create('Case', { Subject: 'meanwhile' });
  const other = await connect();
  const second = listener();
  other.subscribeFromReplayId('/data/CaseChangeEvent', second.callback, null, position);
  assert.equal((await second.heard.events.take()).payload.Subject, 'meanwhile');
});

test('a stream that breaks in the middle ends with an error, and the next misses nothing', within, async () => {
  for (const Subject of ['one', 'two', 'three']) await records.create('Case', { Subject });
  await control('faults', { action: 'break_stream', method: 'Subscribe', times: 1, after_events: 2 });
  const first = listener();
  client.subscribeFromEarliestEvent('/data/CaseChangeEvent', first.callback);
  const error = await first.heard.errors.take();
  assert.notEqual(error.code, 0);
  assert.deepEqual(error.metadata.get('error-code'), [], 'nothing was said');
  // A client that hears of the break first throws away what it has not read yet: two events were sent, and at most two came.
  const got = [];
  while (!first.heard.events.isEmpty) got.push(await first.heard.events.take());
  const position = inOrder(got).at(-1)?.replayId;
  const rest = ['one', 'two', 'three'].slice(got.length);
  assert.ok(rest.length >= 1, `${got.length} came`);
  const other = await connect();
  const second = listener();
  if (position === undefined) other.subscribeFromEarliestEvent('/data/CaseChangeEvent', second.callback);
  else other.subscribeFromReplayId('/data/CaseChangeEvent', second.callback, null, position);
  assert.deepEqual(inOrder(await second.heard.events.takeMany(rest.length)).map(({ payload }) => payload.Subject), rest);
});

test('a managed subscription goes on after what was committed', within, async () => {
  const { id } = await records.request('POST', '/tooling/sobjects/ManagedEventSubscription', {
    FullName: 'Case_Sync',
    Metadata: {
      label: 'Case sync', topicName: '/data/CaseChangeEvent', defaultReplay: 'EARLIEST', errorRecoveryReplay: 'EARLIEST', state: 'RUN',
    },
  });
  for (const Subject of ['one', 'two', 'three']) await records.create('Case', { Subject });
  const first = listener();
  await client.subscribeWithManagedSubscription('Case_Sync', first.callback, 2);
  const [one, two] = inOrder(await first.heard.events.takeMany(2));
  assert.deepEqual([one.payload.Subject, two.payload.Subject], ['one', 'two']);
  const request = client.commitReplayId(id, two.replayId);
  const commit = await first.heard.keepAlives.take();
  assert.equal(commit, two.replayId, `the answer to ${request} carries the position`);

  await control('events/drop-streams');
  await first.heard.errors.take();
  const other = await connect();
  const second = listener();
  await other.subscribeWithManagedSubscription(id, second.callback);
  const three = await second.heard.events.take();
  assert.equal(three.payload.Subject, 'three');
  await records.create('Case', { Subject: 'four' });
  assert.equal((await second.heard.events.take()).payload.Subject, 'four', 'a subscription without end asks for more by itself');

  await records.request('PATCH', `/tooling/sobjects/ManagedEventSubscription/${id}`, { Metadata: { state: 'STOP' } });
  const stopped = await second.heard.errors.take();
  assert.deepEqual(stopped.metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.subscription.managed.stopped']);
  await assert.rejects(client.subscribeWithManagedSubscription('Case_Sync', first.callback), /STOP state/);
});

test('an unknown topic and an ended session are refused with their codes', within, async () => {
  const unknown = listener();
  client.subscribe('/data/FeedItemChangeEvent', unknown.callback);
  const missing = await unknown.heard.errors.take();
  assert.deepEqual([missing.code, missing.metadata.get('error-code')], [5, ['sfdc.platform.eventbus.grpc.topic.not.found']]);
  await control('expire-sessions');
  const ended = listener();
  client.subscribe('/data/CaseChangeEvent', ended.callback);
  const error = await ended.heard.errors.take();
  assert.deepEqual([error.code, error.metadata.get('error-code')], [16, ['sfdc.platform.eventbus.grpc.service.auth.error']]);
  await assert.rejects(client.publish('/data/CaseChangeEvent', {}));
});
