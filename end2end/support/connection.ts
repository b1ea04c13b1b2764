/** What an admin does to connect the portal to the org. */
import { expect, type Page } from '@playwright/test';

export async function openConnection(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Salesforce', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Salesforce', exact: true })).toBeVisible();
}

export async function connect(page: Page): Promise<void> {
  await openConnection(page);
  await page.getByRole('button', { name: 'Connect Salesforce' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByRole('heading', { name: 'Connected', exact: true })).toBeVisible();
}
