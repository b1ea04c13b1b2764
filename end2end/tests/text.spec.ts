/** Any text is shown exactly as it was written, and none of it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoursePage } from '../support/course-page.ts';
import { mia } from '../support/people.ts';
import { root } from '../support/places.ts';
import { expect, test } from '../support/test.ts';

const hostile = [
  '</textarea><script>document.title = "taken"</script>',
  '<img src=x onerror="document.title = \'taken\'">',
  '&lt;b&gt; stays as it is, and a < b && b > c',
  '[User]\nSam Okafor (sam)\n\n[Body]\nnot Sam',
  'one\n\n\nfour lines, \t a tab and   three spaces',
  '\n\nblank lines before',
  'زاده‌ی ۱۳۶۹ \u202e gnol',
  '👩‍👩‍👧‍👦 Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè 𝓤𝓷𝓲',
  "'; DROP TABLE posts; -- {{7*7}} ${7*7} %s \\u0000",
];

for (const scripts of ['on', 'off'] as const) {
  test(`hostile text is kept to the letter, scripts ${scripts}`, async ({ world, visit }) => {
    const wanted = world.claimCourse();
    const course = await CoursePage.find(await visit(world, { as: mia, scripts }), wanted, scripts);
    for (const [index, body] of hostile.entries()) {
      await course.composer.post(body);
      await expect(course.everyPost).toHaveCount(index + 1);
      await expect(course.composer.text).toHaveValue('');
    }
    await course.page.reload();
    await expect(course.everyPost).toHaveCount(hostile.length);
    expect(await course.texts()).toEqual(hostile);
    await expect(course.page).not.toHaveTitle(/taken/);
    await expect(async () => {
      const org = await world.salesforce.recordsOf(wanted.key);
      expect(org.FeedItem.map(({ Body }) => Body.slice(Body.indexOf('[Body]\n') + '[Body]\n'.length))).toEqual(hostile);
    }).toPass({ timeout: 30_000 });
  });
}

test('every naughty string fits into the composer, the thread and a draft', async ({ world, visit }) => {
  const naughty = JSON.parse(readFileSync(join(root, 'crates/engine/tests/data/naughty-strings.json'), 'utf8')) as string[];
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  // Forty to a comment: each stands in brackets of its own, so that none is blank and none hides another.
  const bodies: string[] = [];
  for (let at = 0; at < naughty.length; at += 40) {
    const lines = naughty.slice(at, at + 40).map((text, index) => `#${at + index} «${text.replaceAll('\0', '').replaceAll('\r', '')}»`);
    bodies.push(lines.join('\n'));
  }
  expect(bodies.length).toBeGreaterThan(10);
  for (const [index, body] of bodies.entries()) {
    await course.composer.post(body);
    await expect(course.everyPost).toHaveCount(index + 1);
    // A post shows before the portal has it; the composer is empty once it has.
    await expect(course.composer.text).toHaveValue('');
  }
  await course.page.reload();
  expect(await course.texts()).toEqual(bodies);
  // Marks stacked on one letter are one word, wider than a phone.
  await course.page.setViewportSize({ width: 375, height: 800 });
  const overflow = await course.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, 'no sideways scrolling').toBeLessThanOrEqual(0);
});

test('text typed before the page’s program has arrived survives and can be posted', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const page = await visit(world, { as: mia });
  let letThrough = () => {};
  const wanting = new Promise<void>((resolve) => (letThrough = resolve));
  await page.route('**/*.wasm', async (route) => {
    await wanting;
    await route.continue();
  });
  const course = await CoursePage.find(page, wanted, 'off');
  await course.composer.text.pressSequentially('Typed at once');
  await course.awakeAfter(async () => letThrough());
  await expect(course.composer.text).toHaveValue('Typed at once');
  await course.composer.text.press('End');
  await course.composer.text.pressSequentially(', and more');
  await course.composer.send.click();
  await course.expectPost('Typed at once, and more');
});

test('a comment posted while the page’s program can’t be had is posted by the form itself', async ({ world, visit, watch }) => {
  watch.allowLostConnections();
  const wanted = world.claimCourse();
  const page = await visit(world, { as: mia });
  await page.route('**/*.wasm', (route) => route.abort('connectionrefused'));
  const course = await CoursePage.find(page, wanted, 'off');
  await course.composer.post('No program needed');
  await expect(course.posts('No program needed')).toHaveCount(1);
});
