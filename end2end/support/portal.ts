/** The portal of a world: its database, its commands and its server, which can be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { password, type Person } from './people.ts';
import { catalogueFile, portalProgram, root } from './places.ts';
import { environment, Program, run } from './program.ts';
import { SandboxOrg } from './sandbox-org.ts';

export class Portal {
  readonly url: string;
  private readonly settings: Record<string, string>;
  private readonly program: Program;

  constructor(folder: string, port: number, org: SandboxOrg, settings: Record<string, string> = {}) {
    this.url = `http://127.0.0.1:${port}`;
    const data = join(folder, 'portal');
    mkdirSync(data);
    this.settings = {
      CASEBRIDGE_LISTEN: `127.0.0.1:${port}`,
      CASEBRIDGE_PUBLIC_URL: this.url,
      CASEBRIDGE_DATA_DIR: data,
      CASEBRIDGE_SALESFORCE_LOGIN_URL: org.url,
      CASEBRIDGE_SALESFORCE_CLIENT_ID: SandboxOrg.clientId,
      CASEBRIDGE_SALESFORCE_CLIENT_SECRET: SandboxOrg.clientSecret,
      CASEBRIDGE_SALESFORCE_POLL_SECONDS: '1',
      ...settings,
    };
    this.program = new Program(portalProgram, ['serve'], this.settings, join(folder, 'portal.log'));
  }

  async prepare(people: Person[]): Promise<void> {
    await this.command(['migrate']);
    await this.command(['import', 'catalogue', catalogueFile]);
    for (const person of people) {
      const organizations = person.organizations.flatMap((key) => ['--organization', key]);
      await this.command(
        ['user', 'add', person.email, '--role', person.role, '--name', person.name, ...organizations, '--password-stdin'],
        password,
      );
    }
  }

  start(): Promise<void> {
    return this.program.start(`${this.url}/health/live`);
  }

  stop(): Promise<void> {
    return this.program.stop();
  }

  kill(): Promise<void> {
    return this.program.kill();
  }

  /** A command that is not waited for; for whoever means to kill it. */
  begin(args: string[]): ChildProcess {
    return spawn(portalProgram, args, { cwd: root, env: environment(this.settings), stdio: 'ignore' });
  }

  command(args: string[], input?: string): Promise<string> {
    return run(portalProgram, args, { settings: this.settings, ...(input === undefined ? {} : { input }) });
  }
}
