#!/usr/bin/env bash
# Makes what a robot installs, for each architecture: a folder, a .deb, a .tar.gz and an OCI image.
# Run by: mvn -B package -Ppackages. Needs Debian's apt-get and dpkg-deb, and network for Debian's
# packages: the Java runtime comes from them, for both architectures.
# Usage: build.sh HOME VERSION OUT DATE ARCHITECTURE...
#   HOME the checkout, built; OUT where to, with all that module ros needs in OUT/jars; DATE that
#   files are dated with: the same inputs give the same packages.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
home=$1 version=$2 out=$3 date=$4 jars=$3/jars
shift 4
seconds=$(date -u -d "$date" +%s)
export SOURCE_DATE_EPOCH=$seconds
umask 022

fail() {
  printf 'packages: %s\n' "$1" >&2
  exit 1
}

for tool in apt-get dpkg-deb jar jlink; do
  command -v "$tool" >/dev/null || fail "there is no $tool; packages are made on Debian with a JDK 17."
done

# Java's modules that the robot's commands use (jdeps names them), and elliptic curves for TLS.
modules=java.base,java.desktop,java.logging,java.management,java.naming,java.xml,jdk.crypto.ec,jdk.management,jdk.net,jdk.unsupported
# What of them is a desktop's: windows, fonts, sound.
desktop='libawt_xawt libjawt libsplashscreen libjsound libfontmanager'
# What a container of the robot's commands needs beside them, and nothing else.
base_packages='base-files bash coreutils libc-bin findutils sed libacl1 libattr1 libgmp10 libpcre2-8-0 libselinux1 libtinfo6 libc6 libgcc-s1 libstdc++6 gcc-12-base zlib1g netbase tzdata'

# Debian's packages of an architecture, without touching this machine's own. $1: the architecture.
fetch() {
  local arch=$1 state=$out/debian/$1
  shift
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  {
    printf 'APT::Architecture "%s";\nAPT::Architectures {"%s";};\n' "$arch" "$arch"
    printf 'Dir::State "%s";\nDir::State::status "%s/status";\nDir::Cache "%s/cache";\n' "$state" "$state" "$state"
  } >"$state/apt.conf"
  APT_CONFIG=$state/apt.conf apt-get -qq update
  (cd "$state/cache/archives" && APT_CONFIG=$state/apt.conf apt-get -qq -o APT::Sandbox::User=root download "$@")
}

# A jar as it is, less what the patterns name: natives. Dated, in order of names.
repack() {
  local from=$1 to=$2 work
  shift 2
  work=$(mktemp -d)
  (
    cd "$work"
    jar xf "$from"
    # shellcheck disable=SC2048,SC2086
    rm -rf $*
    local manifest=()
    if [ -f META-INF/MANIFEST.MF ]; then
      mv META-INF/MANIFEST.MF "$work.mf"
      manifest=(--manifest "$work.mf")
    fi
    find . -type f -printf '%P\n' | LC_ALL=C sort | sed 's/.*/"&"/' >"$work.list"
    jar --create --file "$to" --date="$date" "${manifest[@]}" "@$work.list"
  )
  rm -rf "$work" "$work.mf" "$work.list"
}

# The libraries of an architecture, side by side. $1: the folder; $2 ORT's, $3 bytedeco's, $4 JNA's,
# $5 LZ4's name of it.
natives() {
  local to=$1 work
  work=$(mktemp -d)
  (
    cd "$work"
    jar xf "$jars"/onnxruntime-*.jar "ai/onnxruntime/native/linux-$2"
    jar xf "$jars"/opencv-*-linux-"$3".jar "org/bytedeco/opencv/linux-$3"
    jar xf "$jars"/openblas-*-linux-"$3".jar "org/bytedeco/openblas/linux-$3"
    jar xf "$jars"/javacpp-*-linux-"$3".jar "org/bytedeco/javacpp/linux-$3"
    jar xf "$jars"/jna-*.jar "com/sun/jna/linux-$4"
    jar xf "$jars"/lz4-java-*.jar "net/jpountz/util/linux/$5"
    find . -type f \( -name 'libonnxruntime*.so' -o -name 'libjnidispatch.so' -o -name 'liblz4-java.so' \
      -o -name 'libquadmath.so.*' -o -name 'libgfortran.so.*' -o -name 'libopenblas.so.*' -o -name 'libjnijavacpp.so' \
      -o -name 'libopencv_core.so.*' -o -name 'libopencv_imgproc.so.*' -o -name 'libopencv_imgcodecs.so.*' \
      -o -name 'libjniopencv_core.so' -o -name 'libjniopencv_imgproc.so' -o -name 'libjniopencv_imgcodecs.so' \) \
      -exec install -m 644 -t "$to" {} +
  )
  rm -rf "$work"
}

