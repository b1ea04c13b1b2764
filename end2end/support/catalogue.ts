/** The courses that the tests speak of: those of the demo catalogue whose title can't be mistaken for another's. */
import { readFileSync } from 'node:fs';
import { catalogueFile } from './places.ts';

export interface Course {
  key: string;
  title: string;
  organization: string;
  runKeys: string[];
}

/** One line of the file; a field may be quoted and hold commas and doubled quotes. */
function fields(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, 5)
    .map(([, field = '']) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}

function read(): Course[] {
  const courses = new Map<string, { course: Course; titles: Set<string> }>();
  for (const line of readFileSync(catalogueFile, 'utf8').split(/\r?\n/).slice(1)) {
    const [organization = '', number = '', launch = '', title = ''] = fields(line);
    if (!organization) continue;
    const key = `${organization}+${number}`;
    const [month = '', day = '', year = ''] = launch.split('/');
    const known = courses.get(key) ?? { course: { key, title, organization, runKeys: [] }, titles: new Set() };
    known.course.runKeys.push(`course-v1:${key}+${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
    known.titles.add(title);
    courses.set(key, known);
  }
  const everyTitle = [...courses.values()].flatMap(({ titles }) => [...titles]);
  return [...courses.values()]
    .filter(({ course, titles }) => titles.size === 1 && everyTitle.filter((title) => title.includes(course.title)).length === 1)
    .filter(({ course }) => /^[\x20-\x7e]+$/.test(course.title))
    .map(({ course }) => course);
}

export const courses = read();
