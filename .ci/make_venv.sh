#!/bin/sh
# Make the virtual environment $1 with a pip in it, also where Debian's python3-venv is missing.
# Nothing outside $1 is changed.
set -eu
target=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Unbroken needs Python 3.11 or newer; $python is $("$python" --version 2>&1)." >&2
    echo "Name another one: make PYTHON=/path/to/python3.12" >&2
    exit 1
}

# A complete Python needs nothing else.
rm -rf "$target"
"$python" -m venv "$target" 2>/dev/null && exit 0

# Debian ships python3 without ensurepip. A pip that is there already can fill the environment.
rm -rf "$target"
"$python" -m venv --without-pip "$target"
if "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m pip --python "$target/bin/python" install --quiet pip && exit 0
fi

# Debian's own pip, fetched and checked by apt and unpacked here, not installed.
fetch_wheel() (
    mkdir -p "$target/debian" && cd "$target/debian"
    apt-get download -qq python3-pip-whl 2>/dev/null || {
        apt-get update -qq && apt-get download -qq python3-pip-whl
    } && dpkg-deb -x python3-pip-whl_*.deb .
)
if command -v apt-get >/dev/null 2>&1 && fetch_wheel; then
    for wheel in "$target"/debian/usr/share/python-wheels/pip-*.whl; do
        PYTHONPATH=$wheel "$target/bin/python" -m pip install --quiet pip && rm -r "$target/debian" && exit 0
    done
fi

rm -rf "$target"
echo "This Python has no pip and no way to get one. On Debian or Ubuntu: apt-get install python3-venv" >&2
exit 1
