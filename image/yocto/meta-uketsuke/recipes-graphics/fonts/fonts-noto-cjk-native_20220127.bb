# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Noto Sans CJK, for Chinese and Korean on the screen"
DESCRIPTION = "Two weights; the collection holds the Han shapes of each language."
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-noto-cjk/copyright;md5=c3187e1fb9101ede7d992a930463cc48"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-noto-cjk/fonts-noto-cjk_${PV}+repack1-1_all.deb;subdir=package"
SRC_URI[sha256sum] = "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502"

require debian-font.inc

inherit_defer native

UKETSUKE_FONT_FOLDER = "opentype/noto"
UKETSUKE_FONT_FILES = "NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc"

CVE_PRODUCT = "noto_sans_cjk"
