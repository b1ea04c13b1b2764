/** An org, a portal and people, in a temporary folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { courses, type Course } from './catalogue.ts';
import { everybody } from './people.ts';
import { Portal } from './portal.ts';
import { freePorts } from './program.ts';
import { SalesforceClient } from './salesforce-client.ts';
import { SandboxOrg } from './sandbox-org.ts';

export class World {
  private readonly claimed = new Set<Course>();

  private constructor(
    private readonly folder: string,
    readonly org: SandboxOrg,
    readonly portal: Portal,
    readonly salesforce: SalesforceClient,
  ) {}

  /** Started, with the demo catalogue and everybody in it; not connected yet. */
  static async start({ lacking = [] }: { lacking?: string[] } = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'casebridge-end2end-'));
    const [orgPort, tlsPort, portalPort] = (await freePorts(3)) as [number, number, number];
    const org = new SandboxOrg(folder, orgPort, tlsPort, lacking);
    const portal = new Portal(folder, portalPort, org);
    const world = new World(folder, org, portal, new SalesforceClient(org));
    try {
      await org.start();
      await portal.prepare(everybody);
      await portal.start();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async stop(): Promise<void> {
    await this.portal.stop();
    await this.org.stop();
    if (!process.env.END2END_KEEP) rmSync(this.folder, { recursive: true, force: true });
  }

  /** A course that no other test of this world speaks of. */
  claimCourse(organization = 'MITx', minimumRuns = 1): Course {
    const found = courses.find((c) => !this.claimed.has(c) && c.organization === organization && c.runKeys.length >= minimumRuns);
    if (!found) throw new Error(`No course of ${organization} is left.`);
    this.claimed.add(found);
    return found;
  }
}
