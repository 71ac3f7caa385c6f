// A wallet app on @openid4vc/openid4vci: takes an offer, fetches the ID in every form that is offered, renews its token, and leaves what came, with what checks it, in a folder for check.mjs.
// usage: node wallet.mjs OFFER_LINK TX_CODE FOLDER
// Prints "N credentials"; exit code 1 when something is not as the standard says. MUQEEM_NOW is the time of the issuer, where its clock was moved.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Openid4vciClient, setGlobalConfig } from '@openid4vc/openid4vci';
import { clientAuthenticationAnonymous } from '@openid4vc/oauth2';

const [link, txCode, folder] = process.argv.slice(2);
const now = process.env.MUQEEM_NOW ? new Date(process.env.MUQEEM_NOW) : new Date();
const must = (condition, what) => { if (!condition) throw new Error(what); };
// On this machine everything is plain http.
setGlobalConfig({ allowInsecureUrls: true });

const keys = new Map();
const newKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  keys.set(x, privateKey);
  return { kty, crv, x, y };
};
const encoded = value => Buffer.from(JSON.stringify(value)).toString('base64url');
const refused = () => { throw new Error('a callback that this wallet does not need'); };
const client = new Openid4vciClient({
  callbacks: {
    fetch,
    hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
    generateRandom: length => randomBytes(length),
    signJwt: (signer, { header, payload }) => {
      const signed = `${encoded(header)}.${encoded(payload)}`;
      return { jwt: `${signed}.${sign('sha256', Buffer.from(signed), { key: keys.get(signer.publicJwk.x), dsaEncoding: 'ieee-p1363' }).toString('base64url')}`, signerJwk: signer.publicJwk };
    },
    verifyJwt: refused, decryptJwe: refused, encryptJwe: refused,
    clientAuthentication: clientAuthenticationAnonymous(),
  },
});

const credentialOffer = await client.resolveCredentialOffer(link);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const issuer = issuerMetadata.credentialIssuer.credential_issuer;
must(issuer === credentialOffer.credential_issuer, 'another issuer');
for (const id of credentialOffer.credential_configuration_ids) {
  const { credential_metadata: shown } = issuerMetadata.credentialIssuer.credential_configurations_supported[id];
  must(['ar', 'en'].every(l => shown.display.some(d => d.locale === l)) && shown.claims.every(c => c.path.length > 0 && c.display.length === 2), `the words of ${id}`);
}
// The library takes its answers apart by its own schema of the standard.
const first = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode });
must(first.accessTokenResponse.token_type === 'Bearer' && first.accessTokenResponse.refresh_token, 'the token');
let accessToken = first.accessTokenResponse.access_token;

async function fetchOne(credentialConfigurationId, jwk) {
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const { jwt } = await client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId, nonce, issuedAt: now, signer: { method: 'jwk', alg: 'ES256', publicJwk: jwk } });
  const { credentialResponse } = await client.retrieveCredentials({ issuerMetadata, accessToken, credentialConfigurationId, proofs: { jwt: [jwt] } });
  must(credentialResponse.credentials.length === 1 && credentialResponse.notification_id, 'the credential');
  await client.sendNotification({ issuerMetadata, accessToken, notification: { notificationId: credentialResponse.notification_id, event: 'credential_accepted' } });
  return credentialResponse.credentials[0].credential;
}

// A list is published within a second of the first place given out in it; on a busy machine it may take longer.
async function published(list, accept) {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(list, { headers: { accept } });
    if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    must(tries < 120, `the status list: ${answer.status}`);
    await new Promise(later => setTimeout(later, 250));
  }
}

let fetched = 0;
for (const id of credentialOffer.credential_configuration_ids) {
  const { format } = issuerMetadata.credentialIssuer.credential_configurations_supported[id];
  const jwk = newKey();
  const credential = await fetchOne(id, jwk);
  if (format === 'dc+sd-jwt') {
    const claims = JSON.parse(Buffer.from(credential.split('.')[1], 'base64url'));
    must(claims.cnf.jwk.x === jwk.x && claims.cnf.jwk.y === jwk.y, 'bound to another key');
    must(claims.vct === issuerMetadata.credentialIssuer.credential_configurations_supported[id].vct, 'of another type');
    const type = Buffer.from(await (await fetch(claims.vct)).arrayBuffer());
    must(claims['vct#integrity'] === `sha256-${createHash('sha256').update(type).digest('base64')}`, 'the type says something else');
    const list = claims.status.status_list.uri;
    writeFileSync(join(folder, 'status-list.jwt'), await published(list, 'application/statuslist+jwt'));
    writeFileSync(join(folder, 'status-list.cwt'), await published(list, 'application/statuslist+cwt'));
  } else {
    must(Buffer.from(credential, 'base64url').includes(Buffer.from(jwk.x, 'base64url')), 'bound to another key');
  }
  // The next token of the app; the same key gets what it has.
  const { authorizationServer } = first;
  const authorizationServerMetadata = issuerMetadata.authorizationServers.find(s => s.issuer === authorizationServer);
  if (fetched++ === 0) {
    const next = await client.oauth2Client.retrieveRefreshTokenAccessToken({ authorizationServerMetadata, refreshToken: first.accessTokenResponse.refresh_token });
    must(next.accessTokenResponse.refresh_token !== first.accessTokenResponse.refresh_token, 'the token for renewing is the same');
    accessToken = next.accessTokenResponse.access_token;
    must(await fetchOne(id, jwk) === credential, 'the same key got another credential');
  }
  writeFileSync(join(folder, format === 'dc+sd-jwt' ? 'resident-id.sd-jwt' : 'resident-id.mdoc'), credential);
}
writeFileSync(join(folder, 'iaca.pem'), await (await fetch(`${issuer}/trust/root.pem`)).text());
writeFileSync(join(folder, 'signers.pem'), await (await fetch(`${issuer}/trust/signers.pem`)).text());
console.log(`${fetched} credentials`);
