// jsforce's streaming (faye underneath) over CometD, unmodified.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import jsforce from 'jsforce';
import { Inbox, Records, admin, control, events, token, url } from '../node/org.js';

const { StreamingExtension } = (await import('jsforce/lib/api/streaming.js')).default;
const portalEvents = '/event/Portal_Feed_Event__e';
const within = { timeout: 30_000 };

let session;
let records;

// A faye client that replays the channel from the id given, and what it hears there.
async function listen(channel, replayId, ...extensions) {
  const connection = new jsforce.Connection({ instanceUrl: url, accessToken: session, version: '67.0' });
  const client = connection.streaming.createClient([...extensions, new StreamingExtension.Replay(channel, replayId)]);
  const inbox = new Inbox();
  const subscription = client.subscribe(channel, (message) => inbox.put(message));
  await subscription;
  return { client, inbox, subscription };
}

const publish = (number) =>
  records.request('POST', '/sobjects/Portal_Feed_Event__e', {
    Record_Id__c: `0D5SB00000000${number}`,
    Case_Id__c: '500SB0000000001AAA',
    Operation__c: 'insert',
    Object__c: 'FeedItem',
  });

beforeEach(async () => {
  await control('reset');
  session = await token();
  records = new Records(session);
});

test('a platform event reaches a subscriber with its fields and replay id', within, async () => {
  const { client, inbox } = await listen(portalEvents, -1);
  const answer = await publish(10);
  assert.equal(answer.success, true);
  assert.equal(answer.errors[0].statusCode, 'OPERATION_ENQUEUED');
  const { payload, event, schema } = await inbox.take();
  assert.equal(payload.Record_Id__c, '0D5SB0000000010');
  assert.equal(payload.Operation__c, 'insert');
  assert.equal(payload.CreatedById, admin);
  assert.match(payload.CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(event.EventUuid, answer.errors[0].message);
  assert.equal(typeof event.replayId, 'number');
  assert.match(schema, /^[\w-]{22}$/);
  await client.disconnect();
});

test('jsforce’s own subscribe, without an extension, sees new events', within, async () => {
  const connection = new jsforce.Connection({ instanceUrl: url, accessToken: session, version: '67.0' });
  const inbox = new Inbox();
  const subscription = connection.streaming.subscribe(portalEvents, (message) => inbox.put(message));
  await subscription;
  await publish(11);
  assert.equal((await inbox.take()).payload.Record_Id__c, '0D5SB0000000011');
  subscription.cancel();
});

test('all retained events are replayed, or those after one', within, async () => {
  for (const number of [20, 21, 22]) await publish(number);
  const all = await listen(portalEvents, -2);
  const replayed = await all.inbox.takeMany(3);
  assert.deepEqual(replayed.map(({ payload }) => payload.Record_Id__c.slice(-2)), ['20', '21', '22']);
  await all.client.disconnect();
  const rest = await listen(portalEvents, replayed[0].event.replayId);
  assert.deepEqual((await rest.inbox.takeMany(2)).map(({ payload }) => payload.Record_Id__c.slice(-2)), ['21', '22']);
  await rest.client.disconnect();
});

test('change events come with the names of the changed fields, and can be replayed', within, async () => {
  const id = await records.create('Case', { Subject: 'x', Priority: 'High' });
  await records.update('Case', id, { Subject: 'y', Priority: null });
  await records.delete('Case', id);
  const { client, inbox } = await listen('/data/CaseChangeEvent', -2);
  const [created, updated, deleted] = (await inbox.takeMany(3)).map(({ payload }) => payload);
  assert.equal(created.ChangeEventHeader.changeType, 'CREATE');
  assert.deepEqual(created.ChangeEventHeader.recordIds, [id]);
  assert.equal(created.Subject, 'x');
  assert.equal(updated.ChangeEventHeader.changeType, 'UPDATE');
  assert.deepEqual(updated.ChangeEventHeader.changedFields.toSorted(), ['LastModifiedDate', 'Priority', 'Subject']);
  assert.equal(updated.Subject, 'y');
  assert.equal(updated.Priority, null);
  assert.equal('Status' in updated, false);
  assert.equal(deleted.ChangeEventHeader.changeType, 'DELETE');
  await client.disconnect();
});

test('the channel of all changes carries every covered object and no feed', within, async () => {
  const { client, inbox } = await listen('/data/ChangeEvents', -1);
  const id = await records.create('Case', { Subject: 'x' });
  await records.create('FeedItem', { ParentId: id, Body: 'Hello' });
  await records.create('Account', { Name: 'a' });
  const told = await inbox.takeMany(2);
  assert.deepEqual(told.map(({ payload }) => payload.ChangeEventHeader.entityName), ['Case', 'Account']);
  await client.disconnect();
});

test('a replay id that is out of retention is refused', within, async () => {
  await publish(30);
  const [{ replay_id: old }] = await events();
  await control('clock', { advance_seconds: 72 * 3600 });
  session = await token();
  records = new Records(session);
  await publish(31);
  await assert.rejects(listen(portalEvents, old), { message: /^400::The replayId \{/ });
  const { client, inbox } = await listen(portalEvents, -2);
  assert.equal((await inbox.take()).payload.Record_Id__c, '0D5SB0000000031');
  await client.disconnect();
});

test('an unknown channel is refused', within, async () => {
  await assert.rejects(listen('/data/FeedItemChangeEvent', -1), { code: 403 });
});

test('a client whose session has ended is told to stop', within, async () => {
  await control('expire-sessions');
  const told = new Inbox();
  const failure = new StreamingExtension.AuthFailure((message) => told.put(message));
  listen(portalEvents, -1, failure).catch(() => {});
  const message = await told.take();
  assert.equal(message.error, '403::Handshake denied');
  assert.equal(message.ext.sfdc.failureReason, '401::Authentication invalid');
  assert.equal(message.advice.reconnect, 'none');
});

test('a client the org has forgotten shakes hands again and misses nothing', within, async () => {
  const { client, inbox } = await listen(portalEvents, -1);
  await publish(40);
  await inbox.take();
  await control('events/drop-streams');
  await publish(41);
  assert.equal((await inbox.take()).payload.Record_Id__c, '0D5SB0000000041');
  await client.disconnect();
});

test('a client whose connect is hung up on asks again and misses nothing', within, async () => {
  const { client, inbox } = await listen(portalEvents, -1);
  await publish(50);
  await inbox.take();
  await control('faults', { action: 'break_stream', method: 'connect', times: 2 });
  await publish(51);
  await publish(52);
  const heard = await inbox.takeMany(2);
  assert.deepEqual(heard.map(({ payload }) => payload.Record_Id__c.slice(-2)), ['51', '52']);
  await client.disconnect();
});

test('one client more than the org allows is denied', within, async () => {
  await control('limits', { cometd_clients: 1 });
  const { client } = await listen(portalEvents, -1);
  const told = new Inbox();
  const failure = new StreamingExtension.AuthFailure((message) => told.put(message));
  listen(portalEvents, -1, failure).catch(() => {});
  const message = await told.take();
  assert.equal(message.ext.sfdc.failureReason, '403::Organization concurrent user limit exceeded');
  await client.disconnect();
});

// What it sends again holds a connect that is not its first, and beside that the subscription: if the one waited for an event, the
// other would not be there to hear of it.
test('a client whose first answers are lost subscribes again and hears what follows', within, async () => {
  const loseNext = {
    incoming(message, pass) {
      if (message.channel !== '/meta/handshake') return pass(message);
      return control('faults', { action: 'drop_after_commit', path: '/cometd', times: 1 }).then(() => pass(message));
    },
  };
  const { client, inbox } = await listen(portalEvents, -1, loseNext);
  await publish(60);
  assert.equal((await inbox.take()).payload.Record_Id__c, '0D5SB0000000060');
  await client.disconnect();
});
