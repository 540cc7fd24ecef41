#!/bin/sh
# Installs the Debian packages named as arguments, as root, without starting any of their services.
set -eu

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
no_cluster=/etc/postgresql-common/createcluster.d/no-main-cluster.conf

fail() {
    echo "$1" >&2
    exit 1
}

is_known() {
    apt-cache show "$1" >/dev/null 2>&1
}

# Where the metapackage does not exist: the newest postgresql-NN-postgis-3.
versioned_postgis() {
    apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | cut -d ' ' -f 1 | sort -V | tail -n 1
}

command -v apt-get >/dev/null 2>&1 ||
    fail "Some programs are missing: install the counterparts of the Debian packages $*."
echo "Installing system packages: $*"

# Private servers are started by the service itself: no default cluster, no service at boot.
clean_up() {
    [ -z "${made_policy:-}" ] || rm -f "$policy"
    rm -f "$no_cluster" "$log"
    rmdir "$(dirname "$no_cluster")" "$(dirname "$(dirname "$no_cluster")")" 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
mkdir -p "$(dirname "$no_cluster")"
echo "create_main_cluster = false" > "$no_cluster"

apt-get update -qq 2> "$log" || echo "The package lists cannot be refreshed; trying with those that are there." >&2
names=
for name in "$@"; do
    if [ "$name" = postgresql-postgis ] && ! is_known "$name"; then name=$(versioned_postgis); fi
    [ -n "$name" ] && is_known "$name" ||
        fail "This system knows no package ${name:-postgresql-postgis}: install it by hand."
    names="$names $name"
done
# shellcheck disable=SC2086  the names are words
apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $names > "$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "apt-get install$names failed: mend what the lines above say, and try again."
}
# The packages have their services start at boot.
dont_start_at_boot() {
    if command -v systemctl >/dev/null 2>&1; then
        systemctl disable --quiet "$1"
    else
        update-rc.d "$1" disable
    fi >/dev/null 2>&1 || :
}
case "$names" in *redis-server*) dont_start_at_boot redis-server ;; esac
case "$names" in *postgis*) dont_start_at_boot postgresql ;; esac
