// SPDX-License-Identifier: MIT OR Apache-2.0
//! The part of LiteRT's C interface that is used, as `litert/c/*.h` of tag v2.3.0 declare it.
//!
//! Names and symbol versions stay the same when signatures change (between 2.1.5 and 2.1.6 they did), so
//! nothing here may meet a library that is not on the list of [`super::library`].

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr::NonNull;

use libloading::Library;

use super::RuntimeError;

/// A thing of the library's own; never looked into.
pub(super) type Handle = *mut c_void;
/// 0: it worked.
pub(super) type Status = c_uint;

/// `LiteRtAny` that holds a number.
#[repr(C)]
pub(super) struct Number {
    pub kind: c_uint,
    pub value: i64,
}

/// `LiteRtEnvOption`.
#[repr(C)]
pub(super) struct EnvironmentOption {
    pub tag: c_uint,
    pub value: Number,
}
// As the header itself asserts on machines of 64 bits, and we build for no others.
const _: () = assert!(size_of::<EnvironmentOption>() == 24);

/// `LiteRtRankedTensorType`: element type, then the rank in seven bits and a flag, dimensions, strides.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct TensorType {
    pub element: c_uint,
    pub rank_and_flag: u8,
    pub dimensions: [i32; 8],
    pub strides: [u32; 8],
}
const _: () = assert!(size_of::<TensorType>() == 72);

impl TensorType {
    pub(super) const EMPTY: Self = Self {
        element: 0,
        rank_and_flag: 0,
        dimensions: [0; 8],
        strides: [0; 8],
    };
}

/// `kLiteRtAnyTypeInt`.
pub(super) const ANY_INT: c_uint = 2;
/// `kLiteRtEnvOptionTagAutoRegisterAccelerators`: without it the library looks for others to load.
pub(super) const TAG_ACCELERATORS: c_uint = 24;
/// `kLiteRtEnvOptionTagMinLoggerSeverity`.
pub(super) const TAG_LOGGER: c_uint = 25;
/// `kLiteRtHwAcceleratorCpu`.
pub(super) const CPU: c_int = 1;
/// `kLiteRtTensorBufferLockModeRead`.
pub(super) const LOCK_READ: c_uint = 0;
/// `kLiteRtTensorBufferLockModeWrite`.
pub(super) const LOCK_WRITE: c_uint = 1;

macro_rules! api {
    ($($field:ident = $symbol:literal: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions, valid as long as the library they came from stays loaded.
        pub(super) struct Api {
            $(pub $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// Never closed before the functions are gone, being the last field.
            _library: Library,
        }

        impl Api {
            /// Takes the functions out of a library.
            ///
            /// # Safety
            /// The library must be LiteRT of a version whose headers declare them as above.
            pub(super) unsafe fn of(library: Library) -> Result<Self, RuntimeError> {
                $(
                    // SAFETY: the caller vouches for the signature.
                    let $field = unsafe {
                        library
                            .get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol)
                            .map(|symbol| *symbol)
                    }
                    .map_err(|source| RuntimeError::Symbol {
                        name: String::from_utf8_lossy($symbol).into_owned(),
                        source,
                    })?;
                )*
                Ok(Self { $($field,)* _library: library })
            }
        }
    };
}

api! {
    create_environment = b"LiteRtCreateEnvironment": fn(c_int, *const EnvironmentOption, *mut Handle) -> Status;
    destroy_environment = b"LiteRtDestroyEnvironment": fn(Handle);
    create_model = b"LiteRtCreateModelFromBuffer": fn(Handle, *const c_void, usize, *mut Handle) -> Status;
    destroy_model = b"LiteRtDestroyModel": fn(Handle);
    subgraph = b"LiteRtGetModelSubgraph": fn(Handle, usize, *mut Handle) -> Status;
    subgraphs = b"LiteRtGetNumModelSubgraphs": fn(Handle, *mut usize) -> Status;
    ops = b"LiteRtGetNumSubgraphOps": fn(Handle, *mut usize) -> Status;
    op = b"LiteRtGetSubgraphOp": fn(Handle, usize, *mut Handle) -> Status;
    op_code = b"LiteRtGetOpCode": fn(Handle, *mut c_uint) -> Status;
    signature = b"LiteRtGetModelSignature": fn(Handle, usize, *mut Handle) -> Status;
    signature_inputs = b"LiteRtGetNumSignatureInputs": fn(Handle, *mut usize) -> Status;
    signature_outputs = b"LiteRtGetNumSignatureOutputs": fn(Handle, *mut usize) -> Status;
    input_tensor = b"LiteRtGetSignatureInputTensorByIndex": fn(Handle, usize, *mut Handle) -> Status;
    output_tensor = b"LiteRtGetSignatureOutputTensorByIndex": fn(Handle, usize, *mut Handle) -> Status;
    tensor_type = b"LiteRtGetRankedTensorType": fn(Handle, *mut TensorType) -> Status;
    create_options = b"LiteRtCreateOptions": fn(*mut Handle) -> Status;
    destroy_options = b"LiteRtDestroyOptions": fn(Handle);
    set_accelerators = b"LiteRtSetOptionsHardwareAccelerators": fn(Handle, c_int) -> Status;
    create_opaque = b"LiteRtCreateOpaqueOptions": fn(*const c_char, *mut c_void, Option<unsafe extern "C" fn(*mut c_void)>, *mut Handle) -> Status;
    add_opaque = b"LiteRtAddOpaqueOptions": fn(Handle, Handle) -> Status;
    compile = b"LiteRtCreateCompiledModel": fn(Handle, Handle, Handle, *mut Handle) -> Status;
    destroy_compiled = b"LiteRtDestroyCompiledModel": fn(Handle);
    fully_accelerated = b"LiteRtCompiledModelIsFullyAccelerated": fn(Handle, *mut bool) -> Status;
    input_requirements = b"LiteRtGetCompiledModelInputBufferRequirements": fn(Handle, usize, usize, *mut Handle) -> Status;
    output_requirements = b"LiteRtGetCompiledModelOutputBufferRequirements": fn(Handle, usize, usize, *mut Handle) -> Status;
    create_buffer = b"LiteRtCreateManagedTensorBufferFromRequirements": fn(Handle, *const TensorType, Handle, *mut Handle) -> Status;
    destroy_buffer = b"LiteRtDestroyTensorBuffer": fn(Handle);
    buffer_size = b"LiteRtGetTensorBufferSize": fn(Handle, *mut usize) -> Status;
    lock = b"LiteRtLockTensorBuffer": fn(Handle, *mut *mut c_void, c_uint) -> Status;
    unlock = b"LiteRtUnlockTensorBuffer": fn(Handle) -> Status;
    run = b"LiteRtRunCompiledModel": fn(Handle, usize, usize, *mut Handle, usize, *mut Handle) -> Status;
}

/// What a status of the library says, and a handle that came with it.
pub(super) fn given(
    act: &'static str,
    status: Status,
    handle: Handle,
) -> Result<NonNull<c_void>, RuntimeError> {
    worked(act, status)?;
    NonNull::new(handle).ok_or(RuntimeError::Nothing { act })
}

/// What a status of the library says.
pub(super) fn worked(act: &'static str, status: Status) -> Result<(), RuntimeError> {
    match status {
        0 => Ok(()),
        status => Err(RuntimeError::Status { act, status }),
    }
}
