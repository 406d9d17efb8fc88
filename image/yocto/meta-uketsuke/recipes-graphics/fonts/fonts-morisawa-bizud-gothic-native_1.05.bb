# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "BIZ UDPGothic, for Japanese on the screen"
DESCRIPTION = "A universal-design typeface: easy to read at a counter, also for weak eyes."
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-morisawa-bizud-gothic/copyright;md5=8690bc2e5c6f868fe96c3396c456181b"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-morisawa-bizud-gothic/fonts-morisawa-bizud-gothic_${PV}-2_all.deb;subdir=package"
SRC_URI[sha256sum] = "a2caf06e0523cdf2e104de25881b44b34650a73c69e09374183eec06a4f61498"

require debian-font.inc

inherit_defer native

UKETSUKE_FONT_FOLDER = "truetype/bizud-gothic"
UKETSUKE_FONT_FILES = "BIZUDPGothic-Regular.ttf BIZUDPGothic-Bold.ttf"

CVE_PRODUCT = "morisawa-biz-ud-gothic"
