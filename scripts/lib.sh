# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# What scripts/run and scripts/test share: one list of Debian packages, steps that show their time, and failures that
# end in a sentence saying what to do. Source it; it defines functions and changes nothing.

STROWGER_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# To compile the product. Never libboost-dev: it is Boost 1.74 and apt would remove 1.81 for it.
STROWGER_BUILD_PACKAGES=(
    g++ meson ninja-build pkg-config libdpdk-dev libnuma-dev
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libyaml-cpp-dev libsqlite3-dev libcli11-dev libfmt-dev libspdlog-dev libssl-dev
)
# To run the exchange with kernel hosts around it: namespaces, tc-bpf tag programs, traffic.
STROWGER_RUN_PACKAGES=(
    ca-certificates clang llvm libbpf-dev linux-libc-dev libc6-dev
    iproute2 ethtool tcpdump iperf3 iputils-ping procps python3 curl openssl
)
# To run every test.
STROWGER_TEST_PACKAGES=(
    libgtest-dev libgmock-dev libbenchmark-dev clang-format clang-tidy shellcheck
    strace python3-yaml python3-jsonschema python3-scapy
)
# The peers that scripts/bench measures beside us: testpmd is in dpdk-dev.
STROWGER_PEER_PACKAGES=(dpdk dpdk-dev openvswitch-switch-dpdk)
# libFuzzer, which clang only recommends.
STROWGER_FUZZ_PACKAGES=(clang libclang-rt-14-dev)

say() { printf '%s\n' "$*"; }

# die SENTENCE...: ends the script; the sentence says what to do about it.
die() {
    printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" -eq 0 ] || die "must run as root (network namespaces and packages need it): try sudo $0 $*"
}

# step LABEL COMMAND...: runs the command with its output in build/log, prints the label and the seconds it took. On
# failure prints the end of that log and returns the command's status.
step() {
    local label="$1" log status=0 started=$SECONDS
    shift
    mkdir -p "$STROWGER_ROOT/build/log"
    log="$STROWGER_ROOT/build/log/$(printf '%s' "$label" | tr -cs 'A-Za-z0-9._-' '-').log"
    printf '%-52s ' "$label ..."
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        printf '%4d s\n' $((SECONDS - started))
        return 0
    fi
    printf 'failed after %d s; the end of %s:\n' $((SECONDS - started)) "$log"
    tail -n 30 "$log" | sed 's/^/    /'
    return "$status"
}

# missing_packages NAME...: those that dpkg does not list as installed, one a line.
missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$name"
    done
}

apt_install() {
    local attempt
    for attempt in 1 2 3; do
        # A mirror that drops one connection must not end the run.
        if DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
                -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install "$@"; then
            return 0
        fi
        say "attempt $attempt of 3 failed"
        sleep $((attempt * 5))
    done
    return 1
}

# install_packages NAME...: installs what is missing; says nothing is to be done when that is so.
install_packages() {
    local missing
    command -v apt-get >/dev/null || die "needs Debian 12 (no apt-get here); install by hand: $*"
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        printf '%-52s    installed\n' "$# packages"
        return 0
    fi
    step "install ${#missing[@]} packages" apt_install "${missing[@]}" ||
        die "apt could not install: ${missing[*]}. Check the network and /etc/apt/sources.list (Debian 12), then run this again."
}

# build_jobs: compilers to run at once. One job of Beast needs about 1 GiB.
build_jobs() {
    local cpus memory_jobs
    cpus=$(nproc)
    memory_jobs=$(awk '/^MemAvailable/ { print int($2 / 1300000) }' /proc/meminfo)
    [ "$memory_jobs" -ge 1 ] || memory_jobs=1
    [ "$cpus" -le "$memory_jobs" ] || cpus=$memory_jobs
    printf '%s\n' "$cpus"
}

# configure_build DIRECTORY OPTION...: sets the directory up once; later calls change only options that differ, so that
# an up-to-date build stays up to date.
configure_build() {
    local directory="$STROWGER_ROOT/$1" changed=() option
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        # ccache, where there is one, makes the sanitizer builds of a second run cheap.
        if [ -z "${CXX:-}" ] && command -v ccache >/dev/null; then
            CXX='ccache g++' meson setup "$directory" "$STROWGER_ROOT" "$@"
        else
            meson setup "$directory" "$STROWGER_ROOT" "$@"
        fi
        return
    fi
    for option in "$@"; do
        option_is_set "$directory" "${option#-D}" || changed+=("$option")
    done
    [ "${#changed[@]}" -eq 0 ] || meson configure "$directory" "${changed[@]}"
}

# ninja_build LABEL DIRECTORY TARGET...: builds, shows how far it is at every tenth, and the first error when it fails.
ninja_build() {
    local label="$1" directory="$2" log started=$SECONDS
    shift 2
    mkdir -p "$STROWGER_ROOT/build/log"
    log="$STROWGER_ROOT/build/log/$(printf '%s' "$label" | tr -cs 'A-Za-z0-9._-' '-').log"
    printf '%-52s ' "$label ..."
    if NINJA_STATUS='[%f/%t] ' ninja -C "$STROWGER_ROOT/$directory" -j "$(build_jobs)" "$@" 2>&1 | tee "$log" |
        awk -F'[][/ ]' '/^\[[0-9]+\/[0-9]+\]/ { tenth = int(10 * $2 / $3); if (tenth > shown) {
            shown = tenth; printf "%d%% ", 10 * tenth; fflush() } }'; then
        printf '%4d s\n' $((SECONDS - started))
        return 0
    fi
    printf 'failed after %d s; from %s:\n' $((SECONDS - started)) "$log"
    grep -A 25 -m 1 '^FAILED' "$log" | cut -c 1-300 | sed 's/^/    /'
    return 1
}

# build_product TARGET...: strowgerd, the CLI and whatever else running needs, without the tests.
build_product() {
    if [ ! -f "$STROWGER_ROOT/build/build.ninja" ]; then
        step "set up build/" configure_build build -Dbuildtype=debugoptimized -Dtests=false -Dbench=false ||
            die "meson could not set up build/: see above"
    fi
    ninja_build "build" build "$@" || die "the build failed: the first error is above"
}

# option_is_set DIRECTORY NAME=VALUE
option_is_set() {
    meson introspect --buildoptions "$1" | /usr/bin/python3 -c '
import json, sys
name, value = sys.argv[1].split("=", 1)
found = [o["value"] for o in json.load(sys.stdin) if o["name"] == name]
sys.exit(0 if found and str(found[0]).lower() == value.lower() else 1)' "$2"
}
