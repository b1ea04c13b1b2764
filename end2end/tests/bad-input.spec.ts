/** Bad input: a clear message in place, the text kept, nothing stored. */
import { CoursePage } from '../support/course-page.ts';
import { harper, mia, password } from '../support/people.ts';
import { fillSignIn } from '../support/sign-in.ts';
import { expect, test } from '../support/test.ts';

for (const scripts of ['on', 'off'] as const) {
  test.describe(`scripts ${scripts}`, () => {
    test('a blank comment', async ({ world, visit, watch }) => {
      watch.allowStatus(400, 422);
      const course = await CoursePage.find(await visit(world, { as: mia, scripts }), world.claimCourse(), scripts);
      await course.composer.post(' \n\u200b ');
      await expect(course.composer.error).toContainText('The comment is blank');
      await expect(course.everyPost).toHaveCount(0);
    });

    test('a comment too long by its prefix only', async ({ world, visit, watch }) => {
      watch.allowStatus(400, 422);
      const wanted = world.claimCourse();
      const course = await CoursePage.find(await visit(world, { as: mia, scripts }), wanted, scripts);
      const body = 'é'.repeat(9_990);
      await course.composer.post(body);
      await expect(course.composer.error).toContainText(/too long/);
      await expect(course.composer.text).toHaveValue(body);
      await expect(course.everyPost).toHaveCount(0);
      await course.composer.post('Short after all.');
      await expect(course.posts('Short after all.')).toHaveCount(1);
    });

    test('a run of another course', async ({ world, visit, watch }) => {
      watch.allowStatus(400, 404, 422);
      const other = await CoursePage.find(await visit(world, { as: mia }), world.claimCourse('MITx', 2));
      const foreign = await other.composer.run.getByRole('option').nth(1).getAttribute('value');
      const course = await CoursePage.find(await visit(world, { as: mia, scripts }), world.claimCourse('MITx', 2), scripts);
      await course.composer.run.evaluate((select, value) => {
        const option = (select as HTMLSelectElement).options.item(1);
        if (option) option.value = value;
      }, foreign ?? '');
      await course.composer.run.selectOption({ index: 1 });
      await course.composer.post('About a run that is not ours.');
      await expect(course.composer.error).toContainText(/run/i);
      await expect(course.composer.text).toHaveValue('About a run that is not ours.');
      await expect(course.everyPost).toHaveCount(0);
    });

    test('a wrong password and an unknown user answer alike', async ({ world, visit, watch }) => {
      watch.allowStatus(400, 401, 422);
      const page = await visit(world, { scripts });
      const answers: string[] = [];
      for (const [email, secret] of [[mia.email, 'wrong'], ['nobody@mitx.test', 'wrong'], ['nobody@mitx.test', password]] as const) {
        await page.goto('/login');
        await fillSignIn(page, email, secret);
        await expect(page.getByRole('alert')).toBeVisible();
        await expect(page.getByRole('textbox', { name: 'Email', exact: true }), 'the address is kept').toHaveValue(email);
        await expect(page.getByLabel('Password')).toHaveValue('');
        answers.push(await page.getByRole('alert').innerText());
      }
      expect(new Set(answers).size).toBe(1);
    });
  });
}

test('a course one may not read can’t be posted to, and a key can’t be used for another text', async ({ world, visit }) => {
  const theirs = await CoursePage.find(await visit(world, { as: harper }), world.claimCourse('HarvardX'));
  const mine = await CoursePage.find(await visit(world, { as: mia, scripts: 'off' }), world.claimCourse(), 'off');
  const key = '01930000-0000-7000-8000-00000000000a';
  const send = (address: string, body: string) =>
    mine.page.request.post(`${new URL(address).pathname}/comments`, {
      form: { key, body, visibility: 'public', run: '' },
      headers: { origin: world.portal.url },
    });
  expect((await send(theirs.page.url(), 'Let me in')).status()).toBe(404);
  expect((await send(mine.page.url(), 'First text')).ok()).toBe(true);
  expect((await send(mine.page.url(), 'First text')).ok(), 'the same again').toBe(true);
  const other = await send(mine.page.url(), 'Second text');
  expect(other.status()).toBe(409);
  expect(await other.text(), 'the text is kept').toContain('Second text');
  await mine.page.reload();
  await expect(mine.everyPost).toHaveCount(1);
  await theirs.page.reload();
  await expect(theirs.everyPost).toHaveCount(0);
});

test('a post from another site is refused', async ({ world, visit }) => {
  const mine = await CoursePage.find(await visit(world, { as: mia, scripts: 'off' }), world.claimCourse(), 'off');
  const answer = await mine.page.request.post(`${new URL(mine.page.url()).pathname}/comments`, {
    form: { key: '01930000-0000-7000-8000-00000000000b', body: 'From elsewhere', visibility: 'public', run: '' },
    headers: { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
  });
  expect(answer.status()).toBe(403);
  await mine.page.reload();
  await expect(mine.everyPost).toHaveCount(0);
});
