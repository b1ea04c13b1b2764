/** A thread of a thousand comments opens with its latest; the others are a link away, and new ones still arrive by themselves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Course } from '../support/catalogue.ts';
import { CoursePage } from '../support/course-page.ts';
import { tabTo } from '../support/keyboard.ts';
import { mia, noor } from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import type { World } from '../support/world.ts';

const posts = 1000;
const shown = 200;
const word = (n: number) => `Word ${n} of the history`;

async function loadHistory(world: World, course: Course): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'casebridge-history-'));
  try {
    const file = join(folder, 'history.jsonl');
    const start = Date.UTC(2015, 0, 1);
    const lines = Array.from({ length: posts }, (_, n) =>
      JSON.stringify({ course: course.key, author: 'Old Hand (oldhand)', body: word(n), created: new Date(start + n * 60_000).toISOString() }),
    );
    writeFileSync(file, lines.join('\n'));
    await world.org.allowAuditFields();
    await world.portal.command(['import', 'comments', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a long thread opens with its latest, leads to what was said earlier, and stays live', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  await loadHistory(world, wanted);
  const page = await visit(world, { as: mia });
  const course = await CoursePage.find(page, wanted);
  const count = page.locator('.thread-count');
  await expect(count).toHaveText(String(posts));
  await expect(course.everyPost).toHaveCount(shown);
  await expect(course.posts(word(posts - 1))).toBeVisible();
  const latest = page.url();

  await tabTo(page, 'link', 'Earlier comments');
  await course.awakeAfter(() => page.keyboard.press('Enter'));
  await expect(course.everyPost).toHaveCount(shown);
  await expect(course.everyPost.first()).toContainText(word(posts - 2 * shown));
  await expect(course.everyPost.last()).toContainText(word(posts - shown - 1));
  await expect(course.composer.form).toHaveCount(0);

  const other = await CoursePage.find(await visit(world, { as: noor }), wanted);
  await other.composer.post('Somebody still reads this');
  await other.expectPost('Somebody still reads this');
  await expect(count).toHaveText(String(posts + 1));
  await expect(course.everyPost, 'it is not of this part of the thread').toHaveCount(shown);

  await course.awakeAfter(() => page.getByRole('link', { name: 'Later comments' }).press('Enter'));
  await expect(course.posts(word(posts - shown))).toBeInViewport();
  await course.awakeAfter(() => page.goto(latest));
  await expect(course.posts('Somebody still reads this')).toBeVisible();
  const before = await course.texts();
  await other.composer.post('And answers');
  await course.expectPost('And answers');
  expect(await course.texts(), 'what the page showed stays on it').toEqual([...before, 'And answers']);
  await course.composer.post('From here, too');
  await course.expectPost('From here, too');
  await expect(count).toHaveText(String(posts + 3));
});

test('a long thread is read from end to end without scripts', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  await loadHistory(world, wanted);
  const page = await visit(world, { as: mia, scripts: 'off' });
  const course = await CoursePage.find(page, wanted, 'off');
  let read = await course.texts();
  for (let windows = 1; windows < posts / shown; windows += 1) {
    await page.getByRole('link', { name: 'Earlier comments' }).click();
    await expect(course.posts(word(posts - (windows + 1) * shown))).toBeVisible();
    read = [...(await course.texts()), ...read];
  }
  expect(read).toEqual(Array.from({ length: posts }, (_, n) => word(n)));
  await expect(page.getByRole('link', { name: 'Earlier comments' })).toHaveCount(0);
});
