// Checks the receipt of a decision with jose and node:crypto: the signature over its canonical form, the certificate's chain, the journal's entry computed from what the
// receipt opens of it, and what it states against the rows. That the entry is in the journal's tree is checked by journal.go.
import { createHash, X509Certificate } from 'node:crypto';
import { compactVerify, importX509 } from 'jose';

const receiptUsage = '1.3.6.1.4.1.32473.2030.5';
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const must = (condition, what) => { if (!condition) throw new Error(what); };

// RFC 8785 is defined by what JSON.stringify does, with names in the order of their code units.
const canonical = value => Array.isArray(value) ? `[${value.map(canonical).join(',')}]`
  : value !== null && typeof value === 'object' ? `{${Object.keys(value).sort().map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
  : JSON.stringify(value);

const bytes = text => {
  const decoded = Buffer.from(text, 'base64');
  must(decoded.toString('base64') === text, 'base64');
  return decoded;
};
const uuid = b => b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const sized = (tag, content) => { const head = Buffer.alloc(5); head[0] = tag; head.writeUInt32BE(content.length, 1); return Buffer.concat([head, content]); };

/** The values of a row: 0 nothing, 1 id, 2 text, 3 number, 4 bytes, 5 the commitment of a sealed value. */
function columns(row) {
  const values = [];
  for (let at = 0; at < row.length;) {
    const tag = row[at];
    must(tag <= 5, 'a value of no kind');
    const start = at + (tag === 2 || tag >= 4 ? 5 : 1);
    const end = start + (tag === 0 ? 0 : tag === 1 ? 16 : tag === 3 ? 8 : row.readUInt32BE(at + 1));
    must(end <= row.length, 'a value ends early');
    const content = row.subarray(start, end);
    values.push(tag === 0 ? null : tag === 1 ? uuid(content) : tag === 2 ? content.toString('utf8') : tag === 3 ? content.readBigInt64BE() : tag === 4 ? content : { commitment: content });
    at = end;
  }
  return values;
}

function manifestEntries(manifest) {
  const entries = [];
  for (let at = 0; at < manifest.length;) {
    const key = manifest.readUInt16BE(at + 5);
    const digest = at + 7 + key;
    const end = digest + 16 + (manifest[at + 4] & 0x80 ? 32 : 0);
    must(end <= manifest.length, 'the manifest ends early');
    entries.push({ table: manifest.subarray(at, at + 4).toString('hex'), mode: manifest[at + 4] & 0x7f, key: columns(manifest.subarray(at + 7, digest)), digest: manifest.subarray(digest, digest + 16) });
    at = end;
  }
  return entries;
}

const tableCode = name => sha256(Buffer.from(name)).subarray(0, 4).toString('hex');
const micros = text => { must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text), 'a time'); return BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1000n + BigInt(text.slice(23, 26)); };

/** Returns the outcome; throws when something is wrong. */
export async function checkReceipt(file, rootPem) {
  const receipt = JSON.parse(file.toString('utf8'));
  const { signature, ...stated } = receipt;
  must(typeof signature === 'string' && receipt.receipt === 'muqeem-receipt/1', 'no receipt');
  const [head, payload, value, more] = signature.split('.');
  must(payload === '' && more === undefined, 'the signature carries its payload');
  const { typ, alg, x5c } = JSON.parse(Buffer.from(head, 'base64url'));
  must(typ === 'muqeem-receipt+jwt' && alg === 'ES256' && x5c?.length === 1, 'typ, alg or x5c');
  const root = new X509Certificate(rootPem);
  const leaf = new X509Certificate(Buffer.from(x5c[0], 'base64'));
  const at = new Date(Number(micros(receipt.signed_at) / 1000n));
  must(leaf.checkIssued(root) && leaf.verify(root.publicKey) && !leaf.ca, 'not a signer of the root');
  must(new Date(leaf.validFrom) <= at && at <= new Date(leaf.validTo), 'the signer was not valid when it signed');
  must(leaf.keyUsage?.length === 1 && leaf.keyUsage[0] === receiptUsage, 'the signer is for something else');
  await compactVerify(`${head}.${Buffer.from(canonical(stated)).toString('base64url')}.${value}`, await importX509(leaf.toString(), 'ES256'));

  const { journal, decision } = receipt;
  const [entry, salt, act, manifest] = ['entry', 'salt', 'act', 'manifest'].map(name => bytes(journal[name]));
  must(sha256(Buffer.from([0]), salt, sized(2, Buffer.from('muqeem-act-2')), act, sized(4, manifest)).equals(entry), 'the act is not the entry\'s');
  const entries = manifestEntries(manifest);
  const rows = journal.rows.map(bytes).map(row => {
    const [table, ...values] = columns(row);
    const place = entries.findIndex(e => !e.taken && e.table === tableCode(table) && e.digest.equals(sha256(salt, row).subarray(0, 16)));
    must(place >= 0, `a row of ${table} that the act did not write`);
    entries[place].taken = true;
    return { table, values };
  });
  const of = table => rows.filter(r => r.table === table).map(r => r.values);
  for (const table of ['case_event', 'case_fact', 'case_comparison']) {
    must(entries.every(e => e.taken || e.table !== tableCode(table)), `a row of ${table} is left out`);
  }
  const acted = columns(act);
  must(acted[0] === decision.act && acted[3] === decision.verb && acted[10] === receipt.case.id && acted[12] === `${receipt.rules.rule_set}@${receipt.rules.policy}` && acted[13] === `${receipt.case.id} ${receipt.case.reference}`, 'another act');
  const events = of('case_event');
  const [move, other] = events.filter(e => e[4] !== e[5]);
  must(move && !other && events.every(e => e[1] === receipt.case.id && e[2] === micros(decision.at)) && move[4] === decision.from && move[5] === decision.to, 'another move');
  const names = new Set(events.map(e => e[3]));
  const outcome = names.has('refuse') || names.has('refuse_by_rule') ? 'refused' : names.has('decline') ? 'declined' : names.has('execute') ? 'granted' : names.has('bill') ? 'approved' : 'cleared';
  const reason = events.find(e => e[8])?.[8];
  must(outcome === decision.outcome && reason === decision.reasons[0]?.code, 'another outcome or reason');
  const letter = events.find(e => e[9])?.[9].commitment;
  must(!letter === !journal.letter && !letter === !decision.letter, 'a letter too many or too few');
  if (letter) {
    const opened = bytes(journal.letter);
    must(sha256(opened).equals(letter) && JSON.parse(opened.subarray(16).toString('utf8')).text === decision.letter.text, 'another letter');
  }
  for (const [, name, , found, source, request, fetched, asOf, until] of of('case_fact')) {
    const fact = receipt.facts.find(f => f.name === name);
    must(fact && found === 'found' && source === fact.source && request === fact.request_id && fetched === micros(fact.fetched_at) && asOf === micros(fact.as_of) && until === micros(fact.valid_until), `another fact ${name}`);
  }
  return outcome;
}

/** Of each value at the end of a path one variant, as text. */
export function damagedReceipts(file) {
  const paths = [];
  const walk = (node, path) => node !== null && typeof node === 'object' ? Object.keys(node).forEach(name => walk(node[name], [...path, name])) : paths.push(path);
  walk(JSON.parse(file.toString('utf8')), []);
  return paths.map(path => {
    const all = JSON.parse(file.toString('utf8'));
    const parent = path.slice(0, -1).reduce((node, step) => node[step], all);
    const value = parent[path.at(-1)];
    parent[path.at(-1)] = typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : value === null ? 'x' : value.length === 0 ? 'x'
      : value.slice(0, value.length >> 1) + (value[value.length >> 1] === 'A' ? 'B' : 'A') + value.slice((value.length >> 1) + 1);
    return Buffer.from(JSON.stringify(all));
  });
}
