#!/bin/sh
# A Chromium for the browser tests: the one that is named or there, or else Debian's.
# Ends well also without one: the tests that need it then say what to install.
set -eu
[ -x "${UNBROKEN_CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    echo "Installing Chromium for the browser tests." >&2
    install() { apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; }
    install 2>/dev/null || { apt-get update -qq && install; } && exit 0
fi
echo "No Chromium here: tests/browser are skipped. On Debian: apt-get install chromium" >&2
echo "Or name one: UNBROKEN_CHROMIUM=/path/to/chrome make test" >&2
