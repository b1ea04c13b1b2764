/** A program under test: started, waited for, stopped or killed by its own process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { root } from './places.ts';

/** Ports nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** This machine's environment without settings of another portal. */
export function environment(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CASEBRIDGE_'));
  return { ...Object.fromEntries(inherited), ...settings };
}

export class Program {
  private child: ChildProcess | undefined;

  constructor(
    private readonly command: string,
    private readonly args: string[],
    private readonly settings: Record<string, string>,
    private readonly log: string,
  ) {}

  get pid(): number {
    if (!this.child?.pid) throw new Error(`${this.command} is not running`);
    return this.child.pid;
  }

  /** Starts the program and waits until `url` answers well. */
  async start(url: string): Promise<void> {
    const log = createWriteStream(this.log, { flags: 'a' });
    const child = spawn(this.command, this.args, { cwd: root, env: environment(this.settings), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let failure: Error | undefined;
    child.on('error', (error) => (failure = error));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const deadline = Date.now() + 30_000;
    for (;;) {
      if (failure) throw new Error(`${this.command} could not be started: ${failure.message}`);
      if (child.exitCode !== null) throw new Error(`${this.command} stopped while starting:\n${this.lastWords()}`);
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > deadline) throw new Error(`${this.command} did not answer on ${url}:\n${this.lastWords()}`);
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  /** Asks it to stop and waits for it. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** `kill -9`: no last word, no clean-up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  lastWords(): string {
    try {
      return readFileSync(this.log, 'utf8').split('\n').slice(-30).join('\n');
    } catch {
      return '(no log)';
    }
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    // A program that ignores a polite request must not hold up the run.
    const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(impatience);
  }
}

/** Runs a command to its end; answers what it printed. Fails with its words when it fails. */
export async function run(
  command: string,
  args: string[],
  how: { settings?: Record<string, string>; input?: string } = {},
): Promise<string> {
  const child = spawn(command, args, { cwd: root, env: environment(how.settings), stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  child.stdin.end(how.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}${complaint}`);
  return output;
}
