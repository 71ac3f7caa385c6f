#!/usr/bin/env bash
# Makes a certificate authority and a server certificate for this machine's names, once. usage: certificates.sh DIR
set -euo pipefail
dir="${1:?a folder}"
[ -s "$dir/server.pem" ] && exit 0
mkdir -p "$dir"; chmod 700 "$dir"
names="DNS:localhost,IP:127.0.0.1"
for ip in $(hostname -I 2>/dev/null || true); do names="$names,IP:$ip"; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Muqeem demonstration CA" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Muqeem demonstration" -keyout "$dir/server.key" -out "$dir/server.csr" 2>/dev/null
openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 397 -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names") -out "$dir/server.pem" 2>/dev/null
chmod 600 "$dir"/*.key
