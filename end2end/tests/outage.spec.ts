/** The org is down: pages read, posts wait, nothing is lost by a crash, and each is delivered once. */
import { CoursePage } from '../support/course-page.ts';
import { mia } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('a queued post survives kill -9 of the portal and is delivered once when the org is back', async ({ ownWorld, visit, watch }) => {
  const wanted = ownWorld.claimCourse();
  const course = await CoursePage.find(await visit(ownWorld, { as: mia }), wanted);
  await course.composer.post('Before the outage.');
  await course.expectPost('Before the outage.');

  await ownWorld.org.goDown();
  await course.composer.post('During the outage.');
  await course.expectPost('During the outage.', 'Queued');
  await course.page.reload();
  await course.expectPost('Before the outage.');
  await course.expectPost('During the outage.', 'Queued');
  await course.composer.post('And another.');
  await course.expectPost('And another.', 'Queued');

  watch.allowLostConnections();
  await ownWorld.portal.kill();
  await ownWorld.portal.start();
  await course.page.reload();
  await course.expectPost('During the outage.', 'Queued');

  await ownWorld.org.clearFaults();
  await course.expectPost('During the outage.', 'In Salesforce');
  await course.expectPost('And another.', 'In Salesforce');
  const org = await ownWorld.salesforce.recordsOf(wanted.key);
  expect(org.Case).toHaveLength(1);
  expect(org.FeedItem.map(({ Body }) => Body.split('[Body]\n')[1])).toEqual(['Before the outage.', 'During the outage.', 'And another.']);
  expect(org.Portal_Post__c).toHaveLength(3);
});

test('the first comment of a course, written while the org is down, makes its case afterwards', async ({ ownWorld, visit }) => {
  const wanted = ownWorld.claimCourse();
  await ownWorld.org.goDown();
  const course = await CoursePage.find(await visit(ownWorld, { as: mia, scripts: 'off' }), wanted, 'off');
  await course.composer.post('Nobody is listening yet.');
  await course.expectPost('Nobody is listening yet.', 'Queued');
  await ownWorld.org.clearFaults();
  await expect(async () => {
    await course.page.reload();
    await expect(course.posts('Nobody is listening yet.')).toContainText('In Salesforce', { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  const org = await ownWorld.salesforce.recordsOf(wanted.key);
  expect(org.Case).toHaveLength(1);
  expect(org.FeedItem).toHaveLength(1);
});
