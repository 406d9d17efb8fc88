# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "PC/SC smart card daemon and library"
DESCRIPTION = "\
    Newer than the release's: since 2.4.0 the daemon runs under its own user with no capability. \
    Built without polkit; who may reach a card is decided by the units' sandboxes. \
"
HOMEPAGE = "https://pcsclite.apdu.fr/"
BUGTRACKER = "https://github.com/LudovicRousseau/PCSC/issues"
SECTION = "libs"
LICENSE = "BSD-3-Clause & GPL-3.0-or-later"
LICENSE:${PN} = "BSD-3-Clause"
LICENSE:${PN}-lib = "BSD-3-Clause"
LICENSE:${PN}-spy = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://COPYING;md5=9637dc508442c2f458df6444fca97e09"

DEPENDS = "flex-native systemd udev"

SRC_URI = "https://pcsclite.apdu.fr/files/${BP}.tar.xz"
SRC_URI[sha256sum] = "60a08942d8c00a1d86a3bf4c64eddbf7a5569c7c54f6904e3f07801bb5316acd"

inherit meson perlnative pkgconfig systemd useradd

EXTRA_OEMESON = "\
    -Dlibsystemd=true \
    -Dlibudev=true \
    -Dlibusb=false \
    -Dpolkit=false \
    -Dserial=false \
    -Dsystemdunit=system \
    -Dusbdropdir=${libdir}/pcsc/drivers \
"

do_install:append() {
    rm -rf ${D}${datadir}/metainfo ${D}${datadir}/doc
}

PACKAGES =+ "${PN}-lib ${PN}-spy"

# Units of our own start it (systemd/system/uketsuke-pcscd.socket).
SYSTEMD_SERVICE:${PN} = "pcscd.socket"
SYSTEMD_AUTO_ENABLE = "disable"
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --user-group --no-create-home --home-dir / --shell ${sbindir}/nologin pcscd"

FILES:${PN} += "\
    ${nonarch_libdir}/sysusers.d \
    ${systemd_system_unitdir} \
"
FILES:${PN}-lib += "${libdir}/libpcsclite.so.* ${libdir}/libpcsclite_real.so.*"
FILES:${PN}-spy += "${bindir}/pcsc-spy ${libdir}/libpcscspy.so.*"
RDEPENDS:${PN}-spy = "python3-core"
RRECOMMENDS:${PN} = "ccid"

CVE_PRODUCT = "pcsc-lite"
