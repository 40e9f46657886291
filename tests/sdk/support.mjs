// What the conformance tests share: both SDK generations, a counting client, and tenants for each purpose.

import {open_sandbox} from '../../scripts/sandbox.mjs';
import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';

export const sdks = [
  {name: 'openai 6', OpenAI: OpenAI6},
  {name: 'openai 7', OpenAI: OpenAI7},
];

export const policies = {
  acme: {monthly_budget_usd: 1000, hard_stop_usd: 1200},
  broke: {monthly_budget_usd: 0.000001, hard_stop_usd: 0.000001},
  prepaid: {prepaid_balance_usd: 0},
  slow: {monthly_budget_usd: 1000, limits: [{name: 'once', per: ['key'], requests: 1, window: 'month'}]},
  economy: {monthly_budget_usd: 1000, allowed_model_tiers: ['economy'], blocked_features: ['bulk_enrichment']},
  asks: {hard_stop_usd: 1000, limits: [{name: 'ask', cost_usd: 0, window: 'day', action: 'confirm'}]},
  frugal: {monthly_budget_usd: 0, hard_stop_usd: 1000, over_limit_action: 'downgrade_then_fail_closed',
           downgrade: {accepted: true, to: {standard: 'gpt-5-nano'}}},
  guarded: {monthly_budget_usd: 1000, retry_guard: {same_request: 5, within: '60s', block: '30s'}},
  money_as_429: {monthly_budget_usd: 0.000001, hard_stop_usd: 0.000001, refusal_profile: 'openai'},
};

export const prompt = {model: 'gpt-5-mini', messages: [{role: 'user', content: 'Tell me about toll gates.'}]};

// One test file, one gateway.
export async function open() {
  const house = await open_sandbox({policies});
  // A client that counts what it sends: retries of the SDK are sends too.
  house.client = (OpenAI, tenant = 'acme', options = {}) => {
    const sent = [];
    const counting = (url, init) => {
      sent.push(String(url));
      return fetch(url, init);
    };
    const api_key = house.keys[tenant] ?? tenant;
    const client = new OpenAI({apiKey: api_key, baseURL: `${house.gateway.url}/v1`, fetch: counting, ...options});
    return Object.assign(client, {sent});
  };
  // Requests that have reached the provider so far.
  house.reached = async () => (await house.mock.seen()).total;
  house.last_seen = async () => (await house.mock.seen()).requests.at(-1);
  return house;
}

export async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

export async function failure_of(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was expected to fail');
}

// Runs `body` once for each SDK generation.
export function each_sdk(body) {
  for (const sdk of sdks) body(sdk);
}
