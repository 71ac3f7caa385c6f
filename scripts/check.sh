#!/usr/bin/env bash
# The build without warnings, and the format.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
dotnet format whitespace Muqeem.slnx --verify-no-changes --no-restore
