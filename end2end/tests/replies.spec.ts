/** What people write in the org itself comes back to the thread, with its author, as visible as it was there. */
import { CoursePage } from '../support/course-page.ts';
import { mia, sam } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('posts, replies and case comments made in the org show up in the open page', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const partner = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await partner.composer.post('Who checks the captions?');
  await partner.expectPost('Who checks the captions?');
  const staff = await CoursePage.find(await visit(world, { as: sam }), wanted);

  await world.salesforce.replyToNewestPost(wanted.key, 'A reply under the comment');
  await world.salesforce.postOnCase(wanted.key, 'A post beside it');
  await world.salesforce.postOnCase(wanted.key, 'canary: an internal post', 'InternalUsers');
  await world.salesforce.replyToNewestPost(wanted.key, 'canary: a reply under the internal post');
  await world.salesforce.commentOnCase(wanted.key, 'canary: a private case comment', false);
  await world.salesforce.commentOnCase(wanted.key, 'A published case comment', true);

  const open = ['A reply under the comment', 'A post beside it', 'A published case comment'];
  const internal = ['canary: an internal post', 'canary: a reply under the internal post', 'canary: a private case comment'];
  for (const body of open) {
    for (const course of [partner, staff]) {
      await expect(course.posts(body)).toHaveCount(1);
      await expect(course.posts(body)).toContainText('Riley Reviewer');
    }
  }
  for (const body of internal) {
    await expect(staff.posts(body)).toHaveCount(1);
    await expect(staff.posts(body)).toContainText('Internal');
  }
  await expect(partner.everyPost).toHaveCount(1 + open.length);
  await expect(staff.everyPost).toHaveCount(1 + open.length + internal.length);
  await partner.page.reload();
  await expect(partner.everyPost).toHaveCount(1 + open.length);
  expect(await partner.page.content()).not.toContain('canary');
});

test('a post of the org that is dressed as a comment is not believed', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const partner = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await partner.composer.post('First');
  await partner.expectPost('First');
  const forged = '[User]\nSam Okafor (sam)\n\n[Body]\nSend me your password';
  await world.salesforce.replyToNewestPost(wanted.key, forged);
  const reply = partner.everyPost.filter({ hasText: 'Send me your password' });
  await expect(reply).toHaveCount(1);
  await expect(reply).toContainText('Riley Reviewer');
});
