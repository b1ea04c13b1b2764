/** The people of a world. */
export interface Person {
  email: string;
  name: string;
  role: 'partner' | 'staff' | 'admin';
  organizations: string[];
}

export const password = 'correct horse battery staple';

export const mia: Person = { email: 'mia@mitx.test', name: 'Mia Torres', role: 'partner', organizations: ['MITx'] };
export const noor: Person = { email: 'noor@mitx.test', name: 'Noor Haddad', role: 'partner', organizations: ['MITx'] };
export const harper: Person = { email: 'harper@harvardx.test', name: 'Harper Lin', role: 'partner', organizations: ['HarvardX'] };
export const sam: Person = { email: 'sam@casebridge.test', name: 'Sam Okafor', role: 'staff', organizations: [] };
export const ada: Person = { email: 'ada@casebridge.test', name: 'Ada Novak', role: 'admin', organizations: [] };

export const everybody = [mia, noor, harper, sam, ada];
