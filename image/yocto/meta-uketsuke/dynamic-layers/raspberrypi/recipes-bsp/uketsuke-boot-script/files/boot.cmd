# SPDX-License-Identifier: MIT OR Apache-2.0
# Starts the first slot of BOOT_ORDER that has tries left, and takes one try away before. RAUC gives
# the tries back when the slot is confirmed (its U-Boot back end; names as in rauc/system.conf).
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "system0 system1"
test -n "${BOOT_system0_LEFT}" || setenv BOOT_system0_LEFT 3
test -n "${BOOT_system1_LEFT}" || setenv BOOT_system1_LEFT 3
setenv slot
for name in ${BOOT_ORDER}; do
  if test -z "${slot}"; then
    if test "${name}" = system0 -a ${BOOT_system0_LEFT} -gt 0; then
      setexpr BOOT_system0_LEFT ${BOOT_system0_LEFT} - 1
      setenv slot efi-a
    elif test "${name}" = system1 -a ${BOOT_system1_LEFT} -gt 0; then
      setexpr BOOT_system1_LEFT ${BOOT_system1_LEFT} - 1
      setenv slot efi-b
    fi
  fi
done
if test -z "${slot}"; then
  # No tries anywhere: start over with what was last confirmed, rather than stop for good.
  setenv BOOT_system0_LEFT 3
  setenv BOOT_system1_LEFT 3
  saveenv
  reset
fi
saveenv
part number mmc 0 ${slot} number
# Loaded from its partition, the kernel image is told that partition: it finds its root by it.
load mmc 0:${number} ${kernel_addr_r} EFI/BOOT/BOOTAA64.EFI && bootefi ${kernel_addr_r} ${fdt_addr}
reset
