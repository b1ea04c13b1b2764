/** Text that was typed is there again. */
import type { Page } from '@playwright/test';
import { CoursePage } from '../support/course-page.ts';
import { mia, noor, password } from '../support/people.ts';
import { fillSignIn, signIn, signOut } from '../support/sign-in.ts';
import { expect, test } from '../support/test.ts';

function draftSaved(page: Page): Promise<unknown> {
  return page.waitForResponse((answer) => /save_draft/.test(answer.url()) && answer.ok());
}

test('a draft survives a reload, signing out and in, and another browser, and is gone after posting', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const page = await visit(world, { as: mia });
  const course = await CoursePage.find(page, wanted);
  const saved = draftSaved(page);
  await course.composer.write('Half a thought, with\ntwo lines & <b>');
  await saved;
  await page.reload();
  await expect(course.composer.text).toHaveValue('Half a thought, with\ntwo lines & <b>');

  await signOut(page);
  await signIn(page, mia);
  await CoursePage.find(page, wanted);
  await expect(course.composer.text).toHaveValue('Half a thought, with\ntwo lines & <b>');

  const elsewhere = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await expect(elsewhere.composer.text).toHaveValue('Half a thought, with\ntwo lines & <b>');
  const stranger = await CoursePage.find(await visit(world, { as: noor }), wanted);
  await expect(stranger.composer.text).toHaveValue('');

  await course.composer.send.click();
  await expect(course.composer.text).toHaveValue('');
  await expect(course.everyPost).toHaveCount(1);
  await page.reload();
  await expect(course.composer.text).toHaveValue('');
});

test('the next person at this browser does not see the draft of the one before', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const page = await visit(world, { as: mia });
  const course = await CoursePage.find(page, wanted);
  await course.composer.write('Only mine');
  await page.reload();
  await expect(course.composer.text).toHaveValue('Only mine');
  await signOut(page);
  await signIn(page, noor);
  await CoursePage.find(page, wanted);
  await expect(course.composer.text).toHaveValue('');
});

for (const scripts of ['on', 'off'] as const) {
  test(`a form that went stale by signing out elsewhere keeps the text, scripts ${scripts}`, async ({ world, visit, watch }) => {
    watch.allowStatus(401);
    const wanted = world.claimCourse();
    const page = await visit(world, { as: mia, scripts });
    const course = await CoursePage.find(page, wanted, scripts);
    await course.composer.write('Written before the session ended');
    const otherTab = await page.context().newPage();
    await otherTab.goto('/courses');
    await signOut(otherTab);
    await course.composer.send.click();
    if (scripts === 'on') {
      await expect(course.composer.error).toContainText(/sign(ed)? (in|out)/i);
      await expect(course.composer.text).toHaveValue('Written before the session ended');
      await course.composer.error.getByRole('link', { name: /sign in/i }).click();
    } else {
      await expect(page.getByRole('heading', { level: 1, name: 'You are signed out' })).toBeVisible();
      await expect(page.getByRole('textbox', { name: 'Your comment' })).toHaveValue('Written before the session ended');
    }
    await fillSignIn(page, mia.email, password);
    await course.expectOpen();
    await expect(course.composer.text).toHaveValue('Written before the session ended');
    await course.composer.send.click();
    await expect(course.posts('Written before the session ended')).toHaveCount(1);
  });
}
