/** Old comments from a file: sent by an admin, followed while they load, and gone on with after the worst moment for a kill. */
import { expectAccessible } from '../support/accessibility.ts';
import { CoursePage } from '../support/course-page.ts';
import { ada, mia } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test.slow();

function fileOf(course: string, bodies: string[]): { name: string; mimeType: string; buffer: Buffer } {
  const lines = bodies.map((body, index) => JSON.stringify({ course, author: 'Olga Older (olga)', body, created: `2014-05-0${index + 1}T10:00:00Z` }));
  return { name: 'old.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from([...lines, 'nonsense'].join('\n')) };
}

test('a file is sent by keyboard, followed live, and its comments are in the thread', async ({ ownWorld: world, visit }) => {
  await world.org.allowAuditFields();
  const wanted = world.claimCourse();
  const admin = await visit(world, { as: ada });
  await admin.goto('/admin/salesforce');
  await admin.getByRole('link', { name: 'Load old comments' }).press('Enter');
  await admin.getByLabel('File').setInputFiles(fileOf(wanted.key, ['The first of old.', 'The second of old.']));
  await expectAccessible(admin, 'sending old comments');
  await admin.getByRole('button', { name: 'Check the file' }).press('Enter');
  await expect(admin.getByRole('heading', { level: 2, name: 'Result' })).toBeVisible();
  await expect(admin.getByText('The lines left out can’t be loaded as they are; all others can.')).toBeVisible();
  await expectAccessible(admin, 'a checked file of old comments');

  await world.org.addFault({ action: 'delay', delay_ms: 5000, path: '/successfulResults', times: 1 });
  await admin.getByRole('button', { name: 'Load it' }).press('Enter');
  await expect(admin.getByRole('progressbar', { name: 'Loading' })).toBeVisible();
  await expectAccessible(admin, 'a load under way');
  // Nobody touches the page any more.
  await expect(admin.getByText('All lines but those left out are in the org and in the threads.')).toBeVisible({ timeout: 20_000 });
  await admin.getByText('1 course, compared').press('Enter');
  await expect(admin.getByRole('row', { name: wanted.key })).toContainText('The same');
  const download = admin.waitForEvent('download');
  await admin.getByRole('link', { name: 'The lines left out, with the reasons' }).click();
  expect((await download).suggestedFilename()).toBe('left-out.jsonl');

  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await expect(course.page.getByText('The first of old.')).toBeVisible();
  await expect(course.page.getByText('Olga Older (olga)').first()).toBeVisible();
});

test('a load goes on by itself after the portal was killed, also with scripts off', async ({ ownWorld: world, visit }) => {
  await world.org.allowAuditFields();
  const wanted = world.claimCourse();
  const admin = await visit(world, { as: ada, scripts: 'off' });
  await world.org.addFault({ action: 'delay', delay_ms: 60_000, path: '/successfulResults', times: 1 });
  await admin.goto('/admin/history');
  await admin.getByLabel('File').setInputFiles(fileOf(wanted.key, ['One of old.', 'Two of old.', 'Three of old.']));
  await admin.getByRole('button', { name: 'Check and load it' }).click();
  const items = () => world.org.query("SELECT Body FROM FeedItem WHERE CreatedDate < 2015-01-01T00:00:00Z");
  // It waits for what the org says of the job, which has been worked off.
  await expect.poll(() => world.org.faultsLeft()).toBe(0);
  expect((await items()).length).toBe(3);
  await world.portal.kill();
  await world.portal.start();
  await admin.reload();
  await expect(admin.getByText('Under way')).toBeVisible();
  // The page loads itself anew until there is a result: the runner's lease has to run out first.
  await expect(admin.getByRole('heading', { level: 2, name: 'Result' })).toBeVisible({ timeout: 45_000 });
  await expect(admin.getByText('1 line left out')).toBeVisible();
  expect((await items()).length).toBe(3);
});
