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

# second_jdks: the JDKs to test with beside the one in JAVA_HOME: those named, or else the newest one installed from 25 on.
second_jdks() {
  local home best="" best_major=24
  if [[ -n ${LOGITCL_JDKS+set} ]]; then
    tr ':' '\n' <<<"$LOGITCL_JDKS" | sed '/^$/d'
    return
  fi
  (($(java_major "$JAVA_HOME") < 25)) || return 0
  for home in /usr/lib/jvm/*; do
    [[ -x $home/bin/javac ]] || continue
    if (($(java_major "$home") > best_major)); then
      best="$home"
      best_major="$(java_major "$home")"
    fi
  done
  [[ -z $best ]] || printf '%s\n' "$best"
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

# install_packages PACKAGE..: Debian packages, where that is allowed; whoever needs them looks whether they are there then.
install_packages() {
  local log
  may_install || return 0
  say "installing $* ..."
  log="$(mktemp)"
  # The package lists may be missing or old: only then are they fetched.
  apt "$log" install --no-install-recommends "$@" ||
    { apt "$log" update && apt "$log" install --no-install-recommends "$@"; } || true
  rm -f -- "$log"
}

# is_scope SCOPE: whether it says how much the tests cover: all, quick or K/N.
is_scope() { [[ $1 =~ ^(all|quick|[0-9]+/[1-9][0-9]*)$ ]]; }

# library_dirs: the folders in which the dynamic linker looks for libraries, one a line.
library_dirs() {
  tr ':' '\n' <<<"${LD_LIBRARY_PATH:-}"
  { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true; } |
    sed -n 's|.* => \(/.*\)/[^/]*$|\1|p' | sort -u
}

# have_library NAME: a path that exists, or a name that the dynamic linker finds.
have_library() {
  local dir
  if [[ $1 == /* ]]; then
    [[ -e $1 ]]
    return
  fi
  while read -r dir; do
    [[ -z $dir || ! -e $dir/$1 ]] || return 0
  done < <(library_dirs)
  return 1
}

# registered_drivers FOLDER: the OpenCL libraries that its .icd files name, one a line; not those that
# are missing, for an .icd file outlives a driver that was removed.
registered_drivers() {
  local icd library
  for icd in "$1"/*.icd; do
    [[ -r $icd ]] || continue
    read -r library <"$icd" || true
    if [[ -n $library ]] && have_library "$library"; then
      printf '%s\n' "$library"
    fi
  done
}

# knows_ascii_alone: whether the locale's character set is ASCII, as in the C locale of cron, systemd and containers,
# and where the locale that is asked for is not installed.
knows_ascii_alone() {
  local charset
  if charset="$(locale charmap 2>/dev/null)"; then
    [[ -z $charset || $charset == ANSI_X3.4-1968 || $charset == US-ASCII ]]
  else # no program "locale": its name has to do
    [[ ${LC_ALL:-${LC_CTYPE:-${LANG:-C}}} =~ ^(C|POSIX)$ ]]
  fi
}

# What the JVM, its libraries and the tool's classes take: with half of it Java ends while it starts.
least_heap=$((16 << 20))

# max_heap OPTION..: the bytes of heap that the last of these JVM options gives Java; the most there is without such an option,
# and for a size that is none, of which Java tells.
max_heap() {
  local option size="" bytes=0
  for option in "$@"; do
    case "$option" in
      -Xmx*) size="${option#-Xmx}" ;;
      -XX:MaxHeapSize=*) size="${option#*=}" ;;
    esac
  done
  if [[ $size =~ ^([0-9]{1,12})([kKmMgGtT]?)$ ]]; then
    bytes=$((10#${BASH_REMATCH[1]}))
    case "${BASH_REMATCH[2]}" in
      [kK]) ((bytes <<= 10)) || true ;;
      [mM]) ((bytes <<= 20)) || true ;;
      [gG]) ((bytes <<= 30)) || true ;;
      [tT]) ((bytes <<= 40)) || true ;;
    esac
  fi
  printf '%d\n' "$((bytes > 0 ? bytes : 1 << 62))"
}

# run_tool HOME JAR ARGUMENTS: runs the command line tool and returns its exit code. The JVM's code is
# first_code more: a driver that calls exit(0) while it is loaded has not done what was asked for.
# JAVA_OPTS and the array java_options may hold more options for the JVM.
run_tool() {
  local jre="$1" jar="$2" modules vector=false code=0 first_code=100
  shift 2

  # shellcheck disable=SC2086 # split on purpose: several options in one variable
  if (($(max_heap ${JAVA_OPTS:-}) < least_heap)); then
    say "JAVA_OPTS gives Java too small a heap to start in: found '$JAVA_OPTS', expected -Xmx$((least_heap >> 20))m or more, or none."
    return 2
  fi
  # A file may be as large as the memory; few short-lived objects are made, so 32 MiB do for them
  # (G1 would let a run's peak grow by several 100 MiB). A heap that is smaller than that has fewer, and
  # nobody needs to be told. What else the JVM itself warns of belongs to stderr.
  local options=("-Dlogitcl.exit.first=$first_code" -XX:MaxRAMPercentage=75 -Xlog:disable -Xlog:all=warning:stderr
    -Xlog:gc+ergo=error:stderr ${java_options[@]+"${java_options[@]}"})
  [[ ${JAVA_OPTS:-} == *-XX:+Use*GC* ]] || options+=(-XX:+UseParallelGC -XX:MaxNewSize=32m)
  # The Vector API makes the CPU path faster. A runtime made with jlink may lack it.
  modules="$(java_release "$jre" MODULES)"
  if [[ -z $modules || " $modules " == *" jdk.incubator.vector "* ]]; then
    options+=(--add-modules jdk.incubator.vector)
    vector=true
  fi
  # JOCL loads a native library; Java 24 and newer warn about that unless it is allowed.
  if (($(java_major "$jre") >= 24)); then
    options+=(--enable-native-access=ALL-UNNAMED)
  fi
  # The filter below hides the terminal from the progress bars.
  if [[ -t 2 ]]; then
    options+=(-Dlogitcl.terminal=true)
  fi
  # Java cannot name a file outside ASCII where the locale knows ASCII alone. Where there is no locale
  # C.UTF-8, the JVM starts in the C locale all the same.
  local java=("$jre/bin/java")
  if knows_ascii_alone; then
    java=(env LC_ALL=C.UTF-8 "$jre/bin/java")
  fi
  # Split on purpose: several options in one variable.
  # shellcheck disable=SC2206
  options+=(${JAVA_OPTS:-})

  # A signal for this script alone goes on to Java, whose end is waited for. Java runs in the background, or
  # nothing would be done about a signal until it ended; bash lets what runs there ignore INT unless told not to.
  local process="" signal="" filter=""
  trap 'signal=HUP; pass_on "$signal" "$process"' HUP
  trap 'signal=INT; pass_on "$signal" "$process"' INT
  trap 'signal=TERM; pass_on "$signal" "$process"' TERM
  # First of all the number is taken: where few are allowed, bash might use it for the filter's pipe.
  exec 4>&2
  if [[ $vector == true ]]; then
    exec 4> >(drop_incubator_warning >&2)
    filter=$!
  fi
  (
    trap - HUP INT QUIT TERM
    exec "${java[@]}" "${options[@]}" -jar "$jar" "$@" 2>&4 4>&-
  ) <&0 &
  process=$!
  exec 4>&-
  pass_on "$signal" "$process"
  while
    signal="" code=0
    wait "$process" || code=$?
    [[ -n $signal ]]
  do :; done
  [[ -z $filter ]] || wait "$filter" 2>/dev/null || true
  trap - HUP INT TERM

  if ((code >= first_code && code < first_code + 10)); then
    return $((code - first_code))
  fi
  case "$code" in
    129 | 130 | 137 | 143) ;; # somebody has ended it: HUP, INT, KILL, TERM
    *)
      say "the tool did not come to its end (exit code $code): Java did not start, or an OpenCL driver ended" \
        "the process; '$self doctor' tries each driver."
      ;;
  esac
  return $((code > 0 ? code : 1))
}

# pass_on SIGNAL PROCESS: sends it, where there are both.
pass_on() { [[ -z $1 || -z $2 ]] || kill -s "$1" "$2" 2>/dev/null || true; }

# The JVM's first line says that the Vector API is an incubating module, and no flag silences it.
drop_incubator_warning() {
  local line=""
  trap '' HUP INT TERM # it ends with the JVM, whose last words it passes on
  if IFS= read -r line; then
    [[ $line == "WARNING: Using incubator modules:"* ]] || printf '%s\n' "$line"
  else
    printf '%s' "$line"
  fi
  exec cat
}
