/** axe finds nothing and nothing scrolls sideways: every page and state, light and dark, desk, phone and 400 % zoom. */
import { expectAccessible } from '../support/accessibility.ts';
import { openConnection } from '../support/connection.ts';
import { CoursePage } from '../support/course-page.ts';
import { ada, mia, password, sam } from '../support/people.ts';
import { fillSignIn, signOut } from '../support/sign-in.ts';
import { expect, test } from '../support/test.ts';

test.slow();

test('signing in', async ({ world, visit, watch }) => {
  watch.allowStatus(400, 401, 422);
  const page = await visit(world);
  await page.goto('/login');
  await expectAccessible(page, 'sign in');
  await fillSignIn(page, mia.email, 'wrong');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'sign in refused');
});

test('my courses', async ({ world, visit }) => {
  const page = await visit(world, { as: mia });
  await expectAccessible(page, 'my courses');
  await page.goto('/courses?q=nothing+has+this');
  await expectAccessible(page, 'no course matches');
});

test('a course: empty, with posts, with an error', async ({ world, visit, watch }) => {
  watch.allowStatus(400, 422);
  const course = await CoursePage.find(await visit(world, { as: mia }), world.claimCourse('MITx', 2));
  await expectAccessible(course.page, 'course without posts');
  await course.composer.post(' ');
  await expect(course.composer.error).toBeVisible();
  await expectAccessible(course.page, 'course with an error');
  const long = `A long word: ${'x'.repeat(300)} and https://example.org/${'path/'.repeat(40)}`;
  await course.composer.post(long);
  await expect(course.everyPost).toContainText('In Salesforce');
  await expectAccessible(course.page, 'course with a post');
});

test('a course as staff sees it', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: sam }), wanted);
  await course.openInternalComposer();
  await course.internalComposer.post('For us only.');
  await course.expectPost('For us only.');
  await expectAccessible(course.page, 'course with an internal note');
});

test('tokens, and what the API does', async ({ world, visit, watch }) => {
  watch.allowStatus(422);
  const page = await visit(world, { as: sam });
  await page.getByRole('link', { name: sam.name }).click();
  await expect(page.getByRole('heading', { name: 'API tokens' })).toBeVisible();
  await page.getByLabel('Name').fill('Nightly');
  await page.getByRole('button', { name: 'Make token' }).click();
  await expect(page.getByLabel('Token', { exact: true })).toHaveValue(/^cbt_/);
  await expectAccessible(page, 'a token just made');
  await page.goto('/account/tokens');
  await page.getByRole('button', { name: 'Revoke Nightly' }).first().click();
  await expect(page.getByText('Revoked').first()).toBeVisible();
  await expectAccessible(page, 'tokens');
  const admin = await visit(world, { as: ada });
  await admin.goto('/admin/tokens');
  await expect(admin.getByRole('row', { name: sam.name }).first()).toBeVisible();
  await expectAccessible(admin, 'everybody’s tokens');
  await page.goto('/api/');
  await page.getByText('Comments of a course').click();
  await expectAccessible(page, 'the API');
});

test('waiting and failed posts', async ({ ownWorld, visit }) => {
  const course = await CoursePage.find(await visit(ownWorld, { as: mia }), ownWorld.claimCourse());
  await ownWorld.org.goDown();
  await course.composer.post('Waits.');
  await course.expectPost('Waits.', 'Queued');
  await course.page.reload();
  await expectAccessible(course.page, 'course with a queued post');
});

test('the connection, and what is not there', async ({ world, visit, watch }) => {
  watch.allowStatus(404);
  const page = await visit(world, { as: ada });
  await openConnection(page);
  await expectAccessible(page, 'connected');
  await page.goto('/courses/00000000-0000-7000-8000-000000000000');
  await expectAccessible(page, 'not found');
});

test('signed out with a text half written', async ({ world, visit, watch }) => {
  watch.allowStatus(401);
  watch.allowLostConnections();
  const page = await visit(world, { as: mia });
  // Without the program the plain form posts; axe itself needs scripts.
  await page.route('**/*.wasm', (route) => route.abort('connectionrefused'));
  const course = await CoursePage.find(page, world.claimCourse(), 'off');
  await course.composer.write('Kept');
  const otherTab = await page.context().newPage();
  await otherTab.goto('/courses');
  await signOut(otherTab);
  await course.composer.send.click();
  await expect(page.getByRole('heading', { level: 1, name: 'You are signed out' })).toBeVisible();
  await expectAccessible(page, 'signed out');
  await fillSignIn(page, mia.email, password);
  await course.expectOpen();
});
