# shellcheck shell=bash
# What the scripts share: Debian packages, the build folder, one build at a time. Sourced, never run.

root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)

# What building sockspec needs.
# shellcheck disable=SC2034  # for those who source this
build_packages=(cmake ninja-build g++ pkg-config libboost1.81-dev libfmt-dev libtomlplusplus-dev
  nlohmann-json3-dev libpugixml-dev libmnl-dev libseccomp-dev libpcap0.8-dev libcli11-dev libgtest-dev
  libgmock-dev)

# Where the build folders `release` and `asan` lie: $SOCKSPEC_BUILD_DIR, else build/ in the checkout,
# else a folder of this checkout's own in the user's cache.
if [[ -n ${SOCKSPEC_BUILD_DIR:-} ]]; then
  base=$SOCKSPEC_BUILD_DIR
elif [[ -w $root/build || (! -e $root/build && -w $root) ]]; then
  base=$root/build
else
  sum=$(printf '%s' "$root" | cksum)
  base=${XDG_CACHE_HOME:-${HOME:?set HOME or SOCKSPEC_BUILD_DIR}/.cache}/sockspec/build-${sum%% *}
fi
# shellcheck disable=SC2034
build=$base/release

say() { printf 'sockspec: %s\n' "$*" >&2; }

# need_packages PACKAGE...: installs what is missing, or tells how and exits with status 3.
need_packages() {
  local package state missing=()
  command -v dpkg-query >/dev/null || return 0    # no Debian: CMake will name what it misses
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
    [[ $state == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    say "these Debian packages are missing; as root:"
    printf 'apt-get install -y --no-install-recommends %s\n' "${missing[*]}" >&2
    exit 3
  fi
  say "installing ${missing[*]}"
  local install=(apt-get install -y --no-install-recommends "${missing[@]}") log
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if ! "${install[@]}" </dev/null >"$log" 2>&1; then
    # The lists are missing or old.
    if ! { apt-get update && "${install[@]}"; } </dev/null >"$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      exit 3
    fi
  fi
  rm -f "$log"
}

# Takes the build folder for this process until unlock_build or its end.
lock_build() {
  mkdir -p "$base"
  exec {build_lock}>"$base/.lock"
  flock "$build_lock"
}
unlock_build() { exec {build_lock}>&-; }

# configure FOLDER OPTION...
configure() {
  local folder=$1 cache=$1/CMakeCache.txt
  shift
  # A folder that served another checkout is configured anew.
  if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    rm -rf "$cache" "$folder/CMakeFiles"
  fi
  # What is built once is compiled in larger pieces, in three fifths of the time. A folder that
  # somebody works in stays as it is.
  [[ -e $cache ]] || set -- -DCMAKE_UNITY_BUILD=ON "$@"
  cmake -G Ninja -S "$root" -B "$folder" "$@"
}

# quietly NOTICE COMMAND...: shows the output only when the command fails, and the notice when it
# takes more than two seconds.
quietly() {
  local notice=$1 log status done_fd
  shift
  log=$(mktemp)
  exec {done_fd}< <(
    status=0
    "$@" </dev/null >"$log" 2>&1 || status=$?
    printf '%s\n' "$status"
  )
  if ! read -r -t 2 status <&"$done_fd"; then
    say "$notice"
    read -r status <&"$done_fd" || status=130    # the build was killed
  fi
  exec {done_fd}<&-
  if ((status != 0)); then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}
