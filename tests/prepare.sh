#!/usr/bin/env bash
# Installs what some tests run: programs, on Debian and its kin and only as root, and ClickHouse's engine as a Python package, into .venv.
# It names what cannot be had: the tests that need it say so and are skipped. Quick when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

# One line for each program: its name, its Debian package, the tests that run it.
programs="
ovs-vswitchd  openvswitch-switch  open_vswitch real_exporters
ovsdb-tool    openvswitch-switch  open_vswitch real_exporters
ip            iproute2            open_vswitch real_exporters
ethtool       ethtool             open_vswitch real_exporters
ping          iputils-ping        open_vswitch real_exporters
sysctl        procps              open_vswitch real_exporters
softflowd     softflowd           real_exporters
pmacctd       pmacct              real_exporters
c++           g++                 fuzzing
clickhouse-server  clickhouse-server  shipping
docker-compose     docker-compose     deployment
"

# Some lie where only root's path leads.
PATH=$PATH:/usr/sbin:/sbin

# Prints the lines of the programs that are not there.
absent() {
    while read -r program package tests; do
        [ -z "$program" ] || command -v "$program" >/dev/null || echo "$program $package $tests"
    done <<<"$programs"
}

packages=$(absent | cut -d' ' -f2 | sort -u | tr '\n' ' ')
# The tests start what they need themselves. A service that a package would start, or keep for the next start of this machine, is not wanted.
without_services() {
    local policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
    "$@"
}

if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests: $packages"
    export DEBIAN_FRONTEND=noninteractive
    # What cannot be had is named below; the other tests run all the same.
    apt-get update -q >/dev/null || true
    # shellcheck disable=SC2086  # a list
    without_services apt-get install -y -q --no-install-recommends $packages >/dev/null || true
fi

while read -r program package tests; do
    [ -z "$program" ] || echo "note: $program is not installed (Debian package $package): the tests '$tests' will be skipped"
done < <(absent)

# ClickHouse's engine and the compression that its interface speaks. Nothing that they depend on is needed here.
python_packages="chdb-core==26.9.0 lz4==4.4.5"

# The environment is made without a pip of its own, which Debian's Python could not bring; the system's installs into it.
install_python_packages() {
    [ -x .venv/bin/python ] || python3 -m venv --without-pip .venv || return
    # shellcheck disable=SC2086  # a list
    python3 -m pip --quiet --disable-pip-version-check --python .venv/bin/python install --no-deps --only-binary :all: $python_packages
}

if [ "$(cat .venv/installed 2>/dev/null)" != "$python_packages" ]; then
    echo "installing for the tests: $python_packages"
    if install_python_packages; then
        echo "$python_packages" >.venv/installed
    else
        echo "note: ClickHouse's engine cannot be installed here: the tests 'clickhouse_*' and 'warehouse' will be skipped"
    fi
fi
