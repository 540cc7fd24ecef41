#!/bin/sh
# Brings this clone to the point where .venv/bin/python can run it: system packages, virtual environment, libraries.
# Says nothing and takes no time when all of it is there. With --with-tests it also sees to curl, wget and a Chromium.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
stamp=.venv/installed

fail() {
    echo "$1" >&2
    exit 1
}

# --- What is missing ---------------------------------------------------------------------------------

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

has_postgis() {
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        [ -e "$control" ] && return 0
    done
    command -v pg_config >/dev/null 2>&1 && [ -e "$(pg_config --sharedir)/extension/postgis.control" ]
}

# The Debian packages for what is missing, for the servers that the environment does not name.
missing_packages() {
    if [ -z "${DATABASE_URL:-}" ] && ! has_postgis; then echo postgresql-postgis; fi
    if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null 2>&1; then echo redis-server; fi
    command -v setpriv >/dev/null 2>&1 || echo util-linux
    if [ -x .venv/bin/python ]; then return; fi
    python=$(find_python)
    if [ -z "$python" ]; then
        echo python3 python3-venv
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then
        sh running/install_packages.sh "$@"
    elif sudo -n true 2>/dev/null; then
        sudo -n sh running/install_packages.sh "$@"
    else
        fail "Some system packages are missing: run  sudo apt-get install $*  and try again."
    fi
}

# --- The virtual environment -------------------------------------------------------------------------

# Anything of this changes what has to be installed; scripts in .venv/bin hold the path of the clone.
fingerprint() {
    { echo "$root"; cat requirements.lock pyproject.toml running/bootstrap.sh; } | sha256sum
}

# A virtual environment that was moved, or whose Python is gone, cannot be mended.
make_environment() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1 && grep -qF " $root/.venv" .venv/pyvenv.cfg; then return; fi
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11 or newer is missing: install it, or name one with PYTHON=/path/to/python3."
    rm -rf .venv
    "$python" -m venv .venv || fail "The virtual environment cannot be made: is $root writable, with room on the disk?"
}

install_libraries() {
    rm -f "$stamp"
    make_environment
    echo "Installing the libraries into .venv (a few minutes the first time)"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock ||
        fail "The libraries cannot be installed: check the network and the disk, and try again."
    # The clone itself, importable from everywhere; no build, hence nothing that requirements.lock does not pin.
    echo "$root" > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/mosaic_hub.pth"
    fingerprint > "$stamp"
}

# --- What only the tests need -------------------------------------------------------------------------

# Downloads are resumed with real programs.
see_to_downloaders() {
    wanted=
    for program in curl wget; do
        command -v "$program" >/dev/null 2>&1 || wanted="$wanted $program"
    done
    # shellcheck disable=SC2086  the names are words
    [ -z "$wanted" ] || install_packages $wanted
}

see_to_browser() {
    .venv/bin/python -m running.chromium && return
    # Ubuntu's package of this name only leads to a snap, which cannot be driven; there Playwright's own serves.
    if [ "$(. /etc/os-release && echo "$ID")" = debian ]; then
        install_packages chromium
    else
        echo "Fetching a browser for the tests"
        .venv/bin/python -m playwright install --with-deps chromium
    fi || fail "The tests need a browser: install Chromium or Google Chrome, and try again."
}

packages=$(missing_packages)
# shellcheck disable=SC2086  the names are words
[ -z "$packages" ] || install_packages $packages
[ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ] && [ -x .venv/bin/python ] || install_libraries
case "${1:-}" in --with-tests) see_to_downloaders && see_to_browser ;; esac
