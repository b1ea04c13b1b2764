/** What a post says of its own way: sending, in Salesforce, refused for good. */
import { expectAccessible } from '../support/accessibility.ts';
import { CoursePage } from '../support/course-page.ts';
import { mia, noor } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test.afterEach(async ({ world }) => {
  await world.org.clearFaults();
});

test('a post is there at once as sending, then in Salesforce', async ({ world, visit }) => {
  const course = await CoursePage.find(await visit(world, { as: mia }), world.claimCourse());
  await course.composer.post('Makes the case.');
  await course.expectPost('Makes the case.');
  await world.org.addFault({ action: 'delay', method: 'POST', path: '/composite', times: 1, delay_ms: 700 });
  await course.composer.post('Takes its time.');
  await course.expectPost('Takes its time.', 'Sending');
  await course.expectPost('Takes its time.', 'In Salesforce');
});

for (const scripts of ['on', 'off'] as const) {
  test(`a post the org refuses says why and can be tried again, scripts ${scripts}`, async ({ world, visit }) => {
    test.slow();
    const wanted = world.claimCourse();
    const course = await CoursePage.find(await visit(world, { as: mia, scripts }), wanted, scripts);
    await course.composer.post('Makes the case.');
    await expectEventually(course, 'Makes the case.', 'In Salesforce', scripts);
    const reason = 'This case is locked while legal reviews it.';
    await world.org.addFault({
      action: 'status', method: 'POST', path: '/composite', status: 400, code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: reason,
    });
    await course.composer.post('Refused at first.');
    await expectEventually(course, 'Refused at first.', 'Failed', scripts);
    await expect(course.posts('Refused at first.')).toContainText(reason);
    const other = await CoursePage.find(await visit(world, { as: noor }), wanted);
    await expect(other.posts('Makes the case.')).toHaveCount(1);
    await expect(other.page.getByRole('button', { name: 'Retry' }), 'only the author can try again').toHaveCount(0);
    if (scripts === 'on') await expectAccessible(course.page, 'course with a failed post');

    await world.org.clearFaults();
    await course.posts('Refused at first.').getByRole('button', { name: 'Retry' }).click();
    await expectEventually(course, 'Refused at first.', 'In Salesforce', scripts);
    const org = await world.salesforce.recordsOf(wanted.key);
    expect(org.FeedItem).toHaveLength(2);
    expect(org.Portal_Post__c).toHaveLength(2);
  });
}

/** Without scripts a page shows news when it is loaded again. */
async function expectEventually(course: CoursePage, body: string, state: 'In Salesforce' | 'Failed', scripts: 'on' | 'off'): Promise<void> {
  await expect(async () => {
    if (scripts === 'off') await course.page.reload();
    await expect(course.posts(body)).toContainText(state, { timeout: scripts === 'on' ? 15_000 : 1_000 });
  }).toPass();
}
