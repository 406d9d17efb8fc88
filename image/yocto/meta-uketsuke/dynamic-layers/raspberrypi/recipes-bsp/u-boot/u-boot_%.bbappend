# SPDX-License-Identifier: MIT OR Apache-2.0
FILESEXTRAPATHS:prepend:uketsuke-raspberrypi4-64 := "${THISDIR}/files:"

SRC_URI:append:uketsuke-raspberrypi4-64 = " file://uketsuke.cfg"
