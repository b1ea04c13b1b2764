/** The org as a script of its staff meets it: through the unmodified Python package simple-salesforce, over TLS. */
import { join } from 'node:path';
import { python } from './places.ts';
import { run } from './program.ts';
import type { OrgRecord, SandboxOrg } from './sandbox-org.ts';

export interface CourseRecords {
  Publisher_Organization__c: OrgRecord[];
  Account: OrgRecord[];
  Course__c: OrgRecord[];
  Course_Run__c: OrgRecord[];
  Contact: OrgRecord[];
  Case: OrgRecord[];
  FeedItem: OrgRecord[];
  Portal_Post__c: OrgRecord[];
}

export class SalesforceClient {
  constructor(private readonly org: SandboxOrg) {}

  /** Everything in the org that hangs on the course. */
  async recordsOf(courseKey: string): Promise<CourseRecords> {
    return (await this.ask({ do: 'records', course_key: courseKey })) as CourseRecords;
  }

  /** A post in the case's feed. */
  async postOnCase(courseKey: string, body: string, visibility: 'AllUsers' | 'InternalUsers' = 'AllUsers'): Promise<string> {
    return (await this.ask({ do: 'post', course_key: courseKey, body, visibility })) as string;
  }

  /** A reply under the newest post of the case's feed that has a text. */
  async replyToNewestPost(courseKey: string, body: string): Promise<string> {
    return (await this.ask({ do: 'reply', course_key: courseKey, body })) as string;
  }

  /** A classic case comment. */
  async commentOnCase(courseKey: string, body: string, published: boolean): Promise<string> {
    return (await this.ask({ do: 'comment', course_key: courseKey, body, published })) as string;
  }

  private async ask(question: Record<string, unknown>): Promise<unknown> {
    const script = join(import.meta.dirname, 'salesforce_client.py');
    const answer = await run(python, [script, this.org.tlsUrl, this.org.certificateAuthority], { input: JSON.stringify(question) });
    return JSON.parse(answer);
  }
}
