# shellcheck shell=bash
#
# Sourced by the scripts in this folder; does nothing by itself.

# The root of the repository, wherever the script is called from.
# shellcheck disable=SC2034 # used by the scripts that source this file
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
self="$(basename -- "$0")"

# Everything that is not a result goes to stderr.
say() { printf '%s: %s\n' "$self" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# java_home PROGRAM: the JDK or JRE in use, by $JAVA_HOME or else by where PROGRAM is found.
java_home() {
  local program
  if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/$1 ]]; then
    printf '%s\n' "$JAVA_HOME"
  elif program="$(command -v "$1")"; then
    program="$(readlink -f -- "$program")"
    dirname -- "$(dirname -- "$program")"
  else
    return 1
  fi
}

# java_release HOME KEY: one value of the file "release" that every JDK has (JAVA_VERSION, MODULES).
java_release() {
  [[ -r $1/release ]] || return 0
  sed -n "s/^$2=\"\\(.*\\)\"\$/\\1/p" "$1/release"
}

# java_major HOME: 17, 25, ... and 0 when it cannot be told.
java_major() {
  local version
  version="$(java_release "$1" JAVA_VERSION)"
  if [[ -z $version && -x $1/bin/java ]]; then
    version="$("$1/bin/java" -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')"
  fi
  version="${version#1.}"
  version="${version%%[!0-9]*}"
  printf '%s\n' "${version:-0}"
}

# may_install: whether packages can be installed here, as root or through a sudo that asks nothing.
may_install() {
  [[ ${LOGITCL_NO_INSTALL:-} != 1 ]] && command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
}

# apt LOG ARGUMENTS...: apt-get, with what it prints going to LOG.
apt() {
  local log="$1" as_root=()
  shift
  ((EUID == 0)) || as_root=(sudo -n)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q \
    -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 -o Acquire::http::Timeout=30 "$@" >>"$log" 2>&1 </dev/null
}
