#!/usr/bin/env bash
# Installs the Debian packages that are missing. usage: install.sh [run|test]
# An ordinary user gets the exact command, and nothing goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
for_run=(libvips42 libvips-tools poppler-data tesseract-ocr libzbar0 libpangocairo-1.0-0 fonts-noto-core fonts-ocr-b fonts-wqy-microhei libicu72 openssl curl)
for_test=("${for_run[@]}" postgresql-15 chromium fonts-dejavu-core softhsm2 libfaketime golang-go golang-golang-x-mod-dev)
packages=("${for_run[@]}")
[ "${1:-run}" = test ] && packages=("${for_test[@]}")
missing=()
# The checks by other people's libraries need Node 20; without it they are skipped, with the reason.
if [ "${1:-run}" = test ] && ! command -v npm > /dev/null; then packages+=(nodejs npm); fi
for p in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
independent() {
  [ "${1:-run}" = test ] && command -v npm > /dev/null && [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ] || return 0
  [ tests/Independent/node_modules -nt tests/Independent/package-lock.json ] || (cd tests/Independent && npm install --no-save --silent && touch node_modules) \
    || echo "The libraries of tests/Independent could not be fetched: the tests that need them are skipped." >&2
}
if [ ${#missing[@]} -eq 0 ]; then independent "${1:-run}"; exit 0; fi
if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing. Run this, then try again:" >&2
  echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The cluster that the package would make is not ours.
mkdir -p /etc/postgresql-common && [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
independent "${1:-run}"
