#!/usr/bin/env bash
# Everything that must hold before a change lands. Fails when no test ran.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$(date +%s)
scripts/install.sh test
scripts/check.sh
export MUQEEM_SAMPLE="${MUQEEM_SAMPLE:-$(git rev-parse --short=8 HEAD 2>/dev/null || echo 0)}"
mkdir -p out
passed=0 failed=0
for project in tests/Tests tests/EndToEnd; do
  [ -d "$project" ] || continue
  name=$(basename "$project")
  status=0
  dotnet "$project/bin/Release/net10.0/Muqeem.$name.dll" -noColor -trx "out/$name.trx" 2>&1 | tee "out/$name.log" || status=$?
  # "Total: 12, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, Time: 1.2s"
  summary=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+' "out/$name.log" | tail -1)
  total=$(sed -E 's/Total: ([0-9]+).*/\1/' <<< "${summary:-0}"); bad=$(sed -E 's/.*Errors: ([0-9]+), Failed: ([0-9]+)/\1 + \2/' <<< "${summary:-0}")
  bad=$((bad))
  [ "${total:-0}" -gt 0 ] || { echo "$name: no test ran." >&2; exit 1; }
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  passed=$((passed + total - bad)); failed=$((failed + bad))
done
echo "Took $(( $(date +%s) - started )) s."
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
