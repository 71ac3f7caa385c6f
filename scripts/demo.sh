#!/usr/bin/env bash
# Plays the whole job for five people through public HTTP, in a browser without script. Leaves out/demo/: transcript.txt, result.json, pictures in both languages.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh test
scripts/build.sh
exec dotnet demo/bin/Release/net10.0/Muqeem.Demo.dll
