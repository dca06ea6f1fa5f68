#!/bin/sh
# A Mosquitto for the tests of MQTT: the one that is named or there, or else Debian's.
# Ends well also without one: the tests that need it then say what to install.
set -eu
[ -x "${UNBROKEN_TEST_MQTT:-}" ] && exit 0
PATH=$PATH:/usr/sbin:/usr/local/sbin
command -v mosquitto >/dev/null 2>&1 && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    echo "Installing Mosquitto for the tests of MQTT." >&2
    install() { apt-get install -y -qq --no-install-recommends mosquitto >/dev/null; }
    install 2>/dev/null || { apt-get update -qq && install; } && exit 0
fi
echo "No Mosquitto here: the tests that send over MQTT are skipped. On Debian: apt-get install mosquitto" >&2
echo "Or name one: UNBROKEN_TEST_MQTT=/path/to/mosquitto make test" >&2
