#!/bin/sh
# Make the virtual environment $1 with a pip in it, also where Debian's python3-venv is missing.
set -eu
target=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Unbroken needs Python 3.11 or newer; $python is $("$python" --version 2>&1)." >&2
    echo "Name another one: make PYTHON=/path/to/python3.12" >&2
    exit 1
}
rm -rf "$target"
if "$python" -m venv "$target" 2>/dev/null; then
    exit 0
fi
# Debian ships python3 without ensurepip. A pip that is there can still fill the environment.
rm -rf "$target"
if "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip "$target"; then
    "$python" -m pip --python "$target/bin/python" install --quiet pip && exit 0
fi
if command -v virtualenv >/dev/null 2>&1; then
    rm -rf "$target"
    virtualenv --quiet --python "$python" "$target" && exit 0
fi
rm -rf "$target"
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Python's venv module is incomplete; installing Debian's python3-venv." >&2
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv "$target" && exit 0
fi
echo "Python's venv module is incomplete here. On Debian or Ubuntu: apt-get install python3-venv" >&2
exit 1
