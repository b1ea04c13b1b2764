/** What admins and staff do behind the threads: look at the org, decide what only people can, keep the catalogue. */
import { expectAccessible } from '../support/accessibility.ts';
import { connect, openConnection } from '../support/connection.ts';
import { CoursePage } from '../support/course-page.ts';
import { ada, mia, sam } from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import { World } from '../support/world.ts';

test.slow();

test('an org that lacks something is connected, looked at and decided about', async ({ visit }) => {
  const world = await World.start({ lacking: ['FeedItem.Visibility', 'Course_Run__c.Publisher_Status__c'] });
  try {
    const admin = await visit(world, { as: ada });
    await connect(admin);
    const found = admin.getByRole('region', { name: 'What the org has and lacks' });
    await expect(found.getByText('Course_Run__c lacks Publisher_Status__c')).toBeVisible();
    await expect(found.getByText('Deploy the folder salesforce/')).toBeVisible();
    await expect(admin.getByText('Nobody has answered yet')).toBeVisible();
    await expectAccessible(admin, 'an org that lacks something');
    await admin.getByRole('radio', { name: 'public: partners of the course read them too' }).check();
    await admin.getByRole('button', { name: 'Save answer' }).click();
    await expect(admin.getByRole('status')).toContainText('Saved.');
    await expect(admin.getByText('Nobody has answered yet')).toHaveCount(0);
  } finally {
    await world.stop();
  }
});

test('another org is used only when an admin says so', async ({ ownWorld: world, visit, watch }) => {
  watch.allowStatus(404);
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await course.composer.post('For the first org.');
  await course.expectPost('For the first org.', 'In Salesforce');
  await world.org.giveWayTo('00DSB00000000092AA');
  const admin = await visit(world, { as: ada });
  await openConnection(admin);
  const again = admin.getByRole('button', { name: /Connect (again|another user or org)/ });
  await again.click();
  await admin.getByRole('button', { name: 'Allow' }).click();
  await expect(admin.getByRole('heading', { name: 'Another org' })).toBeVisible();
  await expect(admin.getByText('00DSB00000000012AA')).toBeVisible();
  await expectAccessible(admin, 'another org');
  // By keyboard alone.
  await admin.getByRole('button', { name: 'Use this org' }).focus();
  await admin.keyboard.press('Enter');
  await expect(admin.getByRole('heading', { name: 'Connected', exact: true })).toBeVisible();
  await course.page.reload();
  await course.composer.post('For the second.');
  await course.expectPost('For the second.', 'In Salesforce');
  await course.expectPost('For the first org.', 'In Salesforce');
});

test('what Salesforce refused is shown with its words, and sent again', async ({ ownWorld: world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await world.org.addFault({
    action: 'status',
    method: 'POST',
    path: '/composite',
    status: 400,
    code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    message: 'No words of this kind.',
  });
  await course.composer.post('A word of this kind.');
  await expect(course.page.getByText('No words of this kind.').first()).toBeVisible();
  const admin = await visit(world, { as: ada, scripts: 'off' });
  await openConnection(admin);
  await admin.getByRole('link', { name: /refused for good/ }).click();
  await expect(admin.getByText('No words of this kind.')).toBeVisible();
  const looked = await visit(world, { as: ada });
  await looked.goto('/admin/deliveries');
  await expectAccessible(looked, 'failed deliveries');
  await world.org.clearFaults();
  await admin.getByRole('button', { name: 'Try again' }).click();
  await course.expectPost('A word of this kind.', 'In Salesforce');
  await admin.goto('/admin/deliveries');
  await expect(admin.getByRole('heading', { name: 'Salesforce refused nothing' })).toBeVisible();
  await looked.reload();
  await expectAccessible(looked, 'no failed deliveries');
});

test('staff keep the catalogue by plain forms, with scripts off', async ({ world, visit, watch }) => {
  watch.allowStatus(422);
  const page = await visit(world, { as: sam, scripts: 'off' });
  await page.getByRole('link', { name: 'Catalogue' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Courses' })).toBeVisible();
  await page.getByRole('link', { name: 'Organizations', exact: true }).click();
  await page.getByText('New organization').click();
  await page.getByLabel('Key').fill('NewX');
  await page.getByLabel('Name').fill('New Academy');
  await page.getByRole('button', { name: 'Add organization' }).click();
  await page.getByRole('link', { name: 'New Academy' }).click();
  await page.getByLabel('Email address of a new member').fill(mia.email);
  await page.keyboard.press('Enter');
  await expect(page.getByText(mia.email)).toBeVisible();

  await page.getByRole('link', { name: 'Courses', exact: true }).first().click();
  await page.getByText('New course').click();
  await page.getByLabel('Key').fill('NewX+1');
  await page.getByLabel('Title').fill(' ');
  await page.getByLabel('Organizations').fill('NewX');
  await page.getByRole('button', { name: 'Add course' }).click();
  await expect(page.getByRole('alert')).toContainText('The title is blank.');
  await page.getByLabel('Title').fill('Knots');
  await page.getByRole('button', { name: 'Add course' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Knots' })).toBeVisible();
  await page.getByText('New run').click();
  const form = page.locator('details[open]');
  await form.getByLabel('Key').fill('course-v1:NewX+1+2026');
  await form.getByLabel('Title').fill('Knots in autumn');
  await form.getByRole('button', { name: 'Add run' }).click();
  await expect(page.getByRole('heading', { name: 'Knots in autumn' })).toBeVisible();
  await expect
    .poll(async () => (await world.org.query("SELECT Course_Number__c FROM Course_Run__c WHERE Course_Number__c = 'course-v1:NewX+1+2026'")).length)
    .toBe(1);

  const looked = await visit(world, { as: sam });
  await looked.goto(page.url());
  await expectAccessible(looked, 'a course of the catalogue');
  for (const [address, state] of [
    ['/admin/courses', 'courses of the catalogue'],
    ['/admin/organizations', 'organizations'],
    ['/admin/import', 'import'],
  ] as const) {
    await looked.goto(address);
    await expectAccessible(looked, state);
  }
});

test('a file is looked at first, then imported', async ({ world, visit }) => {
  const page = await visit(world, { as: sam });
  await page.goto('/admin/import');
  const lines = ['{"organization":{"key":"FileX","name":"Of a file"}}', '{"organization":{"key":"..","name":"Bad"}}'];
  const file = { name: 'new.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.join('\n')) };
  await page.getByLabel('File').setInputFiles(file);
  await page.getByRole('button', { name: 'Check the file' }).click();
  await expect(page.getByRole('heading', { name: 'What an import would do' })).toBeVisible();
  await expect(page.getByText('Line 2')).toBeVisible();
  await expectAccessible(page, 'the report of an import');
  await page.getByLabel('File').setInputFiles(file);
  await page.getByRole('button', { name: 'Import the file' }).click();
  await expect(page.getByRole('heading', { name: 'What the import did' })).toBeVisible();
  await page.goto('/admin/organizations');
  await expect(page.getByRole('link', { name: 'Of a file' })).toBeVisible();
});
