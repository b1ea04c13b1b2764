/** Where things are in the checkout, and the programs under test. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');
export const catalogueFile = join(root, 'demo', 'harvard-mitx-runs.csv');
export const portalProgram = resolve(root, process.env.CASEBRIDGE_BIN ?? 'target/release/casebridge');
export const orgProgram = resolve(root, process.env.SANDBOX_BIN ?? 'target/release/sandbox-org');

const tools = process.env.CASEBRIDGE_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'casebridge-tools');
export const python = join(tools, 'python', 'bin', 'python');
