#!/bin/sh
# Asks Muqeem whether what somebody shows is a good ID, as a registered verifier does: a call signed after RFC 9421.
# usage: ask.sh ADDRESS KEY.pem TEXT [PURPOSE]
#   KEY.pem  an Ed25519 key whose public part is registered:  openssl genpkey -algorithm ed25519 -out KEY.pem
#   TEXT     what a QR code holds, the eight characters of a short code, or an SD-JWT
set -eu
address=${1%/} key=$2 text=$3 purpose=${4:-check_identity}
path=/api/v1/verifier/presentation
authority=${address#*://}
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# The key's name is its thumbprint (RFC 7638).
x=$(openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | base64url)
keyid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | base64url)

body=$(printf '{"purpose":"%s","presentation":"%s"}' "$purpose" "$text")
digest="sha-256=:$(printf '%s' "$body" | openssl dgst -sha256 -binary | openssl base64 -A):"
params="(\"@method\" \"@authority\" \"@path\" \"content-digest\");created=$(date +%s);keyid=\"$keyid\";nonce=\"$(openssl rand 16 | base64url)\";tag=\"muqeem-verifier\""

# What is signed (RFC 9421, section 2.5). Each line of it is a line of the call.
signed=$(mktemp)
trap 'rm -f "$signed"' EXIT
printf '"@method": POST\n"@authority": %s\n"@path": %s\n"content-digest": %s\n"@signature-params": %s' "$authority" "$path" "$digest" "$params" > "$signed"
signature=$(openssl pkeyutl -sign -rawin -inkey "$key" -in "$signed" | openssl base64 -A)

curl -sS "$address$path" -H 'Content-Type: application/json' -H "Content-Digest: $digest" -H "Signature-Input: sig=$params" -H "Signature: sig=:$signature:" --data-raw "$body"
echo
