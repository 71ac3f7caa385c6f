#!/usr/bin/env bash
# Runs the tests of the classes that match. usage: tests-of.sh '*Writer*'
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
dotnet tests/Tests/bin/Release/net10.0/Muqeem.Tests.dll --no-progress --no-ansi --filter-class "${1:?a pattern of class names}" "${@:2}"
