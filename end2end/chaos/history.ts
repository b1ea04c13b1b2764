/** One random history: people write here and in the org, things break and are killed, and in the end both sides say the same. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { courses, type Course } from '../support/catalogue.ts';
import { everybody, mia, noor, sam } from '../support/people.ts';
import { root } from '../support/places.ts';
import { Portal } from '../support/portal.ts';
import { freePorts } from '../support/program.ts';
import { SandboxOrg, type Fault, type OrgRecord } from '../support/sandbox-org.ts';
import { Random } from './random.ts';
import { Lost, Visitor, type Comment, type Post } from './visitor.ts';

const naughty = createRequire(import.meta.url)(join(root, 'crates/engine/tests/data/naughty-strings.json')) as string[];

/** A comment somebody sent, and whether the portal said that it has it. */
interface Sent extends Comment {
  author: string;
  accepted: boolean;
}

/** Something Riley wrote in the org, or tried to while things were broken. */
interface Reply {
  id: string | undefined;
  course: string;
  body: string;
  visibility: 'public' | 'internal';
  deleted: boolean;
}

interface Imported {
  file: string;
  course: string;
  bodies: string[];
}

const STEPS = {
  post: 30,
  sendAgain: 10,
  replyInOrg: 10,
  deleteInOrg: 4,
  loseParent: 3,
  breakSomething: 14,
  loseAnswers: 8,
  mendEverything: 7,
  killPortal: 5,
  killOrg: 3,
  endSessions: 4,
  renameCourse: 5,
  importAndKill: 3,
  wait: 12,
};

