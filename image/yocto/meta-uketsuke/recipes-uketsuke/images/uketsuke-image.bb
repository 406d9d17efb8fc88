# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Root file system of a reader"
DESCRIPTION = "\
    Read-only EROFS with its dm-verity hash tree. The release carries no shell, no interpreter \
    and no login: after installation every program that image/programs does not list is removed. \
"
SECTION = "images"
LICENSE = "MIT | Apache-2.0"

inherit image uketsuke_verity

# Nothing of the package manager is left, and what wanted to run on first boot must have run here.
IMAGE_FSTYPES = "erofs-lz4hc erofs-lz4hc.verity"
IMAGE_FEATURES = "read-only-rootfs"
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"

IMAGE_INSTALL = "\
    base-files \
    base-passwd \
    ccid \
    dbus-broker \
    e2fsprogs-e2fsck \
    e2fsprogs-mke2fs \
    e2fsprogs-resize2fs \
    kernel-modules \
    kmod \
    os-release \
    netbase \
    pcsc-lite \
    rauc \
    rauc-service \
    systemd \
    systemd-analyze \
    systemd-crypt \
    systemd-extra-utils \
    systemd-networkd \
    tzdata-core \
    udev \
    uketsuke \
    uketsuke-common \
    ${RAUC_BOOTLOADER_RDEPENDS} \
"

# Cluster size as on the reference image: small enough for adaptive updates, big enough to compress.
# nooelint: oelint.vars.specific - the name after the colon is an image type
EXTRA_IMAGECMD:erofs-lz4hc = "-C16384 --all-time -T ${REPRODUCIBLE_TIMESTAMP_ROOTFS}"

ROOTFS_POSTPROCESS_COMMAND += "uketsuke_mount_points uketsuke_listed_programs_only"

# Where the data partition and the bind mounts below it come, on a root that cannot be written.
uketsuke_mount_points() {
    install -d ${IMAGE_ROOTFS}/data
    : > ${IMAGE_ROOTFS}${sysconfdir}/machine-id
    ln -sfn /run/uketsuke/reader.d ${IMAGE_ROOTFS}${sysconfdir}/uketsuke/reader.d.new
    rm -rf ${IMAGE_ROOTFS}${sysconfdir}/uketsuke/reader.d
    mv -T ${IMAGE_ROOTFS}${sysconfdir}/uketsuke/reader.d.new ${IMAGE_ROOTFS}${sysconfdir}/uketsuke/reader.d
}
uketsuke_mount_points[doc] = "makes what must exist on a root that cannot be written"

uketsuke_listed_programs_only() {
    for folder in ${bindir} ${sbindir}; do
        for path in ${IMAGE_ROOTFS}$folder/*; do
            name=$(basename "$path")
            # RAUC's helpers of the board, besides what every reader keeps.
            case $name in fw_setenv | fw_printenv) continue ;; esac
            grep -qxF "$name" ${UKETSUKE_REPOSITORY}/image/programs || rm -f "$path"
        done
    done
    rm -f ${IMAGE_ROOTFS}${systemd_system_unitdir}/*getty*.service \
        ${IMAGE_ROOTFS}${systemd_system_unitdir}/debug-shell.service \
        ${IMAGE_ROOTFS}${systemd_system_unitdir}/emergency.service \
        ${IMAGE_ROOTFS}${systemd_system_unitdir}/rescue.service \
        ${IMAGE_ROOTFS}${systemd_unitdir}/systemd-sulogin-shell \
        ${IMAGE_ROOTFS}${systemd_unitdir}/system-generators/systemd-debug-generator
    find ${IMAGE_ROOTFS} -xdev -type f -perm /6000 -exec chmod ug-s {} +
}
uketsuke_listed_programs_only[doc] = "removes every program that a reader does not need"
do_rootfs[file-checksums] += "${UKETSUKE_REPOSITORY}/image/programs:True"
