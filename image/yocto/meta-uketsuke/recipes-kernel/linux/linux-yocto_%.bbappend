# SPDX-License-Identifier: MIT OR Apache-2.0
FILESEXTRAPATHS:prepend:uketsuke-qemux86-64 := "${THISDIR}/files:"

SRC_URI:append:uketsuke-qemux86-64 = " \
    file://uketsuke.cfg \
    file://uketsuke-qemu.cfg \
"
