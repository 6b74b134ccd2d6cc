# Sourced by ./tarsier and launch/perception_node, in a checkout and in the installed product, with
# $home set: how Java is found, and the one set of flags that a robot's commands run with.
# shellcheck shell=bash

fail() {
  printf 'tarsier: %s\n' "$1" >&2
  exit "${2:-2}"
}

# In a POSIX locale Java cannot name a file that has an umlaut in its path. C.UTF-8 is in every glibc
# since 2.35 and in Debian's and Ubuntu's before.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
  '' | C | POSIX) export LC_ALL=C.UTF-8 ;;
esac

# Nothing leaves the robot that nobody asked for.
export DJL_OFFLINE=true OPT_OUT_TRACKING=true ORT_DISABLE_TELEMETRY=1
export OPENCV_LOG_LEVEL=${OPENCV_LOG_LEVEL:-SILENT}
# OpenBLAS comes with OpenCV, and each of its threads would hold memory that nothing uses.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

# Java and its libraries need some 60 open files; Java fails obscurely with fewer.
files=$(ulimit -n)
[ "$files" = unlimited ] || [ "$files" -ge 64 ] || fail "only $files open files are allowed, and 64 are needed. Raise the limit, such as by: ulimit -n 1024"

# And as many threads; the limit is of all that this user runs.
threads=$(ulimit -u)
[ "$threads" = unlimited ] || [ "$threads" -ge 128 ] || fail "only $threads processes and threads are allowed, and 128 are needed. Raise the limit, such as by: ulimit -u 1024"

# Java takes addresses that it never uses, and says obscurely that there are too few.
addresses=$(ulimit -v)
[ "$addresses" = unlimited ] || [ "$addresses" -ge 6000000 ] || fail "only $addresses KB of addresses are allowed, and 6000000 are needed. Raise the limit, such as by: ulimit -v unlimited"

# Sets java: the one that the product brings, or else JAVA_HOME's or the first on the PATH.
find_java() {
  if [ -e "$home/jre/bin/java" ]; then
    java=$home/jre/bin/java
    [ -x "$java" ] || fail "$java may not be run: unpack or install Tarsier's package again."
    local built
    built=$(cat "$home/jre/architecture")
    [ "$built" = "$(uname -m)" ] || fail "this copy is built for $built, and this machine is $(uname -m). Install the package for $(uname -m)."
    return
  fi
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  java=$(command -v "$java") || fail "no Java found. Install a JDK 17 or newer (Debian: apt install openjdk-17-jdk) or set JAVA_HOME."
  local release version=
  release=$(dirname -- "$(dirname -- "$(readlink -f -- "$java")")")/release
  if [ -r "$release" ]; then # asking Java itself takes longer
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release")
  fi
  [ -n "$version" ] || version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] || fail "Java 17 or newer is needed, $java is version ${version:-unknown}. Set JAVA_HOME to a newer one."
}

# An unpacked product of which a jar or a part of Java is missing or cut off says so, and not Java a
# minute later.
require_whole() {
  local name size names=() again="unpack or install Tarsier's package again."
  [ -d "$home/lib/native" ] || fail "$home/lib/native is missing: $again"
  [ -r "$home/lib/sizes" ] || return 0
  while read -r name _; do
    [ -r "$home/lib/$name" ] || fail "$home/lib/$name is missing or cannot be read: $again"
    names+=("$name")
  done <"$home/lib/sizes"
  [ "${#names[@]}" -gt 0 ] || fail "$home/lib/sizes is empty: $again"
  [ "$(cd "$home/lib" && stat -L -c '%n %s' -- "${names[@]}")" != "$(<"$home/lib/sizes")" ] || return 0
  while read -r name size; do
    [ "$(stat -L -c %s -- "$home/lib/$name")" = "$size" ] || fail "$home/lib/$name is not as long as it was: $again"
  done <"$home/lib/sizes"
}

