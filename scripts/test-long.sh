#!/usr/bin/env bash
# The full products and long runs. Prints what it covered and writes out/test-long.json.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh test
scripts/build.sh
mkdir -p out
export MUQEEM_LONG=1 MUQEEM_KILLS="${MUQEEM_KILLS:-200}" MUQEEM_POSTGRES_KILLS="${MUQEEM_POSTGRES_KILLS:-50}" MUQEEM_BOTH_KILLS="${MUQEEM_BOTH_KILLS:-20}"
rm -f out/kills.*.json
status=0
dotnet tests/Tests/bin/Release/net10.0/Muqeem.Tests.dll --no-progress --no-ansi 2>&1 | tee out/test-long.log || status=$?
summary=$(grep -E "^ +(total|failed|succeeded|skipped): " out/test-long.log | tail -4 | tr -s " \n" " ")
# Each crash run over HTTP leaves what it did: kills of each kind, seed, acknowledged steps.
kills=$(cat out/kills.*.json 2>/dev/null | paste -sd, || true)
printf '{"commit":"%s","kills":[%s],"summary":"%s","passed":%s}\n' \
  "$(git rev-parse HEAD)" "$kills" "$summary" "$([ $status -eq 0 ] && echo true || echo false)" > out/test-long.json
cat out/test-long.json
exit $status
