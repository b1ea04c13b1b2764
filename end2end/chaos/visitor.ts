/** Somebody who uses the portal without a browser: signs in, posts, reads threads. */
import { password, type Person } from '../support/people.ts';

export interface Post {
  id: string;
  key: string | null;
  author: string;
  by_staff: boolean;
  visibility: 'public' | 'internal';
  body: string;
  state: string | { state: string } | Record<string, unknown>;
}

/** Some of a thread, as long as there is more before it. */
interface Window {
  posts: Post[];
  earlier: boolean;
}

export interface Comment {
  course: string;
  key: string;
  body: string;
  visibility: 'public' | 'internal';
}

/** No answer, or none that tells what became of the request. */
export class Lost extends Error {}

export class Visitor {
  private cookie = '';

  constructor(
    readonly person: Person,
    private readonly url: string,
  ) {}

  async post(comment: Comment): Promise<Post> {
    return (await this.call('post_comment', { ...comment, run: null })) as Post;
  }

  /** Posts by the page's form without waiting for the org: there is no answer but that the portal has it. */
  async leave({ course, ...comment }: Comment): Promise<void> {
    const form = new URLSearchParams({ ...comment, run: '' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', prefer: 'respond-async' };
    const answer = await this.askSignedIn(`/courses/${course}/comments`, headers, form);
    if (answer.status >= 500) throw new Lost(`the form was answered ${answer.status}`);
    if (answer.status !== 303) throw new Error(`${this.person.name}: the form was answered ${answer.status}`);
  }

  async thread(course: string): Promise<Post[]> {
    let posts: Post[] = [];
    for (;;) {
      const window = (await this.call('get_thread', { course, before: posts[0]?.id ?? null })) as Window;
      const known = new Set(posts.map((post) => post.id));
      // The first window is filled up with what follows it.
      posts = [...window.posts.filter((post) => !known.has(post.id)), ...posts];
      if (!window.earlier) return posts;
    }
  }

  private async call(name: string, body: unknown): Promise<unknown> {
    const answer = await this.askSignedIn(`/api/fn/${name}`, { 'content-type': 'application/json' }, JSON.stringify(body));
    const text = await answer.text().catch((error: unknown) => {
      throw new Lost(String(error));
    });
    if (answer.status >= 500) throw new Lost(`${name} answered ${answer.status}: ${text}`);
    if (!answer.ok) throw new Error(`${this.person.name}: ${name} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }

  /** Once more after signing in anew, when the session turns out to be over. */
  private async askSignedIn(path: string, headers: Record<string, string>, body: string): Promise<Response> {
    if (!this.cookie) await this.signIn();
    const answer = await this.ask(path, headers, body);
    if (answer.status !== 401 && !answer.headers.get('location')?.startsWith('/login')) return answer;
    await this.signIn();
    return this.ask(path, headers, body);
  }

  private async signIn(): Promise<void> {
    this.cookie = '';
    const form = new URLSearchParams({ email: this.person.email, password });
    const answer = await this.ask('/login', { 'content-type': 'application/x-www-form-urlencoded' }, form.toString());
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    if (answer.status !== 303 || cookies.length === 0) throw new Lost(`log-in answered ${answer.status}`);
    this.cookie = cookies.join('; ');
  }

  private async ask(path: string, headers: Record<string, string>, body: string): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...headers, origin: this.url, cookie: this.cookie },
        body,
        signal: AbortSignal.timeout(20_000),
      });
    } catch (error) {
      throw new Lost(String(error));
    }
  }
}
