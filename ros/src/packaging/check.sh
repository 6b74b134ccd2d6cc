#!/usr/bin/env bash
# Installs a package into a root of its own and uses it there: doctor with its self-test, a replay by a
# user who may write nothing, removal. A package of another processor runs under qemu-user; for a
# release both are checked. Needs root, and for another processor Debian's qemu-user-static.
# Usage: check.sh PACKAGES ARCHITECTURE BAG
#   PACKAGES the folder that build.sh wrote to; BAG a recording with images and depth
set -euo pipefail
packages=$(readlink -f -- "$1") arch=$2 bag=$(readlink -f -- "$3")
root=$(mktemp -d)
unset TMPDIR # in the root there is no such folder
trap 'rm -rf "$root"' EXIT

fail() {
  printf 'check: %s\n' "$1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "only root can install into a root of its own."
deb=$(ls "$packages"/tarsier_*_"$arch".deb) image=$(ls "$packages"/tarsier-*-"$arch".oci.tar)

# The kernel runs another processor's programs by qemu once it is told how (binfmt_misc), which lasts
# as long as this script.
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
  case $arch in
    arm64) emulator=qemu-aarch64 ;;
    amd64) emulator=qemu-x86_64 ;;
  esac
  formats=/proc/sys/fs/binfmt_misc
  [ -e "$formats/register" ] || mount -t binfmt_misc binfmt_misc "$formats" || fail "this kernel has no binfmt_misc to run $arch with."
  if [ ! -e "$formats/$emulator" ]; then
    [ -r "/usr/lib/binfmt.d/$emulator.conf" ] || fail "there is no $emulator (Debian: apt install qemu-user-static)."
    cat "/usr/lib/binfmt.d/$emulator.conf" >"$formats/register"
    trap 'echo -1 >"$formats/$emulator"; rm -rf "$root"' EXIT
  fi
fi

# The base of the container's image: what a package needs, and nothing that this machine has.
mkdir "$root/image" "$root/r"
tar -C "$root/image" -xf "$image"
tar -C "$root/r" -xzf "$root/image/$(sed 's/.*"Layers":\["\([^"]*\)".*/\1/' "$root/image/manifest.json")"
mkdir -p "$root/r/var/lib/dpkg/"{info,updates} "$root/r/report"
: >"$root/r/var/lib/dpkg/status"
chmod 777 "$root/r/report"
cp "$bag" "$root/r/drive.bag"

# In the root, with what Java needs of the system.
inside() {
  # shellcheck disable=SC2016
  unshare --mount bash -c 'mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" && mount --bind /sys "$0/sys" && exec "$@"' "$root/r" "$@"
}
nobody() {
  inside chroot --userspec=4242:4242 "$root/r" /usr/bin/env -i PATH=/usr/bin:/bin "$@"
}

echo "== install"
inside dpkg --root="$root/r" --force-depends --force-architecture -i "$deb" 2>/dev/null
# Emulated, the rehearsal that makes the class archive may take longer than it may.
[ -s "$root/r/var/cache/tarsier/classes.jsa" ] || [ "$arch" != "$(dpkg --print-architecture)" ] || fail "there is no class archive."
echo "== replay"
nobody /usr/bin/tarsier replay /drive.bag --out /report/drive --threads 1
[ -s "$root/r/report/drive/report.json" ] || fail "there is no report."
[ -z "$(find "$root/r" -xdev -uid 4242 ! -path "$root/r/report/*")" ] || fail "files were written outside of the report."
echo "== remove"
dpkg --root="$root/r" --purge tarsier
[ -z "$(find "$root/r" -xdev -name '*tarsier*' ! -path '*/var/lib/dpkg/*')" ] || fail "something was left."
echo "== all is well"
