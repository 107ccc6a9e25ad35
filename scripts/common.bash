# Shared by the scripts in this folder: where things are built, which packages they need.
# Sourced by bash, after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# shellcheck disable=SC2034  # used by those who source this
build_packages=(
  cmake ninja-build g++ pkg-config
  libboost1.81-dev libfmt-dev libtomlplusplus-dev nlohmann-json3-dev libpugixml-dev
  libmnl-dev libseccomp-dev libcli11-dev libgtest-dev libgmock-dev
)
# shellcheck disable=SC2034
test_packages=(
  python3 python3-jsonschema perl nodejs socat ncat netcat-openbsd openbsd-inetd
  libxml2-utils libvalijson-dev
)

say() { printf 'sockspec: %s\n' "$*" >&2; }

# Where a build tree can be written: $SOCKSPEC_BUILD_DIR, build/ in the checkout, or one of the
# checkout's own in the user's cache.
build_folder() {
  if [[ -n ${SOCKSPEC_BUILD_DIR:-} ]]; then
    printf '%s\n' "$SOCKSPEC_BUILD_DIR"
  elif mkdir -p "$root/build" 2>/dev/null && [[ -w $root/build ]]; then
    printf '%s\n' "$root/build"
  else
    local hash
    hash=$(printf '%s' "$root" | sha256sum)
    printf '%s/sockspec/build-%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}" "${hash:0:16}"
  fi
}

# Whether the program in $1 was built after the last change of any source. Folders count too: a
# source that was taken away changes its folder.
is_current() {
  [[ -x $1/bin/sockspec && -e $1/.built ]] || return 1
  local newer
  newer=$(cd "$root" && find CMakeLists.txt harness suites reports reference \
    -newer "$1/.built" -print -quit 2>/dev/null)
  [[ -z $newer ]]
}

# Prints those of the packages that are not installed.
missing_packages() {
  command -v dpkg-query >/dev/null || return 0
  local package status
  for package in "$@"; do
    # Without a status the package is unknown here, which is as good as missing.
    # shellcheck disable=SC2016  # a format of dpkg-query, not of the shell
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [[ $status == installed ]] || printf '%s\n' "$package"
  done
}

# Installs what is missing, or says what would, and exits with status 3.
need_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local -a install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    say "these packages are missing; run: sudo ${install[*]}"
    exit 3
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  local lists
  lists=$(find /var/lib/apt/lists -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null) || lists=
  if [[ -z $lists ]]; then apt-get -qq update >&2; fi
  if ! "${install[@]}" -qq >&2; then
    apt-get -qq update >&2
    "${install[@]}" -qq >&2
  fi
}

# take_lock FOLDER: several runs in one checkout build one after the other. Held on descriptor 9.
take_lock() {
  mkdir -p "$1"
  exec 9>"$1/.lock"
  flock 9
}
drop_lock() { exec 9>&-; }

# configure TREE OPTIONS...: the first time, or when the tree was made for another checkout.
configure() {
  local tree=$1
  shift
  if [[ -e $tree/CMakeCache.txt ]] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$tree/CMakeCache.txt"; then
    rm -rf "$tree"
  fi
  mkdir -p "$tree"
  local -a options=(-G Ninja -S "$root" -B "$tree")
  if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  logged "$tree" cmake "${options[@]}" "$@"
}

# logged TREE COMMAND...: runs it with its output in a log, which is shown when it fails.
logged() {
  local tree=$1 status=0
  shift
  "$@" >"$tree/log" 2>&1 9>&- || status=$?
  if ((status != 0)); then
    cat "$tree/log" >&2
    say "failed: $*"
  fi
  return "$status"
}

# build TREE TARGETS...: ninja shows its one line of progress on a terminal, and errors everywhere.
build() {
  local tree=$1 status=0
  shift
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then
    NINJA_STATUS='sockspec: building [%f/%t] ' ninja -C "$tree" --quiet "$@" >&2 9>&- || status=$?
    printf '\r\033[K' >&2
  else
    logged "$tree" ninja -C "$tree" "$@" || status=$?
  fi
  return "$status"
}

# The program for users: tests are left out, since they need more packages.
build_program() {
  local folder=$1 tree=$1/release
  take_lock "$folder"
  if ! is_current "$tree"; then
    [[ -x $tree/bin/sockspec ]] || say 'building; the first time this takes some minutes'
    if [[ ! -e $tree/CMakeCache.txt ]] ||
      ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$tree/CMakeCache.txt"; then
      configure "$tree" -DCMAKE_BUILD_TYPE=Release -DSOCKSPEC_TESTS=OFF
    fi
    # Taken before the build: what is edited meanwhile is newer.
    touch "$tree/.building"
    build "$tree" sockspec
    mv "$tree/.building" "$tree/.built"
  fi
  drop_lock
}