# Java's runtime. $1: the folder; $2: the architecture; $3: what uname -m says there.
runtime() {
  local to=$1 jdk=$out/debian/$2/jdk archives=$out/debian/$2/cache/archives
  rm -rf "$jdk"
  mkdir -p "$jdk"
  local each
  for each in openjdk-17-jdk-headless openjdk-17-jre-headless libjpeg62-turbo liblcms2-2; do
    dpkg-deb -x "$archives/$each"_*.deb "$jdk"
  done
  jlink --module-path "$jdk"/usr/lib/jvm/java-17-openjdk-*/jmods --add-modules "$modules" \
    --strip-java-debug-attributes --no-man-pages --no-header-files --output "$to"
  for each in $desktop; do
    rm "$to/lib/$each.so"
  done
  # Debian's Java takes these two from the system, where other distributions have other versions.
  cp -L "$jdk"/usr/lib/*/libjpeg.so.62 "$jdk"/usr/lib/*/liblcms2.so.2 "$to/lib/"
  printf '%s\n' "$3" >"$to/architecture"
}

# The product as it lies anywhere. $1: the folder; $2: the architecture.
product() {
  local to=$1 ort bytedeco jna lz4 machine jar name
  case $2 in
    amd64) ort=x64 bytedeco=x86_64 jna=x86-64 lz4=amd64 machine=x86_64 ;;
    arm64) ort=aarch64 bytedeco=arm64 jna=aarch64 lz4=aarch64 machine=aarch64 ;;
    *) fail "there are no natives for $2, only for amd64 and arm64." ;;
  esac
  mkdir -p "$to"/{lib/native,models,launch}
  for jar in "$jars"/*.jar "$home/ros/target/tarsier-ros-$version.jar"; do
    name=$(basename "$jar")
    case $name in
      *-linux-x86_64.jar | *-linux-arm64.jar) ;;
      onnxruntime-*) repack "$jar" "$to/lib/$name" ai/onnxruntime/native ;;
      lz4-java-*) repack "$jar" "$to/lib/$name" 'net/jpountz/util/*/' ;;
      jna-*) repack "$jar" "$to/lib/$name" 'com/sun/jna/*-*/' ;;
      *) install -m 644 -t "$to/lib" "$jar" ;;
    esac
  done
  natives "$to/lib/native" "$ort" "$bytedeco" "$jna" "$lz4"
  runtime "$to/jre" "$2" "$machine"
  # By which a start knows that all are whole.
  (cd "$to/lib" && stat -c '%n %s' -- *.jar ../jre/bin/java ../jre/lib/modules ../jre/lib/libj*.so ../jre/lib/server/libjvm.so >sizes)
  cp -R "$home"/models/* "$to/models/"
  rm -f "$to"/models/*/weights.safetensors # for trainings, which no robot does
  cp -R "$home/launch/tarsier" "$to/launch/"
  install -m 755 "$home/tarsier" "$to/tarsier"
  install -m 755 "$home/launch/perception_node" "$to/launch/perception_node"
  install -m 644 "$home/launch/start.sh" "$to/launch/start.sh"
  install -m 644 "$home/LICENSE" "$home/CHANGELOG.md" "$to/"
  cp -R "$home/docs" "$to/docs" # messages name its pages
  install -m 644 "$here/README.installed.md" "$to/README.md"
  (cd "$to" && links_that_lead_somewhere README.md CHANGELOG.md $(find docs -name '*.md'))
  printf '%s\n' "$version" >"$to/VERSION"
  dated "$to"
}

