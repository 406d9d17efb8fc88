# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Daemons and command line of Uketsuke OS"
DESCRIPTION = "\
    Runs a face-authentication card reader. One package per daemon, built together from one lock \
    file and laid out by the repository's own install step. \
"
SECTION = "base"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "\
    file://LICENSE-APACHE;md5=1836efb2eb779966696f473ee8540542 \
    file://LICENSE-MIT;md5=3672ae6da636a1d51a37e0a5abaf9b87 \
"

DEPENDS = "\
    fonts-morisawa-bizud-gothic-native \
    fonts-noto-cjk-native \
    fonts-noto-core-native \
    gstreamer1.0 \
    pcsc-lite \
    python3-fonttools-native \
    udev \
"

require uketsuke-crates.inc
require uketsuke-packages.inc

# The layer's own commit is the source's commit: what was reviewed together is built together.
SRC_URI += "git://${UKETSUKE_REPOSITORY};protocol=file;nobranch=1"
SRCREV = "${@oe.buildcfg.get_metadata_git_revision(d.getVar('UKETSUKE_REPOSITORY'))}"

inherit cargo cargo-update-recipe-crates pkgconfig python3native useradd

COMPATIBLE_HOST = "(x86_64|aarch64).*-linux"

CARGO_BUILD_FLAGS += "--bins ${@' '.join('--package ' + p for p in uketsuke_cargo_packages(d))}"

# Symbols go to the package for debugging; elsewhere cargo itself strips.
export CARGO_PROFILE_RELEASE_STRIP = "none"

# The screen's build script cuts the fonts down to what can appear.
export UKETSUKE_FONTS = "${STAGING_DATADIR_NATIVE}/fonts"
export UKETSUKE_PYFTSUBSET = "${STAGING_BINDIR_NATIVE}/pyftsubset"

# Back end of RAUC on this machine, and what its bundles must be made for.
UKETSUKE_RAUC_BOOTLOADER ?= "efi"
UKETSUKE_COMPATIBLE ?= "${MACHINE}"
# The CA that may sign updates: a file of the maker's, never of this repository.
UKETSUKE_KEYRING ?= ""
# What the voice says: the folder target/voice of `make recordings`, made on a Debian machine. The
# synthesisers are no part of a Yocto build.
UKETSUKE_RECORDINGS ?= ""
# LiteRT's library for this machine: target/litert or target/litert-arm64 of `packages/install-litert`.
UKETSUKE_LITERT ?= ""
# Signed model bundles, a folder as `make models-bundle` makes, and the public key of who signed them;
# without, a reader has no models.
UKETSUKE_MODELS ?= ""
UKETSUKE_MODEL_KEY ?= ""

do_install() {
    [ -n "${UKETSUKE_RECORDINGS}" ] || bbfatal "UKETSUKE_RECORDINGS is not set: the folder that make recordings has made"
    [ -n "${UKETSUKE_LITERT}" ] || bbfatal "UKETSUKE_LITERT is not set: the folder that packages/install-litert has made"
    oe_runmake -C ${S} install DESTDIR=${D} PROGRAMS=${B}/target/${CARGO_TARGET_SUBDIR} RECORDINGS=${UKETSUKE_RECORDINGS} \
        LITERT=${UKETSUKE_LITERT}
    [ -z "${UKETSUKE_MODELS}" ] || oe_runmake -C ${S} install-models DESTDIR=${D} MODELS=${UKETSUKE_MODELS} \
        MODEL_KEY=${UKETSUKE_MODEL_KEY}
    # The initrd has its own copy of the slot finder; uketsuke-initramfs lays it where it belongs.
    oe_runmake -C ${S} install-initrd DESTDIR=${D}${nonarch_libdir}/uketsuke/initrd \
        PROGRAMS=${B}/target/${CARGO_TARGET_SUBDIR}
    sed -i -e 's/^bootloader=.*/bootloader=${UKETSUKE_RAUC_BOOTLOADER}/' \
        -e 's/^compatible=.*/compatible=${UKETSUKE_COMPATIBLE}/' ${D}${sysconfdir}/rauc/system.conf
    [ -n "${UKETSUKE_KEYRING}" ] || bbfatal "UKETSUKE_KEYRING is not set: the file with the CA that may sign updates"
    install -m 0644 ${UKETSUKE_KEYRING} ${D}${sysconfdir}/rauc/keyring.pem
}
do_install[file-checksums] += "${@d.getVar('UKETSUKE_KEYRING') + ':True' if d.getVar('UKETSUKE_KEYRING') else ''}"
do_install[file-checksums] += "${@d.getVar('UKETSUKE_RECORDINGS') + '/stamp:True' if d.getVar('UKETSUKE_RECORDINGS') else ''}"
do_install[file-checksums] += "${@d.getVar('UKETSUKE_LITERT') + '/libLiteRt.so:True' if d.getVar('UKETSUKE_LITERT') else ''}"
do_install[file-checksums] += "${@d.getVar('UKETSUKE_MODEL_KEY') + ':True' if d.getVar('UKETSUKE_MODEL_KEY') else ''}"
do_install[file-checksums] += "${@d.getVar('UKETSUKE_MODELS') + ':True' if d.getVar('UKETSUKE_MODELS') else ''}"
# One machine differs from another in the lines above.
PACKAGE_ARCH = "${MACHINE_ARCH}"