# Sets CLASSPATH to the jars of the installed product, or to what the build of a module wrote down.
# In the environment and not as -cp: ONNX Runtime 1.29 crashes the process while it loads when the
# command line is longer than about 4 KB.
find_classes() {
  local module=$1 class_path="$home/$1/target/classpath.txt"
  if [ -d "$home/lib" ]; then
    require_whole
    local jars=("$home"/lib/*.jar) IFS=:
    CLASSPATH="${jars[*]}"
  else
    [ -f "$home/pom.xml" ] || fail "$home/lib is missing: unpack or install Tarsier's package again."
    [ -f "$class_path" ] || fail "not built: $class_path is missing. Build with: cd $home && mvn -B -DskipTests package -pl $module -am"
    # A class archive takes classes from jars only; in the middle of a build there is none yet.
    local jar own="$home/$module/target/classes"
    for jar in "$home/$module/target/tarsier-$module"-*[0-9T].jar; do
      [ "$jar" -ot "$own" ] || own=$jar
    done
    CLASSPATH="$own:$(cat "$class_path")"
    local last=${CLASSPATH##*:}
    [ -r "$last" ] || fail "$last cannot be read: this checkout was built by another user or in another place. Build it again with: cd $home && mvn -B -DskipTests package -pl $module -am; or install the package."
  fi
  # Tasks, balancers, architectures and data sets of one's own come along in TARSIER_CLASSPATH.
  export CLASSPATH="$CLASSPATH${TARSIER_CLASSPATH:+:$TARSIER_CLASSPATH}"
}

# Of the node: a small heap, since frames and tensors live outside of it, with a smaller place still
# for what is new, so that sweeping it takes 1 ms and not 2.5; no halt of all threads once a second,
# which newer Javas do not make either; and the optimising compiler for loops over pixels only, ten
# times later than usual, since nearly all work is done in native code and compiling would double the
# processor time of a start.
node_flags=(
  -Xms24m -Xmx384m -Xmn2m -XX:+UnlockDiagnosticVMOptions -XX:GuaranteedSafepointInterval=0
  -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000
  -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000
)

# Of all of a robot's commands: the collector with the least to it; an end rather than a half-dead
# process when memory is out; and no file of counters in /tmp, which kill -9 would leave.
robot_flags() {
  flags=(
    "-Dtarsier.home=$home" -Djava.awt.headless=true -XX:-UsePerfData
    -XX:+UseSerialGC -XX:MaxDirectMemorySize=1g -XX:+ExitOnOutOfMemoryError
    # A class archive that does not fit this Java is left alone, and nobody needs to know.
    -Xlog:disable -Xlog:all=warning:stderr -Xlog:cds=off:stderr -Xlog:cds+dynamic=off:stderr -Xlog:class+path=off:stderr
    ${TMPDIR:+"-Djava.io.tmpdir=$TMPDIR"}
  )
  [ ! -d "$home/lib/native" ] || flags+=("-Dtarsier.natives=$home/lib/native")
}

# Prints where the class archive lies, or is to lie: classes as Java keeps them in memory, which
# halves a start. The installed product has one folder for it; a checkout, and a copy that this user
# cannot write, have it in the user's cache, under a name that changes with the jars and with Java.
class_archive() {
  local made="$home/lib/classes.jsa" cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}} key
  if [ -s "$made" ]; then
    echo "$made"
  elif [ -n "$cache" ]; then
    key=$({ echo "$java $CLASSPATH" && IFS=: && stat -L -c '%s %Y' "$java" $CLASSPATH; } 2>&1 | cksum)
    echo "$cache/tarsier/classes/${key%% *}.jsa"
  fi
}

# Makes the class archive: notes what a rehearsed start loads, and writes that down as Java keeps it.
# $1: where to.
make_class_archive() {
  local to=$1 folder list part done=1
  folder=$(dirname "$to")
  mkdir -p "$folder" 2>/dev/null && list=$(mktemp "$to.XXXXXX" 2>/dev/null) || return 1
  part=$list.part
  if "$java" "${flags[@]}" "${node_flags[@]}" "-XX:DumpLoadedClassList=$list" dev.tarsier.ros.cli.Start rehearse &&
    "$java" "${flags[@]}" "${node_flags[@]}" -Xshare:dump "-XX:SharedClassListFile=$list" "-XX:SharedArchiveFile=$part" && [ -s "$part" ]; then
    # What was made for other jars or another Java goes after a while.
    find "$folder" -maxdepth 1 -name '*.jsa*' ! -path "$part" -mtime +30 -delete 2>/dev/null || true
    chmod a+r "$part" && mv -f "$part" "$to" && done=0
  fi >/dev/null 2>&1
  rm -f "$list" "$part"
  return $done
}

# Replaces this shell by a robot's command. The node makes its class archive beside its first start,
# at the lowest priority.
run_robot() {
  find_java
  find_classes ros
  robot_flags
  [ "${1:-}" != node ] || flags+=("${node_flags[@]}")
  if [ "${1:-}" = node ] && [ "${TARSIER_CLASS_ARCHIVE:-on}" = on ]; then
    local archive
    archive=$(class_archive)
    if [ -s "$archive" ]; then
      flags+=("-XX:SharedArchiveFile=$archive")
    elif [ -n "$archive" ]; then
      (nice -n 19 setsid bash -c "$(declare -f make_class_archive); java=\$1 to=\$2; shift 2; node_flags=() flags=(\"\$@\"); make_class_archive \"\$to\"" _ "$java" "$archive" "${flags[@]}" </dev/null >/dev/null 2>&1 &)
    fi
  fi
  # TARSIER_JAVA_OPTS is split on purpose: it holds several options.
  # shellcheck disable=SC2086
  exec "$java" "${flags[@]}" ${TARSIER_JAVA_OPTS:-} dev.tarsier.ros.cli.Start "$@"
}