# Links to what no package has, such as sources, become words. The rest: pages.
links_that_lead_somewhere() {
  local page
  for page; do
    perl -CSD -pi -e '
      BEGIN { ($folder) = $ARGV[0] =~ m{^(.*/)?[^/]*$}; $folder //= ""; }
      s{(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)}{-e "$folder$2" ? $& : $1}ge' "$page"
  done
}

dated() {
  chmod -R u+rwX,go+rX,go-w "$1"
  find "$1" -exec touch -h -d "@$seconds" {} +
}

packed() { # $1: the file; $2: the folder in which; the rest: what
  local file=$1 in=$2
  shift 2
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$seconds" --format=gnu -C "$in" -c "$@" | gzip -n -6 >"$file"
}

debian_package() { # $1: the product's folder; $2: the architecture
  local version=${version/-/\~} # a snapshot is older than its release
  local root=$out/deb-$2 file=$out/tarsier_${version}_$2.deb
  rm -rf "$root"
  mkdir -p "$root"/{DEBIAN,usr/bin,usr/lib/systemd/system,usr/share/tarsier,usr/share/doc/tarsier,etc/tarsier,etc/default,var/cache/tarsier}
  cp -a "$1" "$root/usr/lib/tarsier"
  mv "$root/usr/lib/tarsier/launch/tarsier/config/perception.yaml" "$root/etc/tarsier/perception.yaml"
  mv "$root/usr/lib/tarsier/launch/tarsier/"{package.xml,launch} "$root/usr/share/tarsier/"
  rm -r "$root/usr/lib/tarsier/launch/tarsier"
  mkdir "$root/usr/share/tarsier/config"
  # Relative, so that a root of its own below another one works too.
  ln -s ../../../../etc/tarsier/perception.yaml "$root/usr/share/tarsier/config/perception.yaml"
  ln -s ../../lib/tarsier/launch/perception_node "$root/usr/share/tarsier/perception_node"
  ln -s ../lib/tarsier/tarsier "$root/usr/bin/tarsier"
  ln -s ../../../../var/cache/tarsier/classes.jsa "$root/usr/lib/tarsier/lib/classes.jsa"
  rm "$root/usr/lib/tarsier/LICENSE" "$root/usr/lib/tarsier/CHANGELOG.md"
  install -m 644 "$here/tarsier.service" "$root/usr/lib/systemd/system/tarsier.service"
  install -m 644 "$here/default" "$root/etc/default/tarsier"
  install -m 644 "$here/copyright" "$root/usr/share/doc/tarsier/copyright"
  ln -s ../../../lib/tarsier/docs "$root/usr/share/doc/tarsier/docs"
  gzip -n -9 <"$home/CHANGELOG.md" >"$root/usr/share/doc/tarsier/changelog.gz"
  install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN/"
  printf '/etc/tarsier/perception.yaml\n/etc/default/tarsier\n' >"$root/DEBIAN/conffiles"
  (cd "$root" && find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$2/; s/@KILOBYTES@/$(du -sk --apparent-size "$root" | cut -f 1)/" \
    "$here/control.in" >"$root/DEBIAN/control"
  dated "$root"
  dpkg-deb --root-owner-group -Zgzip -z6 --build "$root" "$file" >/dev/null
  rm -rf "$root"
}

# An OCI image layout in a tar, which also has the manifest that docker load reads.
image() { # $1: the product's folder; $2: the architecture
  local work=$out/image-$2 file=$out/tarsier-$version-$2.oci.tar blobs root each
  rm -rf "$work"
  blobs=$work/layout/blobs/sha256
  root=$work/base
  mkdir -p "$blobs" "$root" "$work/product/opt"
  for each in $base_packages; do
    dpkg-deb -x "$out/debian/$2/cache/archives/$each"_*.deb "$root"
  done
  rm -rf "$root"/usr/share/{doc,man,locale,info,bash-completion,lintian}
  # What base-files' own script would have done.
  mkdir -p "$root"/{proc,sys,dev,run,tmp,var/tmp,root}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  printf 'root:x:0:0:root:/root:/bin/bash\ntarsier:x:999:999::/nonexistent:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\ntarsier:x:999:\n' >"$root/etc/group"
  ln -sf bash "$root/bin/sh"
  cp -a "$1" "$work/product/opt/tarsier"
  local ids=() layers=() names=()
  for each in base product; do
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$seconds" --format=gnu -C "$work/$each" -c . >"$work/$each.tar"
    ids+=("\"sha256:$(sha256sum "$work/$each.tar" | cut -d ' ' -f 1)\"")
    gzip -n -6 "$work/$each.tar"
    layers+=("$(descriptor application/vnd.oci.image.layer.v1.tar+gzip "$work/$each.tar.gz" "$blobs")")
    names+=("\"blobs/sha256/$(sha256sum "$work/$each.tar.gz" | cut -d ' ' -f 1)\"")
  done
  local IFS=,
  cat >"$work/config.json" <<JSON
{"architecture":"$2","os":"linux","created":"$date","config":{"User":"999:999","Env":["PATH=/opt/tarsier:/usr/bin:/bin","LANG=C.UTF-8"],"Entrypoint":["/opt/tarsier/tarsier"],"Cmd":["node"],"WorkingDir":"/tmp","Labels":{"org.opencontainers.image.title":"tarsier","org.opencontainers.image.version":"$version","org.opencontainers.image.licenses":"Apache-2.0"}},"rootfs":{"type":"layers","diff_ids":[${ids[*]}]},"history":[{"created":"$date","created_by":"Debian 12: $base_packages"},{"created":"$date","created_by":"Tarsier $version"}]}
JSON
  local config
  config=$(descriptor application/vnd.oci.image.config.v1+json "$work/config.json" "$blobs")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}\n' "$config" "${layers[*]}" >"$work/manifest.json"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}\n' \
    "$(descriptor application/vnd.oci.image.manifest.v1+json "$work/manifest.json" "$blobs" ",\"platform\":{\"architecture\":\"$2\",\"os\":\"linux\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"$version\"}")" >"$work/layout/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}\n' >"$work/layout/oci-layout"
  printf '[{"Config":"blobs/sha256/%s","RepoTags":["tarsier:%s"],"Layers":[%s]}]\n' \
    "$(sha256sum "$work/config.json" | cut -d ' ' -f 1)" "$(printf %s "$version" | tr 'A-Z+~' 'a-z--')" "${names[*]}" >"$work/layout/manifest.json"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$seconds" --format=gnu -C "$work/layout" -cf "$file" .
  rm -rf "$work"
}

# Copies a file to the blobs and prints its descriptor. $4: further members.
descriptor() {
  local sum
  sum=$(sha256sum "$2" | cut -d ' ' -f 1)
  cp "$2" "$3/$sum"
  printf '{"mediaType":"%s","digest":"sha256:%s","size":%s%s}' "$1" "$sum" "$(stat -c %s "$2")" "${4:-}"
}

mkdir -p "$out"
for arch in "$@"; do
  # shellcheck disable=SC2086
  fetch "$arch" openjdk-17-jdk-headless openjdk-17-jre-headless libjpeg62-turbo liblcms2-2 $base_packages
  name=tarsier-$version-linux-$arch
  rm -rf "${out:?}/$name"
  product "$out/$name" "$arch"
  packed "$out/$name.tar.gz" "$out" "$name"
  debian_package "$out/$name" "$arch"
  image "$out/$name" "$arch"
  rm -rf "$out/debian/$arch/jdk"
done
(cd "$out" && sha256sum tarsier_*.deb tarsier-*.tar.gz tarsier-*.oci.tar >SHA256SUMS)
