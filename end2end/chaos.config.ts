import { defineConfig } from '@playwright/test';

/** No browser: real processes, HTTP, and what breaks between them. */
export default defineConfig({
  testDir: 'chaos',
  outputDir: 'test-results',
  workers: Number(process.env.END2END_WORKERS ?? 2),
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  reporter: [['list']],
});
