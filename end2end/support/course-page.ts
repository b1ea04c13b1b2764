/** The page of a course as a reader finds their way on it: by roles and names. */
import { expect, type Locator, type Page } from '@playwright/test';
import type { Course } from './catalogue.ts';

/** What a post says of its own way to the org. */
export type PostState = 'Sending' | 'In Salesforce' | 'Queued' | 'Failed';

export class Composer {
  constructor(
    readonly form: Locator,
    readonly text: Locator,
    readonly send: Locator,
  ) {}

  get run(): Locator {
    return this.form.getByRole('combobox', { name: 'Course run' });
  }

  get error(): Locator {
    return this.form.getByRole('alert');
  }

  async write(body: string): Promise<void> {
    await this.text.fill(body);
  }

  async post(body: string): Promise<void> {
    await this.write(body);
    await this.send.click();
  }
}

export class CoursePage {
  constructor(
    readonly page: Page,
    readonly course: Course,
  ) {}

  /**
   * Finds the course as a person does: searches for it among their own and follows the link. With scripts on, answers once the page is
   * awake, so that what a test does next is done by the page's program and not by a plain form.
   */
  static async find(page: Page, course: Course, scripts: 'on' | 'off' = 'on'): Promise<CoursePage> {
    await page.goto('/courses');
    await page.getByRole('searchbox', { name: /Search courses/ }).fill(course.title);
    await page.getByRole('button', { name: 'Search' }).click();
    const found = new CoursePage(page, course);
    const open = () => page.getByRole('link', { name: course.title, exact: true }).click();
    if (scripts === 'on') await found.awakeAfter(open);
    else await open();
    await found.expectOpen();
    return found;
  }

  /** Loads the page and waits until its program follows the thread, which is the last thing it does on waking. */
  async awakeAfter(load: () => Promise<unknown>): Promise<void> {
    const following = this.page.waitForRequest(/\/courses\/.+\/events\b/);
    await load();
    await following;
  }

  async reload(): Promise<void> {
    await this.awakeAfter(() => this.page.reload());
  }

  async expectOpen(): Promise<void> {
    await expect(this.page.getByRole('heading', { level: 1, name: this.course.title })).toBeVisible();
  }

  get composer(): Composer {
    const form = this.page.getByRole('form', { name: 'Comment', exact: true });
    return new Composer(form, form.getByRole('textbox', { name: 'Your comment' }), form.getByRole('button', { name: /^(Post to|Sending)/ }));
  }

  get internalComposer(): Composer {
    const form = this.page.getByRole('form', { name: 'Internal note', exact: true });
    return new Composer(form, form.getByRole('textbox', { name: 'Your internal note' }), form.getByRole('button', { name: /^(Add internal note|Sending)/ }));
  }

  /** Folded away, so that it is never the one at hand. */
  async openInternalComposer(): Promise<void> {
    await this.page.locator('summary').filter({ hasText: 'Internal note' }).click();
    await expect(this.internalComposer.text).toBeVisible();
  }

  /** Posts whose text is exactly `body`. */
  posts(body: string): Locator {
    return this.page.getByRole('article').filter({ has: this.page.getByText(body, { exact: true }) });
  }

  get everyPost(): Locator {
    return this.page.getByRole('article');
  }

  async expectPost(body: string, state: PostState = 'In Salesforce'): Promise<Locator> {
    const post = this.posts(body);
    await expect(post).toHaveCount(1);
    await expect(post).toContainText(state);
    return post;
  }

  /** What each post says, to the letter. */
  texts(): Promise<string[]> {
    return this.page.locator('.post-body').allTextContents();
  }
}
