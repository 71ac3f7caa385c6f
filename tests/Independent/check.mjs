// Checks a folder of credentials (as `make demo` leaves them) with two implementations per format, and sees to it that both refuse damaged ones.
// usage: node check.mjs FOLDER [valid|invalid|suspended|frozen]
// Prints a line per check; exit code 1 when one fails. Files that are not in the folder are not checked; at least one must be.
import 'reflect-metadata';
import { createHash, createPublicKey, verify as verifySignature, X509Certificate, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { join } from 'node:path';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { digest } from '@sd-jwt/crypto-nodejs';
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { CoseKey, IssuerSigned, Sign1 } from '@owf/mdoc';
import { X509Certificate as PeculiarCertificate, X509ChainBuilder, cryptoProvider } from '@peculiar/x509';
import { compactVerify, importX509 } from 'jose';
import jsqr from 'jsqr';
import zxing from '@zxing/library';
import { PNG } from 'pngjs';
import { parse as parseMrz } from 'mrz';
import { checkReceipt, damagedReceipts } from './receipt.mjs';

cryptoProvider.set(webcrypto);
const [folder, expected = 'valid'] = process.argv.slice(2);
const statusNumber = { valid: 0, invalid: 1, suspended: 2, frozen: 3 }[expected];
if (!folder || statusNumber === undefined) {
  console.error('usage: node check.mjs FOLDER [valid|invalid|suspended|frozen]');
  process.exit(2);
}

let checks = 0;
let failures = 0;
const read = name => existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null;
const text = name => read(name)?.toString('utf8').trim() ?? null;
const must = (condition, what) => { if (!condition) throw new Error(what); };

async function accepts(name, check) {
  checks++;
  try {
    const said = await check();
    console.log(`ok       ${name}${said ? `: ${said}` : ''}`);
  } catch (e) {
    failures++;
    console.log(`FAILED   ${name}: ${e.message}`);
  }
}

/** Every damaged variant must be refused: a check that takes one is no check. */
async function refuses(name, variants, check) {
  // The status changes nothing in how damage is found: once is enough.
  if (expected !== 'valid') return;
  checks++;
  let taken = 0;
  for (const variant of variants) {
    try {
      await check(variant);
      taken++;
    } catch { /* refused */ }
  }
  if (taken > 0) {
    failures++;
    console.log(`FAILED   ${name}: ${taken} of ${variants.length} damaged ones were taken`);
  } else {
    console.log(`ok       ${name}: ${variants.length} damaged ones refused`);
  }
}

// RFC 8949, as little of it as these formats need. No library: those that are checked against register their own tags with the decoder they share.
class Tag { constructor(tag, value) { this.tag = tag; this.value = value; } }
const decoder = {
  decode(input) {
    const bytes = Buffer.from(input);
    let at = 0;
    const count = info => {
      if (info < 24) return info;
      const length = { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
      must(length && at + length <= bytes.length, 'CBOR');
      let value = 0;
      for (let i = 0; i < length; i++) value = value * 256 + bytes[at++];
      return value;
    };
    const item = () => {
      must(at < bytes.length, 'CBOR ends early');
      const first = bytes[at++];
      const [major, info] = [first >> 5, first & 31];
      if (major === 7) {
        must(info >= 20 && info <= 22, 'CBOR: a simple value');
        return [false, true, null][info - 20];
      }
      const n = count(info);
      if (major === 0) return n;
      if (major === 1) return -1 - n;
      if (major === 2 || major === 3) {
        must(at + n <= bytes.length, 'CBOR ends early');
        const content = bytes.subarray(at, at += n);
        return major === 2 ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
      }
      if (major === 4) return Array.from({ length: Math.min(n, bytes.length) }, item);
      if (major === 6) return new Tag(n, item());
      const map = new Map();
      for (let i = 0; i < n; i++) {
        const key = item();
        must(!map.has(key), 'CBOR: a key twice');
        map.set(key, item());
      }
      return map;
    };
    const value = item();
    must(at === bytes.length, 'CBOR goes on');
    return value;
  },
};
const itemHead = (major, n) => n < 24 ? [major << 5 | n] : n < 256 ? [major << 5 | 24, n] : [major << 5 | 25, n >> 8, n & 255];
const bytesItem = content => Buffer.concat([Buffer.from(content.length < 65536 ? itemHead(2, content.length) : [0x5a, content.length >>> 24, content.length >> 16 & 255, content.length >> 8 & 255, content.length & 255]), content]);
const signatureStructure = (protectedBytes, body) =>
  Buffer.concat([Buffer.from([0x84]), Buffer.from(itemHead(3, 10)), Buffer.from('Signature1'), bytesItem(protectedBytes), bytesItem(Buffer.alloc(0)), bytesItem(body)]);
const sha256 = bytes => createHash('sha256').update(bytes).digest();
const fromPem = pem => new X509Certificate(pem);
const rawCertificate = c => new Uint8Array(c.raw);

const rootPem = text('iaca.pem');
must(rootPem, `There is no iaca.pem in ${folder}.`);
const root = fromPem(rootPem);
const now = process.env.MUQEEM_NOW ? new Date(process.env.MUQEEM_NOW) : new Date();

// -- certificates ------------------------------------------------------------------------------------------------
function chainByNode(der) {
  const leaf = new X509Certificate(Buffer.from(der));
  must(leaf.checkIssued(root) && leaf.verify(root.publicKey), 'not issued by the root');
  must(!leaf.ca, 'the signer is a certificate authority');
  must(new Date(leaf.validFrom) <= now && now <= new Date(leaf.validTo), 'the signer is not valid now');
  return leaf.publicKey;
}

async function chainByPeculiar(der) {
  const leaf = new PeculiarCertificate(der);
  const chain = await new X509ChainBuilder({ certificates: [new PeculiarCertificate(rootPem)] }).build(leaf);
  must(chain.length === 2, 'no chain to the root');
  must(await leaf.verify({ publicKey: chain[1].publicKey, date: now }), 'the root did not sign it');
  return leaf;
}

// -- SD-JWT VC ---------------------------------------------------------------------------------------------------
const header = jwt => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
const payload = jwt => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

async function sdJwtByLibrary(compact) {
  const head = header(compact);
  must(head.typ === 'dc+sd-jwt' && head.alg === 'ES256', 'typ or alg');
  const der = Buffer.from(head.x5c[0], 'base64');
  const leaf = await chainByPeculiar(der);
  const key = await leaf.publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], webcrypto);
  const instance = new SDJwtVcInstance({
    hasher: digest,
    hashAlg: 'sha-256',
    verifier: (data, signature) => webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(signature, 'base64url'), Buffer.from(data)),
    // The list of the folder stands for the one at the address.
    statusListFetcher: async () => text('status-list.jwt'),
    statusVerifier: (data, signature) => {
      const listKey = createPublicKey(new X509Certificate(Buffer.from(header(text('status-list.jwt')).x5c[0], 'base64')).publicKey.export({ type: 'spki', format: 'pem' }));
      return verifySignature('sha256', Buffer.from(data), { key: listKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    },
    statusValidator: async status => must(status === statusNumber, `status ${status}, not ${statusNumber}`),
    loadTypeMetadataFormat: false,
  });
  const verified = await instance.verify(compact, { currentDate: Math.floor(now.getTime() / 1000) });
  return verified.payload;
}

/** RFC 9901 section 7.1 with nothing but node:crypto. */
function sdJwtByHand(compact) {
  must(compact.endsWith('~'), 'a key binding or no ending');
  const [jwt, ...disclosures] = compact.slice(0, -1).split('~');
  const parts = jwt.split('.');
  must(parts.length === 3, 'not three parts');
  const head = header(jwt);
  must(head.typ === 'dc+sd-jwt' && head.alg === 'ES256', 'typ or alg');
  const key = chainByNode(Buffer.from(head.x5c[0], 'base64'));
  const signature = Buffer.from(parts[2], 'base64url');
  must(signature.toString('base64url') === parts[2], 'base64url');
  must(verifySignature('sha256', Buffer.from(`${parts[0]}.${parts[1]}`), { key, dsaEncoding: 'ieee-p1363' }, signature), 'signature');
  const claims = payload(jwt);
  must(claims._sd_alg === 'sha-256' && claims.cnf?.jwk?.kty === 'EC' && claims.status?.status_list, 'claims');
  must(claims.exp * 1000 > now.getTime() && claims.nbf * 1000 <= now.getTime(), 'not valid now');
  const byDigest = new Map();
  for (const disclosure of disclosures) {
    const bytes = Buffer.from(disclosure, 'base64url');
    must(bytes.toString('base64url') === disclosure, 'base64url of a disclosure');
    const value = JSON.parse(bytes);
    must(Array.isArray(value) && value.length === 3 && Buffer.from(value[0], 'base64url').length >= 16, 'a disclosure');
    const digested = sha256(disclosure).toString('base64url');
    must(!byDigest.has(digested), 'a disclosure twice');
    byDigest.set(digested, value);
  }
  const seen = new Set();
  const open = object => {
    for (const digested of object._sd ?? []) {
      must(!seen.has(digested), 'a digest twice');
      seen.add(digested);
      if (byDigest.has(digested)) {
        const [, name, value] = byDigest.get(digested);
        must(!(name in object) && name !== '_sd' && name !== '...', `claim ${name} again`);
        object[name] = value;
        byDigest.delete(digested);
      }
    }
    delete object._sd;
    for (const value of Object.values(object)) {
      if (value && typeof value === 'object' && !Array.isArray(value)) open(value);
    }
    return object;
  };
  open(claims);
  must(byDigest.size === 0, 'a disclosure that nothing refers to');
  return claims;
}

// -- COSE --------------------------------------------------------------------------------------------------------
function coseByHand(structure, key) {
  must(structure.length === 4 && structure[1] instanceof Map, 'not a COSE_Sign1');
  const [protectedBytes, , body, signature] = structure;
  must(decoder.decode(protectedBytes).get(1) === -7, 'not ES256');
  const signed = signatureStructure(protectedBytes, body);
  must(verifySignature('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature)), 'signature');
}

const mdocContext = {
  crypto: { digest: ({ bytes }) => new Uint8Array(sha256(bytes)), random: n => webcrypto.getRandomValues(new Uint8Array(n)) },
  cose: {
    sign1: {
      verify: async ({ key, sign1 }) => {
        const jwk = key.jwk;
        const imported = await webcrypto.subtle.importKey('jwk', { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
        return webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, sign1.signature, sign1.toBeSigned);
      },
    },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => new PeculiarCertificate(certificate).issuerName.getField(field),
    getPublicKey: async ({ certificate }) => {
      const key = await new PeculiarCertificate(certificate).publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], webcrypto);
      return CoseKey.fromJwk(await webcrypto.subtle.exportKey('jwk', key));
    },
    verifyCertificateChain: async ({ x5chain }) => { await chainByPeculiar(x5chain[0]); },
    getCertificateData: async ({ certificate }) => {
      const parsed = new PeculiarCertificate(certificate);
      return {
        issuerName: parsed.issuerName.toString(), subjectName: parsed.subjectName.toString(), serialNumber: parsed.serialNumber,
        thumbprint: Buffer.from(await parsed.getThumbprint()).toString('hex'), notBefore: parsed.notBefore, notAfter: parsed.notAfter, pem: parsed.toString('pem'),
      };
    },
  },
};

async function mdocByLibrary(encoded) {
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(encoded);
  await issuerSigned.verify({ now, trustedCertificates: [rawCertificate(root)] }, mdocContext);
  return [...issuerSigned.issuerNamespaces.issuerNamespaces.values()].reduce((sum, items) => sum + items.length, 0);
}

/** ISO/IEC 18013-5 9.3.1 with node:crypto alone. Digests are over the bytes as they came, so they are cut out of the input. */
function mdocByHand(encoded) {
  const bytes = Buffer.from(encoded, 'base64url');
  must(bytes.toString('base64url') === encoded, 'base64url');
  const issuerSigned = decoder.decode(bytes);
  const auth = issuerSigned.get('issuerAuth');
  const chain = auth[1].get(33);
  coseByHand(auth, chainByNode(Array.isArray(chain) ? chain[0] : chain));
  const embedded = decoder.decode(auth[2]);
  must(embedded instanceof Tag && embedded.tag === 24, 'the security object is not tag 24');
  const mso = decoder.decode(embedded.value);
  must(mso.get('version') === '1.0' && mso.get('digestAlgorithm') === 'SHA-256' && mso.get('docType') === 'org.iso.23220.photoID.1', 'security object');
  must(mso.get('status')?.get('status_list')?.get('uri'), 'no status');
  let items = 0;
  for (const [space, list] of issuerSigned.get('nameSpaces')) {
    for (const item of list) {
      must(item instanceof Tag && item.tag === 24, 'an item is not tag 24');
      const value = Buffer.from(item.value);
      const fields = decoder.decode(value);
      must(fields.get('random').length >= 16, 'random');
      const digested = mso.get('valueDigests').get(space)?.get(fields.get('digestID'));
      must(digested && sha256(Buffer.concat([Buffer.from([0xd8, 24]), bytesItem(value)])).equals(Buffer.from(digested)), `digest of ${space}/${fields.get('elementIdentifier')}`);
      items++;
    }
  }
  return { items, status: mso.get('status').get('status_list') };
}

// -- status lists ------------------------------------------------------------------------------------------------
const entry = (list, bits, index) => (list[Math.floor(index * bits / 8)] >> (index * bits % 8)) & ((1 << bits) - 1);

async function statusByLibrary(jwt, index) {
  const pem = new X509Certificate(Buffer.from(header(jwt).x5c[0], 'base64'));
  await chainByPeculiar(pem.raw);
  await compactVerify(jwt, await importX509(pem.toString(), 'ES256'));
  return getListFromStatusListJWT(jwt).getStatus(index);
}

function statusByHand(jwt, index, uri) {
  const head = header(jwt);
  must(head.typ === 'statuslist+jwt' && head.alg === 'ES256', 'typ or alg');
  const [h, p, s] = jwt.split('.');
  const key = chainByNode(Buffer.from(head.x5c[0], 'base64'));
  must(Buffer.from(s, 'base64url').toString('base64url') === s, 'base64url');
  must(verifySignature('sha256', Buffer.from(`${h}.${p}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(s, 'base64url')), 'signature');
  const claims = payload(jwt);
  must(claims.sub === uri && claims.exp * 1000 > now.getTime(), 'another list, or expired');
  return entry(inflateSync(Buffer.from(claims.status_list.lst, 'base64url')), claims.status_list.bits, index);
}

function statusCwtByHand(bytes, index, uri) {
  const tagged = decoder.decode(bytes);
  must(tagged instanceof Tag && tagged.tag === 18, 'not a COSE_Sign1');
  const head = decoder.decode(tagged.value[0]);
  must(head.get(16) === 'application/statuslist+cwt', 'typ');
  const chain = head.get(33) ?? tagged.value[1].get(33);
  coseByHand(tagged.value, chainByNode(Array.isArray(chain) ? chain[0] : chain));
  const claims = decoder.decode(tagged.value[2]);
  must(claims.get(2) === uri && Number(claims.get(4)) * 1000 > now.getTime(), 'another list, or expired');
  const list = claims.get(65533);
  return entry(inflateSync(Buffer.from(list.get('lst'))), Number(list.get('bits')), index);
}

async function cwtByLibrary(bytes, der) {
  const sign1 = Sign1.decode(new Uint8Array(bytes[0] === 0xd2 ? bytes.subarray(1) : bytes));
  const key = await mdocContext.x509.getPublicKey({ certificate: der });
  must(await sign1.verifySignature({ key }, mdocContext), 'signature');
}

// -- QR ----------------------------------------------------------------------------------------------------------
function qrByJsqr(png) {
  const image = PNG.sync.read(png);
  return jsqr(new Uint8ClampedArray(image.data), image.width, image.height)?.data;
}

// This port takes patterns within a large drawn code for corners: of 600 random codes of version 13 it missed 27 % at eight points a module, 4 % at three and none at two, where jsqr missed none. A camera's picture
// of a card is of the smaller kind, and a reader tries many of them, so the picture is tried smaller as well.
function qrByZxing(png) {
  const image = PNG.sync.read(png);
  for (const smaller of [1, 2, 3, 4]) {
    const [width, height] = [Math.floor(image.width / smaller), Math.floor(image.height / smaller)];
    const grey = new Uint8ClampedArray(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let j = 0; j < smaller; j++) for (let i = 0; i < smaller; i++) for (let c = 0; c < 3; c++) sum += image.data[4 * ((y * smaller + j) * image.width + x * smaller + i) + c];
        grey[y * width + x] = sum / (3 * smaller * smaller);
      }
    }
    try {
      const bitmap = new zxing.BinaryBitmap(new zxing.HybridBinarizer(new zxing.RGBLuminanceSource(grey, width, height)));
      return new zxing.QRCodeReader().decode(bitmap, new Map([[zxing.DecodeHintType.TRY_HARDER, true]])).getText();
    } catch (e) {
      if (smaller === 4) throw e;
    }
  }
}

/** A code is an address, or has a scheme of its own where no address is known. */
const startOf = code => Math.max(code.lastIndexOf('/'), code.lastIndexOf(':')) + 1;

function base32(encoded) {
  let bits = 0, value = 0;
  const out = [];
  for (const c of encoded) {
    const digit = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c);
    must(digit >= 0, 'base 32');
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) { bits -= 8; out.push((value >> bits) & 255); }
  }
  return Buffer.from(out);
}

const signers = () => (text('signers.pem')?.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(fromPem);
const signerOf = kid => {
  const found = signers().find(c => sha256(c.raw).subarray(0, 8).equals(Buffer.from(kid)));
  must(found, 'unknown signer');
  return found;
};

function sealByHand(code) {
  const tagged = decoder.decode(base32(code.slice(startOf(code))));
  must(tagged instanceof Tag && tagged.tag === 18, 'not a COSE_Sign1');
  const signer = signerOf(decoder.decode(tagged.value[0]).get(4));
  coseByHand(tagged.value, chainByNode(signer.raw));
  return { claims: decoder.decode(tagged.value[2]), signer };
}

// -- the checks --------------------------------------------------------------------------------------------------
const flips = (bytes, count, from = 0) => Array.from({ length: count }, (_, i) => {
  const copy = Buffer.from(bytes);
  copy[from + Math.floor((copy.length - from - 1) * i / count)] ^= 1 << (i % 8);
  return copy;
});
/** Without what this parser reads loosely: the places from `from` to `to` each. A damage there either changes nothing that was signed, or is found by the check that does without it. */
const flipsOutside = (bytes, count, loose) => {
  const places = Array.from(bytes.keys()).filter(at => !loose.some(({ from, to }) => from <= at && at < to));
  return Array.from({ length: count }, (_, i) => {
    const copy = Buffer.from(bytes);
    copy[places[Math.floor(places.length * i / count)]] ^= 1 << (i % 8);
    return copy;
  });
};
/** Where a part lies, once or several times, and so many bytes after its beginning. */
const placesOf = (bytes, part, length = part.length) => {
  const found = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) found.push({ from: at, to: at + length });
  must(found.length > 0, 'the part is not in it');
  return found;
};
/** Characters replaced by others of the alphabet, so that what is refused is the content and not the spelling. */
const swaps = (string, count) => Array.from({ length: count }, (_, i) => {
  const at = Math.floor((string.length - 2) * i / count);
  const other = string[at] === 'A' ? 'B' : 'A';
  return string.slice(0, at) + other + string.slice(at + 1);
});

const sdJwt = text('resident-id.sd-jwt');
const mdoc = text('resident-id.mdoc');
const listJwt = text('status-list.jwt');
const listCwt = read('status-list.cwt');
let reference = null;

if (sdJwt) {
  reference = payload(sdJwt).status.status_list;
  await accepts('SD-JWT VC, node:crypto alone', () => `${Object.keys(sdJwtByHand(sdJwt)).length} claims`);
  await refuses('SD-JWT VC, node:crypto alone', swaps(sdJwt, 60), sdJwtByHand);
  await accepts('SD-JWT VC, @sd-jwt/sd-jwt-vc', async () => `${Object.keys(await sdJwtByLibrary(sdJwt)).length} claims`);
  await refuses('SD-JWT VC, @sd-jwt/sd-jwt-vc, signed part', swaps(sdJwt.slice(0, sdJwt.indexOf('~')), 40).map(jwt => jwt + sdJwt.slice(sdJwt.indexOf('~'))), sdJwtByLibrary);
}
if (mdoc) {
  await accepts('mdoc, node:crypto alone', () => { const { items, status } = mdocByHand(mdoc); reference ??= { idx: status.get('idx'), uri: status.get('uri') }; return `${items} elements`; });
  await refuses('mdoc, node:crypto alone', flips(Buffer.from(mdoc, 'base64url'), 60).map(b => b.toString('base64url')), mdocByHand);
  await accepts('mdoc, @owf/mdoc', async () => `${await mdocByLibrary(mdoc)} elements`);
  // The signer's certificate comes in the unprotected header, and this parser takes damaged DER around its signed part; days it reads as dates and hashes as it would write them, so it does not
  // see a hyphen that is none. node:crypto above does both.
  const bytes = Buffer.from(mdoc, 'base64url');
  const chain = decoder.decode(bytes).get('issuerAuth')[1].get(33);
  const day = Buffer.from([0xd9, 0x03, 0xec, 0x6a]);
  const loose = [...placesOf(bytes, Array.isArray(chain) ? chain[0] : chain), ...placesOf(bytes, day, day.length + 10)];
  await refuses('mdoc, @owf/mdoc', flipsOutside(bytes, 40, loose).map(b => b.toString('base64url')), mdocByLibrary);
}
if (listJwt && reference) {
  const is = async status => must(await status === statusNumber, `status ${await status}, not ${statusNumber}`);
  await accepts(`status list, node:crypto: ${expected}`, () => is(statusByHand(listJwt, reference.idx, reference.uri)));
  await accepts(`status list, jose and @sd-jwt/jwt-status-list: ${expected}`, () => is(statusByLibrary(listJwt, reference.idx)));
  await refuses('status list, node:crypto', swaps(listJwt, 40), jwt => statusByHand(jwt, reference.idx, reference.uri));
  await refuses('status list, jose', swaps(listJwt, 40), jwt => statusByLibrary(jwt, reference.idx));
}
if (listCwt && reference) {
  await accepts(`status list as CWT, node:crypto alone: ${expected}`, () => must(statusCwtByHand(listCwt, reference.idx, reference.uri) === statusNumber, 'another status'));
  await refuses('status list as CWT, node:crypto alone', flips(listCwt, 40), bytes => statusCwtByHand(bytes, reference.idx, reference.uri));
  const chain = decoder.decode(decoder.decode(listCwt).value[0]).get(33);
  const der = Array.isArray(chain) ? chain[0] : chain;
  await accepts('status list as CWT, @owf/mdoc', () => cwtByLibrary(listCwt, der));
  await refuses('status list as CWT, @owf/mdoc', flips(listCwt, 40, 1), bytes => cwtByLibrary(bytes, der));
}
for (const name of ['qr-card', 'qr-live']) {
  const png = read(`${name}.png`);
  if (!png) continue;
  let code = null;
  await accepts(`${name}, read by jsqr`, () => { code = qrByJsqr(png); must(code, 'not read'); return `${code.length} characters`; });
  await accepts(`${name}, read by zxing`, () => must(qrByZxing(png) === code, 'not read, or read otherwise'));
  await accepts(`${name}, sealed: node:crypto alone`, () => { const { claims } = sealByHand(code); return `kind ${claims.get(-65537)}`; });
  await accepts(`${name}, sealed: @owf/mdoc`, async () => { const { signer } = sealByHand(code); await cwtByLibrary(base32(code.slice(startOf(code))), rawCertificate(signer)); });
  const at = startOf(code);
  await refuses(`${name}, sealed`, flips(base32(code.slice(at)), 60).map(b => code.slice(0, at) + base32Encode(b)), sealByHand);
}
const trustList = text('trust-list.jose');
if (trustList) {
  // ETSI TS 119 602 in a JWS as JAdES baseline B has it: the time and the certificate's digest are signed.
  const readList = async jws => {
    const head = header(jws);
    const leaf = new X509Certificate(Buffer.from(head.x5c[0], 'base64'));
    await chainByPeculiar(leaf.raw);
    must(Number.isInteger(head.iat) && head['x5t#S256'] === sha256(leaf.raw).toString('base64url'), 'header');
    const { payload: signed } = await compactVerify(jws, await importX509(leaf.toString(), 'ES256'));
    const { ListAndSchemeInformation: scheme, TrustedEntitiesList: entities } = JSON.parse(Buffer.from(signed)).LoTE;
    must(scheme.LoTEVersionIdentifier === 1 && new Date(scheme.ListIssueDateTime) <= now && now < new Date(scheme.NextUpdate), 'scheme');
    must(leaf.subject.split('\n').includes(`O=${scheme.SchemeOperatorName[0].value}`) && leaf.subject.split('\n').includes(`C=${scheme.SchemeTerritory}`), 'operator');
    const services = entities.flatMap(e => e.TrustedEntityServices.map(s => s.ServiceInformation));
    const certificates = services.map(s => new X509Certificate(Buffer.from(s.ServiceDigitalIdentity.X509Certificates[0].val, 'base64')));
    must(certificates.some(c => c.raw.equals(root.raw)) && certificates.every(c => c.raw.equals(root.raw) || (c.checkIssued(root) && c.verify(root.publicKey))), 'a service that the root does not know');
    return `${services.length} services`;
  };
  await accepts('trust list, jose and node:crypto', () => readList(trustList));
  await refuses('trust list, jose', swaps(trustList, 40), readList);
}
const mrz = text('mrz.txt');
if (mrz) {
  await accepts('machine-readable zone, mrz', () => { const parsed = parseMrz(mrz.split(/\r?\n/)); must(parsed.valid && parsed.format === 'TD1', JSON.stringify(parsed.details?.filter(d => !d.valid))); return parsed.documentNumber; });
}
const receipt = read('receipt.json');
if (receipt) {
  await accepts('receipt, jose and node:crypto', () => checkReceipt(receipt, rootPem));
  await refuses('receipt, jose and node:crypto', damagedReceipts(receipt), file => checkReceipt(file, rootPem));
}
function base32Encode(bytes) {
  let bits = 0, value = 0, out = '';
  for (const b of bytes) {
    value = ((value << 8) | b) & 0x1fff;
    bits += 8;
    while (bits >= 5) { bits -= 5; out += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[(value >> bits) & 31]; }
  }
  return bits > 0 ? out + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[(value << (5 - bits)) & 31] : out;
}
if (checks === 0) {
  console.log('FAILED   nothing to check in this folder');
  failures++;
}
console.log(`${checks} checks, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
