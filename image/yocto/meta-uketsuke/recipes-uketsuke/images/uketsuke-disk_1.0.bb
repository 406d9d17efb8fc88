# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "Disk of a new reader"
DESCRIPTION = "\
    Partition table of the reference image (image/disk) with slot A filled; a board whose \
    firmware starts from a partition of its own gets that one first. The data partition is made \
    on the box. \
"
SECTION = "images"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "file://${UKETSUKE_REPOSITORY}/LICENSE-MIT;md5=3672ae6da636a1d51a37e0a5abaf9b87"

DEPENDS = "dosfstools-native e2fsprogs-native mtools-native systemd-repart-native"

SRC_URI = ""

inherit deploy image-artifact-names nopackages

INHIBIT_DEFAULT_DEPS = "1"
PACKAGE_ARCH = "${MACHINE_ARCH}"

# Files of the deploy folder for the firmware's partition, "from" or "from;to"; empty: no such partition.
UKETSUKE_FIRMWARE_FILES ?= ""
UKETSUKE_FIRMWARE_DEPENDS ?= ""
# GPT identifiers are derived from it, so that two builds give the same table.
UKETSUKE_DISK_SEED ?= "3f7a1c52-8c0e-4a55-9d0b-6a1f2c7e5b10"

do_configure[noexec] = "1"
do_install[noexec] = "1"

do_compile() {
    images=${DEPLOY_DIR_IMAGE}
    rm -rf ${B}/definitions ${B}/disk
    mkdir -p ${B}/disk
    cp -r ${UKETSUKE_REPOSITORY}/image/disk ${B}/definitions
    sed -i "s|/run/disk/|${B}/disk/|" ${B}/definitions/*.conf
    ln -s $images/uketsuke-efi.img ${B}/disk/efi.img
    ln -s $images/uketsuke-image${IMAGE_MACHINE_SUFFIX}.rootfs.erofs-lz4hc ${B}/disk/root.erofs
    ln -s $images/uketsuke-image${IMAGE_MACHINE_SUFFIX}.rootfs.erofs-lz4hc.verity ${B}/disk/root.verity
    if [ -n "${UKETSUKE_FIRMWARE_FILES}" ]; then
        uketsuke_firmware_partition
    fi
    rm -f ${B}/disk.raw
    systemd-repart --definitions=${B}/definitions --empty=create --size=auto --dry-run=no \
        --offline=yes --sector-size=512 --seed=${UKETSUKE_DISK_SEED} ${B}/disk.raw
}
do_compile[depends] += "\
    uketsuke-esp:do_deploy \
    uketsuke-image:do_image_complete \
    ${UKETSUKE_FIRMWARE_DEPENDS} \
"
do_compile[file-checksums] += "${UKETSUKE_REPOSITORY}/image/disk:True"

uketsuke_firmware_partition() {
    rm -f ${B}/disk/firmware.img
    mkfs.vfat -F 32 -n FIRMWARE -i 554b4657 -C ${B}/disk/firmware.img 65536
    mmd -i ${B}/disk/firmware.img ::/overlays
    set -f
    for entry in $(echo "${UKETSUKE_FIRMWARE_FILES}"); do
        from=${entry%%;*}
        to=$(echo "$entry;" | cut -d';' -f2)
        set +f
        for file in ${DEPLOY_DIR_IMAGE}/$from; do
            mcopy -m -i ${B}/disk/firmware.img "$file" "::/${to:-$(basename "$file")}"
        done
        set -f
    done
    set +f
    {
        echo "[Partition]"
        # Microsoft's basic data: what the board's firmware looks for.
        echo "Type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
        echo "Label=firmware"
        echo "SizeMinBytes=64M"
        echo "SizeMaxBytes=64M"
        echo "CopyBlocks=${B}/disk/firmware.img"
    } > ${B}/definitions/05-firmware.conf
}
uketsuke_firmware_partition[doc] = "makes the partition that the board starts from"

do_deploy() {
    install -m 0644 ${B}/disk.raw ${DEPLOYDIR}/uketsuke-${DISTRO_VERSION}${IMAGE_MACHINE_SUFFIX}.raw
}
addtask deploy after do_compile before do_build
