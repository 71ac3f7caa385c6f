#!/usr/bin/env bash
# Measures whole cases over HTTP against pgbench on the same machine. BENCH=quick for a short run. Writes out/bench.json.
# Exit: 0 all bars hold, 2 a bar is missed, 1 an answer was wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh test
scripts/build.sh
exec dotnet bench/bin/Release/net10.0/Muqeem.Bench.dll
