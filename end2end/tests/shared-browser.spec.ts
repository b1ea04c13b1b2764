/** Two people, one browser: what the first one's page still holds is never said or shown in the second one's name. */
import { CoursePage } from '../support/course-page.ts';
import { mia, sam } from '../support/people.ts';
import { signIn, signOut } from '../support/sign-in.ts';
import { expect, test } from '../support/test.ts';

for (const scripts of ['on', 'off'] as const) {
  test(`a page left open by somebody else posts nothing, scripts ${scripts}`, async ({ world, visit, watch }) => {
    watch.allowStatus(401);
    const wanted = world.claimCourse();
    const first = await visit(world, { as: mia, scripts });
    const course = await CoursePage.find(first, wanted, scripts);
    const second = await first.context().newPage();
    await second.goto('/courses');
    await signOut(second);
    await signIn(second, sam);

    await course.composer.post('Mia wrote this.');
    await expect(first.getByText('You are signed out').first()).toBeVisible();
    await expect(first.getByRole('textbox', { name: 'Your comment' }), 'the text is kept').toHaveValue('Mia wrote this.');
    if (scripts === 'off') await expect(first.getByText(sam.name), 'nothing of the other one is shown').toHaveCount(0);

    const others = await CoursePage.find(second, wanted, scripts);
    await expect(others.everyPost).toHaveCount(0);
    await expect(others.composer.text, 'no draft went astray').toHaveValue('');
  });
}
