/** Fails a test on anything the browser complains about: console errors, uncaught errors, breaches of the content security policy. */
import { expect, type BrowserContext } from '@playwright/test';

export class ConsoleWatch {
  private readonly complaints: string[] = [];
  private readonly allowed: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      const isViolation = /content security policy/i.test(message.text());
      if (message.type() === 'error' || isViolation) this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  }

  /** Chromium logs each answer of 400 and above; a test that provokes one says so. */
  allowStatus(...statuses: number[]): void {
    for (const status of statuses) this.allowed.push(new RegExp(`status of ${status}\\b`));
  }

  /** The portal is away for a while: connections fail, and that may be logged. */
  allowLostConnections(): void {
    this.allowed.push(/net::ERR_(CONNECTION_REFUSED|FAILED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|INTERNET_DISCONNECTED)|Failed to fetch/);
  }

  check(): void {
    const left = this.complaints.filter((complaint) => !this.allowed.some((pattern) => pattern.test(complaint)));
    expect(left, 'the browser complained').toEqual([]);
  }
}
