# SPDX-License-Identifier: MIT OR Apache-2.0
# Who may call the updater is said by our own bus policy (package uketsuke-common); theirs lets anybody
# look. Nor does RAUC judge a slot by itself: uketsuke-update does, after the checks.
do_install:append:uketsuke-os() {
    rm -f ${D}${datadir}/dbus-1/system.d/de.pengutronix.rauc.conf
}
