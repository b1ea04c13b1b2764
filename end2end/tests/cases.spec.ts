/** A course has several cases: opened from its page, each with a thread of its own, their status changed by staff and in the org. */
import { expectAccessible } from '../support/accessibility.ts';
import { CoursePage } from '../support/course-page.ts';
import { mia, sam } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('a partner opens a case, staff close it, the org has both', async ({ world, visit }) => {
  const wanted = world.claimCourse('MITx', 2);
  const partner = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await partner.page.getByRole('link', { name: 'New case' }).click();
  await expect(partner.page.getByRole('textbox', { name: 'Subject' })).toBeFocused();
  await expectAccessible(partner.page, 'new case');
  // By keyboard alone.
  await partner.page.getByRole('textbox', { name: 'Subject' }).focus();
  await partner.page.keyboard.type('Captions lag behind');
  await partner.page.keyboard.press('Tab');
  await partner.page.keyboard.press('ArrowDown');
  await partner.page.keyboard.press('Tab');
  await partner.page.keyboard.type('By two seconds, in week 3.');
  await partner.page.keyboard.press('Tab');
  await partner.awakeAfter(() => partner.page.keyboard.press('Enter'));
  await expect(partner.page.getByRole('heading', { level: 2, name: 'Captions lag behind' })).toBeVisible();
  await partner.expectPost('By two seconds, in week 3.');
  const address = partner.page.url();

  const cases = partner.page.getByRole('region', { name: 'Cases' });
  await expect(cases.getByRole('listitem')).toContainText('1 comment');
  const made = await world.org.query(
    `SELECT Id, Status, Subject, Course__r.Course_Key__c, Course_Run__c, ContactId, AccountId FROM Case WHERE Subject = 'Captions lag behind'`,
  );
  expect(made).toHaveLength(1);
  expect(made[0]).toMatchObject({ Status: 'Open', Course__r: { Course_Key__c: wanted.key } });
  for (const field of ['Course_Run__c', 'ContactId', 'AccountId']) expect(made[0]?.[field], field).toBeTruthy();

  const staff = await visit(world, { as: sam });
  await staff.goto(address);
  await staff.getByRole('combobox', { name: 'Status' }).selectOption('Closed');
  await staff.getByRole('button', { name: 'Change status' }).click();
  await expect(staff.getByText('Changing – on its way to Salesforce')).toHaveCount(0);
  await expect(staff.getByRole('combobox', { name: 'Status' })).toHaveValue('Closed');
  await expect(staff.getByText('This case is closed.')).toBeVisible();
  await expectAccessible(staff, 'a closed case as staff sees it');
  await expect.poll(async () => (await world.org.query(`SELECT Status FROM Case WHERE Id = '${made[0]?.Id}'`))[0]?.Status).toBe('Closed');

  await partner.reload();
  await expect(partner.page.getByText('This case is closed; staff will see your comment.')).toBeVisible();
  await expect(partner.page.getByRole('button', { name: 'Change status' })).toHaveCount(0);
  await partner.composer.post('Still there in week 4.');
  await partner.expectPost('Still there in week 4.');
  await expectAccessible(partner.page, 'a closed case');
});

test('cases are opened, read and filtered with scripts off', async ({ world, visit }) => {
  const wanted = world.claimCourse('MITx', 2);
  const page = await visit(world, { as: mia, scripts: 'off' });
  const course = await CoursePage.find(page, wanted, 'off');
  await course.composer.post('Of the course.');
  await course.expectOpen();
  await page.getByRole('link', { name: 'New case' }).click();
  await page.getByRole('textbox', { name: 'Subject' }).fill('Transcripts');
  await page.getByRole('textbox', { name: 'First comment' }).fill('Where are they?');
  await page.getByRole('button', { name: 'Open case' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'Transcripts' })).toBeVisible();
  await expect(course.posts('Where are they?')).toHaveCount(1);
  await expect(course.posts('Of the course.')).toHaveCount(0);
  await course.composer.post('Found them.');
  await expect(course.posts('Found them.')).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 2, name: 'Transcripts' })).toBeVisible();

  const cases = page.getByRole('region', { name: 'Cases' });
  await expect(cases.getByRole('listitem')).toHaveCount(2);
  await cases.getByRole('combobox', { name: 'State' }).selectOption('closed');
  await cases.getByRole('button', { name: 'Filter' }).click();
  await expect(cases.getByText('No case matches.')).toBeVisible();
  await cases.getByRole('link', { name: 'Show all' }).click();
  await cases.getByRole('link', { name: /Comments$/ }).click();
  await expect(course.posts('Of the course.')).toHaveCount(1);
});

test('what the org refuses is said in its words, and its own value shows again', async ({ ownWorld, visit, watch }) => {
  watch.allowStatus(400);
  const staff = await CoursePage.find(await visit(ownWorld, { as: sam }), ownWorld.claimCourse());
  await staff.composer.post('Hello.');
  await staff.expectPost('Hello.');
  await ownWorld.org.addFault({
    action: 'status',
    method: 'PATCH',
    path: '/sobjects/Case/',
    status: 400,
    code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    message: 'Add a reason before closing.',
  });
  await staff.reload();
  await staff.page.getByRole('combobox', { name: 'Status' }).selectOption('Closed');
  await staff.page.getByRole('button', { name: 'Change status' }).click();
  await expect(staff.page.getByRole('alert').filter({ hasText: 'Add a reason before closing.' })).toBeVisible();
  await expect(staff.page.getByRole('combobox', { name: 'Status' })).toHaveValue('Open');
  await expectAccessible(staff.page, 'a refused change of a case');
});
