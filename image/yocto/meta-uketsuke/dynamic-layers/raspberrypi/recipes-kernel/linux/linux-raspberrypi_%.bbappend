# SPDX-License-Identifier: MIT OR Apache-2.0
FILESEXTRAPATHS:prepend:uketsuke-raspberrypi4-64 := "${UKETSUKE_REPOSITORY}/image/yocto/meta-uketsuke/recipes-kernel/linux/files:"

SRC_URI:append:uketsuke-raspberrypi4-64 = " file://uketsuke.cfg"
