# shellcheck shell=bash disable=SC2154 # root and self are common.sh's
#
# Sourced, after common.sh, by the scripts that run kernels on another implementation of OpenCL than the installed one.

# read_arguments ARGUMENTS...: sets scope, compiled and install.
read_arguments() {
  scope=all compiled=false install=false
  while (($# > 0)); do
    case "$1" in
      --install) install=true ;;
      --compiled) compiled=true ;;
      --scope)
        scope="${2:-}"
        is_scope "$scope" || { say "--scope is '$scope', expected all, quick or K/N"; exit 2; }
        shift
        ;;
      *) say "unknown argument '$1', expected --scope all, quick or K/N, --compiled or --install"; exit 2 ;;
    esac
    shift
  done
}

# use_driver LIBRARY: tells the loader of this driver and no other. Sets folder, which is deleted at the end.
use_driver() {
  folder="$(mktemp -d)"
  trap 'rm -rf -- "$folder"' EXIT
  mkdir -- "$folder/vendors"
  printf '%s\n' "$1" >"$folder/vendors/driver.icd"
  export OCL_ICD_VENDORS="$folder/vendors"
}

# run_kernels CLASS WHERE: runs a test class whose reports go into a folder of this script's name. Sets count.
run_kernels() {
  local report="target/surefire-reports-$self/TEST-dev.logitcl.opencl.$1.xml" goals=(surefire:test@default-test) skipped
  cd -- "$root"
  JAVA_HOME="$(java_home javac)" || die "LogitCL needs a JDK 17 or newer."
  export JAVA_HOME
  command -v mvn >/dev/null || die "LogitCL needs Maven 3.8 or newer: apt-get install maven."
  rm -f -- "$report"
  say "running kernels on $2 ..."
  [[ $compiled == true ]] || goals=(test-compile "${goals[@]}")
  # The name of the class does not end in Test, so a plain run leaves it out.
  mvn -B -q --no-transfer-progress "-Dtest=$1" "-Dtest.name=$self" "-Dtest.scope=$scope" -Dtest.forks=1 \
    -Dtest.jvm=-XX:TieredStopAtLevel=1 "${goals[@]}" \
    >"$folder/maven" 2>&1 || {
    # A report may have thousands of lines; the first ones tell.
    head -n 200 -- "$folder/maven" >&2
    die "FAILED, see above and $report."
  }
  count="$(sed -n 's/^<testsuite .* tests="\([0-9]*\)".*/\1/p' "$report" 2>/dev/null)" || count=0
  skipped="$(grep -c '<skipped' "$report" 2>/dev/null)" || skipped=0
  ((${count:-0} > 0)) || die "FAILED: nothing ran."
  ((${skipped:-0} == 0)) || die "FAILED: $skipped of $count tests were skipped."
}
