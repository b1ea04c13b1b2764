/** The fixtures every spec starts from: a world, and people visiting it in browsers of their own. */
import { test as base, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { connect } from './connection.ts';
import { ConsoleWatch } from './console-watch.ts';
import { ada, type Person } from './people.ts';
import { signIn } from './sign-in.ts';
import { World } from './world.ts';

export { expect } from '@playwright/test';

interface Visit {
  /** Signed in as; nobody when absent. */
  as?: Person;
  scripts?: 'on' | 'off';
}

interface Fixtures {
  watch: ConsoleWatch;
  /** Opens a page in a browser context of its own, signed in. */
  visit: (world: World, visit?: Visit) => Promise<Page>;
  /** A world for this test alone, not connected to its org yet. */
  unconnectedWorld: World;
  /** A world for this test alone: to be troubled, killed and started again. */
  ownWorld: World;
}

async function connectAsAdmin(browser: Browser, world: World): Promise<void> {
  const context = await browser.newContext({ baseURL: world.portal.url });
  const page = await context.newPage();
  await signIn(page, ada);
  await connect(page);
  await context.close();
}

export const test = base.extend<Fixtures, { world: World }>({
  world: [
    async ({ browser }, use) => {
      const world = await World.start();
      try {
        await connectAsAdmin(browser, world);
        await use(world);
      } finally {
        await world.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  unconnectedWorld: [
    async ({}, use) => {
      const world = await World.start();
      await use(world);
      await world.stop();
    },
    { timeout: 60_000 },
  ],

  ownWorld: [
    async ({ browser, unconnectedWorld }, use) => {
      await connectAsAdmin(browser, unconnectedWorld);
      await use(unconnectedWorld);
    },
    { timeout: 60_000 },
  ],

  watch: [
    async ({}, use) => {
      const watch = new ConsoleWatch();
      await use(watch);
      watch.check();
    },
    { auto: true },
  ],

  visit: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (world, { as, scripts = 'on' } = {}) => {
      const context = await browser.newContext({ baseURL: world.portal.url, javaScriptEnabled: scripts === 'on' });
      contexts.push(context);
      watch.watch(context);
      const page = await context.newPage();
      if (as) await signIn(page, as);
      return page;
    });
    for (const context of contexts) await context.close();
  },
});
