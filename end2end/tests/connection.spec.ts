/** An admin connects the portal to the org, and takes the right back. */
import { connect, openConnection } from '../support/connection.ts';
import { CoursePage } from '../support/course-page.ts';
import { ada, mia, sam } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('comments wait until an admin connects, and again after disconnecting', async ({ unconnectedWorld: world, visit, watch }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await expect(course.page.getByText('Salesforce is not connected yet')).toBeVisible();
  await course.composer.post('Early bird.');
  await course.expectPost('Early bird.', 'Queued');

  const admin = await visit(world, { as: ada });
  await openConnection(admin);
  await expect(admin.getByRole('heading', { name: 'Not connected' })).toBeVisible();
  await admin.getByRole('button', { name: 'Connect Salesforce' }).click();
  await admin.getByRole('button', { name: 'Deny' }).click();
  await expect(admin.getByRole('heading', { name: 'Not connected' })).toBeVisible();
  await expect(admin.getByRole('alert')).toBeVisible();

  await connect(admin);
  await course.expectPost('Early bird.', 'In Salesforce');

  await admin.getByText('Disconnect…').click();
  await admin.getByRole('button', { name: 'Disconnect Salesforce' }).click();
  await expect(admin.getByRole('heading', { name: 'Not connected' })).toBeVisible();
  await course.page.reload();
  await course.composer.post('Late bird.');
  await course.expectPost('Late bird.', 'Queued');
  await connect(admin);
  await course.expectPost('Late bird.', 'In Salesforce');

  // A callback can't be played again.
  watch.allowStatus(400, 401, 403, 404, 409, 422);
  await admin.goto('/admin/salesforce/callback?code=stolen&state=guessed');
  await openConnection(admin);
  await expect(admin.getByRole('heading', { name: 'Connected', exact: true })).toBeVisible();
});

test('the connection is the admins’ alone', async ({ world, visit, watch }) => {
  watch.allowStatus(404);
  for (const person of [mia, sam]) {
    const page = await visit(world, { as: person });
    await expect(page.getByRole('link', { name: 'Salesforce', exact: true })).toHaveCount(0);
    const answer = await page.goto('/admin/salesforce');
    expect(answer?.status()).toBe(404);
    const forced = await page.request.post('/admin/salesforce/disconnect', { headers: { origin: world.portal.url } });
    expect(forced.status()).toBe(404);
  }
});
