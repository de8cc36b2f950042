#!/bin/sh
# Checks that the contenders do and print what bench/ relies on; takes a minute or more.
cd "$(dirname "$0")" || exit 1
if ! python=$(./python); then
	echo "left out: no Python here has all modules (install.sh)"
	exit 0
fi
exec "$python" check.py "$@"
