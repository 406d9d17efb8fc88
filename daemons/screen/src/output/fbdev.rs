// SPDX-License-Identifier: MIT OR Apache-2.0
//! The old frame buffer device (`/dev/fb0`), for boards without mode setting.
//!
//! The kernel's own text console may draw on it too: boot with `vt.global_cursor_default=0` and no
//! getty on it, as the image does not need one.
//!
//! Structures and request numbers are those of the kernel's `include/uapi/linux/fb.h`.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use super::map::Map;
use super::{Output, OutputError, Pixels, Shown, copy};

/// `struct fb_bitfield`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Bitfield {
    offset: u32,
    length: u32,
    msb_right: u32,
}

/// `struct fb_var_screeninfo`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Variable {
    xres: u32,
    yres: u32,
    xres_virtual: u32,
    yres_virtual: u32,
    xoffset: u32,
    yoffset: u32,
    bits_per_pixel: u32,
    grayscale: u32,
    red: Bitfield,
    green: Bitfield,
    blue: Bitfield,
    transp: Bitfield,
    nonstd: u32,
    activate: u32,
    height: u32,
    width: u32,
    accel_flags: u32,
    timing: [u32; 7],
    sync: u32,
    vmode: u32,
    rotate: u32,
    colorspace: u32,
    reserved: [u32; 4],
}

/// `struct fb_fix_screeninfo`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Fixed {
    id: [u8; 16],
    smem_start: nix::libc::c_ulong,
    smem_len: u32,
    type_: u32,
    type_aux: u32,
    visual: u32,
    xpanstep: u16,
    ypanstep: u16,
    ywrapstep: u16,
    line_length: u32,
    mmio_start: nix::libc::c_ulong,
    mmio_len: u32,
    accel: u32,
    capabilities: u16,
    reserved: [u16; 2],
}

nix::ioctl_read_bad!(
    /// `FBIOGET_VSCREENINFO`.
    get_variable,
    0x4600,
    Variable
);
nix::ioctl_read_bad!(
    /// `FBIOGET_FSCREENINFO`.
    get_fixed,
    0x4602,
    Fixed
);

/// A mapped frame buffer.
pub struct Fbdev {
    path: PathBuf,
    map: Map,
    size: (u32, u32),
    stride: usize,
    first: usize,
    pixels: Pixels,
}

impl Fbdev {
    /// Opens and maps a frame buffer device.
    ///
    /// # Errors
    /// When there is none, or its pixels are neither 16 nor 32 bits.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let failed = || OutputError::file("cannot use the frame buffer", path);
        let file = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed())?;
        let (mut variable, mut fixed) = (Variable::default(), Fixed::default());
        // SAFETY: both requests fill exactly the structures of fb.h, which these mirror.
        unsafe {
            get_variable(file.as_raw_fd(), &raw mut variable).map_err(|e| failed()(e.into()))?;
            get_fixed(file.as_raw_fd(), &raw mut fixed).map_err(|e| failed()(e.into()))?;
        }
        let pixels = match variable.bits_per_pixel {
            32 => Pixels::Xrgb8888,
            16 => Pixels::Rgb565,
            other => return Err(OutputError::Depth(other)),
        };
        let stride = fixed.line_length as usize;
        let first = variable.yoffset as usize * stride + variable.xoffset as usize * pixels.bytes();
        let map = Map::new(&file, fixed.smem_len as usize).map_err(failed())?;
        let size = (variable.xres, variable.yres);
        Ok(Self {
            path: path.to_owned(),
            map,
            size,
            stride,
            first,
            pixels,
        })
    }
}

impl Output for Fbdev {
    fn name(&self) -> String {
        format!(
            "fbdev {} {}x{}",
            self.path.display(),
            self.size.0,
            self.size.1
        )
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&mut self, shown: &Shown<'_>) -> Result<(), OutputError> {
        let memory = self.map.bytes().get_mut(self.first..).unwrap_or_default();
        for rect in shown.damage {
            copy(
                shown.frame,
                rect,
                shown.rotation,
                memory,
                self.stride,
                self.pixels,
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_sizes_of_the_kernel_header() {
        assert_eq!(size_of::<Variable>(), 160);
        assert_eq!(
            size_of::<Fixed>(),
            if cfg!(target_pointer_width = "64") {
                80
            } else {
                68
            }
        );
    }
}
