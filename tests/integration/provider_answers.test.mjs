// Answers as providers really give them, byte by byte: what the client gets, and what it costs. Input costs 10 USD per
// million tokens, cached input 1, output 100; the request holds at most 0.0106.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {open_stream} from '../support/client.mjs';
import {open_house} from '../support/house.mjs';
import {completion, done, event, pause, reset, shut, start_provider, streamed, text_chunk, usage_chunk, whole}
  from '../support/provider.mjs';

const reported = '0.0021';     // 10 tokens in, 20 out
const hold = '0.0106', prompt = '0.0006';

// Each fails once, so that no breaker is in the way.
const spares = Array.from({length: 12}, (_, n) => `spare${n}`);
let spares_used = 0;
const spare = () => ({model: spares[spares_used++]});

let house, provider;
before(async () => {
  provider = await start_provider();
  const policies = {acme: {hard_stop_usd: 1000}, agile: {hard_stop_usd: 1000, fallback: {max_attempts: 2, providers: ['fresh', ...spares, 'mock']}}};
  house = await open_house({policies, change({catalog, prices}) {
    catalog.providers.raw = {base_url: provider.url, first_byte_timeout: '2s', idle_timeout: '2s'};
    catalog.providers.fresh = {...catalog.providers.raw};      // with a breaker of its own
    catalog.models.raw = {tier: 'standard', provider: 'raw', max_output_tokens: 32_000, context_tokens: 200_000};
    catalog.models.either = {...catalog.models.raw, provider: undefined, routes: [
      {provider: 'fresh', upstream: 'raw', priority: 1}, {provider: 'mock', upstream: 'toll', priority: 2}]};
    for (const name of spares) {
      catalog.providers[name] = {...catalog.providers.raw};
      catalog.models[name] = {...catalog.models.either, routes: [{provider: name, upstream: 'raw', priority: 1}, catalog.models.either.routes[1]]};
    }
    catalog.models.vectors = {tier: 'standard', provider: 'raw', context_tokens: 8000, capabilities: ['embeddings']};
    const row = {provider: 'raw', input: 10, effective_from: '2024-01-01'};
    for (const provider of ['fresh', ...spares]) prices.prices.push({...row, provider, model: 'raw', output: 100});
    prices.prices.push({...row, model: 'raw', cached_input: 1, output: 100}, {...row, model: 'vectors', output: 0});
  }});
});
after(async () => {
  await house?.verify();
  await house?.close();
  await provider?.close();
});

const asked = {
  '/v1/chat/completions': {model: 'raw', max_tokens: 100, messages: [{role: 'user', content: 'hi there'}]},
  '/v1/responses': {model: 'raw', max_output_tokens: 50, input: 'hi'},
  '/v1/embeddings': {model: 'vectors', input: 'hello there'},
};

async function exchange(said, {stream, path = '/v1/chat/completions', more = {}, tenant = 'acme'} = {}) {
  provider.says = () => said;
  const calls = provider.requests.length;
  const body = {...asked[path], stream: stream || undefined, ...more};
  const answer = open_stream(house.gateway.url, {key: house.keys[tenant], path, body});
  const {status, headers} = await answer.head;
  await answer.rest();
  assert.equal(provider.requests.length, calls + 1, 'one request, one call');
  await house.settled(tenant);
  const {net_amount_usd: cost, cost_source: source, record} = await house.record(headers['x-request-id'], tenant);
  return {status, headers, text: answer.raw, ending: answer.ending, cost, source, record};
}

function assert_error(text, code) {
  const {error} = JSON.parse(text);
  for (const member of ['message', 'type', 'param', 'code', 'gateway']) assert.ok(member in error, text);
  assert.equal(error.code, code);
}

const body_of = (json) => JSON.stringify(json ?? completion());
const usage = (prompt_tokens, completion_tokens, more) =>
  whole({json: completion({usage: {prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...more}})});

