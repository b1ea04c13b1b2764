/** The main job: a partner comments on a course, and it is in Salesforce. */
import { CoursePage } from '../support/course-page.ts';
import { mia } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

for (const scripts of ['on', 'off'] as const) {
  test(`a partner comments on a course and it is in Salesforce, scripts ${scripts}`, async ({ world, visit }) => {
    const wanted = world.claimCourse('MITx', 2);
    const runKey = wanted.runKeys[1] ?? '';
    const page = await visit(world, { as: mia, scripts });
    const course = await CoursePage.find(page, wanted, scripts);

    const body = 'The second problem set still links to the old forum.';
    await course.composer.run.selectOption({ label: await labelOf(course, runKey) });
    if (scripts === 'on') {
      const loads: string[] = [];
      page.on('framenavigated', (frame) => loads.push(frame.url()));
      await course.composer.post(body);
      await course.expectPost(body);
      await expect(page.getByRole('region', { name: 'Cases' }), 'the case the comment made').toContainText(/Case \d+/);
      expect(loads, 'nothing was loaded anew').toEqual([]);
    } else {
      await course.composer.post(body);
      await expect(page).toHaveURL(/\/courses\/[0-9a-f-]{36}(\?[^#]*)?#post-/);
      await expect(async () => {
        await page.reload();
        await expect(course.posts(body)).toContainText('In Salesforce', { timeout: 1_000 });
      }).toPass();
    }
    const post = await course.expectPost(body);
    await expect(post).toContainText(mia.name);
    await expect(post).toContainText(runKey);
    await expect(course.composer.text, 'the composer is empty again').toHaveValue('');

    const org = await world.salesforce.recordsOf(wanted.key);
    const counts = Object.fromEntries(Object.entries(org).map(([name, records]) => [name, records.length]));
    expect(counts).toMatchObject({ Publisher_Organization__c: 1, Course__c: 1, Case: 1, FeedItem: 1, Portal_Post__c: 1 });
    const [organization] = org.Publisher_Organization__c;
    const [record] = org.Course__c;
    // The catalogue follows by itself, so its other runs may be there too.
    const run = org.Course_Run__c.find(({ Course_Number__c }) => Course_Number__c === runKey);
    const [item] = org.FeedItem;
    const [ledger] = org.Portal_Post__c;
    const [thread] = org.Case;
    const account = org.Account.filter(({ Id }) => Id === organization?.Account__c);
    const author = org.Contact.filter(({ Email }) => Email === mia.email);
    expect(account).toHaveLength(1);
    expect(author).toHaveLength(1);
    expect(record).toMatchObject({ Course_Name__c: wanted.title, Publisher_Organization__c: organization?.Id });
    expect(run).toMatchObject({ Course_Number__c: runKey, Course__c: record?.Id });
    expect(author[0]).toMatchObject({ Name: mia.name, AccountId: account[0]?.Id });
    expect(thread).toMatchObject({ Course__c: record?.Id, Subject: `${wanted.title} Comments`, Status: 'Open', Origin: 'Publisher' });
    expect(ledger).toMatchObject({
      Feed_Item__c: item?.Id,
      Case__c: thread?.Id,
      Contact__c: author[0]?.Id,
      Course_Run__c: run?.Id,
      Author_Name__c: mia.name,
      Author_Role__c: 'partner',
      Visibility__c: 'public',
    });
    expect(item).toMatchObject({ ParentId: thread?.Id });
    expect(item?.Body).toMatch(/^\[User\]\nMia Torres \(.+\)\n\n\[Course Run\]\n/);
    expect(item?.Body).toContain(`[Course Run]\n${runKey}\n\n[Body]\n${body}`);
  });
}

test('a comment on no run is on none in the org', async ({ world, visit }) => {
  const wanted = world.claimCourse();
  const course = await CoursePage.find(await visit(world, { as: mia }), wanted);
  await course.composer.post('About the course as a whole.');
  await course.expectPost('About the course as a whole.');
  const org = await world.salesforce.recordsOf(wanted.key);
  expect(org.Portal_Post__c).toHaveLength(1);
  expect(org.Portal_Post__c[0]?.Course_Run__c).toBeNull();
});

/** A run's option carries its dates too. */
async function labelOf(course: CoursePage, runKey: string): Promise<string> {
  const label = await course.composer.run.getByRole('option').filter({ hasText: runKey }).textContent();
  return (label ?? '').trim();
}
