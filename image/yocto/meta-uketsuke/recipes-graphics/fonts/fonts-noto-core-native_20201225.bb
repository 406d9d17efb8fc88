# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Noto Sans, for Latin script on the screen"
DESCRIPTION = "Two weights of the family that covers most scripts."
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-noto-core/copyright;md5=35c8217bc931a1c510ad30567ac9615d"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-noto/fonts-noto-core_${PV}-1_all.deb;subdir=package"
SRC_URI[sha256sum] = "58f4f0bb6720f919f92096b3508e1412a0f1544424ade6c5b5bf1eb694dd64ba"

require debian-font.inc

inherit_defer native

UKETSUKE_FONT_FOLDER = "truetype/noto"
UKETSUKE_FONT_FILES = "NotoSans-Regular.ttf NotoSans-Bold.ttf"

CVE_PRODUCT = "noto_sans"
