# shellcheck shell=bash disable=SC2154 # root is common.sh's
#
# Sourced, after common.sh, by the scripts that need the command line tool's jar.

# fresh_jar DIR: the tool's jar in DIR, if it is newer than all that it is made of.
fresh_jar() {
  local jar
  for jar in "$1"/logitcl-*-cli.jar; do
    [[ -e $jar ]] || continue
    if [[ -z $(cd "$root" && find pom.xml src/main opencl-kernels -newer "$jar" -print -quit) ]]; then
      printf '%s\n' "$jar"
      return 0
    fi
  done
  return 1
}
find_jar() { fresh_jar "$root/target" || fresh_jar "$root/target/quick"; }

build_jar() {
  local jdk
  if ! command -v mvn >/dev/null || ! jdk="$(java_home javac)"; then
    die "building LogitCL needs a JDK 17 and Maven: apt-get install openjdk-17-jdk-headless maven."
  fi
  say "building the command line tool (the first time Maven downloads what it needs) ..."
  local started jar
  started="$(mktemp)"
  rm -f -- "$root"/target/quick/logitcl-*.jar
  # -Dquick: the jars in target/quick, without tests and checks.
  if ! JAVA_HOME="$jdk" mvn -f "$root/pom.xml" -B -q --no-transfer-progress -Dquick package \
    >"$started.log" 2>&1; then
    sed 's/\x1b\[[0-9;]*m//g' "$started.log" >&2
    rm -f -- "$started" "$started.log"
    die "the build failed; the reason is above."
  fi
  # As old as the start of the build: what was edited meanwhile counts as newer.
  for jar in "$root"/target/quick/logitcl-*-cli.jar; do
    touch -r "$started" -- "$jar"
  done
  rm -f -- "$started" "$started.log"
}

# find_or_build_jar: sets jar to the tool's jar; builds it first when needed, one build at a time.
find_or_build_jar() {
  if jar="$(find_jar)"; then
    return
  fi
  mkdir -p -- "$root/target"
  exec 9>"$root/target/quick.lock"
  ! command -v flock >/dev/null || flock 9
  jar="$(find_jar)" || {
    build_jar
    # Sources that were edited meanwhile make even this one stale; then it will do once.
    jar="$(find_jar)" || jar="$(compgen -G "$root/target/quick/logitcl-*-cli.jar" | head -n 1)"
  }
  exec 9>&-
}
