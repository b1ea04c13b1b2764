// The sandbox org from outside: REST with a session of the admin user, and the /_sandbox/ routes.

export const url = process.env.SANDBOX_URL;
export const tlsUrl = process.env.SANDBOX_TLS_URL;

export const admin = '005SB0000000001YAA';

async function send(method, address, body, headers = {}) {
  const response = await fetch(address, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

export const control = (route, body = {}) => send('POST', `${url}/_sandbox/${route}`, body);
export const events = () => send('GET', `${url}/_sandbox/events`);

export async function token() {
  const form = new URLSearchParams({
    grant_type: 'client_credentials', client_id: 'casebridge-dev', client_secret: 'casebridge-dev-secret',
  });
  const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body: form });
  return (await response.json()).access_token;
}

export class Records {
  constructor(session) {
    this.headers = { authorization: `Bearer ${session}` };
  }

  request(method, path, body) {
    return send(method, `${url}/services/data/v67.0${path}`, body, this.headers);
  }

  async create(object, fields) {
    return (await this.request('POST', `/sobjects/${object}`, fields)).id;
  }

  update(object, id, fields) {
    return this.request('PATCH', `/sobjects/${object}/${id}`, fields);
  }

  delete(object, id) {
    return this.request('DELETE', `/sobjects/${object}/${id}`);
  }

  query(soql) {
    return this.request('GET', `/query?q=${encodeURIComponent(soql)}`).then((answer) => answer.records);
  }
}

// Collects what a callback is called with, and hands it out one by one; a test that waits in vain is ended by the runner.
export class Inbox {
  #items = [];
  #waiting = [];

  put(item) {
    const taker = this.#waiting.shift();
    if (taker) taker(item);
    else this.#items.push(item);
  }

  take() {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async takeMany(count) {
    const taken = [];
    while (taken.length < count) taken.push(await this.take());
    return taken;
  }

  get isEmpty() {
    return this.#items.length === 0;
  }
}
