/** Staff read what partners read and more, and can't mistake an internal note for a public comment. */
import { CoursePage } from '../support/course-page.ts';
import { mia, sam } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('an internal note is for staff only, in the portal and in the org', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const partner = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await partner.composer.post('When is the launch?');
  await partner.expectPost('When is the launch?');
  await expect(partner.internalComposer.form).toHaveCount(0);

  const staff = await CoursePage.find(await visit(world, { as: sam }), wanted);
  await staff.expectPost('When is the launch?');
  const canary = 'canary: legal is not done with this one';
  await staff.openInternalComposer();
  await staff.internalComposer.post(canary);
  const note = await staff.expectPost(canary);
  await expect(note).toContainText('Internal');
  await staff.composer.post('In two weeks.');
  await staff.expectPost('In two weeks.');

  // The public answer arrives without a load; by then the note would have, too.
  const answer = await partner.expectPost('In two weeks.');
  await expect(answer).toContainText(sam.name);
  await expect(partner.posts(canary)).toHaveCount(0);
  await partner.reload();
  await partner.expectPost('In two weeks.');
  expect(await partner.page.content()).not.toContain('canary');

  const org = await world.salesforce.recordsOf(wanted.key);
  const item = org.FeedItem.find(({ Body }) => Body.includes(canary));
  expect(item?.Visibility).toBe('InternalUsers');
  expect(org.Portal_Post__c.find(({ Feed_Item__c }) => Feed_Item__c === item?.Id)).toMatchObject({ Visibility__c: 'internal', Author_Role__c: 'staff' });
  expect(org.FeedItem.filter(({ Visibility }) => Visibility === 'AllUsers')).toHaveLength(2);
});
