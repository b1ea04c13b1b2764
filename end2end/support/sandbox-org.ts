/** The sandbox org of a world: started on free ports, asked over Salesforce's own wire, troubled through /_sandbox/. */
import { join } from 'node:path';
import { orgProgram, root } from './places.ts';
import { Program } from './program.ts';

export interface Fault {
  action: 'refuse' | 'delay' | 'status' | 'drop_before_commit' | 'drop_after_commit' | 'lock_row';
  method?: string;
  path?: string;
  times?: number;
  status?: number;
  delay_ms?: number;
  /** `errorCode` and `message` of a `status` fault's answer. */
  code?: string;
  message?: string;
}

export type OrgRecord = Record<string, any>;

export class SandboxOrg {
  static readonly clientId = 'casebridge-dev';
  static readonly clientSecret = 'casebridge-dev-secret';
  private program: Program;
  private token: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly tlsPort: number,
    /** What it lacks of what the project deploys: `FeedItem.Visibility`. */
    lacking: string[] = [],
  ) {
    this.program = this.programOf('sandbox', lacking.flatMap((name) => ['--lacking', name]));
    this.certificateAuthority = join(folder, 'sandbox-ca.pem');
  }

  readonly certificateAuthority: string;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get tlsUrl(): string {
    return `https://127.0.0.1:${this.tlsPort}`;
  }

  /** Another org takes its place, at the same address. */
  async giveWayTo(organizationId: string): Promise<void> {
    await this.program.stop();
    this.program = this.programOf(organizationId, ['--organization-id', organizationId]);
    this.token = undefined;
    await this.start();
  }

  private programOf(name: string, more: string[]): Program {
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--tls-listen', `127.0.0.1:${this.tlsPort}`];
    args.push('--data', join(this.folder, `${name}.db`), '--seed', 'none', '--schema', join(root, 'salesforce'), ...more);
    return new Program(orgProgram, args, {}, join(this.folder, 'sandbox.log'));
  }

  start(): Promise<void> {
    return this.program.start(`${this.url}/services/data`);
  }

  stop(): Promise<void> {
    return this.program.stop();
  }

  async query(soql: string): Promise<OrgRecord[]> {
    const answer = await this.get(`/services/data/v67.0/query?q=${encodeURIComponent(soql)}`);
    const page = (await answer.json()) as { records: OrgRecord[] };
    if (!answer.ok) throw new Error(`${soql}\n${JSON.stringify(page)}`);
    return page.records;
  }

  async addFault(fault: Fault): Promise<void> {
    await this.control('POST', 'faults', fault);
  }

  /** Faults that have still to strike. */
  async faultsLeft(): Promise<number> {
    const answer = await fetch(`${this.url}/_sandbox/faults`);
    return ((await answer.json()) as unknown[]).length;
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }

  /** Writes a record as one of the org's people, not as the portal's user. */
  async createAsRiley(object: string, fields: Record<string, unknown>): Promise<string> {
    const token = await this.logIn({ grant_type: 'password', username: 'riley@sandbox.test', password: 'sandboxTOKEN' });
    const answer = await this.send('POST', `/services/data/v67.0/sobjects/${object}`, token, fields);
    return ((await answer.json()) as { id: string }).id;
  }

  async deleteRecord(object: string, id: string): Promise<void> {
    await this.send('DELETE', `/services/data/v67.0/sobjects/${object}/${id}`, await this.logIn());
  }

  private async send(method: string, path: string, token: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  /** `kill -9`; what it answered is in its file. */
  kill(): Promise<void> {
    return this.program.kill();
  }

  /** Every session ends; clients have to renew theirs. */
  expireSessions(): Promise<void> {
    return this.control('POST', 'expire-sessions');
  }

  /** Clients may say when a record was made, and by whom. */
  allowAuditFields(): Promise<void> {
    return this.control('POST', 'switches', { audit_fields: true });
  }

  /** Nobody gets an answer from the org until the faults are cleared. */
  goDown(): Promise<void> {
    return this.addFault({ action: 'refuse' });
  }

  private async get(path: string): Promise<Response> {
    this.token ??= await this.logIn();
    const ask = () => fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    let answer = await ask();
    if (answer.status === 401) {
      this.token = await this.logIn();
      answer = await ask();
    }
    return answer;
  }

  private async logIn(grant: Record<string, string> = { grant_type: 'client_credentials' }): Promise<string> {
    const answer = await fetch(`${this.url}/services/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...grant,
        client_id: SandboxOrg.clientId,
        client_secret: SandboxOrg.clientSecret,
      }),
    });
    if (!answer.ok) throw new Error(`The sandbox org refused a token: ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  private async control(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await fetch(`${this.url}/_sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`/_sandbox/${path} answered ${answer.status}: ${await answer.text()}`);
  }
}
