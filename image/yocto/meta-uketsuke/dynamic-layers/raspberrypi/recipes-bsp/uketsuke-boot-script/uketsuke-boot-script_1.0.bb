# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "U-Boot script that picks the slot"
DESCRIPTION = "\
    Counts the tries of the A and B slots in U-Boot's environment, as RAUC's U-Boot back end \
    expects it, and starts the slot's unified kernel image. \
"
HOMEPAGE = "https://rauc.readthedocs.io/en/latest/integration.html#u-boot"
SECTION = "bootloaders"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "file://boot.cmd;beginline=1;endline=1;md5=02e7300e8df2c32a53ae1e8d6e9d768f"

DEPENDS = "u-boot-tools-native"
PROVIDES = "u-boot-default-script"

SRC_URI = "file://boot.cmd"

S = "${UNPACKDIR}"

inherit deploy nopackages

COMPATIBLE_MACHINE = "uketsuke-raspberrypi4-64"
INHIBIT_DEFAULT_DEPS = "1"

do_configure[noexec] = "1"
do_compile() {
    mkimage -A arm64 -T script -C none -n "Uketsuke OS slots" -d ${S}/boot.cmd ${B}/boot.scr
}
do_install[noexec] = "1"

do_deploy() {
    install -D -m 0644 ${B}/boot.scr ${DEPLOYDIR}/boot.scr
}
addtask deploy after do_compile before do_build
