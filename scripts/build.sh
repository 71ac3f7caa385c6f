#!/usr/bin/env bash
# Builds everything once, optimised. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dotnet > /dev/null || { echo "The .NET 10 SDK is missing: install dotnet-sdk-10.0, then try again." >&2; exit 1; }
dotnet build Muqeem.slnx -c Release -v q --nologo -clp:NoSummary "$@"
