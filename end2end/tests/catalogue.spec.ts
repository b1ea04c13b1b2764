/** Finding a course, and not finding somebody else's. */
import { courses } from '../support/catalogue.ts';
import { CoursePage } from '../support/course-page.ts';
import { harper, mia, password, sam } from '../support/people.ts';
import { fillSignIn } from '../support/sign-in.ts';
import { expect, test } from '../support/test.ts';

test('partners see the courses of their own organization, staff see all', async ({ world, visit }) => {
  const mine = courses.filter(({ organization }) => organization === 'MITx').length;
  expect(mine).toBeGreaterThan(40);
  for (const [person, count] of [[mia, '93 courses'], [harper, '95 courses'], [sam, '188 courses']] as const) {
    const page = await visit(world, { as: person });
    await expect(page.getByRole('status')).toHaveText(count);
  }
});

for (const scripts of ['on', 'off'] as const) {
  test(`pages and search, scripts ${scripts}`, async ({ world, visit }) => {
    const page = await visit(world, { as: mia, scripts });
    const entries = page.getByRole('main').getByRole('heading', { level: 2 });
    await expect(entries).toHaveCount(50);
    const first = await entries.first().textContent();
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect(entries).toHaveCount(43);
    await page.getByRole('link', { name: 'Back to the first page' }).click();
    await expect(entries.first()).toHaveText(first ?? '');
    await page.getByRole('searchbox').fill('circuits and electronics');
    await page.getByRole('searchbox').press('Enter');
    await expect(page.getByRole('link', { name: 'Circuits and Electronics', exact: true })).toBeVisible();
    await page.getByRole('searchbox').fill('<script>%_\'"no such course');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect(page.getByRole('heading', { name: 'No course matches' })).toBeVisible();
  });
}

test('another organization’s course and one that never was answer alike', async ({ world, visit, watch }) => {
  watch.allowStatus(404);
  const theirs = await CoursePage.find(await visit(world, { as: harper }), world.claimCourse('HarvardX'));
  const address = theirs.page.url();
  const page = await visit(world, { as: mia });
  const answers: string[] = [];
  for (const url of [address, address.replace(/[0-9a-f]{12}$/, '0123456789ab')]) {
    const answer = await page.goto(url);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: 'This page is not here' })).toBeVisible();
    answers.push(await page.getByRole('main').innerText());
  }
  expect(answers[0]).toBe(answers[1]);
});

test('without signing in every page leads to the sign-in page and back', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const { page: signedIn } = await CoursePage.find(await visit(world, { as: mia }), wanted);
  const page = await visit(world);
  await page.goto(signedIn.url());
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await fillSignIn(page, mia.email, password);
  await expect(page).toHaveURL(signedIn.url());
  await expect(page.getByRole('heading', { level: 1, name: wanted.title })).toBeVisible();
});
