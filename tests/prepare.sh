#!/usr/bin/env bash
# Installs the programs that some tests run, on Debian and its kin and only as root. Elsewhere it names what is missing: the tests
# that need it say so and are skipped. Quick when everything is there.
set -euo pipefail

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
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests: $packages"
    export DEBIAN_FRONTEND=noninteractive
    # What cannot be had is named below; the other tests run all the same.
    apt-get update -q >/dev/null || true
    # shellcheck disable=SC2086  # a list
    apt-get install -y -q --no-install-recommends $packages >/dev/null || true
fi

while read -r program package tests; do
    [ -z "$program" ] || echo "note: $program is not installed (Debian package $package): the tests '$tests' will be skipped"
done < <(absent)
