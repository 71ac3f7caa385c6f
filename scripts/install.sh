#!/usr/bin/env bash
# Installs the Debian packages that are missing. usage: install.sh [run|test]
# An ordinary user gets the exact command, and nothing goes on.
set -euo pipefail
for_run=(libvips42 libvips-tools poppler-data tesseract-ocr libzbar0 libicu72 openssl curl)
for_test=("${for_run[@]}" postgresql-15 chromium fonts-dejavu-core golang-go golang-golang-x-mod-dev)
packages=("${for_run[@]}")
[ "${1:-run}" = test ] && packages=("${for_test[@]}")
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
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
