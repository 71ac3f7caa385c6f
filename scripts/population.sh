#!/usr/bin/env bash
# Prints the first N people of the stand-ins' world as JSON lines: what each holds in hand and would type. usage: population.sh 1000
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh > /dev/null
exec dotnet src/Sandbox/bin/Release/net10.0/Muqeem.Sandbox.dll population "${1:-1000}"
