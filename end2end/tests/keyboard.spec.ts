/** The whole journey by keyboard alone. */
import { expect } from '@playwright/test';
import { tabTo } from '../support/keyboard.ts';
import { mia, password } from '../support/people.ts';
import { test } from '../support/test.ts';

test('sign in, find a course, pick a run, post and sign out without a mouse', async ({ world, visit }) => {
  const wanted = world.claimCourse('MITx', 2);
  const page = await visit(world);
  await page.goto('/login');
  await expect(page.getByRole('textbox', { name: 'Email', exact: true })).toBeFocused();
  await page.keyboard.type(mia.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'My courses' })).toBeVisible();

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, 'searchbox', /Search courses/);
  await page.keyboard.type(wanted.title);
  await page.keyboard.press('Enter');
  await tabTo(page, 'link', wanted.title);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: wanted.title })).toBeVisible();

  await tabTo(page, 'textbox', 'Your comment');
  await page.keyboard.type('Written by keyboard.');
  await tabTo(page, 'button', /^Post to/);
  await page.keyboard.press('Enter');
  const post = page.getByRole('article').filter({ hasText: 'Written by keyboard.' });
  await expect(post).toContainText('In Salesforce');

  await page.reload();
  await tabTo(page, 'button', 'Sign out');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});
