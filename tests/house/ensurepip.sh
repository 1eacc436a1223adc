#!/bin/sh
# See that the Python of `make setup` can make a virtual environment, as `python -m venv` needs
# ensurepip, which Debian and Ubuntu keep in a package of its own. It is installed where that needs
# no questions (root, or sudo without a password); else one line says what to do.
#
#   sh tests/house/ensurepip.sh python3

python=${1:?which Python}
has() { "$python" -c 'import ensurepip' 2>/dev/null; }

has && exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=env; else as_root="sudo -n env"; fi
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing python3-venv, which this Python lacks ..."
    apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq"
    { $apt update && $apt install -y --no-install-recommends python3-venv; } >/dev/null 2>&1
    has && exit 0
fi

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
echo "$python cannot make a virtual environment (no ensurepip): install python3-venv" \
    "(or python$version-venv), or set PYTHON to another Python" >&2
exit 1
