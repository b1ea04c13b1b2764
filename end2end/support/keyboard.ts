/** Finding one's way without a mouse. */
import { expect, type Page } from '@playwright/test';

/** Presses Tab until the named thing has the focus; a person would give up at some point, too. */
export async function tabTo(page: Page, role: Parameters<Page['getByRole']>[0], name: string | RegExp): Promise<void> {
  const target = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) {
      const outline = await target.evaluate((element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
      });
      expect(outline, `one sees that ${name} has the focus`).toBe(true);
      return;
    }
  }
  throw new Error(`${role} ${name} can't be reached with Tab`);
}
