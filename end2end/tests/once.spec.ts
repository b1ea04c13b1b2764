/** One post, whatever fingers, tabs and networks do. */
import { CoursePage } from '../support/course-page.ts';
import { mia, noor } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test.afterEach(async ({ world }) => {
  await world.org.clearFaults();
});

test('two people post the first comment of a course at the same moment: one case', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const one = await CoursePage.find(await visit(world, { as: mia }), wanted);
  const other = await CoursePage.find(await visit(world, { as: noor }), wanted);
  await one.composer.write('I was first.');
  await other.composer.write('No, I was.');
  await Promise.all([one.composer.send.click(), other.composer.send.click()]);
  for (const course of [one, other]) {
    await course.expectPost('I was first.');
    await course.expectPost('No, I was.');
  }
  const org = await world.salesforce.recordsOf(wanted.key);
  expect(org.Case).toHaveLength(1);
  expect(org.Course__c).toHaveLength(1);
  expect(org.FeedItem).toHaveLength(2);
  expect(org.Portal_Post__c.map(({ Author_Name__c }) => Author_Name__c).sort()).toEqual([mia.name, noor.name].sort());
});

for (const scripts of ['on', 'off'] as const) {
  test(`a double click makes one post, scripts ${scripts}`, async ({ world, visit }) => {
    const wanted = world.claimCourse();
    const course = await CoursePage.find(await visit(world, { as: mia, scripts }), wanted, scripts);
    await course.composer.write('Clicked twice.');
    await course.composer.send.dblclick();
    await expect(course.posts('Clicked twice.')).toHaveCount(1);
    await expect(async () => {
      if (scripts === 'off') await course.page.reload();
      await expect(course.posts('Clicked twice.')).toContainText('In Salesforce', { timeout: 1_000 });
    }).toPass();
    await expect(course.everyPost).toHaveCount(1);
    const org = await world.salesforce.recordsOf(wanted.key);
    expect(org.FeedItem).toHaveLength(1);
    expect(org.Portal_Post__c).toHaveLength(1);
  });
}

test('back, and the same form sent again, makes one post, scripts off', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia, scripts: 'off' }), wanted, 'off');
  const form = await course.composer.form.evaluate((element) => new URLSearchParams(new FormData(element as HTMLFormElement) as any).toString());
  const fields = new URLSearchParams(form);
  await course.composer.post('Sent, and sent again.');
  await expect(course.posts('Sent, and sent again.')).toHaveCount(1);
  fields.set('body', 'Sent, and sent again.');
  const again = await course.page.request.post(`${new URL(course.page.url()).pathname}/comments`, {
    form: Object.fromEntries(fields),
    headers: { origin: world.portal.url },
  });
  expect(again.ok()).toBe(true);
  await course.page.reload();
  await expect(course.everyPost).toHaveCount(1);
});

test('the org’s answer is lost after it committed: one post', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await course.composer.post('Makes the case.');
  await course.expectPost('Makes the case.');
  await world.org.addFault({ action: 'drop_after_commit', method: 'POST', path: '/composite', times: 1 });
  await course.composer.post('The answer to this one is lost.');
  await course.expectPost('The answer to this one is lost.');
  const org = await world.salesforce.recordsOf(wanted.key);
  expect(org.FeedItem.filter(({ Body }) => Body.includes('The answer to this one is lost.'))).toHaveLength(1);
  expect(org.Portal_Post__c).toHaveLength(2);
  expect(org.Case).toHaveLength(1);
});

test('a connection lost before the commit, a 503 and a locked row: one post each', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  const troubles = [
    { action: 'drop_before_commit' as const },
    { action: 'status' as const, status: 503 },
    { action: 'lock_row' as const },
  ];
  for (const trouble of troubles) {
    await world.org.addFault({ ...trouble, method: 'POST', path: '/composite', times: 1 });
    await course.composer.post(`Through ${trouble.action}`);
    await course.expectPost(`Through ${trouble.action}`);
  }
  const org = await world.salesforce.recordsOf(wanted.key);
  expect(org.FeedItem).toHaveLength(troubles.length);
  expect(org.Portal_Post__c).toHaveLength(troubles.length);
});