/** Troubles that pass. What the org refuses for good is told to its author and tried by other tests. */
const TROUBLES: Fault[] = [
  { action: 'refuse' },
  { action: 'drop_before_commit' },
  { action: 'drop_after_commit' },
  { action: 'status', status: 503 },
  { action: 'status', status: 500, code: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' },
  { action: 'lock_row' },
  { action: 'delay', delay_ms: 150 },
];
const PLACES = ['', '/composite', '/query', '/Case/', '/Contact/', '/Course__c', '/services/oauth2/token', '/jobs/ingest', '/sobjects'];

/** An imported course's id: a UUIDv5 of its key. */
function courseId(key: string): string {
  const catalogue = Buffer.from('5b6e2d1c7a544f0e9c3b6d1f20c4a7e1', 'hex');
  const bytes = createHash('sha1').update(catalogue).update(key).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What an org can keep of a text: nothing that XML has no character for, and no blanks at the end. The portal's threads have all of it. */
function asKept(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[\u0000- ]+$/, '');
}

export class History {
  private readonly random: Random;
  private readonly folder = mkdtempSync(join(tmpdir(), 'casebridge-chaos-'));
  private readonly sent = new Map<string, Sent>();
  private readonly replies: Reply[] = [];
  private readonly imports: Imported[] = [];
  private readonly titles = new Map<string, string>();
  private readonly log: string[] = [];
  private org!: SandboxOrg;
  private portal!: Portal;
  private visitors!: Visitor[];
  private chosen!: { course: Course; id: string }[];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  async run(steps: number): Promise<void> {
    try {
      await this.begin();
      for (let step = 0; step < steps; step += 1) {
        const name = this.random.weighted(STEPS);
        this.log.push(name);
        await this[name]();
      }
      await this.quieten();
      await this.compare();
    } catch (error) {
      const story = this.log.join(' ');
      throw new Error(`seed ${this.random.seed}: ${(error as Error).message}\nsteps: ${story}\nlogs: ${this.folder}`, { cause: error });
    } finally {
      await this.portal?.stop();
      await this.org?.stop();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async begin(): Promise<void> {
    const [orgPort, tlsPort, portalPort] = (await freePorts(3)) as [number, number, number];
    this.org = new SandboxOrg(this.folder, orgPort, tlsPort);
    this.portal = new Portal(this.folder, portalPort, this.org, { CASEBRIDGE_SALESFORCE_GRANT: 'client_credentials' });
    await this.org.start();
    await this.org.allowAuditFields();
    await this.portal.prepare(everybody);
    await this.portal.start();
    this.visitors = [mia, noor, sam].map((person) => new Visitor(person, this.portal.url));
    const mine = courses.filter((course) => course.organization === 'MITx').slice(0, 3);
    this.chosen = mine.map((course) => ({ course, id: courseId(course.key) }));
  }

  private get course(): { course: Course; id: string } {
    return this.random.pick(this.chosen);
  }

  // What people do.

  private async post(hurried = this.random.fraction() < 0.3): Promise<void> {
    const visitor = this.random.pick(this.visitors);
    const number = this.sent.size;
    const odd = this.random.fraction() < 0.3 ? this.random.pick(naughty).replaceAll('\0', '') : '';
    const comment: Sent = {
      course: this.course.id,
      key: this.random.key(),
      body: `No. ${number} of ${this.random.seed}\n${odd}`.trim(),
      visibility: visitor.person.role === 'staff' && this.random.fraction() < 0.4 ? 'internal' : 'public',
      author: visitor.person.name,
      accepted: false,
    };
    this.sent.set(comment.key, comment);
    await this.send(visitor, comment, hurried);
  }

  private async sendAgain(): Promise<void> {
    if (this.sent.size === 0) return;
    const comment = this.random.pick([...this.sent.values()]);
    const visitor = this.visitors.find(({ person }) => person.name === comment.author)!;
    await this.send(visitor, comment);
  }

  /** In a hurry nobody waits for the org's word, only for the portal's. */
  private async send(visitor: Visitor, comment: Sent, hurried = false): Promise<void> {
    const { course, key, body, visibility } = comment;
    try {
      if (hurried) {
        await visitor.leave({ course, key, body, visibility });
        comment.accepted = true;
        return;
      }
      const post = await visitor.post({ course, key, body, visibility });
      if (post.key !== null && post.key !== key) throw new Error(`${key} was answered with ${post.key}`);
      comment.accepted = true;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
    }
  }

  private async replyInOrg(): Promise<void> {
    const { id } = this.course;
    const [place] = await this.lookup(`SELECT Id FROM Case WHERE Portal_Key__c = 'course-${id}'`);
    if (!place) return;
    const visibility = this.random.fraction() < 0.3 ? 'internal' : 'public';
    const body = `Riley no. ${this.replies.length} of ${this.random.seed}`;
    const fields = { ParentId: place.Id, Body: body, Visibility: visibility === 'public' ? 'AllUsers' : 'InternalUsers' };
    const made = await this.org.createAsRiley('FeedItem', fields).catch(() => undefined);
    this.replies.push({ id: made, course: id, body, visibility, deleted: false });
  }

  private async deleteInOrg(): Promise<void> {
    const known = this.replies.filter((reply) => reply.id !== undefined);
    if (known.length > 0) await this.org.deleteRecord('FeedItem', this.random.pick(known).id!).catch(() => undefined);
  }

  /** Somebody deletes what posts hang on; it is made again when it is needed. */
  private async loseParent(): Promise<void> {
    const object = this.random.pick(['Course__c', 'Publisher_Organization__c', 'Contact', 'Course_Organization__c']);
    const records = await this.lookup(`SELECT Id FROM ${object} WHERE Portal_Key__c != null ORDER BY Id LIMIT 20`);
    if (records.length > 0) await this.org.deleteRecord(object, this.random.pick(records).Id as string).catch(() => undefined);
  }

  private async renameCourse(): Promise<void> {
    const { course } = this.course;
    const title = `${course.title} ${this.log.length}`;
    const file = join(this.folder, 'renamed.csv');
    const lines = course.runKeys.map((key) => {
      const [year = '', month = '', day = ''] = key.split('+')[2]!.split('_')[0]!.split('-');
      return `${course.organization},${course.key.split('+')[1]},${month}/${day}/${year},"${title}"`;
    });
    writeFileSync(file, ['institution,course_number,launch_date,title', ...lines].join('\n'));
    await this.portal.command(['import', 'catalogue', file]);
    this.titles.set(course.key, title);
  }

  private async importAndKill(): Promise<void> {
    const { course, id } = this.course;
    const number = this.imports.length;
    const bodies = Array.from({ length: 20 }, (_, row) => `History ${number}.${row} of ${this.random.seed}`);
    const file = join(this.folder, `history-${number}.jsonl`);
    const rows = bodies.map((body, row) => ({
      course: course.key,
      author: 'Old Hand (oldhand)',
      body,
      created: `2015-01-01T00:00:${String(row).padStart(2, '0')}Z`,
    }));
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    this.imports.push({ file, course: id, bodies });
    // Now and then by two at once, of which one has to wait.
    const children = Array.from({ length: 1 + this.random.below(2) }, () => this.portal.begin(['import', 'comments', file]));
    const gone = children.map((child) => once(child, 'exit'));
    await this.pause(this.random.below(900));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  // What befalls them.

  private async breakSomething(): Promise<void> {
    const path = this.random.pick(PLACES);
    const fault = { ...this.random.pick(TROUBLES), times: 1 + this.random.below(3), ...(path ? { path } : {}) };
    await this.org.addFault(fault);
  }

  /** What is written reaches the org, and nobody hears of it. */
  private loseAnswers(): Promise<void> {
    return this.org.addFault({ action: 'drop_after_commit', path: '/composite', times: 1 + this.random.below(2) });
  }

  private mendEverything(): Promise<void> {
    return this.org.clearFaults();
  }

  private async killPortal(): Promise<void> {
    // Often at the moment in which it has said that it has something.
    if (this.random.fraction() < 0.7) await this.post(true);
    await this.portal.kill();
    await this.portal.start();
  }

  private async killOrg(): Promise<void> {
    await this.org.kill();
    await this.pause(this.random.below(300));
    await this.org.start();
    await this.org.allowAuditFields();
  }

  private endSessions(): Promise<void> {
    return this.org.expireSessions();
  }

  private wait(): Promise<void> {
    return this.pause(this.random.below(250));
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resume) => setTimeout(resume, milliseconds));
  }

  // When it is over.

  /** Mends everything and waits until nothing is on its way any more. */
  private async quieten(): Promise<void> {
    await this.org.clearFaults();
    await this.learnReplies();
    await this.until('deliveries are done', async () => {
      const health = (await (await fetch(`${this.portal.url}/health/ready`)).json()) as { pending: number; org: string };
      return health.pending === 0 && health.org === 'connected';
    });
    for (const { file } of this.imports) await this.portal.command(['import', 'comments', file]);
    await this.until('the portal has read what Riley wrote', async () => {
      const shown = await this.threads(sam.name);
      return this.replies.every((reply) => shown.get(reply.course)!.some((post) => post.body === reply.body) !== reply.deleted);
    });
  }

  /** Everything with words in it. */
  private async items(): Promise<OrgRecord[]> {
    const items = await this.org.query('SELECT Id, Body, Visibility, ParentId FROM FeedItem');
    return items.filter((item) => item.Body !== null);
  }

  /** What became of Riley's calls whose answers were lost. */
  private async learnReplies(): Promise<void> {
    const items = await this.items();
    for (const reply of this.replies) {
      const item = items.find((item) => item.Body === reply.body);
      reply.deleted = item === undefined;
      reply.id = item?.Id as string | undefined;
    }
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    // Longer than the lease that a killed worker leaves behind.
    const deadline = Date.now() + 180_000;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`it never came to pass that ${what}`);
      await this.pause(100);
    }
  }

  private async threads(reader: string): Promise<Map<string, Post[]>> {
    const visitor = this.visitors.find(({ person }) => person.name === reader)!;
    const threads = new Map<string, Post[]>();
    for (const { id } of this.chosen) threads.set(id, await visitor.thread(id));
    return threads;
  }

  private async compare(): Promise<void> {
    const wrong: string[] = [];
    const expect = (holds: boolean, sentence: string) => holds || wrong.push(sentence);
    const items = await this.items();
    const ledger = await this.org.query('SELECT Key__c, Feed_Item__c, Author_Name__c, Visibility__c FROM Portal_Post__c');
    const cases = await this.org.query('SELECT Id, Portal_Key__c FROM Case');
    const records = await this.org.query('SELECT Course_Key__c, Course_Name__c FROM Course__c');
    const byId = new Map(items.map((item) => [item.Id as string, item]));
    const staff = await this.threads(sam.name);
    const partner = await this.threads(mia.name);

    expect(new Set(cases.map((place) => place.Portal_Key__c)).size === cases.length, 'a course has two cases');
    const imported = this.imports.flatMap(({ bodies }) => bodies);
    const reached = [...this.sent.values()].filter((comment) => ledger.some((row) => row.Key__c === comment.key));
    expect(
      items.length === reached.length + this.replies.filter((reply) => !reply.deleted).length + imported.length,
      `the org has ${items.length} items for ${reached.length} comments, ${this.replies.length} replies and ${imported.length} of history`,
    );
    for (const comment of this.sent.values()) {
      const name = `${comment.key} (${JSON.stringify(comment.body)})`;
      const rows = ledger.filter((row) => row.Key__c === comment.key);
      // A comment's words are its own: they hold its number.
      const shown = staff.get(comment.course)!.filter((post) => post.body === comment.body);
      expect(rows.length === shown.length, `${name} is ${rows.length} times in the ledger and ${shown.length} times in the thread`);
      expect(rows.length === 1 || !comment.accepted, `${name} was accepted and is ${rows.length} times in the org`);
      for (const row of rows) {
        const item = byId.get(row.Feed_Item__c as string);
        expect(row.Author_Name__c === comment.author, `${name} is said to be by ${row.Author_Name__c}`);
        expect(this.inForm(item, comment), `${name} reads differently in the org: ${JSON.stringify(item?.Body)}`);
        const visibility = comment.visibility === 'public' ? 'AllUsers' : 'InternalUsers';
        expect(item?.Visibility === visibility, `${name} is ${item?.Visibility} in the org`);
      }
      expect(shown.every((post) => post.author === comment.author), `${name} shows as ${shown[0]?.author}'s`);
      const seen = partner.get(comment.course)!.some((post) => post.body === comment.body);
      expect(seen === (shown.length === 1 && comment.visibility === 'public'), `${name}: a partner ${seen ? 'sees' : 'misses'} it`);
    }
    for (const reply of this.replies) {
      const shown = staff.get(reply.course)!.filter((post) => post.body === reply.body);
      expect(shown.length === (reply.deleted ? 0 : 1), `${reply.body} shows ${shown.length} times, deleted: ${reply.deleted}`);
      expect(shown.every((post) => post.by_staff), `${reply.body} is not shown as staff's`);
      const seen = partner.get(reply.course)!.some((post) => post.body === reply.body);
      expect(seen === (!reply.deleted && reply.visibility === 'public'), `${reply.body}: a partner ${seen ? 'sees' : 'misses'} it`);
    }
    for (const { course, bodies } of this.imports) {
      for (const body of bodies) {
        const shown = staff.get(course)!.filter((post) => post.body === body);
        expect(shown.length === 1 && shown[0]!.author === 'Old Hand (oldhand)', `${body} shows ${shown.length} times, by ${shown[0]?.author}`);
        const there = items.filter((item) => (item.Body as string).endsWith(body));
        expect(there.length === 1, `${body} is ${there.length} times in the org`);
      }
    }
    for (const [key, title] of this.titles) {
      const names = records.filter((record) => record.Course_Key__c === key).map((record) => record.Course_Name__c);
      expect(names.length === 1 && names[0] === title, `${key} is called ${JSON.stringify(names)}, not ${title}`);
    }
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  private inForm(item: OrgRecord | undefined, comment: Sent): boolean {
    const body = (item?.Body as string | undefined)?.replaceAll('@\u2060{', '@{');
    return body?.endsWith(`[Body]\n${asKept(comment.body)}`) === true && body.startsWith(`[User]\n${comment.author} (`);
  }

  /** What the org has, as far as it answers now. */
  private async lookup(soql: string): Promise<OrgRecord[]> {
    return this.org.query(soql).catch(() => []);
  }
}
