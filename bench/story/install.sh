#!/bin/sh
# Installs what the story's contenders need, from Debian's packages, where a module is
# missing and that can be done. What cannot be had is named, and is no failure: the
# comparison then runs without these contenders.
set -u
cd "$(dirname "$0")" || exit 1

# Prints the modules that Debian's Python, for which the packages are, cannot import.
missing() {
	for module in requests aiohttp fastapi uvicorn; do
		/usr/bin/python3 -c "import $module" >/dev/null 2>&1 || printf '%s ' "$module"
	done
}

left_out() {
	echo "left out: $(missing)($1)"
	exit 0
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=60 \
		"$@" </dev/null >"$log" 2>&1
}

if python=$(./python); then
	echo "nothing to install: $python has them all"
	exit 0
fi
[ "$(id -u)" -eq 0 ] || left_out "not root"
command -v apt-get >/dev/null || left_out "no apt-get"

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
packages=$(for module in $(missing); do printf 'python3-%s ' "$module"; done)

echo "apt-get update"
apt update || left_out "apt-get update: $(tail -n 1 "$log")"
echo "apt-get install --no-install-recommends $packages"
# shellcheck disable=SC2086 # one word a package
apt install --no-install-recommends $packages || left_out "apt-get install: $(tail -n 1 "$log")"
python=$(./python) || left_out "installed, yet not to be imported"
echo "installed: $python has them all"