describe('a whole answer passes, and costs what it reports', () => {
  const rows = {
    'with its length': whole({}),
    'of HTTP/1.0': [`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${body_of()}`, shut],
    'that ends with the connection': [`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body_of()}`, shut],
    'behind 100 Continue': ['HTTP/1.1 100 Continue\r\n\r\n', whole({})],
    'behind 103 Early Hints': ['HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n', whole({})],
    'in chunks with extensions and a trailer': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n` +
      `${body_of().length.toString(16)};x=1\r\n${body_of()}\r\n0\r\nx-t: 1\r\n\r\n`,
    'that calls itself HTML': whole({headers: {'content-type': 'text/html'}}),
    'without a type': whole({headers: {'content-type': undefined}}),
    'behind a byte order mark': whole({body: `\ufeff${body_of()}`}),
    'behind blank lines': whole({body: `\n\n  ${body_of()}\n`}),
    'whose error is null': whole({json: {...completion(), error: null}}),
    'with usage first': whole({json: {usage: completion().usage, ...completion({usage: undefined})}}),
    'with usage twice: the last counts': whole({body: body_of().replace('"usage":', '"usage":{"prompt_tokens":1},"usage":')}),
    'that speaks of usage': whole({json: completion({choices: [{index: 0, finish_reason: 'stop',
      message: {role: 'assistant', content: '"usage":{"prompt_tokens":0,"completion_tokens":0}'}}]})}),
    'with whole numbers that have a point': whole({body: body_of().replace('"prompt_tokens":10', '"prompt_tokens":10.0')}),
  };
  for (const [what, said] of Object.entries(rows)) it(what, async () => {
    const {status, headers, text, cost, source} = await exchange(said);
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^application\/json/);
    assert.equal(JSON.parse(text).usage.cost_usd, reported);
    assert.equal(cost, reported);
    assert.equal(source, 'provider_usage');
  });
});

describe('a whole answer that cannot be read is 502, and charged what was held', () => {
  const rows = {
    'a page': whole({headers: {'content-type': 'text/html'}, body: '<html>hello</html>'}),
    'a cut object with the right length': whole({body: '{"id": "x", "choices": ['}),
    'nothing': whole({body: ''}),
    'null': whole({body: 'null'}),
    'a list': whole({body: '[]'}),
    'more than an object': whole({body: `${body_of(completion({usage: undefined}))}xx`}),
    '204': 'HTTP/1.1 204 No Content\r\n\r\n',
    'both framings': 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'another protocol': ['SSH-2.0-OpenSSH_9\r\n', shut],
    'a switch of protocols': ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', shut],
    'a status beyond 599': 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n',
    'a head too large': whole({headers: {'x-a': 'y'.repeat(70_000)}}),
    'silence and the end': [shut],
    'silence and a reset': [reset],
  };
  for (const [what, said] of Object.entries(rows)) for (const stream of [false, true])
    it(`${what}${stream ? ', for a stream' : ''}`, async () => {
      const {status, headers, text, cost, record} = await exchange(said, {stream});
      assert.equal(status, 502, text);
      const {code} = JSON.parse(text).error;
      assert.match(code, /^provider_(error|unavailable)$/);
      assert_error(text, code);
      assert.equal(headers['x-should-retry'], 'false');
      assert.equal(cost, hold);
      assert.equal(record.flagged, true);
    });
});

describe('a refusal of the provider costs nothing', () => {
  const json = {error: {message: 'no', type: 'x', code: 'y'}};
  const rows = [
    ['an error under 200', whole({json}), 502],
    ['a text for an error under 200', whole({json: {error: 'no'}}), 502],
    ['not modified', 'HTTP/1.1 304 Not Modified\r\n\r\n', 502],
    ['a redirect', whole({status: '302 Found', headers: {location: 'http://10.0.0.1/inside'}, body: ''}), 502],
    ['a redirect with its method', whole({status: '307 Temporary Redirect', headers: {location: '/v1/x'}, body: ''}), 502],
    ['too large', whole({status: '413 Too Large', json}), 413],
    ['overloaded', whole({status: '529 Overloaded', json}), 502],
    ['a tea pot', whole({status: '418 Tea', json}), 418],
  ];
  for (const [what, said, expected] of rows) it(`${what} is ${expected}`, async () => {
    const {status, headers, text, cost} = await exchange(said);
    assert.equal(status, expected, text);
    assert.ok(JSON.parse(text).error.message.length > 0);
    assert.equal(headers.location, undefined);
    assert.equal(cost, '0.00');
  });

  it('tells the client how long to wait, and nothing of the provider\'s own limits', async () => {
    const headers = {'retry-after': '7', 'x-ratelimit-remaining-requests': '3', 'set-cookie': 'a=b', server: 'x'};
    const got = await exchange(whole({status: '429 Too Many', headers, json}));
    assert.equal(got.status, 429);
    assert.equal(got.headers['retry-after'], '7');
    for (const name of ['x-ratelimit-remaining-requests', 'set-cookie', 'server']) assert.equal(got.headers[name], undefined);
  });

  it('is told so where the provider names a moment, or milliseconds', async () => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    for (const [headers, ms] of [[{date, 'retry-after': 'Wed, 21 Oct 2026 07:28:09 GMT'}, '9000'],
                                 [{'retry-after': 'Fri, 31 Dec 2100 00:00:00 GMT'}, '60000'],
                                 [{'retry-after': '3', 'retry-after-ms': '250'}, '250']]) {
      const got = await exchange(whole({status: '429 Too Many', headers, json}));
      assert.equal(got.headers['retry-after-ms'], ms);
      assert.equal(got.headers['retry-after'], String(Math.ceil(ms / 1000)));
    }
  });
});

it('an account that is used up at one provider is not at another', async () => {
  const json = {error: {message: 'You exceeded your quota', type: 'insufficient_quota', code: 'insufficient_quota'}};
  const said = whole({status: '429 Too Many', json});
  const alone = await exchange(said, {more: {model: 'either'}});
  assert.equal(alone.status, 502);
  assert_error(alone.text, 'provider_configuration_error');
  const {status, headers, cost, record} = await exchange(said, {more: {model: 'either'}, tenant: 'agile'});
  assert.equal(status, 200);
  assert.equal(headers['x-ai-fallback-reason'], 'provider_rate_limited');
  assert.equal(cost, '0.0016');
  assert.deepEqual(record.tries.map((each) => each.status), [429, 200]);
});

describe('the cost of a provider that tells nothing of its usage', () => {
  const told = (said) => exchange(said).then(({text, cost}) => ({usage: JSON.parse(text).usage, cost}));

  for (const [what, usage] of [['left out', undefined], ['null', null]]) it(`stands in a usage of ours, where it is ${what}`, async () => {
    const {usage: ours, cost} = await told(whole({json: {...completion(), usage}}));
    assert.equal(ours.cost_usd, cost);
    assert.equal(ours.completion_tokens, 2);
    assert.equal(ours.total_tokens, ours.prompt_tokens + 2);
  });

  it('stands nowhere where usage is something else', async () => {
    assert.equal((await told(whole({json: completion({usage: 'much'})}))).usage, 'much');
  });
});

describe('an error that a stream begins with', () => {
  const json = {error: {message: 'Overloaded', type: 'overloaded_error', code: null}};
  const begin = (error) => streamed([event(text_chunk('')) + event(error)]);
  const either = {stream: true, more: {model: 'either'}};

  it('is passed on where nobody may take the place', async () => {
    const {status, text, cost} = await exchange(begin(json), either);
    assert.equal(status, 200);
    assert.match(text, /Overloaded/);
    assert.equal(cost, prompt);
  });

  it('has another provider asked where one may be', async () => {
    const {status, headers, text, cost, record} = await exchange(begin(json), {...either, tenant: 'agile'});
    assert.equal(status, 200);
    assert.equal(headers['x-ai-fallback-reason'], 'provider_error');
    assert.doesNotMatch(text, /Overloaded/);
    assert.equal(cost, '0.0016');
    assert.deepEqual(record.tries.map(({status, code}) => [status, code]), [[200, 'provider_error'], [200, undefined]]);
  });

  const later = {
    'behind a comment': [': wait\n\n', pause, event(json)],
    'in two packets': [event(json).slice(0, 20), pause, event(json).slice(20)],
    'behind blank lines': ['\n\n', pause, event(json)],
    'behind fields without data': ['retry: 100\n\n', pause, event(json)],
    'without its blank line': [event(json).trimEnd()],
    'a comment and no more': [': wait\n\n'],
    'the beginning of an event and no more': ['data: {"id'],
    'nothing at all': [],
  };
  for (const [what, pieces] of Object.entries(later)) it(`${what}: another provider is asked`, async () => {
    const {status, headers, text, cost, record} = await exchange(streamed(pieces), {stream: true, more: spare(), tenant: 'agile'});
    assert.equal(status, 200, text);
    assert.equal(headers['x-ai-fallback-reason'], 'provider_error');
    assert.match(text, /data: \[DONE\]\s*$/);
    assert.equal(cost, '0.0016');
    assert.equal(record.tries[0].code, 'provider_error');
  });

  const lost = {
    'a stream reset before its first event': [streamed([': wait\n\n'], {end: false}).concat(reset), true, 'provider_unavailable'],
    'a stream that stops before its first event': [streamed([': wait\n\n'], {end: false}), true, 'provider_timeout'],
    'an answer shut behind its head': [['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n', shut], false, 'provider_unavailable'],
    'an answer without a body': [whole({body: ''}), false, 'provider_error'],
  };
  for (const [what, [said, stream, reason]] of Object.entries(lost)) it(`${what}: another provider is asked`, async () => {
    const {status, headers, text, cost} = await exchange(said, {stream, more: spare(), tenant: 'agile'});
    assert.equal(status, 200, text);
    assert.equal(headers['x-ai-fallback-reason'], reason);
    assert.equal(cost, '0.0016');
  });

  it('a whole answer behind blank lines is itself, though a stream was asked for', async () => {
    const {status, text, record} = await exchange(streamed(['\n', pause, JSON.stringify(completion())],
                                                           {headers: {'content-type': 'application/json'}}), {...either, tenant: 'agile'});
    assert.equal(status, 200);
    assert.equal(JSON.parse(text).usage.completion_tokens, 20);
    assert.equal(record.attempts, 1);
  });

  it('that is the request\'s own fault is told with its status', async () => {
    const fault = {error: {message: 'Too long', type: 'invalid_request_error', code: 'context_length_exceeded'}};
    const {status, text, cost} = await exchange(begin(fault), {...either, tenant: 'agile'});
    assert.equal(status, 400);
    assert_error(text, 'context_length_exceeded');
    assert.equal(cost, '0.00');
  });

  it('behind which more was said is part of its stream', async () => {
    const {status, text, record} = await exchange(streamed([event(text_chunk('word')), pause, event(json)]),
                                                  {...either, tenant: 'agile'});
    assert.equal(status, 200);
    assert.match(text, /word[^]*Overloaded/);
    assert.equal(record.attempts, 1);
  });
});

describe('usage', () => {
  const rows = [
    ['cached tokens are part of the prompt', usage(10, 20, {prompt_tokens_details: {cached_tokens: 4}}), '0.002064'],
    ['cached tokens under another name', usage(10, 20, {prompt_cache_hit_tokens: 4}), '0.002064'],
    ['more cached tokens than there were', usage(10, 20, {prompt_tokens_details: {cached_tokens: 400}}), '0.00201'],
    ['no details', usage(10, 20, {prompt_tokens_details: null, completion_tokens_details: null}), reported],
    ['reasoning is part of the output', usage(10, 20, {completion_tokens_details: {reasoning_tokens: 15}}), reported],
    ['a total beyond the sum is output', usage(10, 20, {total_tokens: 45}), '0.0036'],
    ['a prompt that only the total tells', usage(10, 20, {prompt_tokens: undefined}), reported],
    ['explicit zeros', usage(0, 0), '0.00'],
    ['a half that is not told is counted: the prompt', whole({json: completion({usage: {completion_tokens: 20}})}), '0.0026', 'counted'],
    ['a half that is not told is counted: the output', whole({json: completion({usage: {prompt_tokens: 10}})}), '0.0003', 'counted'],
    ['nothing', whole({json: completion({usage: null})}), '0.0008', 'counted'],
    ['a fraction', usage(10.5, 20), hold, 'estimated'],
    ['a text', usage('10', 20), hold, 'estimated'],
    ['a negative number', usage(-5, 20), hold, 'estimated'],
    ['a number beyond reason', usage(1e15, 20), hold, 'estimated'],
  ];
  for (const [what, said, expected, from = 'provider_usage'] of rows) it(what, async () => {
    const {status, cost, source, record} = await exchange(said);
    assert.equal(status, 200);
    assert.equal(cost, expected);
    assert.equal(source, from);
    assert.equal(record.flagged === true, from !== 'provider_usage');
  });

  const vectors = (told) => whole({json: {object: 'list', data: [], model: 'vectors', usage: told}});
  const embedded = [['prompt and total', {prompt_tokens: 5, total_tokens: 5}, '0.00005'], ['a total', {total_tokens: 5}, '0.00005'],
                    ['a prompt', {prompt_tokens: 5}, '0.00005']];
  for (const [what, told, expected] of embedded) it(`of embeddings: ${what}`, async () => {
    const {cost, source} = await exchange(vectors(told), {path: '/v1/embeddings'});
    assert.equal(cost, expected);
    assert.equal(source, 'provider_usage');
  });
});

const words = ['a ', 'b ', 'c '].map((word) => event(text_chunk(word)));
const plain = [...words, event(usage_chunk()), done];
const bytes = (pieces) => [...Buffer.from(pieces.join(''))].map((byte) => Buffer.from([byte]));
const told = completion().usage;

function cut_inside(text, at) {
  const all = Buffer.from(text);
  const middle = all.indexOf(at) + 1;
  return [all.subarray(0, middle), pause, all.subarray(middle)];
}

describe('a stream costs what it reports, and shows nothing that was not asked for', () => {
  const rows = {
    'in one chunk an event': streamed(plain),
    'with CRLF': streamed(plain.map((piece) => piece.replace(/\n/g, '\r\n'))),
    'with CR': streamed(plain.map((piece) => piece.replace(/\n/g, '\r'))),
    'without a blank behind the colon': streamed(plain.map((piece) => piece.replace('data: ', 'data:'))),
    'byte by byte': streamed(bytes(plain)),
    'cut inside a character': streamed(cut_inside([event(text_chunk('\u65e5\u672c')), event(usage_chunk()), done].join(''), '\u65e5')),
    'with usage over several lines': streamed([...words, event(JSON.stringify(usage_chunk(), null, 1).replaceAll('\n', '\ndata: ')), done]),
    'with comments': streamed([': ping\n\n', ...words, ': ping\n\n', event(usage_chunk()), ':\n', done]),
    'with other fields': streamed(plain.map((piece) => `event: message\nid: 1\nretry: 10\n${piece}`)),
    'behind a byte order mark': streamed([`\ufeff${words[0]}`, event(usage_chunk()), done]),
    'with a running total in each event': streamed([5, 10, 15].map((n) => event(text_chunk('w ', {usage: {...told, completion_tokens: n, total_tokens: 10 + n}})))
      .concat([event(usage_chunk()), done])),
    'with usage in the last event of text': streamed([...words, event(text_chunk('d', {usage: told})), done]),
    'with usage beside an empty delta': streamed([...words, event({...text_chunk(''), choices: [{index: 0, delta: {}}], usage: told}), done]),
    'with usage twice': streamed([...words, event(usage_chunk()), event(usage_chunk()), done]),
    'with usage null behind it': streamed([...words, event(usage_chunk()), event(text_chunk('', {usage: null})), done]),
    'with an event that is no JSON': streamed([...words, 'data: {broken\n\n', event(usage_chunk()), done]),
    'whose end lacks its blank line': streamed([...words, event(usage_chunk()), 'data: [DONE]']),
    'with more behind its end': streamed([...plain, ': bye\n\n']),
    'whose type has another case and a charset': streamed(plain, {headers: {'content-type': 'Text/Event-Stream; charset=UTF-8'}}),
    'that calls itself text': streamed(plain, {headers: {'content-type': 'text/plain'}}),
    'that calls itself JSON': streamed(plain, {headers: {'content-type': 'application/json'}}),
    'that calls itself nothing, behind a comment': streamed([': hello\n\n', ...plain], {headers: {'content-type': 'application/octet-stream'}}),
    'that calls itself text, byte by byte': streamed(bytes(plain), {headers: {'content-type': 'text/plain'}}),
  };
  for (const [what, said] of Object.entries(rows)) it(what, async () => {
    const {status, headers, text, ending, cost, source} = await exchange(said, {stream: true});
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/event-stream/i);
    assert.equal(ending, 'clean');
    assert.match(text, /data: ?\[DONE\]\s*$/);
    assert.equal(/prompt_tokens|"choices":\[\]|"usage"/.test(text), false, text);
    assert.equal(cost, reported);
    assert.equal(source, 'provider_usage');
  });

  it('asked for and not told by the provider, usage is what was counted and charged', async () => {
    const more = {stream_options: {include_usage: true}};
    const {text, ending, cost, source} = await exchange(streamed([...words, done]), {stream: true, more});
    assert.equal(ending, 'clean');
    const events = text.split('\n\n').filter(Boolean);
    assert.equal(events.length, 5);
    assert.equal(events[4], 'data: [DONE]');
    const {choices, object, model, usage} = JSON.parse(events[3].slice('data: '.length));
    assert.deepEqual(choices, []);
    assert.equal(object, 'chat.completion.chunk');
    assert.equal(model, 'raw');
    assert.equal(usage.cost_usd, cost);
    assert.equal(usage.prompt_tokens * 0.00001 + usage.completion_tokens * 0.0001, Number(cost));
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    assert.equal(source, 'counted');
  });

  it('asked for, usage comes once and with the cost', async () => {
    const {text} = await exchange(streamed(plain), {stream: true, more: {stream_options: {include_usage: true}}});
    assert.equal(text.match(/"cost_usd":"0.0021"/g).length, 1);
    assert.equal(text.match(/"prompt_tokens":10/g).length, 1);
  });
});

describe('a stream that fails is charged what came of it', () => {
  const error = event({error: {message: 'boom', code: 'x'}});
  const rows = [
    ['cut', streamed(words, {end: false}).concat(shut), 'broken', '0.001'],
    ['reset', streamed(words, {end: false}).concat(reset), 'broken', '0.001'],
    ['ended without its terminator', streamed(words), 'broken', '0.001'],
    ['with an error event', streamed([...words, error, done]), 'clean', '0.001'],
    ['without usage', streamed([...words, done]), 'clean', '0.001'],
    ['with usage behind its end', streamed([...words, done, event(usage_chunk())]), 'clean', '0.001'],
    ['ended behind its first comment', streamed([': ping\n\n']), 'broken', prompt],
  ];
  for (const [what, said, expected, cost] of rows) it(what, async () => {
    const got = await exchange(said, {stream: true});
    assert.equal(got.ending, expected);
    assert.equal(got.cost, cost);
    assert.equal(got.source, 'counted');
    if (expected === 'broken') assert.match(got.text, /"code":"stream_truncated"/);
  });

  // Nothing was sent to the client yet: it gets a status.
  const silent = [
    ['empty', streamed([]), 502, 'stream_truncated'],
    ['shut behind its head', streamed([], {end: false}).concat(shut), 502, 'stream_truncated'],
    ['reset behind its head', streamed([], {end: false}).concat(reset), 502, 'stream_truncated'],
    ['that never comes', streamed([], {end: false}), 504, 'provider_timeout'],
  ];
  for (const [what, said, expected, code] of silent) it(`${what}, it is ${expected}`, async () => {
    const got = await exchange(said, {stream: true});
    assert.equal(got.status, expected);
    assert_error(got.text, code);
    assert.equal(got.ending, 'clean');
    assert.equal(got.headers['x-should-retry'], 'false');
    assert.equal(got.cost, prompt);
    assert.equal(got.record.status, expected);
  });

  const deltas = {
    'tool calls': {tool_calls: [{index: 0, function: {name: 'get_weather', arguments: '{"city":"Paris"}'}}]},
    'reasoning': {reasoning_content: 'thinking about many things'},
    'reasoning, under another name': {reasoning: 'thinking about many things'},
    'reasoning, under two names at once': {reasoning: 'thinking about many things', reasoning_content: 'thinking about many things',
                                           reasoning_details: [{type: 'reasoning.text', text: 'thinking about many things'}]},
    'a refusal': {refusal: 'no, I will not do that'},
    'a list of parts': {content: [{type: 'text', text: 'hello and good bye'}]},
  };
  for (const [what, delta] of Object.entries(deltas)) it(`${what} are counted`, async () => {
    const {record} = await exchange(streamed([event({choices: [{index: 0, delta}]})]), {stream: true});
    assert.ok(record.completion_tokens >= 4, JSON.stringify(record));
    if (what.startsWith('reasoning')) assert.equal(record.completion_tokens, 4, 'once');
  });
});

describe('a stream of the responses API', () => {
  const told_of = {input_tokens: 10, output_tokens: 20, total_tokens: 30, output_tokens_details: {reasoning_tokens: 5}};
  const named = (type, more = {}) => `event: ${type}\n${event({type, sequence_number: 1, ...more})}`;
  const delta = named('response.output_text.delta', {delta: 'a b '});
  const end = (status, usage = told_of, more = {}) =>
    named(`response.${status}`, {response: {id: 'r', object: 'response', status, model: 'raw', output: [], usage, ...more}});
  const failed = {error: {code: 'server_error', message: 'x'}};
  const rows = [
    ['completed', [delta, end('completed')]],
    ['incomplete', [delta, end('incomplete', told_of, {incomplete_details: {reason: 'max_output_tokens'}})]],
    ['failed after it used tokens', [delta, end('failed', told_of, failed)]],
    ['cancelled', [delta, end('cancelled')]],
    ['with CRLF', [delta, end('completed')].map((piece) => piece.replace(/\n/g, '\r\n'))],
    ['without names', [delta, end('completed')].map((piece) => piece.replace(/^event: .*\n/, ''))],
    ['without blanks', [delta, end('completed')].map((piece) => piece.replace(/: /g, ':'))],
    ['byte by byte', bytes([delta, end('completed')])],
    ['with [DONE] behind it', [delta, end('completed'), done]],
    ['with a long last event', [delta, end('completed', told_of, {output: [{type: 'message', content: [{type: 'output_text', text: 'x'.repeat(400_000)}]}]})]],
  ];
  for (const [what, pieces] of rows) it(what, async () => {
    const {text, ending, cost, source} = await exchange(streamed(pieces), {stream: true, path: '/v1/responses'});
    assert.equal(ending, 'clean');
    assert.match(text, /"cost_usd":"0.0021"/);
    assert.equal(cost, reported);
    assert.equal(source, 'provider_usage');
  });

  for (const [what, last] of [['failed without usage', end('failed', null, failed)], ['an error event', named('error', {message: 'x'})]])
    it(`${what} is charged what came of it`, async () => {
      const {cost, source} = await exchange(streamed([delta, last]), {stream: true, path: '/v1/responses'});
      assert.equal(cost, '0.0008');
      assert.equal(source, 'counted');
    });
});
