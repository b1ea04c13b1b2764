/**
 * Random histories, each from a seed of its own. `SEED=7` runs one, `RUNS=20` so many from it on, `STEPS=400` makes them longer,
 * `MINUTES=120` goes on for that long.
 */
import { test } from '@playwright/test';
import { History } from './history.ts';

const number = (name: string, otherwise: number) => Number(process.env[name] || otherwise);
const first = number('SEED', 1);
const steps = number('STEPS', 80);
const minutes = number('MINUTES', 0);

if (minutes > 0) {
  test(`histories for ${minutes} minutes, from seed ${first} on`, async () => {
    test.setTimeout((minutes + 5) * 60_000);
    const until = Date.now() + minutes * 60_000;
    for (let seed = first; Date.now() < until; seed += 1) {
      console.log(`seed ${seed}`);
      await new History(seed).run(steps);
    }
  });
} else {
  for (let seed = first; seed < first + number('RUNS', process.env.SEED ? 1 : 4); seed += 1) {
    test(`seed ${seed}`, async () => {
      test.setTimeout(600_000);
      await new History(seed).run(steps);
    });
  }
}
