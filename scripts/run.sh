#!/usr/bin/env bash
# Starts Muqeem and the stand-in agencies for a demonstration on this machine.
# PORT, DATA (a folder), DATABASE (a PostgreSQL connection string), TLS=1 (https with a CA made here, for phones on the network), SEED=0 (no people).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh run
scripts/build.sh
port="${PORT:-8080}" data="${DATA:-var}" agencies=$(( ${PORT:-8080} + 1 ))
app=src/Host/bin/Release/net10.0/Muqeem.Host.dll
sandbox=src/Sandbox/bin/Release/net10.0/Muqeem.Sandbox.dll
# Credentials name the address under which wallet apps know this installation: it is settled at the first start, and kept.
[ -e "$data" ] || first=1
# Stand-ins that outlived their Muqeem would have its mail and its residences: the new one's office accounts could not be opened.
if [ -n "${first:-}" ] && [ -e "$data.sandbox/sandbox.db" ]; then
  echo "There is no $data: the stand-ins begin anew with it, and what they held in $data.sandbox is deleted."
  rm -rf "$data.sandbox"
fi
mkdir -p "$data"; chmod 700 "$data"
[ -z "${first:-}" ] || echo "http://localhost:$port" > "$data.origin"
[ ! -s "$data.origin" ] || export PublicOrigin="${PublicOrigin:-$(cat "$data.origin")}"
export Data="$data" Kind=demonstration PostgreSql="${DATABASE:-}" Seed="${SEED:-300}"
export Agencies__Sandbox="http://localhost:$agencies" Portal__PayPage="http://localhost:$agencies/bank?number={number}"
# What happens to residences is sent to these two, and can be seen at the stand-ins' /feed.
export Agencies__LabourContracts__Feed="http://localhost:$agencies/labour/events" Agencies__HealthInsurance__Feed="http://localhost:$agencies/insurance/events"
urls="http://localhost:$port"
if [ "${TLS:-}" = 1 ]; then
  scripts/certificates.sh "$data.tls"
  urls="http://localhost:$port;https://*:$((port + 363))"
  export Kestrel__Certificates__Default__Path="$data.tls/server.pem" Kestrel__Certificates__Default__KeyPath="$data.tls/server.key"
fi
# Whoever starts last stops first.
pids=()
stop() { for p in "${pids[@]:-}"; do [ -n "$p" ] && kill -TERM "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap stop EXIT
trap 'exit 0' INT TERM
dotnet "$sandbox" --urls "http://localhost:$agencies" --data "$data.sandbox" --Muqeem:Keys "http://localhost:$port/trust/exchange.json" \
  --Webhooks:payments:Url "http://localhost:$port/hooks/payments" --Webhooks:border:Url "http://localhost:$port/hooks/border" \
  --Webhooks:labour:Url "http://localhost:$port/hooks/labour" --Webhooks:domestic-work:Url "http://localhost:$port/hooks/domestic-work" \
  --Webhooks:contests:Url "http://localhost:$port/hooks/contests" --Webhooks:records:Url "http://localhost:$port/hooks" > "$data.sandbox.log" 2>&1 & pids+=($!)
# The stand-ins' public keys, by which Muqeem believes them.
for _ in $(seq 200); do
  settings=$(curl -fsS "http://localhost:$agencies/keys/settings" 2>/dev/null) && break
  kill -0 "${pids[0]}" 2>/dev/null || { echo "The stand-ins did not start:" >&2; tail -5 "$data.sandbox.log" >&2; exit 1; }
  sleep 0.1
done
set -a; eval "$settings"; set +a
dotnet "$app" serve --urls "$urls" > "$data.log" 2>&1 & pids+=($!)
for _ in $(seq 200); do
  curl -fsS -o /dev/null "http://localhost:$port/readyz" 2>/dev/null && break
  kill -0 "${pids[1]}" 2>/dev/null || { echo "Muqeem did not start:" >&2; tail -5 "$data.log" >&2; exit 1; }
  sleep 0.1
done
echo
echo "  Muqeem          http://localhost:$port"
[ "${TLS:-}" = 1 ] && echo "  on the network  https://$(hostname -I | awk '{print $1}'):$((port + 363))   (trust $data.tls/ca.pem on the phone)"
echo "  stand-ins       http://localhost:$agencies   (other agencies, inbox of text messages, payments)"
echo "  data            $data (demonstration)"
echo "  residents       open their own account: http://localhost:$agencies/people?filter=story lists whom you can be, and what they hold in hand"
echo
# The office accounts are made at the first start, before the people: their list comes as soon as they are, however long this machine takes.
if [ "$Seed" != 0 ]; then
  until [ -s "$data/accounts.txt" ] || grep -q "Seeding stopped" "$data.log" || ! kill -0 "${pids[1]}" 2>/dev/null; do sleep 0.1; done
  if [ -s "$data/accounts.txt" ]; then
    awk -F '\t' 'BEGIN { printf "  %-18s %-12s %-30s %s\n", "office account", "role", "password", "secret for an authenticator app" } { printf "  %-18s %-12s %-30s %s\n", $1, $2, $3, $4 }' "$data/accounts.txt"
    [ -e "$data/seeded" ] || echo "  ($Seed people are still being added.)"
  else
    echo "  There are no office accounts:" >&2
    tail -5 "$data.log" >&2
  fi
fi
echo
echo "  Stop with Ctrl+C."
wait "${pids[1]}"
