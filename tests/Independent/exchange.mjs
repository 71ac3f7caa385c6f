// Checks a call and its answer, as they went over the wire, with http-message-signatures and node:crypto: both signatures after RFC 9421, the answer's over that of the call, and both digests.
// usage: node exchange.mjs FILE, with { request: { method, url, headers, body }, answer: { status, headers, body }, keys: [JWK] }; bodies in base64.
// Prints "2 messages, 0 failed"; exit code 1 when one is refused, or a damaged one is taken.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { httpbis } from 'http-message-signatures';

const { request, answer, keys } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** RFC 7638. */
const thumbprint = jwk => createHash('sha256').update(JSON.stringify(jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x })).digest('base64url');
const known = new Map(keys.map(jwk => [thumbprint(jwk), jwk]));

const keyLookup = async ({ keyid }) => {
  const jwk = known.get(keyid);
  if (!jwk) return null;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return jwk.kty === 'EC'
    ? { id: keyid, algs: ['ecdsa-p256-sha256'], verify: async (data, signature) => verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature) }
    : { id: keyid, algs: ['ed25519'], verify: async (data, signature) => verify(null, data, key, signature) };
};

const digestIsRight = message => message.headers['content-digest'] === `sha-256=:${createHash('sha256').update(Buffer.from(message.body, 'base64')).digest('base64')}:`;

async function good(call, reply) {
  const config = { keyLookup, requiredParams: ['created', 'keyid', 'tag'], requiredFields: [] };
  try {
    return digestIsRight(call) && await httpbis.verifyMessage(config, call) === true && (!reply || (digestIsRight(reply) && await httpbis.verifyMessage(config, reply, call) === true));
  } catch {
    return false;
  }
}

const changed = (message, change) => {
  const copy = structuredClone(message);
  change(copy);
  return copy;
};
const flip = text => text.replace(/=:(..)/, (_, two) => `=:${two === 'AA' ? 'AB' : 'AA'}`);
let failed = 0;
const must = (condition, what) => {
  if (!condition) {
    failed++;
    console.log(`FAILED   ${what}`);
  }
};
must(await good(request), 'the call');
must(await good(request, answer), 'the answer');
for (const [what, call] of [
  ['another method', changed(request, r => { r.method = 'PUT'; })],
  ['another address', changed(request, r => { r.url += '/x'; })],
  ['another body', changed(request, r => { r.body = 'eA=='; })],
  ['another purpose', changed(request, r => { r.headers['x-purpose'] += 'x'; })],
  ['another signature', changed(request, r => { r.headers.signature = flip(r.headers.signature); })],
]) must(!await good(call), `a call with ${what} was taken`);
for (const [what, reply] of [
  ['another status', changed(answer, a => { a.status++; })],
  ['another body', changed(answer, a => { a.body = 'eA=='; })],
  ['another signature', changed(answer, a => { a.headers.signature = flip(a.headers.signature); })],
]) must(!await good(request, reply), `an answer with ${what} was taken`);
must(!await good(changed(request, r => { r.headers.signature = flip(r.headers.signature); }), answer), 'an answer to another call was taken');
console.log(`2 messages, ${failed} failed`);
process.exit(failed ? 1 : 0);
